"""A clock that was ahead for a while: what was scheduled meanwhile is only late, and does not wait for that time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from cmr_watch.app import App
from cmr_watch.models.recipients import Schedule, SubscriptionRequest
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.test_journeys import PAST, Journey

BERN, OSLO = "> Bern, Switzerland – 12-13 October 2099", "> Oslo, Norway – 3 March 2099"
NEW = ["New edition: Oslo, Norway (3 March 2099)"]


@pytest.fixture(params=[timedelta(days=62), timedelta(days=3650)])
def ahead(request: pytest.FixtureRequest) -> timedelta:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture
def journey(database: Database) -> Iterator[Journey]:
    with FakeSite() as site, Mailbox() as mailbox:
        journey = Journey(database, site, mailbox)
        with journey.app:
            journey.check_lines(BERN, *PAST)
            yield journey


def mails_of(journey: Journey, days: int) -> list[list[str]]:
    """Correct the clock, and check each day."""
    return [mail for _ in range(days) for mail in journey.check(minutes=24 * 60)]


def test_a_retry_is_made_after_the_clock_was_corrected(journey: Journey, ahead: timedelta) -> None:
    journey.now += ahead
    journey.mailbox.refuse("anna@example.org", "451 later", times=1)
    assert journey.check_lines(BERN, OSLO, *PAST) == []
    journey.now -= ahead
    assert mails_of(journey, 2) == [NEW]


def test_a_message_that_a_killed_process_had_claimed_is_sent(journey: Journey, ahead: timedelta) -> None:
    journey.now += ahead
    journey.serve_lines(BERN, OSLO, *PAST)
    journey.app.check(notify=False)
    journey.app.enqueue()
    journey.app.compose()
    assert Deliveries(journey.database).claim(journey.now)
    journey.now -= ahead
    assert mails_of(journey, 2) == [NEW]


@pytest.mark.parametrize("frequency", ["daily", "weekly"])
def test_a_digest_is_sent_in_the_next_period(journey: Journey, ahead: timedelta, frequency: str) -> None:
    schedule = Schedule(frequency)  # type: ignore[arg-type]
    subscription = SubscriptionRequest("anna@example.org", name="anna", schedule=schedule)
    journey.settings = replace(journey.settings, subscriptions=(subscription,))
    with App(journey.settings, journey.database, lambda: journey.now) as journey.app:
        journey.check()
        journey.now += ahead
        assert journey.check_lines(BERN, OSLO, *PAST) == []
        journey.now -= ahead
        assert mails_of(journey, 8) == [NEW]


@pytest.mark.parametrize("rest", [PAST, PAST[:2]], ids=["the page as it was before", "another page"])
def test_a_withdrawal_is_confirmed(journey: Journey, ahead: timedelta, rest: list[str]) -> None:
    journey.check_lines(BERN, OSLO, *PAST)
    journey.now += ahead
    assert journey.check_lines(BERN, *rest) == []
    journey.now -= ahead
    assert mails_of(journey, 3) == [["Removed from the page: Oslo, Norway (3 March 2099)"]]


def test_a_clock_that_runs_backwards_by_minutes_is_no_reason_to_plan_again(
    journey: Journey, caplog: pytest.LogCaptureFixture
) -> None:
    journey.now -= timedelta(minutes=50)
    journey.check()
    assert "the clock was set back" not in caplog.text
