"""Health checks: turn the observed state into a list of problems. Pure.

When subscribers receive nothing, either nothing has changed or the watching has stopped (docs/promises.md). These
checks tell the two apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

MAX_READING_AGE: Final = 2
"""In check intervals: an older last successful reading is a problem. Allows one check to fail."""
MAX_OVERDUE: Final = timedelta(minutes=15)
"""How long a message may be overdue before that is a problem."""


@dataclass(frozen=True, slots=True)
class HealthStatus:
    """The state of an installation at `observed_at`.

    - `check_interval`: the configured time between two checks.
    - `database_error`: why the database cannot be used; None when it can.
    - `last_read_at`: the last successful reading of the page that lists the editions.
    - `due_since`: when the oldest unsent message, or match without a message yet, became due.
    - `pending`: the number of pending messages.
    """

    observed_at: datetime
    check_interval: timedelta
    database_error: str | None = None
    last_read_at: datetime | None = None
    due_since: datetime | None = None
    pending: int = 0


def problems_in_service(status: HealthStatus) -> tuple[str, ...]:
    """Why the service cannot work at all; empty when it can."""
    return (status.database_error,) if status.database_error else ()


def problems_in_data(status: HealthStatus) -> tuple[str, ...]:
    """Why the service cannot work, or else what is out of date or overdue; one sentence per problem."""
    return problems_in_service(status) or tuple(filter(None, (_reading_problem(status), _outbox_problem(status))))


def _reading_problem(status: HealthStatus) -> str | None:
    if status.last_read_at is None:
        return "the page has never been read successfully"
    age = status.observed_at - status.last_read_at
    if age < -MAX_OVERDUE:
        return "the last successful reading has a time in the future: the clock is wrong, or was"
    if age <= MAX_READING_AGE * status.check_interval:
        return None
    return f"last successful reading {_duration(age)} ago (expected every {_duration(status.check_interval)})"


def _outbox_problem(status: HealthStatus) -> str | None:
    if status.due_since is None or status.observed_at - status.due_since <= MAX_OVERDUE:
        return None
    return f"a message is {_duration(status.observed_at - status.due_since)} overdue"


def _duration(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} minutes" if minutes < 180 else f"{minutes // 60} hours"
