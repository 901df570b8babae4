"""The dates of a text: its tokens become a *shape*, one letter a token, and a table says what a shape means (D1, D3).

    Lyon, France – 12-13 October 2023    x,x-d-dmy      12-13 October 2023
    find_dates(scan(text), year)         all dates, left to right; `year` is the nearest heading's
    find_days(scan(text), year)          single days only: a range is split into its two ends, as in a list of cut-offs

The letters are those of `tokens`. Tokens that do not count are left out of a shape: “the”, quotes, the edges of cells,
weekdays in brackets, times of day with their zones; “Day 2:” becomes a joint. Every expression is bounded, so time
grows with the length of the text. Pure; no errors.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, NamedTuple, cast

from cmr_watch.models.readings import Precision
from cmr_watch.reading.tokens import Text, Token

ANY_YEAR: Final = 2000
"""A leap year, for checking whether a text has any days at all."""


class DateSpan(NamedTuple):
    """A date as written in a text. `starts_on` is None for a span without days, and for impossible days.

    - `is_impossible`: no calendar has these days, or they end before they start (D3).
    - `has_year`: its year is stated in the text.
    - `is_yearless`: its year is not known at all; precision is then `unknown`.
    - `has_remainder`: a number in it was not accounted for (D5).
    - `first`, `last`: the indices of its tokens.
    """

    start: int
    end: int
    precision: Precision
    starts_on: date | None = None
    ends_on: date | None = None
    period: str | None = None
    is_impossible: bool = False
    is_yearless: bool = False
    has_year: bool = True
    has_remainder: bool = False
    first: int = 0
    last: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether it is more than a year."""
        return self.precision != "year"


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────────

_D = r"(?:w[,.]?)?d\.?"
_TO = r"(?:-{1,3}|[/&t|])"
_DAYS = rf"{_D}(?:(?:,|{_TO})&?{_D}){{0,6}}"
_AFTER_RANGE = rf"{_D}{_TO}{_D}d"  # “26–26 27 March”
_MY = r"[-/,]?o?m\.?(?:[-,/]?o?y)?"
_ONE = rf"{_D}{_MY}"
_DAY_FIRST = rf"(?:w[-/&t])?(?:{_AFTER_RANGE}|{_DAYS}){_MY}"
_MONTH_DAY = rf"(?:w,?)?m\.?,?{_D}(?:,?y)?"
_MONTH_FIRST = rf"(?:w(?:[-/&t]w)?,?)?m\.?,?{_DAYS}(?:,?y)?"
_YY = r"(?:y|d(?![./-]?[dmy]))"
_NUMERIC: Final = (
    rf"d(?P<a>[./-])d(?P=a)[yd][-t&]{{1,2}}d(?P=a)d(?P=a){_YY}"  # 12/10/2023 – 13/10/2023
    rf"|d(?P<b>[./])d(?P=b)?[-&t]d(?P=b)d(?P=b){_YY}"  # 30.11.–01.12.2023
    rf"|d\.?(?:[-&t]d(?P<c>[./])d(?P=c){_YY}|/d(?P<f>[./])d(?P=f)y)"  # 12-13.10.2023
    r"|d(?P<e>[./-])d(?P=e)y"  # 12.10.2023
    r"|d(?P<g>[./])d(?P=g)d(?![./-]?[dmy])"  # 12/10/23
    r"|i(?:[-t&/]i|/d)?"  # 2023-10-12/13
)
_SPAN: Final = (
    r"(?P<month>(?:(?:v-?|vq|dq)o?)?m\.?(?:(?:[,-]?y)?[-/&t]m\.?)?[,-]?o?y)"
    r"|(?P<season>v?s(?:[/&-]s)?[,/-]?o?y(?:[-/][yd])?|q[,/-]?o?y|[vd]q[,/-]?o?y|y[,/-]?q)"
    r"|(?P<bare>(?:^|(?<=[-,:(|c]))(?:v-?o?)?m\.?(?:[-/&t]m\.?)?(?=$|[-(,;):|c]))"
    r"|(?P<bare_season>(?:^|(?<=[-,:(|c]))(?:v?s(?:[/&-]s)?|[vd]?q)(?=$|[-(,;):|c]))"
    r"|(?P<year>y)"
)
_RANGES: Final = re.compile(
    rf"(?P<numeric>{_NUMERIC})"
    rf"|(?P<days>{_ONE}{_TO}{_ONE}|{_DAY_FIRST})"
    rf"|(?P<turned>{_MONTH_DAY}{_TO}{_MONTH_DAY}|{_MONTH_FIRST})"
    rf"|{_SPAN}"
)
_SINGLE_DAYS: Final = re.compile(
    r"(?P<numeric>d(?P<e>[./-])d(?P=e)y|d(?P<g>[./])d(?P=g)d(?=/d(?P=g)d(?P=g)d|(?![./]?[dmy]|-[my]))|i)"
    rf"|(?P<days>{_ONE})"
    r"|(?P<turned>m\.?(?:w[,.]?)?d(?!\.d)(?:,?y)?)"
)
_TIMES: Final = re.compile(
    r"(?:[,(]?-?[fa]?h?T(?:(?:[-t&]|at)T)?)(?:\(?z(?:[/(]z)?\)?)?\)?(?:,(?=t))?|\(ww?\)|\(w[-&/]w\)"
)
_DAY_LABEL: Final = re.compile(r"[,;.&|(-]{0,2}D[dv][:-]|[,;.&|(-]{0,2}v?vD[:-]")
_MOVED: Final = re.compile(r"r[^dmy]{0,4}f")
_WEEK_OF: Final = re.compile(r"ko?x?$")
_KEPT: Final = frozenset("'hc")
"""Letters that occur in no shape."""


