"""What is late, what is stuck."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cmr_watch.health import HealthStatus, problems_in_data, problems_in_service
from tests.factories import NOW

HOUR = timedelta(hours=1)


def found(read: timedelta | None = HOUR, due: timedelta | None = None, trouble: str | None = None) -> HealthStatus:
    read_at = None if read is None else NOW - read
    return HealthStatus(NOW, HOUR, trouble, read_at, None if due is None else NOW - due)


@pytest.mark.parametrize(
    ("observed", "problems"),
    [
        (found(), []),
        (found(read=2 * HOUR), []),
        (found(read=2 * HOUR + timedelta(seconds=1)), ["the page was read with success 120 minutes ago, and is to be"]),
        (found(read=50 * HOUR), ["the page was read with success 50 hours ago, and is to be every 60 minutes"]),
        (found(read=None), ["the page was never read with success"]),
        (found(due=timedelta(minutes=15)), []),
        (found(due=timedelta(minutes=16)), ["something has been due for 16 minutes and is not sent"]),
        (found(read=None, due=HOUR), ["the page was never", "something has been due for 60 minutes"]),
        (found(read=None, trouble="the database is locked"), ["the database is locked"]),
    ],
)
def test_what_is_not_well(observed: HealthStatus, problems: list[str]) -> None:
    said = problems_in_data(observed)
    assert len(said) == len(problems)
    assert all(one.startswith(problem) for one, problem in zip(said, problems, strict=True))


def test_late_is_no_reason_not_to_be_ready():
    assert problems_in_service(found(read=None, due=HOUR)) == ()
    assert problems_in_service(found(trouble="the database is locked")) == ("the database is locked",)
