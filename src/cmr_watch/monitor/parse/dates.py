"""The dates of a line: a small grammar of our own.

A line becomes a *shape*, one letter a token (`Lyon, France – 12-13 October 2023` → `x,x-d-dmy`), and regular
expressions over shapes find the dates. Every expression is bounded, so time grows with the length of the line.

    d  day, one or two digits   m  month   y  year   i  ISO date   w  weekday   s  season   q  quarter or half   o  of
    -  any dash   /  .  ,   &  and   t  to, until   f  from   r  a word of moving (“rescheduled”)   v  early, mid, late…
    x  anything else

“the” is no token: “from the 12th to the 13th” has the shape of “from 12 to 13”.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cmr_watch.models import Precision

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = re.compile(
    r"(?:jan(?:uary)?|febr?(?:uary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY: Final = re.compile(
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)"
)
_WORDS: Final = {
    **dict.fromkeys(("and", "or"), "&"),
    **dict.fromkeys(("to", "until", "till", "through"), "t"),
    **dict.fromkeys(("from",), "f"),
    **dict.fromkeys(("of",), "o"),
    **dict.fromkeys(("rescheduled", "moved", "postponed", "changed", "shifted", "transferred", "delayed"), "r"),
    **dict.fromkeys(("spring", "summer", "autumn", "fall", "winter"), "s"),
    **dict.fromkeys(("(", "["), "("),
    **dict.fromkeys(("quarter", "trimester", "semester", "half"), "q"),
    **dict.fromkeys(("early", "mid", "late", "end", "beginning", "start", "first", "second", "third", "fourth"), "v"),
}
_TOKEN: Final = re.compile(
    r"(?P<skip>\bthe\b|[(\[](?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?[)\]])"
    r"|(?P<iso>(?:19|20)\d\d(?:-\d{1,2}-|/\d{1,2}/|\.\d{1,2}\.)\d{1,2})(?!\d)"
    r"|(?P<decimal>(?<![\d.])\d\.\d)(?![\d.]|\s*[‐‑‒–—―−-]\s*\d{1,2}\.\d)"
    r"|(?P<day>\d{1,2})(?:st|nd|rd|th)(?![^\W\d_])"
    r"|(?P<quarter>[QqHh][1-4])(?!\w)"
    r"|(?P<short>['’]\d\d)(?!\d)"
    r"|(?P<number>\d+)"
    r"|(?P<word>[^\W\d_]+)"
    r"|(?P<dash>[-\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d~])"
    r"|(?P<sign>[/.,&(\[])"
    r"|(?P<other>[^\s\w])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: its letter, its number (day, month, year, quarter; 0 for the rest) and where it stands."""

    letter: str
    value: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """A date as it stands in a line. `starts_on` is None for a span without days, and for days that cannot be."""

    start: int
    end: int
    precision: Precision
    starts_on: date | None = None
    ends_on: date | None = None
    period: str | None = None
    impossible: bool = False
    yearless: bool = False


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "skip":
            continue
        letter, value = _classify(match)
        yield Token(letter, value, match.start(), match.end())


_Reading = tuple[str, int]
"""A letter and its number."""


def _classify(match: re.Match[str]) -> _Reading:
    return _BY_KIND[str(match.lastgroup)](match.group())


def _number(digits: str) -> _Reading:
    if len(digits) <= 2:
        return "d", int(digits)
    if len(digits) == 4 and digits[:2] in ("19", "20"):
        return "y", int(digits)
    return "x", 0


def _word(text: str) -> _Reading:
    word = text.casefold()
    if _MONTH.fullmatch(word):
        return "m", _MONTHS.index(word[:3]) + 1
    if _WEEKDAY.fullmatch(word):
        return "w", 0
    return _WORDS.get(word, "x"), 0


_BY_KIND: Final[dict[str, Callable[[str], _Reading]]] = {
    "iso": lambda text: ("i", int("".join(part.zfill(2) for part in re.split(r"[./-]", text)))),
    "day": lambda text: ("d", int(text[:-2])),
    "short": lambda text: ("y", 2000 + int(text[1:])),
    "number": _number,
    "word": _word,
    "quarter": lambda _: ("q", 0),
    "dash": lambda _: ("-", 0),
    "sign": lambda text: (_WORDS.get(text, text), 0),
    "decimal": lambda _: ("x", 0),
    "other": lambda _: ("x", 0),
}


# ── shapes ───────────────────────────────────────────────────────────────────────────────────────────────────────

