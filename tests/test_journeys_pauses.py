"""End-to-end tests of pauses, with the travelling clock: what is held, what is sent afterwards, and what is not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from cmr_watch.models.recipients import Frequency, QuietHours, Schedule, SubscriptionRequest
from cmr_watch.notify.delivery_schedule import end_of_pause
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.pauses import Pauses
from cmr_watch.store.subscriptions import Subscriptions
from tests.test_journeys import LYON, PAST, PATH
from tests.test_journeys_notifications import HOUR, Timeline, at, call, timeline

__all__ = ["timeline"]

ANNA = SubscriptionRequest("anna@example.org", name="anna")
TURKU = "> Turku, Finland – 5-6 May 2024"
OSLO = "> Oslo, Norway – 6-7 November 2024"
STEP = 2 * HOUR


def pause(timeline: Timeline, until: datetime | None, address: str = ANNA.address) -> None:
    [entry] = [entry for entry in Subscriptions(timeline.database).find(address) if entry.status == "active"]
    assert Pauses(timeline.database).pause(entry.id, until, timeline.now)


def start(timeline: Timeline, *lines: str, **values: object) -> None:
    """Read the page once, at 08:00 Brussels time on Sunday, 1 October 2023, and welcome Anna."""
    timeline.subscribe(replace(ANNA, **values))  # type: ignore[arg-type]
    timeline.now = at(1)
    timeline.serve_lines(*lines, LYON, *PAST)
    timeline.run_until(at(1, hour=8))


@pytest.mark.parametrize("frequency", ["immediately", "daily", "weekly"])
def test_changes_wait_for_the_end_of_the_pause_and_come_in_one_message(
    timeline: Timeline, frequency: Frequency
) -> None:
    start(timeline, schedule=Schedule(frequency))
    pause(timeline, end_of_pause(Schedule(), at(20).date()))
    timeline.serve_lines(TURKU, LYON, *PAST)
    assert timeline.run_until(at(10), STEP) == []
    timeline.serve_lines(TURKU, OSLO, LYON, *PAST)
    assert timeline.run_until(at(20, hour=6), STEP) == []
    [(when, _subject)] = timeline.run_until(at(29), STEP)
    assert when == "Fri 20 Oct 08:00"
    assert all(city in timeline.received[-1].text for city in ("Turku", "Oslo"))


def test_only_what_is_still_true_comes_after_the_pause(timeline: Timeline) -> None:
    start(timeline)
    pause(timeline, at(20))
    timeline.serve_lines(TURKU, LYON, *PAST)
    timeline.run_until(at(5), STEP)
    timeline.serve_lines(TURKU.replace("5-6 May", "7-8 June"), OSLO, LYON, *PAST)
    timeline.run_until(at(10), STEP)
    timeline.serve_lines(TURKU.replace("5-6 May", "7-8 June"), LYON, *PAST)
    [_] = timeline.run_until(at(25), STEP)
    text = timeline.received[-1].text
    assert "7–8 June 2024" in text
    assert "May" not in text, "no one was notified of the first days"
    assert "Oslo" not in text, "it came and went"


def test_a_message_that_was_written_and_not_sent_waits_as_well(timeline: Timeline) -> None:
    start(timeline)
    with timeline.mailbox.stopped():
        timeline.serve_lines(TURKU, LYON, *PAST)
        timeline.run_until(at(1, hour=10))
    assert Deliveries(timeline.database).pending()
    pause(timeline, at(20))
    assert timeline.run_until(at(20), STEP) == []
    assert len(timeline.run_until(at(21), STEP)) == 1


def test_a_message_that_fails_while_the_pause_begins_waits_as_well(timeline: Timeline) -> None:
    start(timeline)
    timeline.serve_lines(TURKU, LYON, *PAST)
    timeline.app.check(notify=False)
    timeline.app.enqueue()
    timeline.app.compose()
    outbox = Deliveries(timeline.database)
    [claimed] = outbox.claim(timeline.now)
    pause(timeline, at(20))
    outbox.postpone(claimed, timeline.now, "the line is lost", uncertain=True)
    assert outbox.oldest_due(timeline.now) is None, "it is not late"
    assert timeline.run_until(at(20), STEP) == []
    assert len(timeline.run_until(at(21), STEP)) == 1


def test_reminders_in_a_pause_are_not_sent_and_the_next_one_is(timeline: Timeline) -> None:
    """Not even that of a cut-off which passes meanwhile: who pauses wants nothing at all."""
    start(timeline, call("10 November 2023"), call("15 October 2023").replace("2024", "2026"))
    pause(timeline, end_of_pause(Schedule(), at(6, 11).date()))
    assert timeline.run_until(at(6, 11, hour=6), STEP) == []
    reminders = timeline.run_until(at(12, 11), STEP)
    assert [when for when, _ in reminders] == ["Mon 06 Nov 09:00", "Wed 08 Nov 09:00", "Thu 09 Nov 09:00"]
    assert "in 4 days" in timeline.received[-3].text or "4 days" in timeline.received[-3].text


def test_the_welcome_and_the_monthly_status_wait(timeline: Timeline) -> None:
    timeline.subscribe(replace(ANNA, still_watching=True))
    timeline.now = at(1)
    timeline.serve_lines(LYON, *PAST)
    timeline.app.check(notify=False)
    pause(timeline, at(20))
    assert timeline.run_until(at(20), STEP) == []
    assert [when for when, _ in timeline.run_until(at(21), STEP)] == ["Fri 20 Oct 08:00"]
    pause(timeline, at(10, 12))
    assert timeline.run_until(at(10, 12), 6 * HOUR) == []
    assert [subject for _, subject in timeline.run_until(at(12, 12), STEP)] == ["Still watching, nothing new"]


def test_outage_notices_wait(timeline: Timeline) -> None:
    start(timeline)
    pause(timeline, at(20))
    timeline.site.fail(PATH, 503)
    assert timeline.run_until(at(20), 6 * HOUR) == []
    assert len(timeline.run_until(at(21), STEP)) == 1


def test_an_outage_that_is_over_when_the_pause_ends_is_not_told(timeline: Timeline) -> None:
    start(timeline)
    pause(timeline, at(20))
    timeline.site.fail(PATH, 503)
    timeline.run_until(at(10), 6 * HOUR)
    timeline.serve_lines(LYON, *PAST)
    assert timeline.run_until(at(25), 6 * HOUR) == []


def test_a_pause_that_is_ended_early(timeline: Timeline) -> None:
    start(timeline)
    pause(timeline, at(20))
    timeline.serve_lines(TURKU, LYON, *PAST)
    timeline.run_until(at(5), STEP)
    pause(timeline, None)
    assert [when for when, _ in timeline.run_until(at(6), STEP)] == ["Thu 05 Oct 08:00"]
    assert timeline.run_until(at(25), 6 * HOUR) == []


def test_a_pause_that_ends_in_quiet_hours(timeline: Timeline) -> None:
    start(timeline, schedule=Schedule(quiet=QuietHours(time(22), time(10))))
    pause(timeline, at(20))
    timeline.serve_lines(TURKU, LYON, *PAST)
    assert [when for when, _ in timeline.run_until(at(22))] == ["Fri 20 Oct 10:00"]


def test_others_are_not_affected(timeline: Timeline) -> None:
    timeline.subscribe(ANNA, replace(ANNA, address="bob@example.org", name="bob"))
    timeline.now = at(1)
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(1, hour=7))
    pause(timeline, at(20))
    timeline.serve_lines(TURKU, LYON, *PAST)
    assert len(timeline.run_until(at(3))) == 1
    assert timeline.mailbox.mails[-1].recipient == "bob@example.org"
    assert MatchQueue(timeline.database).oldest_due(timeline.now) is None, "nothing is late"


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_in_any_pause(timeline: Timeline, seed: int) -> None:
    """Whenever the page changes and Anna pauses: nothing comes in a pause, and in the end she knows what there is."""
    chance = random.Random(seed)
    schedule = Schedule(chance.choice(("immediately", "daily", "weekly")), quiet=QuietHours(time(22), time(7)))
    start(timeline, schedule=replace(schedule, quiet=schedule.quiet if chance.random() < 0.5 else None))
    cities = ("Turku, Finland", "Oslo, Norway", "Graz, Austria", "Porto, Portugal", "Gdansk, Poland")
    shown: dict[str, str] = {}
    paused_until = timeline.now
    for _day in range(30):
        city = chance.choice(cities)
        if chance.random() < 0.4 and city in shown:
            del shown[city]
        elif chance.random() < 0.6:
            shown[city] = f"> {city} – {chance.randint(1, 9)}-{chance.randint(10, 20)} May 2024"
        if chance.random() < 0.15:
            paused_until = timeline.now + timedelta(days=chance.randint(1, 9))
            pause(timeline, paused_until)
        elif chance.random() < 0.1:
            paused_until = timeline.now
            pause(timeline, None)
        timeline.serve_lines(*shown.values(), LYON, *PAST)
        before, until = len(timeline.received), paused_until
        timeline.run_until(timeline.now + timedelta(days=1), 6 * HOUR)
        assert all(mail.at >= until for mail in timeline.received[before:])
    timeline.run_until(timeline.now + timedelta(days=21), 6 * HOUR)
    told = " ".join(mail.text for mail in timeline.received)
    assert [city for city in shown if city.partition(",")[0] not in told] == []
