"""The entries of calendars, for files (`calendar_file.py`) and pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

CONTENT_TYPE: Final = "text/calendar; charset=utf-8"
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it is shown.

    - `start`, `end`: days, of which the last one is part of the event; or a time without an end.
    - `stamp`: when the event last changed. `alarms`: when to remind, before the start of the event or of its first day.
    """

    uid: str
    summary: str
    description: str
    start: date | datetime
    stamp: datetime
    end: date | None = None
    location: str = ""
    url: str = ""
    status: Status = "CONFIRMED"
    sequence: int = 0
    alarms: tuple[timedelta, ...] = ()