_D = r"(?:w[,.]?)?d\.?"
_TO = r"(?:--?-?|[/&t])"
_DAYS = rf"{_D}(?:(?:,|{_TO})&?{_D}){{0,6}}"
_ONE = rf"{_D}[-/]?o?m\.?(?:[-,/]?o?y)?"
_DAY_FIRST = rf"(?:w[-/&t])?{_DAYS}[-/]?o?m\.?(?:[-,/]?o?y)?"
_MONTH_DAY = rf"m\.?,?{_D}(?:,?y)?"
_MONTH_FIRST = rf"m\.?,?{_DAYS}(?:,?y)?"
_NUMERIC: Final = (
    r"d(?P<a>[./-])d(?P=a)y[-t&]d(?P=a)d(?P=a)y"  # 12/10/2023 – 13/10/2023
    r"|d(?P<b>[./])d(?P=b)?[-&t]d(?P=b)d(?P=b)y"  # 30.11.–01.12.2023
    r"|d\.?[-/&t]d(?P<c>[./])d(?P=c)y"  # 12-13.10.2023
    r"|d(?P<e>[./-])d(?P=e)y"  # 12.10.2023
    r"|d(?P<g>[./])d(?P=g)d(?![./-]?[dmy])"  # 12/10/23
    r"|i(?:[-t&/]i|/d)?"  # 2023-10-12/13
)
_SPAN: Final = (
    r"(?P<month>(?:(?:v-?|vq|dq)o?)?m\.?(?:(?:[,-]?y)?[-/&t]m\.?)?[,-]?o?y)"
    r"|(?P<season>v?s(?:[/&-]s)?[,/-]?o?y(?:[-/][yd])?|q[,/-]?o?y|[vd]q[,/-]?o?y|y[,/-]?q)"
    r"|(?P<bare>(?<=[-,])(?:v-?o?)?m\.?(?:[-/&t]m\.?)?(?=$|[-(]))"
    r"|(?P<bare_season>(?<=[-,])(?:v?s(?:[/&-]s)?|[vd]?q)(?=$|[-(]))"
    r"|(?P<year>y)"
)
_RANGES: Final = re.compile(
    rf"(?P<numeric>{_NUMERIC})"
    rf"|(?P<days>{_ONE}{_TO}{_ONE}|{_DAY_FIRST})"
    rf"|(?P<turned>{_MONTH_DAY}{_TO}{_MONTH_DAY}|{_MONTH_FIRST})"
    rf"|{_SPAN}"
)
_SINGLE_DAYS: Final = re.compile(
    r"(?P<numeric>d(?P<e>[./-])d(?P=e)y|d(?P<g>[./])d(?P=g)d(?![./]?[dmy]|-[my])|i)"
    rf"|(?P<days>{_ONE})"
    r"|(?P<turned>m\.?(?:w[,.]?)?d(?!\.d)(?:,?y)?)"
)
_MOVED: Final = re.compile(r"r[^dmy]{0,4}f")


def find_dates(text: str, year: int | None = None, *, single: bool = False) -> tuple[Found, ...]:
    """All dates of a line, left to right.

    `year` is the nearest heading's, for days that stand without one. With `single`, only single days are looked for
    and ranges fall into their two ends: the way to read a list of cut-offs.
    """
    tokens = list(_tokens(text))
    shape = _unjoin_moved("".join(token.letter for token in tokens))
    pattern = _SINGLE_DAYS if single else _RANGES
    found = (_found(match, tokens, text, year) for match in pattern.finditer(shape))
    return tuple(date for date in found if date)


def _unjoin_moved(shape: str) -> str:
    """In “rescheduled from A to B” the “to” joins no range."""
    moved = _MOVED.search(shape)
    if not moved:
        return shape
    joint = re.compile(r"(?<=[my])t").search(shape, moved.end()) or re.compile("t").search(shape, moved.end())
    return f"{shape[: joint.start()]}x{shape[joint.end() :]}" if joint else shape


def _found(match: re.Match[str], tokens: list[Token], text: str, year: int | None) -> Found | None:
    own = tokens[match.start() : match.end()]
    while own[-1].letter in ".,":
        own.pop()
    named = str(match.lastgroup)
    if named in _SPANS:
        return _span(named, own, text, year)
    found = _whole_days(named, own, year)
    if found.impossible and named == "days" and _is_led_in_by_a_number(own):
        return _whole_days(named, own[2:], year)
    return found


def _is_led_in_by_a_number(tokens: list[Token]) -> bool:
    """“Agenda 21 – 12-13 October”, “10.00, 12 October”: days that cannot be, but can without the first of them."""
    first, *others = [token for token in tokens if token.letter == "d"]
    return tokens[0] is first and bool(others) and tokens[1].letter != "d" and (first.value == 0 or len(others) > 1)


_LETTERS: Final = frozenset("dmyi")


