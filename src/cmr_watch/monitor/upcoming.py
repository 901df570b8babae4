"""Which days an edition covers, and whether they are over. Dates are in Brussels time, as on the page. Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import Edition

# The first and last month of each part of a year; 14 is February of the next year. The last month is a generous guess,
# so that an edition is not treated as over while it may still take place.
_PARTS: Final = (
    (re.compile(r"q1|(?:1st|first)-(?:quarter|trimester)"), (1, 3)),
    (re.compile(r"q2|(?:2nd|second)-(?:quarter|trimester)"), (4, 6)),
    (re.compile(r"q3|(?:3rd|third)-(?:quarter|trimester)"), (7, 9)),
    (re.compile(r"q4|(?:4th|fourth|last)-(?:quarter|trimester)"), (10, 12)),
    (re.compile(r"h1|(?:1st|first)-(?:half|semester)"), (1, 6)),
    (re.compile(r"h2|(?:2nd|second)-(?:half|semester)"), (7, 12)),
    (re.compile(r"spring"), (3, 6)),
    (re.compile(r"summer"), (6, 9)),
    (re.compile(r"autumn|fall"), (9, 12)),
    (re.compile(r"winter"), (1, 14)),
)


def date_range(edition: Edition) -> tuple[date, date] | None:
    """The first and the last day on which the edition may take place.

    - days: those days;
    - a month, or a range of months: from its first day to its last;
    - a quarter, half-year, season or year: the months in `_PARTS`, or the whole year;
    - nothing: None.
    """
    if edition.starts_on and edition.ends_on:
        return edition.starts_on, edition.ends_on
    if edition.period is None:
        return None
    return _range_of_months(edition.period) if edition.date_precision == "month" else _range_of_parts(edition.period)


def _range_of_parts(period: str) -> tuple[date, date]:
    year = int(period[:4])
    parts = [months for pattern, months in _PARTS if pattern.search(period)] or [(1, 12)]
    return date(year, min(parts)[0], 1), _last_day(year, max(last for _, last in parts))


def _range_of_months(period: str) -> tuple[date, date]:
    first, last = (tuple(map(int, month.split("-"))) for month in (period.split("/")[0], period.split("/")[-1]))
    start = date(first[0] - (first > last), first[1], 1)  # “December/January 2025” begins in 2024
    return start, _last_day(*last)


def _last_day(year: int, month: int) -> date:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def is_upcoming(edition: Edition, now: datetime | None) -> bool:
    """Whether the edition is not in the past section, and not over. With `now` None, the section alone decides."""
    return edition.section != "past" and not is_over(edition, now)


def is_over(edition: Edition, now: datetime | None) -> bool:
    """Whether all days on which it may take place are before `now`; False if those or `now` are not known."""
    days = date_range(edition)
    return now is not None and days is not None and days[1] < now.astimezone(BRUSSELS).date()


def is_absence_confirmed(
    missing_since: datetime | None, now: datetime | None, confirmed_after: timedelta | None
) -> bool:
    """Whether an entry that is missing at `now` counts as gone.

    It does if it was already missing in a reading at least `confirmed_after` earlier, or at a time in the future, which
    the clock was set back from; immediately if that is None.
    """
    if confirmed_after is None:
        return True
    return missing_since is not None and now is not None and abs(now - missing_since) >= confirmed_after
