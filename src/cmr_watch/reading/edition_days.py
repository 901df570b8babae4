"""When an edition meets, among all the days that its own page names (READING E1, D2, D3). Pure, linear; no errors.

Each sentence offers at most one date; its `Rank` says how certain it is that this date is the edition's.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final

from cmr_watch.models.readings import Precision
from cmr_watch.reading.clauses import Relation, between_bars, relation_of, subject_of
from cmr_watch.reading.dates import DateSpan, find_dates, year_of
from cmr_watch.reading.entries import choose_date
from cmr_watch.reading.home import Home, Sentence, names_edition_after
from cmr_watch.reading.lines import Line, Where
from cmr_watch.reading.notices import mentions_call
from cmr_watch.reading.places import Place, find_places
from cmr_watch.reading.tokens import Text

_PRECISION: Final[dict[Precision, int]] = {"day": 0, "unknown": 1, "month": 2, "season": 3, "year": 4}
_NOT_THE_EVENT: Final = (
    *("register", "cutoff", "session", "question", "stay", "visit", "of the page", "regulation", "call for"),
)
_OF_THE_EVENT: Final = ("event", "series", "meet", "date label")
_OTHER_LABELS: Final = ("register", "cutoff", "contact", "stay", "session")
_SIGNS: Final = "📍⏰📅🗓📆"
_SHORT: Final = 12
_LONGEST_EVENT: Final = 5
_A_DAY: Final = timedelta(days=1)


class Rank(IntEnum):
    """What makes a date the edition's, the most certain first."""

    ENTRY = 0
    """A line of place, country and days (E1)."""
    LABELLED = 1
    """After “Date”, “When”, a pin or a calendar."""
    TITLE = 2
    BARE = 3
    """A line with only the date."""
    EVENT = 4
    """A sentence about the event."""
    NEXT = 5
    """A sentence about the next event."""
    AGENDA = 6
    """The head of an agenda's day."""
    OTHER = 7
    """Another short line, or a sentence that begins with the days or addresses the reader; the last resort."""


@dataclass(frozen=True, slots=True)
class When:
    """A date that may be the edition's, its sentence, and its whole line."""

    date: DateSpan
    line: Line
    whole: Line
    rank: Rank

    @property
    def key(self) -> tuple[bool, int, int]:
        return self.rank is Rank.OTHER, _PRECISION[self.date.precision], self.rank

    @property
    def where(self) -> Where:
        return Where(self.line, self.date.start, self.date.end)

    @property
    def words(self) -> str:
        return self.line.text[self.date.start : self.date.end].replace("\t", " ")


def dates_of(title: Line, sentences: Sequence[Sentence], home: Home, *, is_held: bool) -> Iterator[When]:
    """All dates that may be the edition's: the title's, then those of the text's sentences."""
    year = year_of(title.scan)
    chosen = choose_date(title.scan, find_dates(title.scan))
    if chosen and chosen.precision != "year":
        yield When(chosen, title, title, Rank.TITLE)
    for sentence in sentences:
        if _may_tell_days(sentence, home, is_held=is_held):
            found = _date_in(sentence, year, home)
            if found:
                yield found


def _may_tell_days(sentence: Sentence, home: Home, *, is_held: bool) -> bool:
    text = sentence.text
    if sentence.is_under(*_OTHER_LABELS) or mentions_call(text) or home.is_another(sentence):
        return False
    return not (is_held and names_edition_after(text, "next edition") and not home.is_named(text.text))


def _date_in(sentence: Sentence, year: int | None, home: Home) -> When | None:
    text = sentence.text
    chosen = choose_date(text, home.own_dates(sentence, find_dates(text, _year_over(sentence) or year)))
    rank = _rank(sentence, chosen, home) if chosen else None
    return When(chosen, sentence.line, sentence.whole, rank) if chosen and rank is not None else None


def _year_over(sentence: Sentence) -> int | None:
    return next((year for year in map(year_of, sentence.labels) if year), None)


# ── ranks ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _rank(sentence: Sentence, date: DateSpan, home: Home) -> Rank | None:
    """The first rank whose sign is there, in this order; None where the date belongs to something else."""
    text, is_day = sentence.text, date.precision == "day"
    if relation_of(text, date.start) in (Relation.UNTIL, Relation.OF_PAGE) or _is_of_another_thing(text, date):
        return None
    if is_day and _is_entry(sentence, date, home):
        return Rank.ENTRY
    if _is_labelled(sentence):
        return Rank.LABELLED
    if _is_of_agenda(text, date):
        return Rank.AGENDA
    if text.has(*_OF_SENTENCE):
        return Rank.NEXT if names_edition_after(text, "next edition") else Rank.EVENT
    return Rank.EVENT if is_day and home.is_named(text.text) else _rank_of_short_line(text, date)


