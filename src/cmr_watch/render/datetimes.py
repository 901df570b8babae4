"""Dates and times as text, in the recipient's time zone. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.merge_pages import has_hour
from cmr_watch.models.readings import Cutoff
from cmr_watch.render.i18n import N_, _

# not strftime: it depends on the locale of the machine
MONTHS: Final = (
    N_("January"),
    N_("February"),
    N_("March"),
    N_("April"),
    N_("May"),
    N_("June"),
    N_("July"),
    N_("August"),
    N_("September"),
    N_("October"),
    N_("November"),
    N_("December"),
)
_WEEKDAYS: Final = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))


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
        return f"{_(_WEEKDAYS[cutoff_day(at).weekday()])} {day_words(cutoff_day(at))}"
    local = f"{_(_WEEKDAYS[at.astimezone(zone).weekday()])} {day_and_time(at, zone)}"
    return local if zone.key == BRUSSELS.key else f"{local} ({_in_brussels(at, zone)})"


def cutoff_time(at: datetime, zone: ZoneInfo) -> str:
    """`31 May 2024, 18:00`; without an hour on the page, `31 May 2024`."""
    return day_and_time(at, zone) if has_hour(at) else day_words(cutoff_day(at))


def day_and_time(at: datetime, zone: ZoneInfo) -> str:
    """`12 October 2023, 09:12`, without the name of the zone."""
    local = at.astimezone(zone)
    return f"{day_words(local.date())}, {local:%H:%M}"


def day_words(day: date) -> str:
    """`31 May 2024`."""
    return _("{day} {month} {year}").format(day=day.day, month=_(MONTHS[day.month - 1]), year=day.year)


def cutoff_day(at: datetime) -> date:
    """The day of a cut-off where no time is given with it: the page's own, in every time zone."""
    return at.astimezone(BRUSSELS).date()


def short_day(day: date, reference: date) -> str:
    """`31 May`, if it is in the year of the reference; otherwise `31 May 2024`."""
    if day.year != reference.year:
        return day_words(day)
    return _("{day} {month}").format(day=day.day, month=_(MONTHS[day.month - 1]))


def day_range(start: date, end: date) -> str:
    """`12 October 2023`, `12–13 October 2023`, `30 November – 1 December 2023`, `31 December 2023 – 1 January 2024`."""
    if start == end:
        return day_words(start)
    if (start.year, start.month) == (end.year, end.month):
        return _("{first_day}–{last_date}").format(first_day=start.day, last_date=day_words(end))
    return _("{first_date} – {last_date}").format(first_date=short_day(start, end), last_date=day_words(end))


def zone_words(zone: ZoneInfo) -> str:
    """`New York time` for America/New_York; `UTC` for UTC."""
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return _("{place} time").format(place=_(place)) if "/" in zone.key else place


def _in_brussels(at: datetime, zone: ZoneInfo) -> str:
    in_brussels = at.astimezone(BRUSSELS)
    is_same_day = in_brussels.date() == at.astimezone(zone).date()
    time = f"{in_brussels:%H:%M}" if is_same_day else day_and_time(at, BRUSSELS)
    return f"{time} {zone_words(BRUSSELS)}"
