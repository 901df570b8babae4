"""Decides whether and when to retry a failed delivery. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.exceptions import DeliveryError

PAUSES: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""Pauses after the first failure, the second, and so on; the last one repeats."""

GIVE_UP_AFTER: Final = timedelta(days=3)
JITTER: Final = 0.2  # the largest random extension, as a fraction of the pause


@dataclass(frozen=True, slots=True)
class Retry:
    """Retry at `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Fail permanently; `reason` is redact_address to the operator."""

    reason: str


def decide(error: DeliveryError, attempts: int, first_at: datetime, now: datetime, jitter: float) -> Retry | GiveUp:
    """Decide what to do with a delivery after an attempt failed with `error`.

    - A permanent error fails the delivery at once.
    - After a temporary error the delivery is retried after a pause that grows with each attempt, extended by up to a
      fifth (`jitter` is between 0 and 1) so that retries are spread out.
    - Three days after `first_at` the delivery fails permanently, but not before all growing pauses have been used: a
      host that was suspended for a week has not retried for a week.

    `attempts` is the number of failed attempts before this one.
    """
    if error.permanent:
        return GiveUp(str(error))
    give_up_at = first_at + GIVE_UP_AFTER
    used_all_pauses = attempts >= len(PAUSES)
    if used_all_pauses and now >= give_up_at:
        return GiveUp(f"gave up after {attempts + 1} attempts: {error}")
    pause = PAUSES[min(attempts, len(PAUSES) - 1)] * (1 + JITTER * jitter)
    return Retry(min(now + pause, give_up_at) if used_all_pauses else now + pause)


def next_probe(failures: int, now: datetime, jitter: float) -> datetime:
    """Return when to probe a route again that failed `failures` times in a row; the pause is at most two hours.

    One message serves as the probe; all others for the route wait and are not attempted.
    """
    pause = PAUSES[min(failures - 1, len(PAUSES) - 1, 3)]
    return now + pause * (1 + JITTER * jitter)
