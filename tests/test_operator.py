"""What the operator hears of: each trouble once when it begins, and once when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.app import App
from cmr_watch.config import OperatorSection
from cmr_watch.models import Schedule, SubscriptionRequest
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite, Response
from tests.test_journeys import LYON, PAST, PATH, PRAGUE, Journey

OPERATOR = "op@example.org"
ANNA = "anna@example.org"
MAINTENANCE = b"<!DOCTYPE html><html><body><h1>Maintenance</h1><p>We are back soon.</p></body></html>"


class Watched(Journey):
    """`told` is what the operator was told since the last time: the subjects."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        super().__init__(database, site, mailbox)
        self.now = datetime(2023, 10, 2, 9, tzinfo=UTC)
        self._heard = 0
        self.configure()

    def configure(self, *wanted: SubscriptionRequest, operators: tuple[str, ...] = (OPERATOR,), after: int = 3) -> None:
        section = OperatorSection(operators, after)
        people = wanted or (SubscriptionRequest(ANNA, name="anna"),)
        self.settings = replace(self.settings, operator=section, subscriptions=people)
        self.app.__exit__(None, None, None)
        self.app = App(self.settings, self.database, lambda: self.now)

    def told(self) -> list[str]:
        new, self._heard = self.mailbox.mails[self._heard :], len(self.mailbox.mails)
        return [mail.subject for mail in new if mail.recipient == OPERATOR]

    def goes_wrong(self, times: int) -> list[str]:
        """The site answers 503 that often."""
        self.site.script(PATH, *[Response(503)] * times)
        for _ in range(times):
            self.check()
        return self.told()

    @property
    def last_words(self) -> str:
        mails = [mail for mail in self.mailbox.mails if mail.recipient == OPERATOR]
        return " ".join(mails[-1].part("plain").split())


@pytest.fixture
def watched(database: Database) -> Iterator[Watched]:
    with FakeSite() as site, Mailbox() as mailbox:
        watched = Watched(database, site, mailbox)
        watched.reads(LYON, *PAST)
        watched.told()
        yield watched
        watched.app.__exit__(None, None, None)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_cannot_be_read(watched: Watched) -> None:
    assert watched.goes_wrong(2) == []
    assert watched.goes_wrong(1) == ["Problem: the page cannot be read"]
    assert "cmr-watch doctor" in watched.last_words
    assert watched.goes_wrong(3) == []
    watched.reads(LYON, *PAST)
    assert watched.told() == ["Resolved: the page could not be read"]
    watched.reads(LYON, *PAST)
    assert watched.told() == []


@pytest.mark.parametrize("after", [1, 5])
def test_as_patient_as_the_operator_wishes(watched: Watched, after: int) -> None:
    watched.configure(after=after)
    assert watched.goes_wrong(after - 1) == []
    assert watched.goes_wrong(1) == ["Problem: the page cannot be read"]


def test_a_good_reading_between_begins_the_count_anew(watched: Watched) -> None:
    for _ in range(3):
        assert watched.goes_wrong(2) == []
        watched.reads(LYON, *PAST)
    assert watched.told() == []


def test_it_comes_again(watched: Watched) -> None:
    for _ in range(2):
        assert watched.goes_wrong(4) == ["Problem: the page cannot be read"]
        watched.reads(LYON, *PAST)
        assert watched.told() == ["Resolved: the page could not be read"]


def test_a_page_that_is_not_believed(watched: Watched) -> None:
    for expected in (["Problem: the page looks wrong, so its content was not used"], [], []):
        watched.serve(MAINTENANCE)
        watched.check()
        assert watched.told() == expected
    watched.reads(LYON, *PAST)
    assert watched.told() == ["Resolved: the page looked wrong, so its content was not used"]


# ── the mail ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_that_is_set_aside(watched: Watched) -> None:
    watched.mailbox.refuse(ANNA, "554 5.7.1 we do not like you", times=1)
    watched.reads(LYON, PRAGUE, *PAST)
    assert watched.told() == ["Problem: a message cannot be delivered"], "in the run that met it"
    assert ANNA in watched.last_words
    watched.check()
    assert watched.told() == []
    Deliveries(watched.database).retry(None, watched.now)
    watched.check()
    assert watched.told() == ["Resolved: a message could not be delivered"]