_OF_SENTENCE: Final = ("event", "taking place", "series", "meet", "save the date", "held")
"""The subjects of a sentence about the event."""


def _is_of_agenda(text: Text, date: DateSpan) -> bool:
    """“Day 1: Friday 12 March 2027”, “12 March: arrival”."""
    lead = text.within(0, date.start)
    has_day = any(token.letter == "D" for token in lead) or text.text[date.end :].lstrip()[:1] == ":"
    return has_day and not _is_period(date) and not any(token.letter == "x" and token.word for token in lead)


def _is_of_another_thing(text: Text, date: DateSpan) -> bool:
    """“Registration: 3 May 2024”, “info session on 3 May 2024”: the nearest subject to the left is not the event."""
    return subject_of(text, date.start, (*_OF_THE_EVENT, *_NOT_THE_EVENT)) in _NOT_THE_EVENT


def _is_entry(sentence: Sentence, date: DateSpan, home: Home) -> bool:
    """Whether the page's own place is next to the days with its country, or is the head of their row (E1)."""
    heads = sentence.labels[:1] if sentence.whole.row is not None and sentence.heads else ()
    if any(_own_places(find_places(head, find_dates(head)), home) for head in heads):
        return True
    own = _own_places(sentence.places, home)
    is_near = any(max(place.start - date.end, date.start - place.end) <= _REACH for place in own)
    return is_near and not names_edition_after(sentence.text, "next edition")


def _own_places(places: Sequence[Place], home: Home) -> list[Place]:
    return [place for place in places if place.is_known and home.is_named(place.city)]


_REACH: Final = 12


def _is_labelled(sentence: Sentence) -> bool:
    text = sentence.text
    label = next(text.cues_of("date label", "new date", "save the date"), None)
    if label and not any(token.word for token in text.tokens[: label.first]):
        return True
    has_sign = text.text[:1] in _SIGNS and not names_edition_after(text, "next edition")
    return has_sign or sentence.is_under("date label", "save the date")


def _rank_of_short_line(text: Text, date: DateSpan) -> Rank | None:
    """A line of few words, or such a part between bars: it begins with the date, or with a name in capitals."""
    start, end = between_bars(text, date.start)
    if date.precision == "year" or len(text.text[start:end].split()) > _SHORT:
        return Rank.OTHER if _is_of_nothing_else(text, date) else None
    lead = [token for token in text.within(start, date.start) if token.letter == "x" and token.word]
    is_other = _is_period(date) or all(text.text[token.start].isupper() for token in lead)
    return Rank.BARE if not lead else Rank.OTHER if is_other else None


_OF_OTHERS: Final = (
    *("register", "cutoff", "question", "stay", "of the page", "call for", "other edition", "to come", "speakers"),
    "result",
)
_SMALL: Final = frozenset({"on", "the", "from", "between"})
_TO_YOU: Final = frozenset({"we", "us", "our", "you", "your"})


def _is_of_nothing_else(text: Text, date: DateSpan) -> bool:
    """“On 12 and 13 March 2027, Ghent shows its port to clusters from all over Europe”: a few days, of nothing else."""
    if date.starts_on is None or date.ends_on is None or not 0 < (date.ends_on - date.starts_on).days < _LONGEST_EVENT:
        return False
    is_led_in = not _SMALL.issuperset(text.words(0, date.start))
    is_to_you = not _TO_YOU.isdisjoint(text.words(0, len(text.text)))
    return (is_to_you or not is_led_in) and not text.has(*_OF_OTHERS)


def _is_period(date: DateSpan) -> bool:
    return date.starts_on != date.ends_on


# ── day by day ───────────────────────────────────────────────────────────────────────────────────────────────────────

_DAY_BY_DAY: Final = (Rank.LABELLED, Rank.BARE, Rank.AGENDA)


def last_day_of(first: When, others: Sequence[When]) -> When:
    """The days of an agenda, one above each part of it, are one event; so are lines of one day and the next."""
    start = first.date.starts_on
    if start is None or _is_period(first.date) or first.rank not in _DAY_BY_DAY:
        return first
    days = {one.date.ends_on: one for one in reversed(others) if one.rank == first.rank}
    last = start
    while last + _A_DAY in days and (last - start).days < _LONGEST_EVENT:
        last += _A_DAY
    return days[last] if last > start else first
