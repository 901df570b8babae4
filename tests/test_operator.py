"""Notifications of the operator: one message when an incident opens, and one when it is resolved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.app import App
from cmr_watch.config import OperatorSection
from cmr_watch.models.recipients import Schedule, SubscriptionRequest
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.subscriptions import Subscriptions
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite, Response
from tests.monitor.small import html
from tests.test_journeys import LYON, PAST, PATH, PRAGUE, Journey

OPERATOR = "op@example.org"
ANNA = "anna@example.org"
MAINTENANCE = b"<!DOCTYPE html><html><body><h1>Maintenance</h1><p>We are back soon.</p></body></html>"


class OperatorJourney(Journey):
    """An installation with an operator."""

    def __init__(self, database: Database, site: FakeSite, mailbox: Mailbox) -> None:
        super().__init__(database, site, mailbox)
        self.now = datetime(2023, 10, 2, 9, tzinfo=UTC)
        self._notified = 0
        self.configure()

    def configure(
        self, *subscriptions: SubscriptionRequest, operators: tuple[str, ...] = (OPERATOR,), after: int = 3
    ) -> None:
        """Change the configuration. Without subscriptions, Anna's is kept."""
        section = OperatorSection(operators, after)
        subscriptions = subscriptions or (SubscriptionRequest(ANNA, name="anna"),)
        self.settings = replace(self.settings, operator=section, subscriptions=subscriptions)
        self.app.__exit__(None, None, None)
        self.app = App(self.settings, self.database, lambda: self.now)

    def new_subjects(self) -> list[str]:
        """Return the subjects of the operator's mails since the last call."""
        new, self._notified = self.mailbox.mails[self._notified :], len(self.mailbox.mails)
        return [mail.subject for mail in new if mail.recipient == OPERATOR]

    def fail_checks(self, times: int) -> list[str]:
        """Run this many checks that fail with 503; return the subjects of the operator's mails."""
        self.site.script(PATH, *[Response(503)] * times)
        for _ in range(times):
            self.check()
        return self.new_subjects()

    @property
    def last_text(self) -> str:
        """The text of the operator's last mail, on one line."""
        mails = [mail for mail in self.mailbox.mails if mail.recipient == OPERATOR]
        return " ".join(mails[-1].part("plain").split())


@pytest.fixture
def journey(database: Database) -> Iterator[OperatorJourney]:
    with FakeSite() as site, Mailbox() as mailbox:
        journey = OperatorJourney(database, site, mailbox)
        journey.check_lines(LYON, *PAST)
        journey.new_subjects()
        yield journey
        journey.app.__exit__(None, None, None)


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_cannot_be_fetched(journey: OperatorJourney) -> None:
    assert journey.fail_checks(2) == []
    assert journey.fail_checks(1) == ["Problem: the page cannot be read"]
    assert "cmr-watch doctor" in journey.last_text
    assert journey.fail_checks(3) == []
    journey.check_lines(LYON, *PAST)
    assert journey.new_subjects() == ["Resolved: the page can be read again"]
    journey.check_lines(LYON, *PAST)
    assert journey.new_subjects() == []


@pytest.mark.parametrize("after", [1, 5])
def test_the_number_of_failed_checks_before_the_operator_is_notified(journey: OperatorJourney, after: int) -> None:
    journey.configure(after=after)
    assert journey.fail_checks(after - 1) == []
    assert journey.fail_checks(1) == ["Problem: the page cannot be read"]


def test_a_successful_check_resets_the_count(journey: OperatorJourney) -> None:
    for _ in range(3):
        assert journey.fail_checks(2) == []
        journey.check_lines(LYON, *PAST)
    assert journey.new_subjects() == []


def test_an_incident_that_opens_again_is_notified_again(journey: OperatorJourney) -> None:
    for _ in range(2):
        assert journey.fail_checks(4) == ["Problem: the page cannot be read"]
        journey.check_lines(LYON, *PAST)
        assert journey.new_subjects() == ["Resolved: the page can be read again"]


def test_an_incident_that_opens_again_and_again_within_a_day_is_reported_once_more(journey: OperatorJourney) -> None:
    def flap() -> list[str]:
        journey.serve(MAINTENANCE)
        journey.check()
        journey.check_lines(LYON, *PAST)
        return journey.new_subjects()

    problem, resolved = "Problem: the page lacks its usual content", "Resolved: the page has its usual content again"
    assert [flap() for _ in range(6)] == [[problem, resolved], [problem, resolved], [problem], [], [], []]
    assert "comes back again and again (3 times within a day), which is not reported again" in journey.last_text
    journey.now += timedelta(days=1)
    assert flap() == [problem, resolved], "it is a new problem"