def find_dates(text: Text, year: int | None = None) -> tuple[DateSpan, ...]:
    """All dates of a text, left to right. `year` is the nearest heading's, for days without one."""
    return _remembered(_RANGES, text, year)


def find_days(text: Text, year: int | None = None) -> tuple[DateSpan, ...]:
    """All single days of a text, left to right."""
    return tuple(found for found in _remembered(_SINGLE_DAYS, text, year) if found.precision in ("day", "unknown"))


def _remembered(pattern: re.Pattern[str], text: Text, year: int | None) -> tuple[DateSpan, ...]:
    key = (pattern, year)
    if key not in text.memo:
        text.memo[key] = _find(pattern, text, year)
    return cast(tuple[DateSpan, ...], text.memo[key])


def _find(pattern: re.Pattern[str], text: Text, year: int | None) -> tuple[DateSpan, ...]:
    if not any(token.letter in "dymsqi" for token in text.tokens):
        return ()
    shape, indices = _shape_of(text.tokens)
    found = (_span_of(match, indices, text, year) for match in pattern.finditer(shape))
    return tuple(span for span in found if span)


def _shape_of(tokens: list[Token]) -> tuple[str, list[int]]:
    """The shape of a text, and the index of each letter's token."""
    indices = [index for index, token in enumerate(tokens) if token.letter not in _KEPT]
    shape = "".join(tokens[index].letter for index in indices)
    if "T" in shape or "w" in shape:
        shape, indices = _cut(_TIMES, shape, indices, "")
    if "D" in shape:
        shape, indices = _cut(_DAY_LABEL, shape, indices, "&")
    return _unjoin_moved(shape), indices


def _cut(pattern: re.Pattern[str], shape: str, indices: list[int], joint: str) -> tuple[str, list[int]]:
    """Shape and indices without what matches; one letter replaces it where the parts around it must be joined."""
    letters: list[str] = []
    kept: list[int] = []
    position = 0
    for match in pattern.finditer(shape):
        letters.append(shape[position : match.start()])
        kept += indices[position : match.start()]
        if joint and letters != [""]:
            letters.append(joint)
            kept.append(indices[match.start()])
        position = match.end()
    letters.append(shape[position:])
    return "".join(letters), kept + indices[position:]


def _unjoin_moved(shape: str) -> str:
    """In “rescheduled from A to B” the “to” does not make a range (D2)."""
    moved = _MOVED.search(shape)
    if not moved:
        return shape
    joint = shape.find("t", moved.end())
    while joint > 0 and shape[joint - 1] not in "my" and "t" in shape[joint + 1 :]:
        joint = shape.find("t", joint + 1)
    return f"{shape[:joint]}x{shape[joint + 1 :]}" if joint > 0 else shape


