"""End-to-end tests of schedules, quiet hours and reminders: which mail arrives, and when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from cmr_watch.app import App
from cmr_watch.clock import BRUSSELS
from cmr_watch.models.recipients import QuietHours, Schedule, SubscriptionRequest
from cmr_watch.store.database import Database
from cmr_watch.store.restore_quarantine import mark_restored
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.monitor.small import html
from tests.test_journeys import LYON, PAST, Journey

HOUR = timedelta(hours=1)


class ReceivedMail(NamedTuple):
    """A mail, and when it arrived."""

    at: datetime
    subject: str
    text: str

    @property
    def local_time(self) -> str:
        return f"{self.at.astimezone(BRUSSELS):%a %d %b %H:%M}"


class Timeline(Journey):
    """Runs checks at regular intervals, and records when each mail arrives. Pauses are recorded, not made."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        super().__init__(database, site, mailbox)
        self.received: list[ReceivedMail] = []
        self.pauses: list[float] = []
        self.subscribe()

    def subscribe(self, *subscriptions: SubscriptionRequest) -> None:
        """Replace the subscriptions in the configuration."""
        self.settings = replace(self.settings, subscriptions=subscriptions)
        self.restart()

    def restart(self) -> None:
        """Start again with the same database."""
        self.app.__exit__(None, None, None)
        self.app = App(self.settings, self.database, lambda: self.now, self.pauses.append)

    def serve_lines(self, *lines: str) -> None:
        self.serve(html(" ;; ".join(lines)).encode())

    def run_until(self, end: datetime, step: timedelta = HOUR) -> list[tuple[str, str]]:
        """Run checks until `end`; return the local time and the subject of each mail that arrived."""
        before = len(self.received)
        while self.now < end:
            self.app.check()
            for mail in self.mailbox.mails[self._read :]:
                self.received.append(ReceivedMail(self.now, mail.subject.strip(), mail.part("plain")))
            self._read = len(self.mailbox.mails)
            self.now += step
        return [(mail.local_time, mail.subject) for mail in self.received[before:]]


@pytest.fixture
def timeline(database: Database) -> Iterator[Timeline]:
    with FakeSite() as site, Mailbox() as mailbox:
        timeline = Timeline(database, site, mailbox)
        yield timeline
        timeline.app.__exit__(None, None, None)


def call(deadline: str) -> str:
    return f"! The call for hosts of events in 2024 is open. Deadline: {deadline}, 18:00."


def at(day: int, month: int = 10, hour: int = 6, year: int = 2023) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


REMINDER = "Last cut-off 10 November 2023, 18:00"


def test_a_call_opens_and_its_cut_off_moves(timeline: Timeline) -> None:
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna"))
    timeline.now = at(1)
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(2))
    timeline.serve_lines(LYON, *PAST, call("20 October 2023"))
    assert timeline.run_until(at(3)) == [("Mon 02 Oct 08:00", "Call for hosts 2024 open: apply by 20 October")]
    timeline.serve_lines(LYON, *PAST, call("10 November 2023"))
    moved = timeline.run_until(at(4))
    assert [when for when, _ in moved] == ["Tue 03 Oct 08:00"]
    assert moved[0][1] == "New cut-off 10 November 2023 (was 20 October) · call for hosts 2024"
    reminders = timeline.run_until(at(12, 11), 2 * HOUR)
    assert [when for when, _ in reminders] == [
        "Wed 11 Oct 08:00",
        "Fri 27 Oct 08:00",
        "Fri 03 Nov 09:00",
        "Wed 08 Nov 09:00",
        "Thu 09 Nov 09:00",
    ]
    assert all(subject.startswith(REMINDER) for _, subject in reminders), "no reminder of the previous date"
    assert len({subject for _, subject in reminders}) == 5, "each says which it is"
    text = timeline.received[-1].text
    assert "Moved from 20 October 2023" in " ".join(text.split())
    assert "letter of support" in text


def test_a_closed_call_has_no_reminders(timeline: Timeline) -> None:
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna"))
    timeline.now = at(1)
    timeline.serve_lines(LYON, *PAST, call("20 October 2023"))
    timeline.run_until(at(10), 6 * HOUR)
    timeline.serve_lines(LYON, *PAST, "! The call for hosts of events in 2024 is closed.")
    assert [subject for _, subject in timeline.run_until(at(22), 2 * HOUR)] == ["Call for hosts 2024 closed"]