def test_a_suspect_page(journey: OperatorJourney) -> None:
    for expected in (["Problem: the page lacks its usual content"], [], []):
        journey.serve(MAINTENANCE)
        journey.check()
        assert journey.new_subjects() == expected
    journey.check_lines(LYON, *PAST)
    assert journey.new_subjects() == ["Resolved: the page has its usual content again"]


def test_a_page_that_looks_wrong(journey: OperatorJourney) -> None:
    journey.serve(html(" ;; ".join((LYON, *PAST))).replace("</html>", "").encode())
    journey.check()
    assert journey.new_subjects() == ["Problem: the page looks wrong"]
    assert "cmr-watch accept" in journey.last_text


def test_a_problem_begins_with_the_first_failed_check(journey: OperatorJourney) -> None:
    journey.now = datetime(2023, 10, 2, 12, tzinfo=UTC)
    journey.fail_checks(3)
    (incident,) = Incidents(journey.database).unresolved()
    assert incident.opened_at < journey.now - timedelta(minutes=50)


# ── the mail ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_that_failed_permanently(journey: OperatorJourney) -> None:
    journey.mailbox.refuse(ANNA, "554 5.7.1 we do not like you", times=1)
    journey.check_lines(LYON, PRAGUE, *PAST)
    assert journey.new_subjects() == ["Problem: delivery failed permanently"], "in the same run"
    assert ANNA in journey.last_text
    journey.check()
    assert journey.new_subjects() == []
    Deliveries(journey.database).retry(None, journey.now)
    journey.check()
    assert journey.new_subjects() == ["Resolved: the failed delivery was dealt with"]


def test_a_retry_that_fails_again_resolves_nothing(journey: OperatorJourney) -> None:
    journey.mailbox.refuse(ANNA, "554 5.7.1 we do not like you", times=2)
    journey.check_lines(LYON, PRAGUE, *PAST)
    assert journey.new_subjects() == ["Problem: delivery failed permanently"]
    Deliveries(journey.database).retry(None, journey.now)
    journey.check()
    assert journey.new_subjects() == []
    Deliveries(journey.database).retry(None, journey.now)
    journey.check()
    assert journey.new_subjects() == ["Resolved: the failed delivery was dealt with"]


def test_a_failed_message_of_which_nothing_is_true_any_more_is_resolved(journey: OperatorJourney) -> None:
    journey.mailbox.refuse(ANNA, "554 5.7.1 we do not like you", times=1)
    journey.check_lines(LYON, PRAGUE, *PAST)
    assert journey.new_subjects() == ["Problem: delivery failed permanently"]
    journey.serve_lines(LYON, *PAST, "< Rome, Italy – 2 February 2022")
    Deliveries(journey.database).retry(None, journey.now)
    for _ in range(3):
        journey.check()
    assert journey.new_subjects() == ["Resolved: the failed delivery was dealt with"]


def test_a_subscription_that_ends_because_its_address_does_not_exist(journey: OperatorJourney) -> None:
    journey.mailbox.refuse(ANNA, "550 5.1.1 no such user")
    journey.check_lines(LYON, PRAGUE, *PAST)
    assert journey.new_subjects() == [f"Subscription ended: {ANNA}"]
    text = " ".join(journey.last_text.split())
    assert f"Subscription ended: {ANNA}" in text
    assert "550 5.1.1 no such user" in text
    assert f"cmr-watch subscriptions add {ANNA} --resubscribe" in text
    assert "Resolved" not in text
    journey.check()
    assert journey.new_subjects() == []
    assert Incidents(journey.database).unresolved() == ()


def test_several_incidents_are_one_message(journey: OperatorJourney) -> None:
    journey.configure(SubscriptionRequest(ANNA, name="anna"), SubscriptionRequest("bob@example.org", name="bob"))
    journey.check()
    for address in (ANNA, "bob@example.org"):
        journey.mailbox.refuse(address, "554 5.7.1 we do not like you")
    journey.check_lines(LYON, PRAGUE, *PAST)
    assert journey.new_subjects() == ["Delivery failed permanently · 1 more problem"]


