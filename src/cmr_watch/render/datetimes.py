"""Times as a reader's own clock shows them, with the name of the place. Pure."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from cmr_watch.models import Cutoff
from cmr_watch.render.sentences import BRUSSELS, MONTHS


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """`12 October 2023, 09:12 (Brussels time)`."""
    return f"{_day_and_time(at, zone)} ({_zone_words(zone)})"


def deadline(at: datetime, zone: ZoneInfo) -> str:
    """`31 May 2024, 18:00 (Brussels time)`; elsewhere `31 May 2024, 17:00 London time (18:00 Brussels time)`.

    The page means Brussels time, so whoever applies is to know that one too; its day where that is another.
    """
    if zone.key == BRUSSELS.key:
        return local_time(at, zone)
    there = at.astimezone(BRUSSELS)
    same_day = there.date() == at.astimezone(zone).date()
    brussels = f"{there:%H:%M}" if same_day else _day_and_time(at, BRUSSELS)
    return f"{_day_and_time(at, zone)} {_zone_words(zone)} ({brussels} {_zone_words(BRUSSELS)})"


def cutoff_at(cutoff: Cutoff, zone: ZoneInfo) -> str:
    """Its deadline, with `, to be confirmed` where the page says so."""
    return deadline(cutoff.at, zone) + (", to be confirmed" if cutoff.tentative else "")


def day_words(day: date) -> str:
    """`31 May 2024`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _day_and_time(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{day_words(local.date())}, {local:%H:%M}"


def _zone_words(zone: ZoneInfo) -> str:
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return f"{place} time" if "/" in zone.key else place
