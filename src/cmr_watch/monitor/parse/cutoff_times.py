"""The time of day of a cut-off and the zone that it is said in: from words to an instant."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS

_MOST_TIMES: Final = 4
END_OF_DAY: Final = time(23, 59)
"""The time of a cut-off that names none."""

_TIME: Final = re.compile(
    r"(?P<hour>\d{1,2})(?:\s*[:.h]\s*(?P<minute>\d\d)(?:\s*(?P<half>[ap]\.?m\b\.?))?"
    r"|\s*(?P<only>[ap]\.?m\b\.?|h\b|hours?\b|hrs?\b|o['’]clock))"
    r"|\b(?P<word>noon|midday|midnight)\b",
    re.I,
)
ZONE: Final = re.compile(
    r"(?<![A-Za-z])(?P<name>(?i:CEST|CET|GMT|UTC)|BST|WEST|WET|EEST|EET)(?:\s?(?P<hours>[+-]\d{1,2})(?::?(?P<minutes>\d\d))?)?"
    r"(?![A-Za-z])|(?<=\d)\s?(?P<offset>[+]\d\d):?(?P<rest>\d\d)(?!\d)"
)
_OFFSETS: Final = {"CEST": 2, "CET": 1, "GMT": 0, "UTC": 0, "BST": 1, "WEST": 1, "WET": 0, "EEST": 3, "EET": 2}
_WHERE: Final = {
    **dict.fromkeys(("CET", "CEST"), BRUSSELS),
    **dict.fromkeys(("EET", "EEST"), ZoneInfo("Europe/Helsinki")),
    **dict.fromkeys(("WET", "WEST"), ZoneInfo("Europe/Lisbon")),
    "BST": ZoneInfo("Europe/London"),
}
IN_BRUSSELS: Final = re.compile(
    r"\b(?:brussels|brussel|bruxelles)(?:\s+local)?\s+time\b|\btime(?:\s+in)?\s+brussels\b|\bCES?T\s?/\s?CES?T\b|\bCE\(S\)T",
    re.I,
)


_THERE: Final = re.compile(r"\W{0,3}(?:CES?T|Brussels)\b", re.I)


def time_of(text: str) -> time | None:
    """The first time of a text; of “16:00 GMT / 18:00 CEST” the one in Brussels."""
    times = list(islice(_TIME.finditer(text), _MOST_TIMES))
    match = next((found for found in times if _THERE.match(text, found.end())), times[0] if times else None)
    if match is None:
        return None
    if match["word"]:
        return END_OF_DAY if match["word"].lower() == "midnight" else time(12)
    hour, minute = _of_24_hours(match), int(match["minute"] or 0)
    if (hour, minute) == (24, 0):
        return END_OF_DAY
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _of_24_hours(match: re.Match[str]) -> int:
    hour, half = int(match["hour"]), (match["half"] or match["only"] or "").lower()[:1]
    return hour % 12 + (12 if half == "p" else 0) if half in ("a", "p") and hour <= 12 else hour


def instant_of(day: date, at_time: time, words_around: str) -> tuple[datetime, bool]:
    """The earlier of the offset that is stated and Brussels on that day: nobody is told a later hour than is safe."""
    brussels = datetime.combine(day, at_time, BRUSSELS)
    zone = ZONE.search(words_around)
    if IN_BRUSSELS.search(words_around) or not zone:
        return brussels.astimezone(UTC), True
    name = (zone["name"] or "UTC").upper()
    offset = timedelta(
        hours=_OFFSETS[name] + int(zone["hours"] or zone["offset"] or 0),
        minutes=int(zone["minutes"] or zone["rest"] or 0),
    )
    if not timedelta(hours=-12) <= offset <= timedelta(hours=14):
        return brussels.astimezone(UTC), False
    stated = datetime.combine(day, at_time, timezone(offset))
    right = name not in _WHERE or datetime.combine(day, at_time, _WHERE[name]).utcoffset() == offset
    return min(brussels, stated).astimezone(UTC), right
