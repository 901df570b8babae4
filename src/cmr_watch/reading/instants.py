"""The time of day and the zone given with a day, and the instant that results (READING C4). Pure.

time_in(tokens)                    minutes since the day began, or None
instant_of(day, minutes, zone)     the instant in UTC, and whether the zone abbreviation is correct on that day
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.reading.tokens import Text, Token

END_OF_DAY: Final = 1439
"""The minute of a cut-off that names no time: 23:59."""
_WHERE: Final = {
    **dict.fromkeys(("cet", "cest"), BRUSSELS),
    **dict.fromkeys(("eet", "eest"), ZoneInfo("Europe/Helsinki")),
    **dict.fromkeys(("wet", "west"), ZoneInfo("Europe/Lisbon")),
    "bst": ZoneInfo("Europe/London"),
}
_PLACES: Final = {
    place: ZoneInfo(zone)
    for zone, places in {
        "Europe/Helsinki": "helsinki finnish tallinn estonian riga latvian vilnius lithuanian kyiv ukrainian",
        "Europe/Athens": "athens greek bucharest romanian sofia bulgarian nicosia cyprus eastern",
        "Europe/London": "london uk british edinburgh dublin irish",
        "Europe/Lisbon": "lisbon portuguese western",
        "Europe/Istanbul": "istanbul turkish ankara",
    }.items()
    for place in places.split()
}
"""Words before “time” that name another zone than that of Brussels (C4): “Helsinki time”, “Eastern European Time”."""
_EXACT: Final = ("utc", "gmt", "")
_WIDEST_HOURS: Final = 14
_WIDEST: Final = timedelta(hours=_WIDEST_HOURS)


class Zone(NamedTuple):
    """A zone as stated: its abbreviation (empty for a bare offset) and offset from UTC; or the place that names it."""

    letters: str
    offset: timedelta | None = None
    place: ZoneInfo | None = None


_BRUSSELS_TIME: Final = Zone("brussels", place=BRUSSELS)


def time_in(tokens: Sequence[Token]) -> int | None:
    """The first time of day among tokens; of “16:00 GMT / 18:00 CEST” the one in Brussels."""
    index = time_index(tokens)
    return None if index is None else tokens[index].value


def time_index(tokens: Sequence[Token]) -> int | None:
    """The index of that time."""
    times = [index for index, token in enumerate(tokens) if token.letter == "T" and token.value >= 0][:4]
    here = (
        index
        for index in times
        if any(token.word in ("cet", "cest", "brussels") for token in tokens[index + 1 : index + 3])
    )
    return next(here, times[0] if times else None)


def zone_in(text: Text, tokens: Sequence[Token]) -> Zone | None:
    """The zone that some tokens of a text state, after the time if there is one; Brussels overrides abbreviations."""
    tokens = tokens[time_index(tokens) or 0 :]
    if tokens and text.has("brussels time", "dateline", start=tokens[0].start, end=tokens[-1].end):
        return _BRUSSELS_TIME
    for index, token in enumerate(tokens):
        if token.letter == "z":
            return Zone(token.word, timedelta(hours=token.value) + _offset_at(tokens, index + 1))
        if token.word in _PLACES and "time" in [one.word for one in tokens[max(0, index - 2) : index + 4]]:
            return Zone(token.word, place=_PLACES[token.word])
    return None


def _offset_at(tokens: Sequence[Token], index: int) -> timedelta:
    """“+2”, “+05:30”, “-3” after the abbreviation of a zone; an empty text is not an offset."""
    if index + 1 >= len(tokens) or tokens[index].letter not in "&-" or tokens[index + 1].letter not in "dT":
        return timedelta(0)
    sign, value = tokens[index], tokens[index + 1]
    if sign.end != value.start or (value.letter == "d" and value.value > _WIDEST_HOURS):
        return timedelta(0)
    minutes = value.value if value.letter == "T" else value.value * 60
    return timedelta(minutes=minutes if sign.letter == "&" else -minutes)


def instant_of(day: date, minutes: int, zone: Zone | None) -> tuple[datetime, bool]:
    """The instant in UTC, and whether the zone abbreviation is correct there and then.

    Brussels where it is named or none is; UTC and GMT exactly; else the earlier of the stated offset and Brussels:
    no notification gives a later hour than is safe. 24:00 is 23:59 of the named day.
    """
    at_time = time(*divmod(min(minutes, END_OF_DAY), 60))
    brussels = datetime.combine(day, at_time, BRUSSELS)
    if zone is None:
        return brussels.astimezone(UTC), True
    if zone.offset is None:
        return min(brussels, datetime.combine(day, at_time, zone.place or BRUSSELS)).astimezone(UTC), True
    if not -_WIDEST <= zone.offset <= _WIDEST:
        return brussels.astimezone(UTC), False
    stated = datetime.combine(day, at_time, timezone(zone.offset))
    if zone.letters in _EXACT:
        return stated.astimezone(UTC), True
    where = _WHERE[zone.letters]
    is_right = datetime.combine(day, at_time, where).utcoffset() == zone.offset
    return min(brussels, stated).astimezone(UTC), is_right
