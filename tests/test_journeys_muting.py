"""End-to-end tests of muting: which messages a recipient still gets, and which come back when it is undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from urllib.parse import unquote

import pytest

from cmr_watch.config import WebSection
from cmr_watch.models.muting import ItemRef
from cmr_watch.models.readings import KnownEdition
from cmr_watch.models.recipients import QuietHours, Schedule, SubscriptionRequest
from cmr_watch.notify import tokens
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.installation import Installation
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.mailbox import Mail, Mailbox
from tests.fakes.site import FakeSite
from tests.monitor.small import html
from tests.test_journeys import LYON, PAST, PRAGUE
from tests.test_journeys_notifications import Timeline, at, call

CALL = ItemRef("call", "call-2024")
LYON_KEY = ItemRef("edition", "lyon-fr-2023-10")
MOVED_LYON = LYON.replace("12", "26").replace("13", "27")


class Muting(Timeline):
    """One recipient with the usual subscription."""

    def begin(self, *lines: str, **choices: object) -> None:
        self.subscribe(SubscriptionRequest("anna@example.org", name="anna", **choices))  # type: ignore[arg-type]
        self.now = at(1)
        self.serve_lines(*lines, *PAST)
        self.run_until(at(2))
        self.received.clear()

    @property
    def anna(self) -> int:
        return Subscriptions(self.database).find("anna@example.org")[0].id

    def mute(self, item: ItemRef) -> None:
        assert Mutes(self.database).add(self.anna, item, self.now)

    def unmute(self, item: ItemRef) -> None:
        assert Mutes(self.database).remove(self.anna, item, self.now)

    def subjects(self, end: datetime) -> list[str]:
        return [subject for _, subject in self.run_until(end)]


@pytest.fixture
def journey(database: Database) -> Iterator[Muting]:
    with FakeSite() as site, Mailbox() as mailbox:
        journey = Muting(database, site, mailbox)
        yield journey
        journey.app.__exit__(None, None, None)


def test_the_fixtures_have_the_keys_that_are_muted_here(journey: Muting) -> None:
    journey.begin(LYON, call("20 October 2023"))
    assert Mutes(journey.database).standing(journey.anna, CALL).entry
    assert Mutes(journey.database).standing(journey.anna, LYON_KEY).entry


def test_a_muted_call_whose_cut_off_moves_is_not_notified_and_another_edition_is(journey: Muting) -> None:
    journey.begin(LYON, call("20 October 2023"))
    journey.mute(CALL)
    journey.serve_lines(LYON, *PAST, call("10 November 2023"))
    assert journey.subjects(at(3)) == []
    journey.serve_lines(MOVED_LYON, *PAST, call("10 November 2023"))
    (subject,) = journey.subjects(at(4))
    assert subject.startswith("Lyon rescheduled")


def test_nobody_else_is_concerned(journey: Muting) -> None:
    anna, bob = (SubscriptionRequest(f"{name}@example.org", name=name) for name in ("anna", "bob"))
    journey.begin(LYON, call("20 October 2023"))
    journey.subscribe(anna, bob)
    journey.run_until(at(2, hour=12))
    journey.mute(CALL)
    read = len(journey.mailbox.mails)
    journey.serve_lines(LYON, *PAST, call("10 November 2023"))
    journey.run_until(at(3))
    assert [mail.recipient for mail in journey.mailbox.mails[read:]] == ["bob@example.org"]


def test_reminders_of_a_muted_call_are_not_sent(journey: Muting) -> None:
    journey.begin(LYON, call("20 October 2023"))
    journey.mute(CALL)
    assert journey.subjects(at(21)) == []


def test_undoing_brings_back_only_later_reminders(journey: Muting) -> None:
    journey.begin(LYON, call("20 October 2023"), reminders=(14, 7, 1))
    journey.mute(CALL)
    assert journey.run_until(at(14)) == [], "that of 7 days was due on the 13th"
    journey.unmute(CALL)
    assert [when for when, _ in journey.run_until(at(21))] == ["Thu 19 Oct 08:00"]


def test_undoing_brings_back_only_later_changes(journey: Muting) -> None:
    journey.begin(LYON, call("20 October 2023"))
    journey.mute(CALL)
    journey.serve_lines(LYON, *PAST, call("10 November 2023"))
    assert journey.subjects(at(3)) == []
    journey.unmute(CALL)
    assert journey.subjects(at(4)) == []
    journey.serve_lines(LYON, *PAST, call("11 November 2023"))
    (subject,) = journey.subjects(at(5))
    assert subject.startswith("New cut-off 11 November 2023")


@pytest.mark.parametrize("undone", [False, True])
def test_what_already_waits_for_a_digest_is_discarded(journey: Muting, undone: bool) -> None:
    journey.begin(LYON, call("20 December 2023"), schedule=Schedule("weekly"))
    journey.serve_lines(MOVED_LYON, *PAST, call("10 December 2023"))
    assert journey.subjects(at(3)) == [], "the digest is due on Monday"
    journey.mute(CALL)
    if undone:
        journey.unmute(CALL)
    subjects = journey.subjects(at(10))
    assert len(subjects) == 1
    assert subjects[0].startswith("Lyon rescheduled")
    assert "Dec" not in journey.received[-1].text


def test_a_pending_message_that_is_only_about_it_is_superseded(journey: Muting) -> None:
    journey.begin(LYON, call("20 December 2023"))
    journey.subscribe(SubscriptionRequest("anna@example.org", name="anna"))
    journey.mailbox.refuse("anna@example.org", "451 4.3.0 later", times=1)
    journey.serve_lines(LYON, *PAST, call("10 December 2023"))
    journey.app.check()
    assert Deliveries(journey.database).pending() is not None
    journey.mute(CALL)
    assert journey.subjects(at(4)) == []
    assert Deliveries(journey.database).pending() is None
    assert [entry.outcome for entry in Deliveries(journey.database).list()][-1] == "superseded"


def test_a_muted_edition_that_is_renamed_stays_muted(journey: Muting) -> None:
    journey.begin(LYON, PRAGUE)
    journey.mute(LYON_KEY)
    journey.serve_lines(LYON.replace("Lyon", "Villeurbanne"), PRAGUE, *PAST)
    assert journey.subjects(at(3)) == []
    entry = Mutes(journey.database).standing(journey.anna, LYON_KEY).entry
    assert isinstance(entry, KnownEdition)
    assert entry.edition.city == "Villeurbanne"
    journey.serve_lines(MOVED_LYON.replace("Lyon", "Villeurbanne"), PRAGUE, *PAST)
    assert journey.subjects(at(4)) == []


def test_a_muted_edition_that_is_cancelled_stays_muted(journey: Muting) -> None:
    journey.begin(LYON)
    journey.mute(LYON_KEY)
    journey.serve_lines(f"{LYON} - CANCELLED", *PAST)
    assert journey.subjects(at(4)) == []
    entry = Mutes(journey.database).standing(journey.anna, LYON_KEY).entry
    assert isinstance(entry, KnownEdition)
    assert entry.edition.status == "cancelled"


def test_the_welcome_leaves_it_out(journey: Muting) -> None:
    journey.begin(LYON, PRAGUE, call("20 October 2023"))
    journey.mute(LYON_KEY)
    Subscriptions(journey.database).end("anna@example.org", "ended", journey.now)
    journey.subscribe()
    Subscriptions(journey.database).add(SubscriptionRequest("anna@example.org"), journey.now, resubscribe=True)
    journey.run_until(at(3))
    text = journey.received[-1].text
    assert "Prague" in text
    assert "Lyon" not in text
    assert "Editions and calls that you want no more e-mails about are left out." in " ".join(text.split())


def test_quiet_hours_and_mutes_together(journey: Muting) -> None:
    quiet = QuietHours(time(22), time(7))
    journey.begin(LYON, call("20 October 2023"), schedule=Schedule(quiet=quiet))
    journey.now = at(3, hour=21)
    journey.serve(html(" ;; ".join((MOVED_LYON, *PAST, call("10 November 2023")))).encode())
    journey.app.check()
    journey.mute(CALL)
    (subject,) = journey.subjects(at(4, hour=12))
    assert subject.startswith("Lyon rescheduled")


# ── the links in mails ───────────────────────────────────────────────────────────────────────────────────────────


class Linked(Muting):
    """An installation with a site."""

    def subscribe(self, *subscriptions: SubscriptionRequest) -> None:
        self.settings = replace(self.settings, web=WebSection(url="https://watch.example.org"))
        super().subscribe(*subscriptions)

    def links(self, mail: Mail) -> list[tuple[int, ItemRef] | None]:
        """What the links of a mail do, in its text and in its HTML."""
        key = Installation(self.database).key()
        found = [
            re.findall(r'https://watch.example.org/mute/([^\s">]+)', mail.part(kind)) for kind in ("plain", "html")
        ]
        assert found[0] == found[1]
        return [tokens.find_mute(key, unquote(token)) for token in found[0]]


@pytest.fixture
def linked(database: Database) -> Iterator[Linked]:
    with FakeSite() as site, Mailbox() as mailbox:
        journey = Linked(database, site, mailbox)
        yield journey
        journey.app.__exit__(None, None, None)


def test_each_recipient_gets_links_of_their_own_for_each_block(linked: Linked) -> None:
    names = ("anna", "bob", "carl")
    linked.subscribe(*(SubscriptionRequest(f"{name}@example.org", name=name) for name in names))
    linked.now = at(1)
    linked.serve_lines(LYON, *PAST)
    linked.run_until(at(2))
    read = len(linked.mailbox.mails)
    linked.serve_lines(MOVED_LYON, *PAST, call("20 October 2023"))
    linked.run_until(at(3))
    mails = linked.mailbox.mails[read:]
    ids = {entry.address: entry.id for entry in Subscriptions(linked.database).active()}
    assert sorted(mail.recipient for mail in mails) == sorted(ids)
    for mail in mails:
        assert linked.links(mail) == [(ids[mail.recipient], CALL), (ids[mail.recipient], LYON_KEY)]


def test_a_message_that_is_sent_again_after_weeks_has_the_same_links(linked: Linked) -> None:
    linked.begin(LYON)
    linked.mailbox.refuse("anna@example.org", "550 5.7.1 no", times=1)
    linked.serve_lines(MOVED_LYON, *PAST)
    linked.app.check()
    (failed,) = Deliveries(linked.database).list("failed")
    linked.restart()
    linked.now += timedelta(days=30)
    Deliveries(linked.database).retry([failed.id], linked.now)
    linked.app.deliver()
    assert linked.links(linked.mailbox.mails[-1]) == [(linked.anna, LYON_KEY)]


def test_the_welcome_and_a_reminder_have_links(linked: Linked) -> None:
    linked.begin(LYON, call("20 October 2023"))
    assert linked.links(linked.mailbox.mails[-1]) == [(linked.anna, CALL)]
    linked.run_until(at(14))
    assert linked.received[-1].subject.startswith("Last cut-off")
    assert linked.links(linked.mailbox.mails[-1]) == [(linked.anna, CALL)]


def test_the_link_of_a_mail_stops_what_it_is_about(linked: Linked) -> None:
    linked.begin(LYON, call("20 October 2023"))
    linked.run_until(at(14))
    (link,) = linked.links(linked.mailbox.mails[-1])
    assert link is not None
    assert Mutes(linked.database).add(*link, linked.now)
    linked.received.clear()
    assert linked.run_until(at(21)) == []


def test_the_monthly_status_comes_although_something_muted_has_changed(journey: Muting) -> None:
    journey.begin(LYON, call("20 December 2023"), still_watching=True, reminders=())
    journey.mute(CALL)
    journey.now = at(15)
    journey.serve_lines(LYON, *PAST, call("10 December 2023"))
    mails = journey.run_until(at(8, 11), timedelta(hours=6))
    assert [subject for _, subject in mails] == ["Still watching, nothing new"]
    assert "Dec" not in journey.received[-1].text