def test_a_failed_message_to_the_operator_opens_no_incident(journey: OperatorJourney) -> None:
    journey.mailbox.refuse(OPERATOR, "554 5.7.1 we do not like you")
    for _ in range(2):
        journey.fail_checks(3)
    assert [entry.kind for entry in Incidents(journey.database).unresolved()] == ["fetch-failing"]
    (failed,) = Deliveries(journey.database).list("failed")
    assert (failed.message.address, failed.purpose) == (OPERATOR, "operator")


def test_every_operator_is_notified(journey: OperatorJourney) -> None:
    journey.configure(operators=(OPERATOR, "second@example.org"))
    assert journey.fail_checks(3) == ["Problem: the page cannot be read"]
    assert journey.mailbox.recipients[-2:] == [OPERATOR, "second@example.org"]


def test_an_operator_who_is_added_later_is_notified_of_open_incidents(journey: OperatorJourney) -> None:
    journey.configure(operators=())
    assert journey.fail_checks(3) == []
    journey.configure()
    journey.check()
    assert len(journey.new_subjects()) == 1


# ── digests ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def daily(journey: OperatorJourney) -> OperatorJourney:
    """Anna has a daily digest at eight o'clock, with a change that was found on 3 October."""
    journey.configure(SubscriptionRequest(ANNA, name="anna", schedule=Schedule("daily")))
    journey.now = datetime(2023, 10, 3, 9, tzinfo=UTC)
    journey.check_lines(LYON, PRAGUE, *PAST)
    journey.new_subjects()
    return journey


def test_a_digest_that_cannot_be_sent_in_time(daily: OperatorJourney) -> None:
    daily.now = datetime(2023, 10, 4, 6, 5, tzinfo=UTC)
    daily.mailbox.refuse(ANNA, "451 4.2.0 later")
    daily.check(70)
    assert daily.new_subjects() == []
    daily.check(5)
    assert daily.new_subjects() == ["Problem: a digest is late"]
    assert "a digest was due on 4 October 2023, 08:0" in daily.last_text, "in the operator's time zone"
    daily.check(5)
    assert daily.new_subjects() == []
    daily.mailbox.refuse(ANNA, times=0)
    daily.now += timedelta(hours=12)
    daily.check()
    assert daily.new_subjects() == ["Resolved: no digest is late any more"]


def test_a_late_digest_is_resolved_when_the_subscription_ends(daily: OperatorJourney) -> None:
    daily.now = datetime(2023, 10, 4, 6, 5, tzinfo=UTC)
    daily.mailbox.refuse(ANNA, "451 4.2.0 later")
    daily.check(70)
    daily.check(5)
    assert daily.new_subjects() == ["Problem: a digest is late"]
    Subscriptions(daily.database).end(ANNA, "asked to", daily.now)
    daily.check()
    assert daily.new_subjects() == ["Resolved: no digest is late any more"]


def test_a_digest_that_only_waited_for_the_next_check_is_no_problem(daily: OperatorJourney) -> None:
    """With cron every six hours, or after a suspend, the first run after its hour sends it."""
    daily.now = datetime(2023, 10, 4, 12, tzinfo=UTC)
    daily.check()
    assert daily.mailbox.recipients[-1] == ANNA
    assert daily.new_subjects() == []
    assert Incidents(daily.database).unresolved() == ()


# ── notified by a later run ──────────────────────────────────────────────────────────────────────────────────────


def test_an_incident_resolved_before_it_was_notified_is_one_message(journey: OperatorJourney) -> None:
    journey.site.script(PATH, *[Response(503)] * 3)
    for _ in range(3):
        journey.app.check(notify=False)
    journey.app.check(notify=False)
    assert journey.new_subjects() == []
    journey.check()
    assert journey.new_subjects() == ["Resolved: the page can be read again"]
    assert "Resolved before this message was sent." in journey.last_text
    journey.check()
    assert journey.new_subjects() == []


def test_two_concurrent_processes_notify_once(journey: OperatorJourney) -> None:
    journey.site.script(PATH, *[Response(503)] * 3)
    for _ in range(3):
        journey.app.check(notify=False)
    unnotified = Incidents(journey.database).unnotified()
    journey.check()
    assert len(journey.new_subjects()) == 1
    assert not Deliveries(journey.database).notify_operator([], unnotified, journey.now), (
        "the other process has notified"
    )