def _span_of(match: re.Match[str], indices: list[int], text: Text, year: int | None) -> DateSpan | None:
    own = indices[match.start() : match.end()]
    while text.tokens[own[-1]].letter in ".,-":
        own.pop()
    kind = str(match.lastgroup)
    if kind in _SPANS:
        return _span(kind, own, text, year)
    found = _whole_days(kind, own, text.tokens, year)
    if found.is_impossible and kind == "days" and _is_led_in_by_a_number(own, text.tokens):
        found = _whole_days(kind, own[2:], text.tokens, year)
    if _WEEK_OF.search(match.string, 0, match.start()) and found.starts_on:
        return DateSpan(
            found.start, found.end, "month", period=f"{found.starts_on:%Y-%m}", first=found.first, last=found.last
        )
    return found


def _is_led_in_by_a_number(indices: list[int], tokens: list[Token]) -> bool:
    """“Agenda 21 – 12-13 October”, “10.00, 12 October”: impossible days that are possible without the first number."""
    days = [tokens[index] for index in indices if tokens[index].letter == "d"]
    follows = tokens[indices[1]].letter != "d"
    return tokens[indices[0]] is days[0] and len(days) > 1 and follows and (days[0].value == 0 or len(days) > 2)


# ── whole days ───────────────────────────────────────────────────────────────────────────────────────────────────────

_LETTERS: Final = frozenset("dmyi")
_Ymd = tuple[int, int, int]


def _whole_days(kind: str, indices: list[int], tokens: list[Token], year: int | None) -> DateSpan:
    own = [tokens[index] for index in indices if tokens[index].letter in _LETTERS]
    letters, values = "".join(token.letter for token in own), [token.value for token in own]
    has_remainder = any(tokens[a].letter == tokens[b].letter == "d" for a, b in pairwise(indices))
    if has_remainder:
        values[:-1] = _in_order(letters[:-1], values[:-1])
    days = _numeric(letters, values) if kind == "numeric" else _named(letters, values, year)
    start, end, first, last = tokens[indices[0]].start, tokens[indices[-1]].end, indices[0], indices[-1]
    if days is None:
        return DateSpan(start, end, "unknown", is_yearless=True, has_year=False, first=first, last=last)
    starts_on, ends_on = _as_date(days[0]), _as_date(days[1])
    has_year = "y" in letters or kind == "numeric"
    if starts_on is None or ends_on is None or ends_on < starts_on:
        return DateSpan(start, end, "unknown", is_impossible=True, has_year=has_year, first=first, last=last)
    return DateSpan(
        start,
        end,
        "day",
        starts_on,
        ends_on,
        has_year=has_year,
        has_remainder=has_remainder,
        first=first,
        last=last,
    )


def _in_order(letters: str, values: list[int]) -> list[int]:
    """“26–26 27 March”: from the earliest to the latest day named (D5)."""
    days = iter(sorted(value for letter, value in zip(letters, values, strict=True) if letter == "d"))
    return [next(days) if letter == "d" else value for letter, value in zip(letters, values, strict=True)]


def _as_date(parts: _Ymd) -> date | None:
    try:
        return date(*parts)
    except ValueError:
        return None


def _numeric(letters: str, values: list[int]) -> tuple[_Ymd, _Ymd]:
    """Day first; ISO where the year comes first."""
    if letters[0] == "i":
        first, last = _iso(values[0]), _iso(values[-1])
        return first, (last if letters[-1] == "i" else (*first[:2], values[-1]))
    *days, month, year = values
    if letters[-1] == "d":
        year += 2000
    if len(days) == 4:  # 12.10.23 – 13.10.23
        first_day, first_month, first_year, last_day = days
        return (first_year + 2000 * (letters[2] == "d"), first_month, first_day), (year, month, last_day)
    if len(days) == 3:  # 30.11.–01.12.2023
        first_day, first_month, last_day = days
        return (year - (first_month > month), first_month, first_day), (year, month, last_day)
    return (year, month, days[0]), (year, month, days[-1])


def _iso(value: int) -> _Ymd:
    return value // 10_000, value // 100 % 100, value % 100


_GROUPS: Final = {"d": re.compile(r"d+my?"), "m": re.compile(r"md+y?")}


class _Group(NamedTuple):
    """Days of one month: “12 and 13 October 2026”."""

    first_day: int
    month: int
    year: int | None
    last_day: int


