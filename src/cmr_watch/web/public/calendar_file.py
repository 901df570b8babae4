"""Calendars as files (RFC 5545, RFC 7986). Pure; the only importer of icalendar, and loaded for the first file only.

A client finds an event again by its UID and takes over what has a higher sequence, so both come from the store.
Texts are clean when they come here: icalendar escapes and folds them, but keeps control characters.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from icalendar import (
    Alarm,
    Calendar,
    Event,
    Timezone,
    TimezoneDaylight,
    TimezoneStandard,
    vDuration,
    vRecur,
    vText,
    vUri,
)

from cmr_watch.clock import BRUSSELS
from cmr_watch.web.public.calendar import Entry

_PRODUCT: Final = "-//cmr-watch//Clusters meet Regions//EN"
_DOMAIN: Final = "@cmr-watch"
"""The same in every installation, and whatever its public address: an event that is added twice is one event."""
_REFRESH: Final = timedelta(hours=1)
"""How often clients are asked to look for changes; some never do more often than once a day."""


def calendar_file(name: str, entries: Iterable[Entry], source: str = "") -> bytes:
    """A calendar with this name. `source`: its absolute address, from which it is updated; empty for single events."""
    calendar = Calendar()
    calendar.add("PRODID", _PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("NAME", vText(name))
    calendar.add("X-WR-CALNAME", vText(name))
    if source:
        calendar.add("SOURCE", vUri(source))
        calendar.add("REFRESH-INTERVAL", _refresh(), encode=False)
        calendar.add("X-PUBLISHED-TTL", vDuration(_REFRESH))
    # always there: without any event, the calendar would have no component, which clients reject
    calendar.add_component(_brussels())
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _refresh() -> vDuration:
    interval = vDuration(_REFRESH)
    interval.params["VALUE"] = "DURATION"  # RFC 7986 §5.7 demands it, and icalendar leaves it out
    return interval


def _event(entry: Entry) -> Event:
    event = Event.new(
        uid=entry.uid + _DOMAIN,
        start=entry.start.astimezone(BRUSSELS) if isinstance(entry.start, datetime) else entry.start,
        end=entry.end + timedelta(days=1) if entry.end else None,
        stamp=entry.stamp.replace(microsecond=0),
        last_modified=entry.stamp.replace(microsecond=0),
        sequence=entry.sequence,
        summary=entry.summary,
        description=entry.description,
        location=entry.location or None,
        url=entry.url or None,
    )
    event.add("STATUS", entry.status)
    event.add("TRANSP", "TRANSPARENT")  # it does not make anyone busy
    for alarm in entry.alarms:
        event.add_component(_alarm(entry, alarm))
    return event


def _alarm(entry: Entry, trigger: timedelta) -> Alarm:
    alarm = Alarm.new(description=entry.summary)
    alarm.add("ACTION", "DISPLAY")
    alarm.TRIGGER = trigger
    return alarm


def _brussels() -> Timezone:
    """Brussels time by its rule since 1996 (Directive 2000/84/EC), which is read everywhere; a test compares it.

    icalendar would list each change of the clocks instead, the one in spring an hour late.
    """
    zone = Timezone()
    zone.add("TZID", BRUSSELS.key)
    summer, winter = TimezoneDaylight(), TimezoneStandard()
    for part, name, begin, month, offsets in (
        (summer, "CEST", datetime.fromisoformat("1996-03-31T02:00"), 3, (1, 2)),
        (winter, "CET", datetime.fromisoformat("1996-10-27T03:00"), 10, (2, 1)),
    ):
        part.add("DTSTART", begin)
        part.add("RRULE", vRecur(freq="yearly", bymonth=month, byday="-1SU"))
        part.add("TZNAME", name)
        part.add("TZOFFSETFROM", timedelta(hours=offsets[0]))
        part.add("TZOFFSETTO", timedelta(hours=offsets[1]))
        zone.add_component(part)
    return zone
