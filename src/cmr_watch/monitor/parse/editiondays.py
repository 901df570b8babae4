"""When an edition meets, among all the days that its own page names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from cmr_watch.monitor.parse import words
from cmr_watch.monitor.parse.calls import mentions_call
from cmr_watch.monitor.parse.dates import Found, find_dates
from cmr_watch.monitor.parse.entry import choose
from cmr_watch.monitor.parse.headings import year_of
from cmr_watch.monitor.parse.home import NEXT, Home
from cmr_watch.monitor.parse.lines import Line
from cmr_watch.monitor.parse.sentences import Sentence

LONGEST: Final = 500
"""A title is read so far."""

_RANKS: Final = {"day": 0, "unknown": 1, "month": 2, "season": 3, "year": 4}
_MARKED: Final = re.compile(
    r"\W*(?:📍|⏰|(?:save the date|new dates?"
    r"|(?:event |workshop )?dates?(?: (?:and|&) (?:venue|place|location))?|when)\b)",
    re.I,
)
_CALENDAR: Final = re.compile(r"\W*[📅🗓📆]")
_MOST_WORDS_OF_A_LABEL: Final = 5
"""Between a calendar and its date; with more of them the calendar is but the bullet of a sentence."""
_DATE_HEADING: Final = re.compile(r"\W*(?:(?:event |save the |workshop )?dates?|when)\b.{0,30}", re.I)
_OF_THE_EVENT: Final = re.compile(
    r"\b(?:workshop|event|edition|meet|meeting|gather\w*|join us|took place|take[s]? place|taking place|held"
    r"|save the date|invit\w+|welcom\w+|brought|clusters meet regions|see you)\b",
    re.I,
)
_NOT_THE_EVENT: Final = re.compile(
    r"^\W*(?:submitted|posted|published|created|updated|last (?:updated|modified)|deadlines?|registrations?)\b"
    r"|\b(?:hotels?|accommodation|flights?|rooms?|info(?:rmation)? session|webinar)\b",
    re.I,
)
_ON_THE_EVENT: Final = re.compile(
    r"\b(?:workshop|event|edition|meeting|regions)\b[^.;,]{0,60}?(?:\bon|\bof|,|from|[‐‑‒–—―−-])\W*(?:the\W+)?$", re.I
)
_OTHER_HEADING: Final = re.compile(r"\b(?:regist\w+|deadlines?|contacts?|accommodation|hotels?)\b", re.I)
_AGENDA_DAY: Final = re.compile(
    r"\W*(?:day\s(?:\d|one|two|three)\b|(?:first|second|third) day\b|(?:mon|tues|wednes|thurs|fri|satur|sun)day\b)",
    re.I,
)


@dataclass(frozen=True, slots=True)
class When:
    """A date that may be the edition's; `rank`: the lower the likelier."""

    date: Found
    sentence: Sentence
    rank: int

    @property
    def key(self) -> tuple[int, int]:
        return _RANKS[self.date.precision], self.rank

    @property
    def words(self) -> str:
        return self.sentence.text[self.date.start : self.date.end].replace("\t", " ")


def dates_of(title: Line, body: Sequence[Sentence], home: Home, *, held: bool) -> Iterator[When]:
    """All dates that may be the edition's: the title's, then those of the text's sentences."""
    year = year_of(title.text)
    head = Sentence(title.text[:LONGEST], title)
    chosen = choose(head.text, find_dates(head.text))
    if chosen and chosen.precision != "year":
        yield When(chosen, head, 0)
    for sentence in body:
        if _may_tell_days(sentence, home, held=held):
            yield from _dates_in(sentence, year, home)


def _may_tell_days(sentence: Sentence, home: Home, *, held: bool) -> bool:
    text = sentence.text
    if home.is_another(text) or mentions_call(text) or _OTHER_HEADING.search(sentence.under):
        return False
    return not (held and NEXT.search(text) and not home.is_named(text))


def _dates_in(sentence: Sentence, year: int | None, home: Home) -> Iterator[When]:
    text = _NO_DATE.sub(lambda other: " " * len(other[0]), sentence.text)
    own = _own_dates(text, find_dates(text, year), home)
    chosen = choose(text, own) if own else None
    rank = _rank(sentence, chosen) if chosen else None
    if chosen and rank is not None:
        yield When(chosen, sentence, rank)