def test_after_a_suspend_only_the_nearest_reminder_is_sent_with_the_actual_days_left(timeline: Timeline) -> None:
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna"))
    timeline.now = at(1)
    timeline.serve_lines(LYON, *PAST, call("10 November 2023"))
    timeline.run_until(at(2))
    timeline.now = at(5, 11, 12)  # suspended while the reminders of 30, 14 and 7 days were due
    reminders = timeline.run_until(at(5, 11, 14))
    assert [subject.partition(" · ")[0] for _, subject in reminders] == [REMINDER]
    assert len(timeline.run_until(at(12, 11), 2 * HOUR)) == 2


def test_a_reminder_that_waited_in_the_outbox_has_the_actual_days_left(timeline: Timeline) -> None:
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna"))
    timeline.now = at(1)
    timeline.serve_lines(LYON, *PAST, call("10 November 2023"))
    timeline.run_until(at(2, 11), 6 * HOUR)
    timeline.received.clear()
    with timeline.mailbox.stopped():
        assert timeline.run_until(at(5, 11), 2 * HOUR) == []
    reminders = timeline.run_until(at(6, 11), 2 * HOUR)
    assert [subject.partition(" · ")[0] for _, subject in reminders] == [REMINDER]


WEEKLY = Schedule("weekly", hour=8, weekday=0)


@pytest.mark.parametrize(
    ("found_at", "expected"),
    [
        (at(25, 10), "Mon 30 Oct 08:00"),  # summer time ends on 29 October 2023
        (at(28, 3, year=2024), "Mon 01 Apr 08:00"),  # and starts on 31 March 2024
    ],
)
def test_a_weekly_digest_is_one_mail_on_monday_morning(timeline: Timeline, found_at: datetime, expected: str) -> None:
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna", schedule=WEEKLY))
    timeline.now = found_at - timedelta(days=1)
    timeline.serve_lines(*PAST)
    timeline.run_until(found_at)
    lines = [f"> {city} – 5 June 2024" for city in ("Oslo, Norway", "Graz, Austria", "Riga, Latvia")]
    for number in (1, 2, 3):
        timeline.serve_lines(*lines[:number], *PAST)
        timeline.run_until(found_at + timedelta(hours=5 * number))
    mails = timeline.run_until(found_at + timedelta(days=9))
    assert [when for when, _ in mails] == [expected]
    assert mails[0][1] == "New edition: Oslo, Norway, 5 June 2024 · new edition in Graz · and new edition in Riga"


def test_a_recipient_with_two_subscriptions_is_notified_once(timeline: Timeline) -> None:
    timeline.subscribe(
        SubscriptionRequest("anna@example.org", name="now"),
        SubscriptionRequest("Anna@Example.org", name="weekly", schedule=WEEKLY),
    )
    timeline.now = at(1)
    timeline.serve_lines(*PAST)
    assert len(timeline.run_until(at(2))) == 1, "one welcome message"
    timeline.serve_lines(LYON, *PAST)
    assert [when for when, _ in timeline.run_until(at(20), 2 * HOUR)] == ["Mon 02 Oct 08:00"]


def test_a_digest_has_the_net_effect_of_the_changes(timeline: Timeline) -> None:
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna", schedule=WEEKLY))
    timeline.now = at(3)
    timeline.serve_lines(*PAST)
    timeline.run_until(at(4))
    timeline.serve_lines(LYON, "> Oslo, Norway – 5 June 2024", *PAST)
    timeline.run_until(at(5))
    timeline.serve_lines("> Oslo, Norway – 9 June 2024", *PAST)
    timeline.run_until(at(6))
    ((_, subject),) = timeline.run_until(at(12), 2 * HOUR)
    assert subject == "New edition: Oslo, Norway, 9 June 2024"


def test_messages_are_deferred_until_quiet_hours_end(timeline: Timeline) -> None:
    quiet = Schedule(quiet=QuietHours(datetime.min.time().replace(hour=22), datetime.min.time().replace(hour=7)))
    timeline.subscribe(SubscriptionRequest("anna@example.org", name="anna", schedule=quiet))
    timeline.now = at(2)
    timeline.serve_lines(*PAST)
    timeline.run_until(at(2, hour=21))
    timeline.serve_lines(LYON, *PAST)
    assert [when for when, _ in timeline.run_until(at(3, hour=12))] == ["Tue 03 Oct 07:00"]


