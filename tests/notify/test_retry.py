from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.exceptions import DeliveryError
from cmr_watch.notify.retry import GIVE_UP_AFTER, PAUSES, GiveUp, Retry, decide
from tests.notify.make import NOON

TEMPORARY = DeliveryError("451 later")


def pause(attempts: int, jitter: float = 0.0) -> timedelta:
    verdict = decide(TEMPORARY, attempts, NOON, NOON, jitter)
    assert isinstance(verdict, Retry)
    return verdict.at - NOON


def test_a_permanent_refusal_is_set_aside_at_once():
    assert decide(DeliveryError("550 nobody", permanent=True), 0, NOON, NOON, 0.0) == GiveUp("550 nobody")


def test_pauses_grow():
    minutes = [pause(attempts).total_seconds() / 60 for attempts in range(9)]
    assert minutes == [1, 5, 30, 120, 360, 720, 1440, 1440, 1440]


def test_jitter_adds_up_to_a_fifth():
    assert pause(1, jitter=0.5) == timedelta(minutes=5.5)


def life(jitter: float, delay: timedelta = timedelta()) -> list[datetime]:
    """The times of all attempts of a delivery that always fails; each comes `delay` after it was due."""
    attempts, now = [NOON + delay], NOON + delay
    while isinstance(verdict := decide(TEMPORARY, len(attempts) - 1, NOON, now, jitter), Retry):
        now = verdict.at + delay
        attempts.append(now)
    assert verdict == GiveUp(f"given up after {len(attempts)} attempts: 451 later")
    return attempts


def test_given_up_after_three_days_with_a_last_attempt_then():
    assert life(0.0)[-1] == NOON + GIVE_UP_AFTER


@given(st.floats(0, 1, exclude_max=True))
def test_never_before_three_days_nor_long_after(jitter):
    assert GIVE_UP_AFTER <= life(jitter)[-1] - NOON <= GIVE_UP_AFTER + timedelta(hours=1)


def test_a_machine_that_slept_a_week_still_tries_as_often():
    assert len(life(0.0, delay=timedelta(days=7))) > len(PAUSES)
