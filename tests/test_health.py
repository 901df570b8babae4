"""Health checks: out-of-date readings, overdue messages, an unusable database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cmr_watch.health import HealthStatus, problems_in_data, problems_in_service
from tests.factories import NOW

HOUR = timedelta(hours=1)


def status(
    reading_age: timedelta | None = HOUR, overdue: timedelta | None = None, database_error: str | None = None
) -> HealthStatus:
    last_read_at = None if reading_age is None else NOW - reading_age
    return HealthStatus(NOW, HOUR, database_error, last_read_at, None if overdue is None else NOW - overdue)


@pytest.mark.parametrize(
    ("observed", "problems"),
    [
        (status(), []),
        (status(reading_age=2 * HOUR), []),
        (
            status(reading_age=2 * HOUR + timedelta(seconds=1)),
            ["last successful reading 120 minutes ago (expected every 60 minutes)"],
        ),
        (
            status(reading_age=50 * HOUR),
            ["last successful reading 50 hours ago (expected every 60 minutes)"],
        ),
        (status(reading_age=-timedelta(minutes=1)), []),
        (
            status(reading_age=-HOUR),
            ["the last successful reading has a time in the future: the clock is wrong, or was"],
        ),
        (status(reading_age=None), ["the page has never been read successfully"]),
        (status(overdue=timedelta(minutes=15)), []),
        (status(overdue=timedelta(minutes=16)), ["a message is 16 minutes overdue"]),
        (
            status(reading_age=None, overdue=HOUR),
            ["the page has never been read successfully", "a message is 60 minutes overdue"],
        ),
        (status(reading_age=None, database_error="the database is locked"), ["the database is locked"]),
    ],
)
def test_problems_in_data(observed: HealthStatus, problems: list[str]) -> None:
    assert list(problems_in_data(observed)) == problems


def test_only_a_database_error_makes_the_service_unready():
    assert problems_in_service(status(reading_age=None, overdue=HOUR)) == ()
    assert problems_in_service(status(database_error="the database is locked")) == ("the database is locked",)
