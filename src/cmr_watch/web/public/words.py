"""The phrases that several pages of the public site share. Pure. All times are Brussels time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.health import MAX_READING_AGE
from cmr_watch.merge_pages import has_hour
from cmr_watch.render.datetimes import at_time, clock_words, cutoff_day, full_day
from cmr_watch.render.i18n import N_, _, ngettext

_HOUR: Final = timedelta(hours=1)
_E_MAIL: Final = re.compile(r"\b(e)-(mail)", re.IGNORECASE)
_RANGE: Final = re.compile(r"(?<=\d)–(?=\d)")


@dataclass(frozen=True, slots=True)
class Freshness:
    """How new the content of a page is. `is_old`: older than it should be, so that it may be out of date."""

    read_at: datetime | None
    ago: str
    is_old: bool


def freshness(read_at: datetime | None, now: datetime, check_interval: timedelta) -> Freshness:
    """How long ago the list was read; it is old if that is more than two intervals (as in `health.py`)."""
    if read_at is None:
        return Freshness(None, "", False)
    return Freshness(read_at, ago(now - read_at), now - read_at > MAX_READING_AGE * check_interval)


def nothing_read() -> str:
    """The text in place of a list before the first check."""
    return _("Nothing has been read yet. It appears here after the first check.")


def ago(span: timedelta) -> str:
    """`just now`, `18 minutes ago`, `3 hours ago`, `2 days ago`."""
    minutes, hours = int(span / timedelta(minutes=1)), int(span / _HOUR)
    if minutes < 1:
        return _("just now")
    if span < 2 * _HOUR:
        return ngettext("{number} minute ago", "{number} minutes ago", minutes)
    if span < timedelta(days=2):
        return ngettext("{number} hour ago", "{number} hours ago", hours)
    return ngettext("{number} day ago", "{number} days ago", span.days)


def left(span: timedelta) -> str:
    """`3 hours left`, `25 minutes left`: of a day that is not over."""
    if span < 2 * _HOUR:
        minutes = max(1, int(span / timedelta(minutes=1)))
        return ngettext("{number} minute left", "{number} minutes left", minutes)
    hours = int(span / _HOUR)
    return ngettext("{number} hour left", "{number} hours left", hours)


def days_until(day: date, now: datetime) -> int:
    """The days from today in Brussels until a day; negative if it is over."""
    return (day - brussels(now).date()).days


def countdown(day: date, now: datetime) -> str:
    """`today`, `tomorrow`, `in 24 days`, `yesterday`, `3 days ago`."""
    return in_days(days_until(day, now))


def in_days(number: int) -> str:
    """The countdown for a number of days, negative if they are over."""
    near = {-1: N_("yesterday"), 0: N_("today"), 1: N_("tomorrow")}
    if number in near:
        return _(near[number])
    if number < 0:
        return ngettext("{number} day ago", "{number} days ago", -number)
    return ngettext("in {number} day", "in {number} days", number)


def full_cutoff(at: datetime) -> str:
    """`Tuesday 22 December 2026, 18:00`; without an hour on the page, its day."""
    if not has_hour(at):
        return full_day(cutoff_day(at))
    local = brussels(at)
    return at_time(full_day(local.date()), clock_words(local))


def brussels(at: datetime) -> datetime:
    """The time in Brussels."""
    return at.astimezone(BRUSSELS)


def iso(at: datetime | date) -> str:
    """For `datetime=`: without fractions of a second, which HTML's validator accepts to three digits only."""
    return at.replace(microsecond=0).isoformat() if isinstance(at, datetime) else at.isoformat()


def unbroken(text: str) -> str:
    """The text without a break at the dash of a range such as 2027–2028, or in `e-mail` (U+2060 is a word joiner)."""
    return _E_MAIL.sub("\\1\u2011\\2", _RANGE.sub("\u2060–\u2060", text))


def upper_first(text: str) -> str:
    """The text with a capital at its beginning; the rest stays as it is."""
    return text[:1].upper() + text[1:]