def test_two_addresses_are_one_message(watched: Watched) -> None:
    watched.configure(SubscriptionRequest(ANNA, name="anna"), SubscriptionRequest("bob@example.org", name="bob"))
    watched.check()
    for address in (ANNA, "bob@example.org"):
        watched.mailbox.refuse(address, "554 5.7.1 we do not like you")
    watched.reads(LYON, PRAGUE, *PAST)
    assert watched.told() == ["2 problems"]


def test_the_operators_own_mail_that_fails_is_no_trouble(watched: Watched) -> None:
    watched.mailbox.refuse(OPERATOR, "554 5.7.1 we do not like you")
    for _ in range(2):
        watched.goes_wrong(3)
    assert [entry.kind for entry in Incidents(watched.database).unresolved()] == ["fetch-failing"]
    (aside,) = Deliveries(watched.database).list("failed")
    assert (aside.message.address, aside.purpose) == (OPERATOR, "operator")


def test_every_operator_is_told(watched: Watched) -> None:
    watched.configure(operators=(OPERATOR, "second@example.org"))
    assert watched.goes_wrong(3) == ["Problem: the page cannot be read"]
    assert watched.mailbox.recipients[-2:] == [OPERATOR, "second@example.org"]


def test_an_operator_who_is_named_later_hears_of_what_still_lasts(watched: Watched) -> None:
    watched.configure(operators=())
    assert watched.goes_wrong(3) == []
    watched.configure()
    watched.check()
    assert len(watched.told()) == 1


# ── digests ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def daily(watched: Watched) -> Watched:
    """Anna has a daily digest at eight; something for it was read on the third of October."""
    watched.configure(SubscriptionRequest(ANNA, name="anna", schedule=Schedule("daily")))
    watched.now = datetime(2023, 10, 3, 9, tzinfo=UTC)
    watched.reads(LYON, PRAGUE, *PAST)
    watched.told()
    return watched


def test_a_digest_that_cannot_go_out_in_time(daily: Watched) -> None:
    daily.now = datetime(2023, 10, 4, 6, 5, tzinfo=UTC)
    daily.mailbox.refuse(ANNA, "451 4.2.0 later")
    daily.check(70)
    assert daily.told() == []
    daily.check(5)
    assert daily.told() == ["Problem: a digest is late"]
    daily.check(5)
    assert daily.told() == []
    daily.mailbox.refuse(ANNA, times=0)
    daily.now += timedelta(hours=12)
    daily.check()
    assert daily.told() == ["Resolved: a digest was late"]


def test_a_digest_that_nobody_wants_any_more_is_not_late(daily: Watched) -> None:
    daily.now = datetime(2023, 10, 4, 6, 5, tzinfo=UTC)
    daily.mailbox.refuse(ANNA, "451 4.2.0 later")
    daily.check(70)
    daily.check(5)
    assert daily.told() == ["Problem: a digest is late"]
    Subscriptions(daily.database).end(ANNA, "asked to", daily.now)
    daily.check()
    assert daily.told() == ["Resolved: a digest was late"]


def test_a_machine_that_slept_tells_of_the_digest_that_it_missed(daily: Watched) -> None:
    daily.now = datetime(2023, 10, 4, 12, tzinfo=UTC)
    daily.check()
    assert daily.told()[-1] == "Resolved: a digest was late"
    daily.check()
    assert daily.told() == []


# ── nobody ran ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_began_and_ended_between_two_runs_is_one_message(watched: Watched) -> None:
    watched.site.script(PATH, *[Response(503)] * 3)
    for _ in range(3):
        watched.app.check(notify=False)
    watched.app.check(notify=False)
    assert watched.told() == []
    watched.check()
    assert watched.told() == ["Resolved: the page could not be read"]
    assert "Resolved before this message was sent." in watched.last_words
    watched.check()
    assert watched.told() == []


def test_two_processes_tell_once(watched: Watched) -> None:
    watched.site.script(PATH, *[Response(503)] * 3)
    for _ in range(3):
        watched.app.check(notify=False)
    unnotified = Incidents(watched.database).unnotified()
    watched.check()
    assert len(watched.told()) == 1
    assert not Deliveries(watched.database).notify_operator([], unnotified, watched.now), "the other one was faster"
