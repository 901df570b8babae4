"""End-to-end tests of outages: subscribers are notified once that a page cannot be read, and once when it can."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from cmr_watch.models import QuietHours, Schedule, SubscriptionRequest
from tests.monitor.small import html
from tests.test_journeys import LYON, PAST, PATH
from tests.test_journeys_notifications import Timeline, at, call, timeline
from tests.test_journeys_site import CALL, call_page

__all__ = ["timeline"]

ANNA = SubscriptionRequest("anna@example.org", name="anna", reminders=())
SINCE = "No updates since 2 October 2023: the page cannot be read"
AGAIN = "The page can be read again"
NO_CALL_UPDATES = "No updates on the call since 2 October 2023: its page cannot be read"
STEP = timedelta(hours=6)


def start(timeline: Timeline, *subscriptions: SubscriptionRequest) -> None:
    """Read the page once, at 08:00 Brussels time on 2 October 2023."""
    timeline.subscribe(*(subscriptions or (ANNA,)))
    timeline.now = at(2)
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(2, hour=7))


def test_one_notice_after_three_days_and_one_when_the_page_can_be_read_again(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    assert timeline.run_until(at(5)) == []
    assert timeline.run_until(at(20), STEP) == [("Thu 05 Oct 08:00", SINCE)]
    text = " ".join(timeline.received[-1].text.split())
    assert "since 2 October 2023, 08:00 (Brussels time)" in text
    assert timeline.site.url(PATH) in text
    timeline.serve_lines(LYON, *PAST)
    assert timeline.run_until(at(30), STEP) == [("Fri 20 Oct 08:00", AGAIN)]


def test_a_suspect_page_is_an_outage_too(timeline: Timeline) -> None:
    start(timeline)
    timeline.serve(b"<html><body><h1>We will be back soon</h1></body></html>")
    timeline.run_until(at(4), STEP)
    timeline.site.fail(PATH, 503)
    assert [subject for _, subject in timeline.run_until(at(9), STEP)] == [SINCE]


def test_each_outage_has_its_own_notices(timeline: Timeline) -> None:
    start(timeline)
    for _ in range(2):
        timeline.site.fail(PATH, 404)
        timeline.run_until(timeline.now + timedelta(days=4), STEP)
        timeline.serve_lines(LYON, *PAST)
        timeline.run_until(timeline.now + timedelta(days=1), STEP)
    subjects = [mail.subject for mail in timeline.received if not mail.subject.startswith("Welcome")]
    assert subjects == [SINCE, AGAIN, "No updates since 7 October 2023: the page cannot be read", AGAIN]


def test_no_notice_of_a_shorter_outage(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(4, hour=20))
    timeline.serve_lines(LYON, *PAST)
    assert timeline.run_until(at(12), STEP) == []


def test_no_notice_if_nothing_was_checked(timeline: Timeline) -> None:
    start(timeline)
    timeline.now = at(12)
    assert timeline.run_until(at(14), STEP) == []


def test_only_subscribers_to_calls_are_notified(timeline: Timeline) -> None:
    start(timeline, SubscriptionRequest("bert@example.org", ("editions",), name="bert"))
    timeline.site.fail(PATH, 404)
    assert timeline.run_until(at(9), STEP) == []


def test_what_changed_meanwhile_arrives_with_the_notice_of_the_end(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(9), STEP)
    timeline.serve_lines(LYON, *PAST, call("10 November 2023"))
    mails = timeline.run_until(at(12), STEP)
    assert [subject for _, subject in mails] == [
        "Call for hosts 2024 open: apply by 10 November · and the page can be read again"
    ]


def test_quiet_hours_apply(timeline: Timeline) -> None:
    quiet = QuietHours(time(7), time(10))
    start(timeline, SubscriptionRequest("anna@example.org", name="anna", schedule=Schedule(quiet=quiet)))
    timeline.site.fail(PATH, 404)
    assert ("Thu 05 Oct 10:00", SINCE) in timeline.run_until(at(9))


def test_a_notice_that_was_not_sent_before_the_end_is_not_sent_at_all(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    with timeline.mailbox.stopped():
        timeline.run_until(at(7), STEP)
        timeline.serve_lines(LYON, *PAST)
        timeline.run_until(at(8), STEP)
    assert timeline.run_until(at(12), STEP) == []


def test_a_restart_sends_nothing_twice(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(6), STEP)
    timeline.restart()
    assert timeline.run_until(at(9), STEP) == []


@pytest.mark.parametrize("is_list_readable", [True, False])
def test_an_outage_of_the_call_page(timeline: Timeline, is_list_readable: bool) -> None:
    timeline.subscribe(ANNA)
    timeline.now = at(2)
    notice = f"! The call to host events in 2024 is open. [Read the call]({timeline.site.url(CALL)})"
    timeline.serve_lines(LYON, *PAST, notice)
    timeline.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    timeline.run_until(at(2, hour=7))
    timeline.site.fail(CALL, 404)
    if not is_list_readable:
        timeline.site.fail(PATH, 404)
    mails = timeline.run_until(at(12), STEP)
    assert [subject for _, subject in mails] == [NO_CALL_UPDATES if is_list_readable else SINCE]
    text = " ".join(timeline.received[-1].text.split())
    assert text.count("We have not been able to read the") == 1
    assert "page about the call for hosts since" in text


@pytest.mark.parametrize("notice", ["", "! The call to host events in 2024 is closed. [Read the call]({})"])
def test_a_former_call_page_that_is_gone_is_no_outage(timeline: Timeline, notice: str) -> None:
    timeline.subscribe(ANNA)
    timeline.now = at(2)
    url = timeline.site.url(CALL)
    timeline.serve_lines(LYON, *PAST, f"! The call to host events in 2024 is open. [Read the call]({url})")
    timeline.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    timeline.run_until(at(2, hour=7))
    timeline.serve_lines(LYON, *PAST, *([notice.format(url)] if notice else []))
    timeline.site.fail(CALL, 404)
    timeline.run_until(at(12), STEP)
    timeline.subscribe(ANNA, SubscriptionRequest("bert@example.org", name="bert"))
    timeline.run_until(at(14), STEP)
    assert not [mail.subject for mail in timeline.received if "cannot be read" in mail.subject]


def test_the_end_of_an_outage_is_a_good_reading(timeline: Timeline) -> None:
    timeline.subscribe(ANNA)
    timeline.now = at(2)
    timeline.serve_lines(
        LYON, *PAST, f"! The call to host events in 2024 is open. [Read the call]({timeline.site.url(CALL)})"
    )
    timeline.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    timeline.run_until(at(2, hour=7))
    timeline.site.fail(CALL, 404)
    assert [subject for _, subject in timeline.run_until(at(9), STEP)] == [NO_CALL_UPDATES]
    timeline.serve_lines(LYON, *PAST)
    assert AGAIN not in [subject for _, subject in timeline.run_until(at(20), STEP)]


def test_a_page_that_is_no_longer_watched_has_no_outage(timeline: Timeline) -> None:
    start(timeline)
    timeline.site.fail(PATH, 404)
    timeline.run_until(at(7), STEP)
    moved = timeline.site.url("/moved")
    timeline.site.page("/moved", html(" ;; ".join((LYON, *PAST))).encode())
    timeline.settings = replace(timeline.settings, page=replace(timeline.settings.page, url=moved))
    timeline.subscribe(ANNA)
    timeline.run_until(at(10), STEP)
    before = len(timeline.received)
    timeline.subscribe(ANNA, SubscriptionRequest("bert@example.org", name="bert"))
    timeline.run_until(at(14), STEP)
    assert not [mail.subject for mail in timeline.received[before:] if "cannot be read" in mail.subject]


@pytest.mark.parametrize(("old", "new"), [("//", "//www."), (CALL, f"{CALL}/"), (CALL, f"{CALL}#how-to-apply")])
def test_the_call_page_is_recognised_however_the_list_links_to_it(timeline: Timeline, old: str, new: str) -> None:
    timeline.subscribe(ANNA)
    timeline.now = at(2)
    url = timeline.site.url(CALL)
    notice = "! The call to host events in 2024 is open. [Read the call]({})"
    timeline.serve_lines(LYON, *PAST, notice.format(url))
    timeline.site.page(CALL, call_page("31 May 2024 – 18:00 (Brussels time)"))
    timeline.run_until(at(2, hour=7))
    timeline.serve_lines(LYON, *PAST, notice.format(url.replace(old, new)))
    timeline.site.fail(CALL, 404)
    assert [subject for _, subject in timeline.run_until(at(9), STEP)] == [NO_CALL_UPDATES]


def test_no_monthly_status_message_during_an_outage(timeline: Timeline) -> None:
    """It would say that the page is being watched."""
    start(timeline, SubscriptionRequest("anna@example.org", ("editions",), name="anna", still_watching=True))
    timeline.serve_lines(LYON, *PAST)
    timeline.site.fail(PATH, 404)
    assert timeline.run_until(at(3, 12), STEP) == []
    timeline.serve_lines(LYON, *PAST)
    assert timeline.run_until(at(5, 12), STEP) == [("Sun 03 Dec 08:00", "Still watching, nothing new")]