def test_a_new_schedule_applies_to_pending_changes(timeline: Timeline) -> None:
    anna = SubscriptionRequest("anna@example.org", name="anna", schedule=WEEKLY)
    timeline.subscribe(anna)
    timeline.now = at(3)
    timeline.serve_lines(*PAST)
    timeline.run_until(at(4))
    timeline.serve_lines(LYON, *PAST)
    assert timeline.run_until(at(5)) == []
    timeline.subscribe(replace(anna, schedule=Schedule("daily", hour=18)))
    assert [when for when, _ in timeline.run_until(at(12), HOUR)] == ["Thu 05 Oct 18:00"]


def test_pending_changes_of_an_ended_subscription_are_not_sent(timeline: Timeline) -> None:
    anna = SubscriptionRequest("anna@example.org", name="anna", schedule=WEEKLY)
    timeline.subscribe(anna)
    timeline.now = at(3)
    timeline.serve_lines(*PAST)
    timeline.run_until(at(4))
    timeline.serve_lines(LYON, *PAST)
    timeline.run_until(at(5))
    Subscriptions(timeline.database).end("anna@example.org", "asked to", timeline.now)
    assert timeline.run_until(at(20), 6 * HOUR) == []


def test_the_monthly_status_is_sent_once_a_month_without_changes(timeline: Timeline) -> None:
    timeline.subscribe(
        SubscriptionRequest("anna@example.org", name="anna", still_watching=True, schedule=Schedule("daily"))
    )
    timeline.now = at(3)
    timeline.serve_lines(*PAST)
    timeline.run_until(at(4))
    mails = timeline.run_until(at(5, 12), 12 * HOUR)
    assert [subject for _, subject in mails] == ["Still watching, nothing new"] * 2
    assert Counter(when.split()[2] for when, _ in mails) == {"Nov": 1, "Dec": 1}


def test_no_monthly_status_in_the_days_after_a_restore(timeline: Timeline) -> None:
    """What was sent after the backup was made is not in it, so the time without a message is not known."""
    timeline.subscribe(
        SubscriptionRequest("anna@example.org", name="anna", still_watching=True, schedule=Schedule("daily"))
    )
    timeline.now = at(3)
    timeline.serve_lines(*PAST)
    timeline.run_until(at(4))
    timeline.now = at(28, 11)
    with timeline.database.write() as connection:
        mark_restored(connection)
    timeline.restart()
    assert timeline.run_until(at(31, 12), 24 * HOUR) == []
    mails = timeline.run_until(at(5, 1, year=2024), 24 * HOUR)
    assert [subject for _, subject in mails] == ["Still watching, nothing new"]


def test_the_rate_limit_of_mails_per_minute(timeline: Timeline) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        timeline.now += timedelta(seconds=seconds)

    mail = replace(timeline.settings.mail, per_minute=5)
    subscriptions = tuple(SubscriptionRequest(f"p{number}@example.org", name=str(number)) for number in range(12))
    timeline.settings = replace(timeline.settings, mail=mail, subscriptions=subscriptions)
    timeline.serve_lines(*PAST)
    started = timeline.now
    with App(timeline.settings, timeline.database, lambda: timeline.now, sleep) as app:
        app.check()
    assert len(timeline.mailbox.mails) == 12
    assert timeline.now - started >= timedelta(minutes=2)
    assert pauses


def test_two_welcomes_with_nothing_to_show_differ_by_topic(timeline: Timeline) -> None:
    anna = SubscriptionRequest("anna@example.org", name="anna", topics=("editions",))
    bob = SubscriptionRequest("bob@example.org", name="bob", topics=("materials",))
    timeline.subscribe(anna, bob)
    timeline.now = at(1)
    timeline.serve_lines(*PAST)
    timeline.run_until(at(2))
    texts = {mail.recipient: mail.part("plain") for mail in timeline.mailbox.mails}
    assert "No edition is announced" in texts["anna@example.org"]
    assert "No edition is announced" not in texts["bob@example.org"]
