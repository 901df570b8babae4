"""Journeys of people with intervals of their own: who is told what, and on which morning. The mailbox is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cmr_watch.app import App
from cmr_watch.models import QuietHours, Schedule, SubscriptionRequest
from cmr_watch.store.database import Database
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.test_journeys import LYON, PAST, Journey

BRUSSELS = ZoneInfo("Europe/Brussels")
HOUR = timedelta(hours=1)


class Travel(Journey):
    """Checks every hour, and notes when each mail came and to whom."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        super().__init__(database, site, mailbox)
        self.came: list[tuple[datetime, str, str, str]] = []
        self.people()

    def people(self, *wanted: SubscriptionRequest) -> None:
        """From now on these are declared."""
        self.settings = replace(self.settings, subscriptions=wanted)
        self.app.__exit__(None, None, None)
        self.app = App(self.settings, self.database, lambda: self.now)

    def page(self, *lines: str) -> None:
        from tests.monitor.small import html

        self.serve(html(" ;; ".join(lines)).encode())

    def until(self, end: datetime, step: timedelta = HOUR) -> list[tuple[str, str]]:
        """Let time pass; (local time, subject) of the mails that came."""
        before = len(self.came)
        while self.now < end:
            self.app.check()
            for mail in self.mailbox.mails[self._read :]:
                self.came.append((self.now, mail.recipient, mail.subject.strip(), mail.part("plain")))
            self._read = len(self.mailbox.mails)
            self.now += step
        return [(f"{at.astimezone(BRUSSELS):%a %d %b %H:%M}", subject) for at, _, subject, _ in self.came[before:]]


@pytest.fixture
def travel(database: Database) -> Iterator[Travel]:
    with FakeSite() as site, Mailbox() as mailbox:
        travel = Travel(database, site, mailbox)
        yield travel
        travel.app.__exit__(None, None, None)


def call(deadline: str) -> str:
    return f"! The call for hosts of events in 2024 is open. Deadline: {deadline}, 18:00."


def at(day: int, month: int = 10, hour: int = 6, year: int = 2023) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_a_call_opens_and_its_cut_off_moves(travel: Travel) -> None:
    travel.people(SubscriptionRequest("anna@example.org", name="anna"))
    travel.now = at(1)
    travel.page(LYON, *PAST)
    travel.until(at(2))
    travel.page(LYON, *PAST, call("20 October 2023"))
    assert travel.until(at(3)) == [("Mon 02 Oct 08:00", "Call for hosts 2024 open: apply by 20 October")]
    travel.page(LYON, *PAST, call("10 November 2023"))
    moved = travel.until(at(4))
    assert [when for when, _ in moved] == ["Tue 03 Oct 08:00"]
    assert moved[0][1] == "New cut-off 10 November 2023 (was 20 October)"
    told = travel.until(at(12, 11), 2 * HOUR)
    assert [when for when, _ in told] == [
        "Wed 11 Oct 08:00",
        "Fri 27 Oct 08:00",
        "Fri 03 Nov 09:00",
        "Wed 08 Nov 09:00",
        "Thu 09 Nov 09:00",
    ]
    assert {subject for _, subject in told} == {REMINDER}, "there is no reminder of the old date"
    words = travel.came[-1][3]
    assert "Moved from 20 October 2023" in " ".join(words.split())
    assert "letter of support" in words


def test_a_call_that_closes_is_silent(travel: Travel) -> None:
    travel.people(SubscriptionRequest("anna@example.org", name="anna"))
    travel.now = at(1)
    travel.page(LYON, *PAST, call("20 October 2023"))
    travel.until(at(10), 6 * HOUR)
    travel.page(LYON, *PAST, "! The call for hosts of events in 2024 is closed.")
    assert [subject for _, subject in travel.until(at(22), 2 * HOUR)] == ["Call for hosts 2024 closed"]


REMINDER = "Last cut-off 10 November 2023, 18:00: call for hosts 2024"


def test_after_a_pause_only_the_nearest_reminder_comes(travel: Travel) -> None:
    travel.people(SubscriptionRequest("anna@example.org", name="anna"))
    travel.now = at(1)
    travel.page(LYON, *PAST, call("10 November 2023"))
    travel.until(at(2))
    travel.now = at(5, 11, 12)  # asleep: 30, 14 and 7 days fell due
    told = travel.until(at(5, 11, 14))
    assert [subject for _, subject in told] == [REMINDER]
    assert len(travel.until(at(12, 11), 2 * HOUR)) == 2


def test_reminders_that_waited_in_the_outbox_are_sent_as_one(travel: Travel) -> None:
    travel.people(SubscriptionRequest("anna@example.org", name="anna"))
    travel.now = at(1)
    travel.page(LYON, *PAST, call("10 November 2023"))
    travel.until(at(2, 11), 6 * HOUR)
    travel.came.clear()
    with travel.mailbox.shut_for_now():
        assert travel.until(at(5, 11), 2 * HOUR) == []
    told = travel.until(at(6, 11), 2 * HOUR)
    assert [subject for _, subject in told] == [REMINDER]


WEEKLY = Schedule("weekly", hour=8, weekday=0)


