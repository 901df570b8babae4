"""What an edition's days, month or season mean beside the clock. Brussels time counts, as on the page."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.models import Edition

# First and last month. Generous at the end: nobody is to hear that a season's edition is over while it may be ahead.
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


def span(edition: Edition) -> tuple[date, date] | None:
    """First and last day: of its days, of its months or season, else of its year."""
    if edition.starts_on and edition.ends_on:
        return edition.starts_on, edition.ends_on
    if edition.period is None:
        return None
    return _of_months(edition.period) if edition.date_precision == "month" else _of_season(edition.period)


def _of_season(period: str) -> tuple[date, date]:
    year = int(period[:4])
    parts = [months for words, months in _PARTS if words.search(period)] or [(1, 12)]
    return date(year, min(parts)[0], 1), _last_day(year, max(last for _, last in parts))


def _of_months(period: str) -> tuple[date, date]:
    first, last = (tuple(map(int, month.split("-"))) for month in (period.split("/")[0], period.split("/")[-1]))
    start = date(first[0] - (first > last), first[1], 1)  # “December/January 2025” begins in 2024
    return start, _last_day(*last)


def _last_day(year: int, month: int) -> date:
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, monthrange(year, month)[1])


def still_to_come(edition: Edition, now: datetime | None) -> bool:
    """Under the upcoming heading and, where the instant of the reading is known, with days that are not over."""
    if edition.section != "upcoming":
        return False
    days = span(edition)
    return now is None or days is None or days[1] >= now.astimezone(BRUSSELS).date()


def confirmed(missing_since: datetime | None, now: datetime | None, after: timedelta | None) -> bool:
    """Whether a missing line is gone: at once when `after` is None, else when it is missed again that much later."""
    if after is None:
        return True
    return missing_since is not None and now is not None and now - missing_since >= after