def _own_dates(text: str, dates: tuple[Found, ...], home: Home) -> tuple[Found, ...]:
    """Without those of another place; “in Iași on A, after the workshop in Prague on B” has one of each."""
    own = tuple(date for date in dates if not home.is_elsewhere(text, date.start, date.end))
    if not any(home.is_here(text, date.start, date.end) for date in own):
        return own
    return tuple(
        date
        for date in own
        if home.is_here(text, date.start, date.end) or not home.is_in_another_town(text, date.start, date.end)
    )


def _rank(sentence: Sentence, date: Found) -> int | None:
    """1 a line marked as the date's, 2 nothing but it, 3 prose of the event, 4 of the next, 5 an agenda's, 6 others."""
    text, lead = sentence.text, sentence.text[: date.start]
    if _NOT_THE_EVENT.search(text) and re.search(r"\w", lead) and not _ON_THE_EVENT.search(lead[-80:]):
        return None
    if _is_marked(text, lead) or _DATE_HEADING.fullmatch(sentence.under):
        return 1
    if _AGENDA_DAY.match(text) and not _is_period(date):
        return 5
    if _OF_THE_EVENT.search(text):
        return 3 + bool(NEXT.search(text))
    if date.precision == "year" or (date.yearless and len(text.split()) > _SHORT):
        return None
    return _rank_of_a_short_line(text, lead, date)


def _is_marked(text: str, lead: str) -> bool:
    """“When: …”, or a calendar with at most a label before its date."""
    return bool(_MARKED.match(text)) or (
        bool(_CALENDAR.match(text)) and len(re.findall(r"\w+", lead)) <= _MOST_WORDS_OF_A_LABEL
    )


_SHORT: Final = 12
_NO_DATE: Final = re.compile(
    r"(?<=\bday)\s\d\b(?!\s?(?:st|nd|rd|th)\b)|(?:,?\s)?\b\d{1,2}[:h]\d\d\b(?:\s?(?:hrs?|[ap]m|CES?T|EES?T)\b)?", re.I
)
"""“Day 1 – 27 November”: the number is no day of a month. “4 May 2023, 9:00 – 5 May 2023, 16:00” is one range."""


def _rank_of_a_short_line(text: str, lead: str, date: Found) -> int | None:
    if len(text.split()) <= _SHORT and not re.search(r"\w", lead):
        return 5 if text.strip(" .:") != text[date.start : date.end] and not _is_period(date) else 2
    is_name = date.precision == "day" and len(text.split()) <= _SHORT and not re.search(r"(?<!\w)[a-z]", lead)
    return 6 if _is_period(date) or is_name else None


def _is_period(date: Found) -> bool:
    return date.starts_on != date.ends_on


_LONGEST_EVENT: Final = 5


def with_last_day(first: When, all_dates: Sequence[When]) -> Found:
    """The days of an agenda, one above each part of it, are one event; so are lines of one day and the next."""
    start = first.date.starts_on
    if start is None or _is_period(first.date) or first.rank not in _DAY_BY_DAY:
        return first.date
    days = {one.date.ends_on for one in all_dates if one.rank == first.rank and one.date.ends_on}
    if first.rank == _AGENDA_RANK:
        near = [day for day in days if 0 <= (day - start).days <= _LONGEST_EVENT]
        return replace(first.date, ends_on=max(near, default=start))
    last = start
    while last + _A_DAY in days and (last - start).days < _LONGEST_EVENT:
        last += _A_DAY
    return replace(first.date, ends_on=last)


_AGENDA_RANK: Final = 5
_DAY_BY_DAY: Final = (1, 2, _AGENDA_RANK)
_A_DAY: Final = timedelta(days=1)


_OF_ELSE: Final = re.compile(r"\b(?:agenda|programme|venue|speakers?)\b", re.I)


def is_tentative(found: When) -> bool:
    date, text = found.date, found.sentence.text
    around = f"{text[max(0, date.start - 30) : date.start]} {text[date.end : date.end + 30]}"
    return bool(words.TENTATIVE.search(around)) and not _OF_ELSE.search(around)