@pytest.mark.parametrize(
    ("found", "morning"),
    [
        (at(25, 10), "Mon 30 Oct 08:00"),  # summer time ends on 29 October 2023
        (at(28, 3, year=2024), "Mon 01 Apr 08:00"),  # and begins on 31 March 2024
    ],
)
def test_a_weekly_reader_gets_one_mail_on_the_right_morning(travel: Travel, found: datetime, morning: str) -> None:
    travel.people(SubscriptionRequest("anna@example.org", name="anna", schedule=WEEKLY))
    travel.now = found - timedelta(days=1)
    travel.page(*PAST)
    travel.until(found)
    lines = [f"> {city} – 5 June 2024" for city in ("Oslo, Norway", "Graz, Austria", "Riga, Latvia")]
    for number in (1, 2, 3):
        travel.page(*lines[:number], *PAST)
        travel.until(found + timedelta(hours=5 * number))
    came = travel.until(found + timedelta(days=9))
    assert [when for when, _ in came] == [morning]
    assert came[0][1] == "New edition: Oslo, Norway, 5 June 2024 · new edition in Graz · and new edition in Riga"


def test_one_person_with_two_subscriptions_is_told_once(travel: Travel) -> None:
    travel.people(
        SubscriptionRequest("anna@example.org", name="now"),
        SubscriptionRequest("Anna@Example.org", name="weekly", schedule=WEEKLY),
    )
    travel.now = at(1)
    travel.page(*PAST)
    assert len(travel.until(at(2))) == 1, "one welcome"
    travel.page(LYON, *PAST)
    assert [when for when, _ in travel.until(at(20), 2 * HOUR)] == ["Mon 02 Oct 08:00"]


def test_what_is_undone_before_it_is_told_is_not_told(travel: Travel) -> None:
    travel.people(SubscriptionRequest("anna@example.org", name="anna", schedule=WEEKLY))
    travel.now = at(3)
    travel.page(*PAST)
    travel.until(at(4))
    travel.page(LYON, "> Oslo, Norway – 5 June 2024", *PAST)
    travel.until(at(5))
    travel.page("> Oslo, Norway – 9 June 2024", *PAST)
    travel.until(at(6))
    ((_, subject),) = travel.until(at(12), 2 * HOUR)
    assert subject == "New edition: Oslo, Norway, 9 June 2024"


def test_what_comes_in_quiet_hours_is_held_until_they_end(travel: Travel) -> None:
    quiet = Schedule(quiet=QuietHours(datetime.min.time().replace(hour=22), datetime.min.time().replace(hour=7)))
    travel.people(SubscriptionRequest("anna@example.org", name="anna", schedule=quiet))
    travel.now = at(2)
    travel.page(*PAST)
    travel.until(at(2, hour=21))
    travel.page(LYON, *PAST)
    assert [when for when, _ in travel.until(at(3, hour=12))] == ["Tue 03 Oct 07:00"]


def test_another_rhythm_counts_for_what_waits(travel: Travel) -> None:
    anna = SubscriptionRequest("anna@example.org", name="anna", schedule=WEEKLY)
    travel.people(anna)
    travel.now = at(3)
    travel.page(*PAST)
    travel.until(at(4))
    travel.page(LYON, *PAST)
    assert travel.until(at(5)) == []
    travel.people(replace(anna, schedule=Schedule("daily", hour=18)))
    assert [when for when, _ in travel.until(at(12), HOUR)] == ["Thu 05 Oct 18:00"]


def test_who_ends_while_something_waits_gets_nothing(travel: Travel) -> None:
    anna = SubscriptionRequest("anna@example.org", name="anna", schedule=WEEKLY)
    travel.people(anna)
    travel.now = at(3)
    travel.page(*PAST)
    travel.until(at(4))
    travel.page(LYON, *PAST)
    travel.until(at(5))
    Subscriptions(travel.database).end("anna@example.org", "asked to", travel.now)
    assert travel.until(at(20), 6 * HOUR) == []


def test_still_watching_is_said_once_a_month_without_news(travel: Travel) -> None:
    travel.people(SubscriptionRequest("anna@example.org", name="anna", still_watching=True, schedule=Schedule("daily")))
    travel.now = at(3)
    travel.page(*PAST)
    travel.until(at(4))
    told = travel.until(at(5, 12), 12 * HOUR)
    assert [subject for _, subject in told] == ["Still watching, nothing new"] * 2
    assert Counter(when.split()[2] for when, _ in told) == {"Nov": 1, "Dec": 1}


def test_no_more_mails_a_minute_than_asked_for(travel: Travel) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        travel.now += timedelta(seconds=seconds)

    mail = replace(travel.settings.mail, per_minute=5)
    people = tuple(SubscriptionRequest(f"p{number}@example.org", name=str(number)) for number in range(12))
    travel.settings = replace(travel.settings, mail=mail, subscriptions=people)
    travel.page(*PAST)
    begun = travel.now
    with App(travel.settings, travel.database, lambda: travel.now, sleep) as app:
        app.check()
    assert len(travel.mailbox.mails) == 12
    assert travel.now - begun >= timedelta(minutes=2)
    assert pauses
