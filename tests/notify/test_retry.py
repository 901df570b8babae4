"""Retry decisions: pauses, jitter and when a delivery fails permanently."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.exceptions import DeliveryError
from cmr_watch.notify.retry import GIVE_UP_AFTER, PAUSES, GiveUp, Retry, decide
from tests.notify.make import NOON

TEMPORARY = DeliveryError("451 later")


def pause(attempts: int, jitter: float = 0.0) -> timedelta:
    decision = decide(TEMPORARY, attempts, NOON, NOON, jitter)
    assert isinstance(decision, Retry)
    return decision.at - NOON


def test_a_permanent_error_fails_the_delivery_at_once():
    assert decide(DeliveryError("550 no such user", permanent=True), 0, NOON, NOON, 0.0) == GiveUp("550 no such user")


def test_pauses_grow():
    minutes = [pause(attempts).total_seconds() / 60 for attempts in range(9)]
    assert minutes == [1, 5, 30, 120, 360, 720, 1440, 1440, 1440]


def test_jitter_adds_up_to_a_fifth():
    assert pause(1, jitter=0.5) == timedelta(minutes=5.5)


def attempt_times(jitter: float, delay: timedelta = timedelta()) -> list[datetime]:
    """Return the times of all attempts of a delivery that always fails, each made `delay` after it was due."""
    attempts, now = [NOON + delay], NOON + delay
    while isinstance(decision := decide(TEMPORARY, len(attempts) - 1, NOON, now, jitter), Retry):
        now = decision.at + delay
        attempts.append(now)
    assert decision == GiveUp(f"gave up after {len(attempts)} attempts: 451 later")
    return attempts


def test_the_last_attempt_is_made_after_three_days():
    assert attempt_times(0.0)[-1] == NOON + GIVE_UP_AFTER


@given(st.floats(0, 1, exclude_max=True))
def test_gives_up_after_three_days_and_at_most_an_hour_later(jitter):
    assert GIVE_UP_AFTER <= attempt_times(jitter)[-1] - NOON <= GIVE_UP_AFTER + timedelta(hours=1)


def test_a_host_that_was_suspended_for_a_week_still_uses_all_pauses():
    assert len(attempt_times(0.0, delay=timedelta(days=7))) > len(PAUSES)
