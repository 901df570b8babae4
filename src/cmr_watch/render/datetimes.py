"""Dates and times as text, in the current language and the recipient's time zone. Pure.

Not by strftime, which depends on the locale of the machine.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.languages import ENGLISH
from cmr_watch.merge_pages import has_hour
from cmr_watch.models.readings import Cutoff
from cmr_watch.render.cldr import Cldr, cldr
from cmr_watch.render.i18n import _, language

_MONTH = re.compile(r"\d{4}-\d\d")


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """`12 October 2023, 09:12 (Brussels time)`."""
    return f"{day_and_time(at, zone)} ({zone_words(zone)})"


def deadline(at: datetime, zone: ZoneInfo) -> str:
    """`31 May 2024, 18:00 (Brussels time)`; elsewhere `31 May 2024, 17:00 London time (18:00 Brussels time)`.

    The page gives Brussels time, so that is always shown too, with its date where the dates differ. Without an hour on
    the page, this is its day.
    """
    if not has_hour(at):
        return day_words(cutoff_day(at))
    if zone.key == BRUSSELS.key:
        return local_time(at, zone)
    return f"{day_and_time(at, zone)} {zone_words(zone)} ({_in_brussels(at, zone)})"


def cutoff_at(cutoff: Cutoff, zone: ZoneInfo) -> str:
    """The deadline, followed by `, to be confirmed` if the page says so."""
    at = deadline(cutoff.at, zone)
    return _("{cutoff}, to be confirmed").format(cutoff=at) if cutoff.tentative else at


def cutoff_row(at: datetime, zone: ZoneInfo) -> str:
    """`Fri 31 May 2024, 18:00`, for a table whose caption names the zone; Brussels time is added where it differs.

    Without an hour on the page, `Fri 31 May 2024`.
    """
    if not has_hour(at):
        return _short_weekday_and(cutoff_day(at), day_words(cutoff_day(at)))
    local = _short_weekday_and(at.astimezone(zone).date(), day_and_time(at, zone))
    return local if zone.key == BRUSSELS.key else f"{local} ({_in_brussels(at, zone)})"


def cutoff_time(at: datetime, zone: ZoneInfo) -> str:
    """`31 May 2024, 18:00`; without an hour on the page, `31 May 2024`."""
    return day_and_time(at, zone) if has_hour(at) else day_words(cutoff_day(at))


def day_and_time(at: datetime, zone: ZoneInfo) -> str:
    """`12 October 2023, 09:12`, without the name of the zone."""
    local = at.astimezone(zone)
    return at_time(day_words(local.date()), clock_words(local))


def clock_words(at: datetime | time) -> str:
    """`18:00`; in German `18:00 Uhr`."""
    return _table().time.format(time=f"{at:%H:%M}")


def at_time(day: str, clock: str) -> str:
    """The words of a day and of a time: `31 May 2024, 18:00`; in French `31 mai 2024 à 18:00`."""
    return _table().day_and_time.format(day=day, time=clock)


def hours_words(start: time, end: time) -> str:
    """`22:00–07:00`; in German `22:00–07:00 Uhr`."""
    return _table().time.format(time=f"{start:%H:%M}–{end:%H:%M}")


def without_year(text: str, year: int) -> str:
    """The text of a date without its year at the end, if it ends with this one."""
    return text.removesuffix(_table().day_in_year.partition("{month}")[2].format(year=year))


def day_words(day: date) -> str:
    """`31 May 2024`."""
    table = _table()
    return table.day_in_year.format(day=_number(day), month=table.months[day.month - 1], year=day.year)


def full_day(day: date) -> str:
    """`Friday 31 May 2024`."""
    return _weekday_and(day, day_words(day))


def full_short_day(day: date, reference: date) -> str:
    """`Friday 31 May`, if it is in the year of the reference; otherwise `Friday 31 May 2024`."""
    return _weekday_and(day, short_day(day, reference))


def full_time(at: datetime) -> str:
    """`Saturday 28 November 2026, 04:13 (Brussels time)`."""
    return f"{full_minute(at)} ({zone_words(BRUSSELS)})"


def full_minute(at: datetime) -> str:
    """`Saturday 28 November 2026, 04:13`, where it is said elsewhere that it is Brussels time."""
    local = at.astimezone(BRUSSELS)
    return at_time(full_day(local.date()), clock_words(local))


def full_range(first: date, last: date) -> tuple[str, str]:
    """`Friday 11` and `Saturday 12 December 2026`: both ends of a range; the first with its month if that differs."""
    is_same_month = (first.year, first.month) == (last.year, last.month)
    begin = f"{_number(first)}{_table().ordinal}" if is_same_month else day_words(first)
    ends = ((first, begin), (last, day_words(last)))
    table = _table()
    begin, end = (table.weekday_in_range.format(weekday=table.weekdays[day.weekday()], day=text) for day, text in ends)
    return begin, end


def month_and_year(day: date) -> str:
    """`May 2024`."""
    table = _table()
    return table.month_in_year.format(month=table.months_alone[day.month - 1], year=day.year)


def period_words(period: str, words: str) -> str:
    """A month such as `2024-05` in the current language; for other periods, the page's own `words`.

    A season is kept as a quarter, which is not quite what the page says.
    """
    if language() == ENGLISH or not _MONTH.fullmatch(period):
        return words
    return month_and_year(date.fromisoformat(f"{period}-01"))


def short_month(day: date) -> str:
    """`Dec`, alone."""
    return _table().short_months_alone[day.month - 1]


def day_and_short_month(day: date) -> str:
    """`31 Dec`."""
    table = _table()
    return table.short_day.format(day=_number(day), month=table.short_months[day.month - 1])


def short_range(first: date, last: date) -> str:
    """`31 Dec`, `11–12 Dec`, `30 Nov – 1 Dec`."""
    if first == last:
        return day_and_short_month(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{_number(first)}{_table().ordinal}–{day_and_short_month(last)}"
    return f"{day_and_short_month(first)} – {day_and_short_month(last)}"


def cutoff_day(at: datetime) -> date:
    """The day of a cut-off where no time is given with it: the page's own, in every time zone."""
    return at.astimezone(BRUSSELS).date()


