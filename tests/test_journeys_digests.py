"""End-to-end tests of digests, and of reminders beside news of the same call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cmr_watch.models.readings import Topic
from cmr_watch.models.recipients import Schedule, SubscriptionRequest
from cmr_watch.store.deliveries import Deliveries
from tests.test_journeys import LYON, PAST
from tests.test_journeys_notifications import HOUR, Timeline, at, call, timeline

__all__ = ["timeline"]

ANNOUNCED = "! A call for hosts of events in 2024 will open soon."
STEP = 2 * HOUR


def subscriber(frequency: str = "immediately", reminders: tuple[int, ...] = (30, 14, 7, 2, 1)) -> SubscriptionRequest:
    schedule = Schedule(frequency)  # type: ignore[arg-type]
    return SubscriptionRequest("anna@example.org", name="anna", schedule=schedule, reminders=reminders)


def start(timeline: Timeline, *lines: str) -> None:
    """Read the page once, at 08:00 Brussels time on Sunday, 1 October 2023."""
    timeline.now = at(1)
    timeline.serve_lines(*lines, LYON, *PAST)
    timeline.run_until(at(1, hour=7))


@pytest.mark.parametrize(
    ("frequency", "when", "days"),
    [
        ("daily", "Wed 04 Oct 08:00", "Daily digest: 3–4 October 2023"),
        ("weekly", "Mon 09 Oct 08:00", "Weekly digest: 2–9 October 2023"),
    ],
)
def test_a_digest_says_that_it_is_one_and_of_which_days(
    timeline: Timeline, frequency: str, when: str, days: str
) -> None:
    timeline.subscribe(subscriber(frequency))
    start(timeline)
    timeline.run_until(at(3, hour=12), STEP)
    timeline.serve_lines("> Turku, Finland – 5-6 May 2024", LYON, *PAST)
    assert timeline.run_until(at(10)) == [(when, "New edition: Turku, Finland, 5–6 May 2024")]
    assert timeline.received[-1].text.splitlines()[0] == days


@pytest.mark.parametrize(
    "declared",
    [{"name": "renamed"}, {"address": "Anna@Example.org"}, {"name": "renamed", "address": "ANNA@example.org"}],
)
def test_what_waits_for_the_digest_is_not_lost_when_the_entry_is_renamed(
    timeline: Timeline, declared: dict[str, str]
) -> None:
    timeline.subscribe(subscriber("weekly"))
    start(timeline)
    timeline.run_until(at(3, hour=12), STEP)
    timeline.serve_lines("> Turku, Finland – 5-6 May 2024", LYON, *PAST)
    timeline.run_until(at(4), STEP)
    timeline.subscribe(replace(subscriber("weekly"), **declared))
    assert timeline.run_until(at(10)) == [("Mon 09 Oct 08:00", "New edition: Turku, Finland, 5–6 May 2024")]


def test_an_immediate_message_is_no_digest(timeline: Timeline) -> None:
    timeline.subscribe(subscriber())
    start(timeline)
    timeline.serve_lines("> Turku, Finland – 5-6 May 2024", LYON, *PAST)
    timeline.run_until(at(2))
    assert "igest" not in timeline.received[-1].text


def test_a_call_that_opens_on_the_day_of_a_reminder_is_only_announced(timeline: Timeline) -> None:
    """It was announced before, so the call is old; what it says since it opened is not."""
    timeline.subscribe(subscriber())
    start(timeline, ANNOUNCED)
    timeline.run_until(at(2, hour=7), STEP)
    timeline.serve_lines(call("1 November 2023"), LYON, *PAST)  # 30 days later; the reminder would have come at 08:00
    assert [subject for _, subject in timeline.run_until(at(3))] == ["Call for hosts 2024 open: apply by 1 November"]
    assert [when for when, _ in timeline.run_until(at(20), STEP)] == ["Wed 18 Oct 08:00"]


def test_a_reminder_brings_the_news_about_its_call_that_waits_for_a_digest(timeline: Timeline) -> None:
    timeline.subscribe(subscriber("weekly"))
    start(timeline, ANNOUNCED)
    timeline.run_until(at(3, hour=12), STEP)
    timeline.serve_lines(call("18 October 2023"), LYON, *PAST)
    mails = timeline.run_until(at(9), STEP)
    assert mails == [("Wed 04 Oct 09:00", "Call for hosts 2024 open: apply by 18 October")]
    assert timeline.run_until(at(10), STEP) == [], "not again in the digest"


def test_a_reminder_and_another_change_of_its_call_say_what_to_submit_once(timeline: Timeline) -> None:
    timeline.subscribe(subscriber("weekly"))
    start(timeline, call("18 October 2023"))
    timeline.run_until(at(3, hour=12), STEP)
    timeline.serve_lines(call("18 October 2023, 18:00 and 30 November 2023"), LYON, *PAST)
    mails = timeline.run_until(at(5), STEP)
    assert [when for when, _ in mails] == ["Wed 04 Oct 09:00"]
    assert mails[0][1].startswith("Next cut-off 18 October 2023, 18:00")
    text = timeline.received[-1].text
    assert "new cut-off 30 November 2023" in text
    assert text.count("letter of support") == 1


def test_cut_offs_whose_reminders_are_due_on_one_day_are_one_reminder(timeline: Timeline) -> None:
    """2 days before one cut-off and 30 days before another: the next one is named, and the other as a later one."""
    timeline.subscribe(subscriber(reminders=(30, 2)))
    start(timeline, call("13 October 2023, 18:00 and 10 November 2023"))
    mails = timeline.run_until(at(20), STEP)
    assert [when for when, _ in mails] == ["Wed 11 Oct 09:00"]
    text = timeline.received[-1].text
    assert text.count("ext cut-off") == 1
    assert "Reminder, 2 days before the cut-off" in text
    assert "Next cut-off: 13 October 2023, 18:00 (Brussels time) · later: 10 November 2023" in text


@pytest.mark.parametrize(
    ("topics", "expected", "others"),
    [
        (("editions",), "No edition is announced", "call"),
        (("materials",), "when a summary or other documents of a past edition are published", "announced"),
        (("calls", "editions"), "Here is what is open or upcoming", "No call"),
    ],
)
def test_the_welcome_is_about_what_the_subscriber_follows(
    timeline: Timeline, topics: tuple[Topic, ...], expected: str, others: str
) -> None:
    timeline.subscribe(SubscriptionRequest("anna@example.org", topics, name="anna"))
    timeline.now = at(1)
    timeline.serve_lines(call("10 November 2023"), *PAST)
    timeline.run_until(at(1) + timedelta(hours=1))
    greeting = " ".join(timeline.received[-1].text.partition("· · ·")[0].partition("Source:")[0].split())
    assert expected in greeting
    assert others not in greeting


def test_the_welcome_names_the_countries_as_the_reason_for_showing_nothing(timeline: Timeline) -> None:
    timeline.subscribe(SubscriptionRequest("anna@example.org", ("editions",), ("MT",), name="anna"))
    timeline.now = at(1)
    timeline.serve_lines("> Turku, Finland – 5-6 May 2024", *PAST)
    timeline.run_until(at(1) + timedelta(hours=1))
    assert "No edition is announced in the countries that you follow" in " ".join(timeline.received[-1].text.split())


def test_registration_for_an_edition_that_was_cancelled_before_the_digest_is_not_in_it(timeline: Timeline) -> None:
    turku = f"> [Turku, Finland]({timeline.site.url('/turku')}) – 5-6 May 2024"
    page = (
        "<!DOCTYPE html><html><body><article><h1>Clusters meet Regions – Turku, Finland, 5-6 May 2024</h1>{}</article>"
    )
    timeline.subscribe(subscriber("weekly"))
    timeline.site.page("/turku", page.format("<p>Registration will open soon.</p>").encode())
    start(timeline, turku)
    timeline.run_until(at(3), STEP)
    timeline.site.page("/turku", page.format('<p><a href="/register">Register here</a></p>').encode())
    timeline.run_until(at(5), STEP)
    timeline.serve_lines(f"{turku} – CANCELLED", LYON, *PAST)
    mails = timeline.run_until(at(10), STEP)
    assert [subject for _, subject in mails] == ["Cancelled: Turku, 5–6 May 2024"]
    assert "egistration" not in timeline.received[-1].text


def test_a_reminder_says_that_the_pages_disagree(timeline: Timeline) -> None:
    notice = f"! The call for hosts of events in 2024 is open. [Read the call]({timeline.site.url('/call')})"
    page = "<!DOCTYPE html><html><body><article><h1>Call for hosts of Clusters meet Regions events in 2024</h1>"
    cutoffs = "<p>The call is open.</p><p>Cut-off dates:</p><p>20 October 2023 – 18:00</p></article></body></html>"
    timeline.subscribe(subscriber(reminders=(7,)))
    timeline.site.page("/call", f"{page}{cutoffs}".encode())
    start(timeline, notice)
    timeline.run_until(at(3), STEP)
    timeline.serve_lines(notice.replace("is open.", "is open until 27 October 2023."), LYON, *PAST)
    timeline.run_until(at(14), STEP)
    assert timeline.received[-1].subject.startswith("Last cut-off 20 October 2023, 18:00 · 7 days before")
    text = " ".join(timeline.received[-1].text.split())
    assert "The pages disagree: the list of editions gives the cut-off 27 October 2023, the call page does not." in text


GDANSK = "> Gdańsk, Poland – 12-13 April 2024"
DAY = timedelta(days=1)


def postpone_edition(timeline: Timeline) -> None:
    """The digest of Monday, 9 October says that the edition was postponed."""
    timeline.subscribe(subscriber("weekly"))
    start(timeline, GDANSK)
    timeline.now = at(3)
    timeline.serve_lines(f"{GDANSK} – POSTPONED", LYON, *PAST)
    timeline.run_until(at(4), DAY)
    timeline.now = at(9)


def set_new_date(timeline: Timeline) -> None:
    timeline.serve_lines("> Gdańsk, Poland – 19-20 May 2024", LYON, *PAST)


def assert_only_the_new_date_is_sent(timeline: Timeline) -> None:
    mails = timeline.run_until(timeline.now + 10 * DAY, DAY)
    assert [subject for _, subject in mails] == ["Gdańsk rescheduled to 19–20 May 2024 (was 12–13 April)"]


def test_a_pending_digest_is_replaced_by_news_that_waits_for_the_next_one(timeline: Timeline) -> None:
    postpone_edition(timeline)
    with timeline.mailbox.stopped():
        timeline.run_until(at(9, hour=8))
        set_new_date(timeline)
        timeline.run_until(at(9, hour=10))
    assert_only_the_new_date_is_sent(timeline)


def test_a_failed_digest_that_is_retried_is_replaced_by_news(timeline: Timeline) -> None:
    postpone_edition(timeline)
    timeline.mailbox.refuse("anna@example.org", "554 5.7.1 not now", times=1)
    timeline.run_until(at(9, hour=7))
    set_new_date(timeline)
    timeline.run_until(at(9, hour=8))
    assert Deliveries(timeline.database).retry(None, timeline.now) == 1
    assert_only_the_new_date_is_sent(timeline)


def test_a_digest_that_is_being_sent_is_replaced_by_news_once_the_attempt_has_failed(timeline: Timeline) -> None:
    outbox = Deliveries(timeline.database)
    postpone_edition(timeline)
    with timeline.mailbox.stopped():
        timeline.run_until(at(9, hour=7))
        outbox.retry(None, timeline.now)
        (claimed,) = outbox.claim(timeline.now)
        set_new_date(timeline)
        timeline.app.check()
        assert outbox.postpone(claimed, timeline.now, "451 try later")
    assert_only_the_new_date_is_sent(timeline)
