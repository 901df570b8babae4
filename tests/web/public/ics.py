"""Reads calendars with two readers that know nothing of each other: icalendar, which also writes them, and ical."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import icalendar
from ical.calendar_stream import IcsCalendarStream


@dataclass(frozen=True)
class ReadEvent:
    """An event, as a client understands it. `end`: the day after its last one, or None."""

    uid: str
    sequence: int
    status: str
    start: date | datetime
    end: date | datetime | None
    summary: str
    description: str
    location: str
    url: str
    alarms: tuple[timedelta, ...]


@dataclass(frozen=True)
class ReadCalendar:
    """A calendar, as a client understands it."""

    name: str
    events: tuple[ReadEvent, ...]

    def one(self, uid: str) -> ReadEvent:
        """The event with this UID, without the domain."""
        (event,) = (event for event in self.events if event.uid == f"{uid}@cmr-watch")
        return event


def read(body: bytes) -> ReadCalendar:
    """The calendar, on which both readers agree. The lines are checked too."""
    assert_lines(body)
    found, second = _by_icalendar(body), _by_ical(body)
    assert found == second
    assert len({event.uid for event in found.events}) == len(found.events)
    return found


def assert_lines(body: bytes) -> None:
    """Assert the rules of RFC 5545 §3.1: lines end with CRLF, and have at most 75 octets and no control character."""
    text = body.decode("utf-8")
    assert text.endswith("END:VCALENDAR\r\n")
    lines = body.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode("utf-8")  # no character is cut in two
    bad = [char for char in text.replace("\r\n", "") if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs")]
    assert not bad


def _by_icalendar(body: bytes) -> ReadCalendar:
    calendar = icalendar.Calendar.from_ical(body)
    assert isinstance(calendar, icalendar.Calendar)
    assert not calendar.errors
    events = []
    for event in calendar.events:
        assert not event.errors
        alarms = tuple(alarm.TRIGGER for alarm in event.walk("VALARM"))
        end = event.get("DTEND")
        events.append(_event(event, event.DTSTART, end.dt if end else None, alarms))
    # icalendar knows no such property, so it keeps the escapes
    name = re.sub(r"\\(.)", r"\1", calendar["X-WR-CALNAME"])
    return ReadCalendar(name, tuple(events))


def _event(event: Any, start: Any, end: Any, alarms: Any) -> ReadEvent:
    texts = {name: str(event.get(name, "")) for name in ("summary", "description", "location", "url", "uid", "status")}
    return ReadEvent(sequence=int(event["SEQUENCE"]), start=start, end=end, alarms=alarms, **texts)


def _by_ical(body: bytes) -> ReadCalendar:
    calendar = IcsCalendarStream.calendar_from_ics(body.decode("utf-8"))
    events = [
        ReadEvent(
            uid=event.uid or "",
            sequence=event.sequence or 0,
            status=event.status or "",
            start=event.dtstart,
            end=event.dtend,
            summary=event.summary or "",
            description=event.description or "",
            location=event.location or "",
            url=str(event.url or ""),
            alarms=tuple(alarm.trigger for alarm in event.alarm if isinstance(alarm.trigger, timedelta)),
        )
        for event in calendar.events
    ]
    return ReadCalendar(calendar.name[0] if calendar.name else "", tuple(events))