def _whole_days(named: str, tokens: list[Token], year: int | None) -> Found:
    letters = "".join(token.letter for token in tokens if token.letter in _LETTERS)
    values = [token.value for token in tokens if token.letter in _LETTERS]
    days = _numeric(letters, values) if named == "numeric" else _named(letters, values, year)
    start, end = tokens[0].start, tokens[-1].end
    if days is None:
        return Found(start, end, "unknown", yearless=True)
    first, last = _as_date(days[0]), _as_date(days[1])
    if first is None or last is None or last < first:
        return Found(start, end, "unknown", impossible=True)
    return Found(start, end, "day", first, last)


_YMD = tuple[int, int, int]


def _as_date(parts: _YMD) -> date | None:
    try:
        return date(*parts)
    except ValueError:
        return None


def _numeric(letters: str, values: list[int]) -> tuple[_YMD, _YMD]:
    """Day first; ISO where the year stands first."""
    if letters[0] == "i":
        first, last = _iso(values[0]), _iso(values[-1])
        return first, (last if letters[-1] == "i" else (*first[:2], values[-1]))
    if letters == "ddyddy":
        return (values[2], values[1], values[0]), (values[5], values[4], values[3])
    year = values[-1] if letters[-1] == "y" else 2000 + values[-1]
    *days, month = values[:-1]
    if len(days) == 3 and letters == "ddddy":
        first_day, first_month, last_day = days
        return (year - (first_month > month), first_month, first_day), (year, month, last_day)
    return (year, month, days[0]), (year, month, days[-1])


def _iso(value: int) -> _YMD:
    return value // 10_000, value // 100 % 100, value % 100


def _named(letters: str, values: list[int], year: int | None) -> tuple[_YMD, _YMD] | None:
    """Days with a month's name, in either order; None where no year can be known."""
    groups = list(re.finditer(r"d+my?" if letters[0] == "d" else r"md+y?", letters))
    first, last = _group(groups[0], values), _group(groups[-1], values)
    last_year = last[2] or first[2] or year
    if last_year is None:
        return None
    first_year = first[2] or last_year
    if not first[2] and (first[1], first[0]) > (last[1], last[3]):
        first_year, last_year = _over_new_year(first_year, last_year, first, last, stated=last[2] is not None)
    return (first_year, first[1], first[0]), (last_year, last[1], last[3])


_Group = tuple[int, int, int | None, int]  # first day, month, year, last day


def _group(match: re.Match[str], values: list[int]) -> _Group:
    letters, own = match.group(), values[match.start() : match.end()]
    days = [value for letter, value in zip(letters, own, strict=True) if letter == "d"]
    return days[0], own[letters.index("m")], own[-1] if letters[-1] == "y" else None, days[-1]


_LONGEST_OVER_NEW_YEAR: Final = timedelta(days=60)


def _over_new_year(first_year: int, last_year: int, first: _Group, last: _Group, *, stated: bool) -> tuple[int, int]:
    """“30 December – 2 January 2025” begins a year earlier; a year from a heading is the first day's."""
    earlier, later = (first_year - 1, last_year) if stated else (first_year, last_year + 1)
    start, end = _as_date((earlier, first[1], first[0])), _as_date((later, last[1], last[3]))
    if start and end and end - start <= _LONGEST_OVER_NEW_YEAR:
        return earlier, later
    return first_year, last_year


# ── spans without days ───────────────────────────────────────────────────────────────────────────────────────────


_SPANS: Final[dict[str, Precision]] = {
    "month": "month",
    "bare": "month",
    "season": "season",
    "bare_season": "season",
    "year": "year",
}


_BARE: Final = ("bare", "bare_season")


def _span(named: str, tokens: list[Token], text: str, year: int | None) -> Found | None:
    """A month, season, quarter or year. A month alone counts with a heading's year and a capital (not “may”)."""
    if named in _BARE and (year is None or (named == "bare" and not text[tokens[0].start].isupper())):
        return None
    years = [token.value for token in tokens if token.letter == "y"] or [year or 0]
    period = _period(named, years[0] if named == "season" else years[-1], tokens, text)
    return Found(tokens[0].start, tokens[-1].end, _SPANS[named], period=period)


def _period(named: str, year: int, tokens: list[Token], text: str) -> str:
    """`2024-06`, `2024-06/2024-07`, `2024-q2`, `2024-summer`, or `2024`."""
    if _SPANS[named] == "month":
        return "/".join(f"{year}-{token.value:02}" for token in tokens if token.letter == "m")
    words = [text[token.start : token.end].casefold() for token in tokens if token.letter in "sqvd"]
    return "-".join([str(year), *words])
