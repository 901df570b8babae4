"""When to try again, or never: a pure decision."""

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
"""After the first failure, the second, …; the last one repeats."""

GIVE_UP_AFTER: Final = timedelta(days=3)
JITTER: Final = 0.2


@dataclass(frozen=True, slots=True)
class Retry:
    """Try again at `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Trying again cannot help, or has not; `reason` is for the operator."""

    reason: str


def decide(error: DeliveryError, attempts: int, first_at: datetime, now: datetime, jitter: float) -> Retry | GiveUp:
    """What becomes of a delivery that was just refused.

    - A permanent refusal is set aside at once.
    - A temporary one waits longer each time, with up to a fifth more (`jitter` from 0 to 1) so that rows spread out.
    - Three days after `first_at` it is set aside, but never before the growing pauses were gone through: a machine
      that slept for a week has not tried for a week.

    `attempts` counts the failures before this one.
    """
    if error.permanent:
        return GiveUp(str(error))
    give_up_at = first_at + GIVE_UP_AFTER
    worn_out = attempts >= len(PAUSES)
    if worn_out and now >= give_up_at:
        return GiveUp(f"given up after {attempts + 1} attempts: {error}")
    pause = PAUSES[min(attempts, len(PAUSES) - 1)] * (1 + JITTER * jitter)
    return Retry(min(now + pause, give_up_at) if worn_out else now + pause)


def next_probe(failures: int, now: datetime, jitter: float) -> datetime:
    """When to try a way again on which nobody answered, so often in a row: the first pauses, but never over two hours.

    One message is the one that knocks; whatever else goes that way waits untried.
    """
    pause = PAUSES[min(failures - 1, len(PAUSES) - 1, 3)]
    return now + pause * (1 + JITTER * jitter)