def _named(letters: str, values: list[int], year: int | None) -> tuple[_Ymd, _Ymd] | None:
    """Days with a month's name, in either order; None where no year can be known."""
    groups = [_group(match, values) for match in _GROUPS[letters[0]].finditer(letters)]
    first, last = groups[0], groups[-1]
    last_year = last.year or first.year or year
    if last_year is None:
        return None
    first_year = first.year or last_year
    if not first.year and (first.month, first.first_day) > (last.month, last.last_day):
        first_year, last_year = _over_new_year(first_year, last_year, first, last)
    return (first_year, first.month, first.first_day), (last_year, last.month, last.last_day)


def _group(match: re.Match[str], values: list[int]) -> _Group:
    letters, own = match.group(), values[match.start() : match.end()]
    days = [value for letter, value in zip(letters, own, strict=True) if letter == "d"]
    return _Group(days[0], own[letters.index("m")], own[-1] if letters[-1] == "y" else None, days[-1])


_LONGEST_OVER_NEW_YEAR: Final = timedelta(days=60)


def _over_new_year(first_year: int, last_year: int, first: _Group, last: _Group) -> tuple[int, int]:
    """“30 December – 2 January 2025” begins a year earlier; a year from a heading is the first day's."""
    earlier, later = (first_year - 1, last_year) if last.year is not None else (first_year, last_year + 1)
    start = _as_date((earlier, first.month, first.first_day))
    end = _as_date((later, last.month, last.last_day))
    if start and end and end - start <= _LONGEST_OVER_NEW_YEAR:
        return earlier, later
    return first_year, last_year


# ── spans without days ───────────────────────────────────────────────────────────────────────────────────────────────

_SPANS: Final[dict[str, Precision]] = {
    "month": "month",
    "bare": "month",
    "season": "season",
    "bare_season": "season",
    "year": "year",
}
_BARE: Final = ("bare", "bare_season")


def _span(kind: str, indices: list[int], text: Text, year: int | None) -> DateSpan | None:
    """A month, season, quarter or year. A month alone counts with a heading's year and a capital (not “may”)."""
    own = [text.tokens[index] for index in indices]
    if kind in _BARE and (year is None or (kind == "bare" and not text.text[own[0].start].isupper())):
        return None
    years = [token.value for token in own if token.letter == "y"] or [year or 0]
    period = _period(kind, years[0] if kind == "season" else years[-1], own, text.text)
    return DateSpan(
        own[0].start,
        own[-1].end,
        _SPANS[kind],
        period=period,
        has_year=kind not in _BARE,
        first=indices[0],
        last=indices[-1],
    )


def _period(kind: str, year: int, tokens: list[Token], text: str) -> str:
    """`2024-06`, `2024-06/2024-07`, `2024-q2`, `2024-summer`, or `2024`."""
    if _SPANS[kind] == "month":
        return "/".join(f"{year}-{token.value:02}" for token in tokens if token.letter == "m")
    words = [text[token.start : token.end].casefold() for token in tokens if token.letter in "sqvd"]
    return "-".join([str(year), *words])


def years_in(text: Text, start: int, end: int) -> set[int]:
    """The years between two positions."""
    return {token.value for token in text.within(start, end) if token.letter == "y"}


def year_of(text: Text, start: int = 0, end: int | None = None) -> int | None:
    """The one year that a text, or a part of it, names."""
    years = years_in(text, start, len(text.text) if end is None else end)
    return years.pop() if len(years) == 1 else None


# ── what is left over ────────────────────────────────────────────────────────────────────────────────────────────────


def has_stray_number(text: Text, dates: Sequence[DateSpan]) -> bool:
    """Whether a number near the days is unaccounted for (D5): “31 31 May”.

    List numbers, numbers before a noun (“2 cut-offs”) and numbers after a word (“round 2”) are accounted for.
    """
    within = {index for date in dates for index in range(date.first, date.last + 1)}
    starts = {date.first for date in dates}
    return any(
        _is_stray(text, index, is_before_day=index + 1 in starts)
        for index, token in enumerate(text.tokens)
        if token.letter == "d" and not token.word and index not in within and 1 <= token.value <= 31
    )


def _is_stray(text: Text, index: int, *, is_before_day: bool) -> bool:
    if is_before_day:
        return True
    before = text.tokens[index - 1] if index else None
    after = text.tokens[index + 1] if index + 1 < len(text.tokens) else None
    is_list_number = not any(token.word for token in text.tokens[:index])
    is_counted = bool(after and after.word and after.letter != "m")
    is_named = bool(before and (before.word or text.text[before.start] in "#/:+"))
    return not (is_list_number or is_counted or is_named)
