"""End-to-end tests of outage notices that wait, are lost or become obsolete: each arrives once, or not at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from cmr_watch.app import App
from cmr_watch.config import Settings
from cmr_watch.models.recipients import QuietHours, Schedule, SubscriptionRequest
from cmr_watch.notify.channels.registry import open_channels
from cmr_watch.store import restore_quarantine
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.restore_quarantine import RestoreQuarantine
from cmr_watch.store.schema import metadata
from tests.prove.kill_points import POINTS, KillableDatabase, KillableSender, Killed, KillSwitch
from tests.test_journeys import LYON, PAST, PATH
from tests.test_journeys_notifications import HOUR, Timeline, at, timeline
from tests.test_journeys_outages import (
    AGAIN,
    ANNA,
    SINCE,
    STEP,
    link_to,
    move_list,
    notices,
    start,
    start_with_call,
)
from tests.test_journeys_site import CALL

__all__ = ["timeline"]

BERT = SubscriptionRequest("bert@example.org", name="bert", reminders=())
SECOND = "No updates since 7 October 2023: the page cannot be read"


# ── before it is sent ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("line", ["", "! The call to host events in 2024 is open.", "closed"])
def test_a_pending_notice_is_withdrawn_when_the_list_no_longer_links_to_the_page(timeline: Timeline, line: str) -> None:
    start_with_call(timeline)
    timeline.site.fail(CALL, 404)
    with timeline.mailbox.stopped():
        timeline.run_until(at(5, hour=8))
        other = link_to(timeline.site.url(CALL), line) if line == "closed" else line
        timeline.serve_lines(LYON, *PAST, *([other] if other else []))
        timeline.run_until(at(5, hour=22))
    timeline.run_until(at(12), STEP)
    assert notices(timeline) == []


def test_a_pending_notice_is_withdrawn_when_the_list_is_watched_at_another_address(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    with timeline.mailbox.stopped():
        timeline.run_until(at(5, hour=8))
        move_list(timeline)
        timeline.run_until(at(6), STEP)
    timeline.run_until(at(12), STEP)
    assert notices(timeline) == []


def test_a_failed_notice_is_not_sent_again_after_the_end(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    with timeline.mailbox.stopped():
        timeline.run_until(at(13), HOUR)
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(16), STEP)
    Deliveries(timeline.database).retry(None, timeline.now)
    timeline.run_until(at(18), STEP)
    assert notices(timeline) == [], "nor that it is over, as no one was notified of the outage"


def test_the_outage_is_over_when_quiet_hours_end(timeline: Timeline) -> None:
    start(timeline, replace(ANNA, schedule=Schedule(quiet=QuietHours(time(7), time(10)))))
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(5, hour=7))  # it begins in quiet hours
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(8), STEP)
    assert notices(timeline) == []


def test_suspended_between_the_outage_and_the_end_of_quiet_hours(timeline: Timeline) -> None:
    start(timeline, replace(ANNA, schedule=Schedule(quiet=QuietHours(time(7), time(10)))))
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(5, hour=7))
    timeline.now = at(8, hour=9)
    timeline.app.deliver()
    timeline.now += timedelta(minutes=2)
    timeline.run_until(at(12), STEP)
    assert notices(timeline) == [SINCE]


# ── a second outage ──────────────────────────────────────────────────────────────────────────────────────────────


def read_between_two_outages(timeline: Timeline) -> None:
    """The first outage was notified, but neither its end nor the second one, as deliveries do not run meanwhile."""
    start(timeline, ANNA, BERT)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(7), STEP)
    assert notices(timeline) == [SINCE] * 2
    timeline.serve_lines(LYON, *PAST)
    while timeline.now < at(11):
        timeline.app.check(notify=False)
        timeline.app.enqueue()
        timeline.site.fail(PATH, 404)
        timeline.now += STEP


def test_no_message_says_both_that_the_page_can_be_read_and_that_it_cannot(timeline: Timeline) -> None:
    read_between_two_outages(timeline)
    timeline.run_until(at(12), STEP)
    assert notices(timeline)[2:] == [SECOND] * 2
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(14), STEP)
    assert notices(timeline)[4:] == [AGAIN] * 2


def test_the_end_of_an_outage_after_one_that_was_not_notified(timeline: Timeline) -> None:
    read_between_two_outages(timeline)
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(12), STEP)
    assert notices(timeline)[2:] == [AGAIN] * 2


# ── the list is watched at another address ───────────────────────────────────────────────────────────────────────


def test_the_end_is_notified_when_the_list_can_be_read_at_another_address(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(7), STEP)
    move_list(timeline)
    timeline.site.fail("/moved", 404)
    timeline.run_until(at(12), STEP)
    assert notices(timeline) == [SINCE], "it is still the same outage"
    move_list(timeline)
    timeline.run_until(at(14), STEP)
    assert notices(timeline) == [SINCE, AGAIN]


def test_a_list_that_cannot_be_read_at_its_new_address(timeline: Timeline) -> None:
    start(timeline)
    move_list(timeline)
    timeline.site.fail("/moved", 404)
    timeline.run_until(at(12), STEP)
    assert notices(timeline) == [SINCE]


def test_a_call_page_that_only_the_former_list_links_to(timeline: Timeline) -> None:
    start_with_call(timeline)
    move_list(timeline)
    timeline.site.fail(PATH, 404)
    timeline.site.fail(CALL, 404)
    timeline.run_until(at(12), STEP)
    assert notices(timeline) == []


# ── after a restore ──────────────────────────────────────────────────────────────────────────────────────────────


def back_up(database: Database) -> dict[str, list[dict[str, Any]]]:
    with database.read() as connection:
        tables = metadata.sorted_tables
        return {one.name: [dict(row) for row in connection.execute(select(one)).mappings()] for one in tables}


def restore(timeline: Timeline, rows: dict[str, list[dict[str, Any]]]) -> None:
    with timeline.database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
        for table in metadata.sorted_tables:
            if rows[table.name]:
                connection.execute(table.insert(), rows[table.name])
        restore_quarantine.mark_restored(connection)
    timeline.restart()


def test_a_backup_from_before_the_outage_was_notified(timeline: Timeline) -> None:
    """Those who may have been notified are not notified again; those who subscribe later are notified."""
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(4), STEP)
    backup = back_up(timeline.database)
    timeline.run_until(at(6), STEP)
    assert notices(timeline) == [SINCE]
    restore(timeline, backup)
    timeline.run_until(at(7), STEP)
    assert notices(timeline) == [SINCE]
    timeline.subscribe(ANNA, BERT)
    timeline.run_until(at(8), STEP)
    assert (notices(timeline), timeline.mailbox.mails[-1].recipient) == ([SINCE] * 2, "bert@example.org")


def test_a_backup_from_before_an_outage_that_could_not_be_notified_yet(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(4), STEP)
    restore(timeline, back_up(timeline.database))
    timeline.run_until(at(8), STEP)
    assert notices(timeline) == [SINCE]


@pytest.mark.parametrize("is_over", [True, False])
def test_a_backup_made_during_the_outage(timeline: Timeline, is_over: bool) -> None:
    """Its end is not notified again. If it is not over at the next check, its end is notified."""
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(6), STEP)
    backup = back_up(timeline.database)
    if is_over:
        timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(8), STEP)
    restore(timeline, backup)
    timeline.run_until(at(9), STEP)
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(12), STEP)
    assert notices(timeline) == [SINCE, AGAIN]


@pytest.mark.parametrize("is_released", [True, False])
def test_a_notice_that_is_held_after_a_restore(timeline: Timeline, is_released: bool) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    with timeline.mailbox.stopped():
        timeline.run_until(at(6), STEP)
        backup = back_up(timeline.database)
    restore(timeline, backup)
    timeline.run_until(at(7), STEP)
    if is_released:
        quarantine = RestoreQuarantine(timeline.database)
        quarantine.release("message", [item.id for item in quarantine.list()], timeline.now, send=True)
    timeline.run_until(at(8), STEP)
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(10), STEP)
    assert notices(timeline) == ([SINCE, AGAIN] if is_released else [])


# ── processes that are killed ────────────────────────────────────────────────────────────────────────────────────


def run_killed(timeline: Timeline, point: str) -> None:
    """Check, plan and deliver in a process that is killed at a point, if it gets there."""
    switch = KillSwitch(point)
    database = KillableDatabase(timeline.database, switch)

    def channels(settings: Settings, clock: Any) -> dict[str, Any]:
        return {name: KillableSender(sender, switch) for name, sender in open_channels(settings, clock).items()}

    try:
        with App(timeline.settings, database, lambda: timeline.now, timeline.pauses.append, channels) as app:
            app.check(notify=False)
            database.phase = "enqueue"
            app.enqueue()
            database.phase = "deliver"
            app.deliver()
    except Killed:
        pass
    timeline.now += HOUR


@pytest.mark.parametrize("point", POINTS)
def test_killed_when_the_outage_begins_and_when_it_ends(timeline: Timeline, point: str) -> None:
    """A message arrives twice only if its process was killed while or just after it was sent."""
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(5))
    run_killed(timeline, point)
    run_killed(timeline, point)
    timeline.run_until(at(7))
    timeline.serve_lines(LYON, *PAST)
    run_killed(timeline, point)
    run_killed(timeline, point)
    timeline.run_until(at(9))
    sent = {mail.message_id: mail.subject.strip() for mail in timeline.mailbox.mails}
    assert [subject for subject in sent.values() if "be read" in subject] == [SINCE, AGAIN]


# ── subscribers ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_subscribed_during_the_outage_ended_and_subscribed_again(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(6), STEP)
    for day, subscriptions in enumerate(((ANNA, BERT), (BERT,), (ANNA, BERT)), 7):
        timeline.subscribe(*subscriptions)
        timeline.run_until(at(day), STEP)
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(12), STEP)
    recipients = Counter(mail.recipient for mail in timeline.mailbox.mails if "be read" in mail.subject)
    assert notices(timeline) == [SINCE, SINCE, AGAIN, AGAIN]
    assert recipients == {"anna@example.org": 2, "bert@example.org": 2}


def test_retention_during_a_long_outage(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(6), STEP)
    while timeline.now < at(6, year=2025):
        timeline.run_until(timeline.now + timedelta(days=5), timedelta(days=5))
        timeline.app.apply_retention()
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(timeline.now + timedelta(days=3), STEP)
    assert notices(timeline) == [SINCE, AGAIN]


@pytest.mark.parametrize("page", [PATH, CALL])
def test_the_monthly_status_message_waits_for_the_list_only(timeline: Timeline, page: str) -> None:
    start_with_call(timeline)
    timeline.subscribe(SubscriptionRequest("carl@example.org", ("editions",), name="carl", still_watching=True))
    timeline.run_until(at(3), STEP)
    timeline.site.fail(page, 404)
    mails = timeline.run_until(at(3, 12), STEP)
    assert [subject for _, subject in mails] == ([] if page == PATH else ["Still watching, nothing new"] * len(mails))
    assert bool(mails) == (page == CALL)
