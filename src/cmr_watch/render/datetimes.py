"""Dates and times as text, in the recipient's time zone. Pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.models import Cutoff

# not strftime: it depends on the locale of the machine
MONTHS: Final = tuple(
    "January February March April May June July August September October November December".split()  # noqa: SIM905
)


def local_time(at: datetime, zone: ZoneInfo) -> str:
    """`12 October 2023, 09:12 (Brussels time)`."""
    return f"{day_and_time(at, zone)} ({_zone_words(zone)})"


def deadline(at: datetime, zone: ZoneInfo) -> str:
    """`31 May 2024, 18:00 (Brussels time)`; elsewhere `31 May 2024, 17:00 London time (18:00 Brussels time)`.

    The page gives Brussels time, so that is always shown too, with its date where the dates differ.
    """
    if zone.key == BRUSSELS.key:
        return local_time(at, zone)
    in_brussels = at.astimezone(BRUSSELS)
    is_same_day = in_brussels.date() == at.astimezone(zone).date()
    brussels = f"{in_brussels:%H:%M}" if is_same_day else day_and_time(at, BRUSSELS)
    return f"{day_and_time(at, zone)} {_zone_words(zone)} ({brussels} {_zone_words(BRUSSELS)})"


def cutoff_at(cutoff: Cutoff, zone: ZoneInfo) -> str:
    """The deadline, followed by `, to be confirmed` if the page says so."""
    return deadline(cutoff.at, zone) + (", to be confirmed" if cutoff.tentative else "")


def day_and_time(at: datetime, zone: ZoneInfo) -> str:
    """`12 October 2023, 09:12`, without the name of the zone."""
    local = at.astimezone(zone)
    return f"{day_words(local.date())}, {local:%H:%M}"


def day_words(day: date) -> str:
    """`31 May 2024`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _zone_words(zone: ZoneInfo) -> str:
    """`New York time` for America/New_York; `UTC` for UTC."""
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return f"{place} time" if "/" in zone.key else place
