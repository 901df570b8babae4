"""Whether it goes well: what is late, what is stuck. Pure.

Silence is provable (docs/promises.md): nobody hears anything when nothing happens, and nobody hears anything when
nothing is read any more. These sentences tell the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

LATE_INTERVALS: Final = 2
"""So many checks may fail in a row before the reading is too old."""
STUCK_AFTER: Final = timedelta(minutes=15)
"""How long something may be due and not sent."""


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """What was found at `at`.

    `trouble`: why the database cannot be used, None when it can. `read_at`: the last good reading of the list;
    `due_at`: since when the oldest message, or match without one, is due; `interval`: from one check to the next.
    """

    at: datetime
    interval: timedelta
    trouble: str | None = None
    read_at: datetime | None = None
    due_at: datetime | None = None
    pending: int = 0


def problems_in_service(found: HealthStatus) -> tuple[str, ...]:
    """Why it cannot work at all; empty when it can."""
    return (found.trouble,) if found.trouble else ()


def problems_in_data(found: HealthStatus) -> tuple[str, ...]:
    """What is late or stuck, a sentence each; empty when all is well."""
    return problems_in_service(found) or tuple(filter(None, (_unread(found), _stuck(found))))


def _unread(found: HealthStatus) -> str | None:
    if found.read_at is None:
        return "the page was never read with success"
    age = found.at - found.read_at
    if age <= LATE_INTERVALS * found.interval:
        return None
    return f"the page was read with success {_minutes(age)} ago, and is to be every {_minutes(found.interval)}"


def _stuck(found: HealthStatus) -> str | None:
    if found.due_at is None or found.at - found.due_at <= STUCK_AFTER:
        return None
    return f"something has been due for {_minutes(found.at - found.due_at)} and is not sent"


def _minutes(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 180 else f"{minutes // 60} hours"