def short_day(day: date, reference: date) -> str:
    """`31 May`, if it is in the year of the reference; otherwise `31 May 2024`."""
    if day.year != reference.year:
        return day_words(day)
    table = _table()
    return table.day.format(day=_number(day), month=table.months[day.month - 1])


def day_range(start: date, end: date) -> str:
    """`12 October 2023`, `12–13 October 2023`, `30 November – 1 December 2023`, `31 December 2023 – 1 January 2024`."""
    if start == end:
        return day_words(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{_number(start)}{_table().ordinal}–{day_words(end)}"
    return f"{short_day(start, end)} – {day_words(end)}"


def zone_words(zone: ZoneInfo) -> str:
    """`Brussels time`; `New York time` for America/New_York; `UTC` for UTC."""
    if zone.key == BRUSSELS.key:
        return _("Brussels time")
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return _("{place} time").format(place=_table().cities.get(zone.key, place)) if "/" in zone.key else place


def _in_brussels(at: datetime, zone: ZoneInfo) -> str:
    in_brussels = at.astimezone(BRUSSELS)
    is_same_day = in_brussels.date() == at.astimezone(zone).date()
    time = clock_words(in_brussels) if is_same_day else day_and_time(at, BRUSSELS)
    return f"{time} {zone_words(BRUSSELS)}"


# ── in the current language ──────────────────────────────────────────────────────────────────────────────────────────


def _table() -> Cldr:
    return cldr(language())


def _number(day: date) -> str:
    """The number of a day; the first of a month has one of its own in French (`1er`)."""
    return _table().first if day.day == 1 else str(day.day)


def _weekday_and(day: date, rest: str) -> str:
    table = _table()
    return table.weekday_and_day.format(weekday=table.weekdays[day.weekday()], day=rest)


def _short_weekday_and(day: date, rest: str) -> str:
    table = _table()
    return table.weekday_and_day.format(weekday=table.short_weekdays[day.weekday()], day=rest)
