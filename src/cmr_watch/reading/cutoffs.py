"""Cut-offs: which days of a text are some, and the instant of each (READING C3–C5).

Each day has a subject and a relation (`clauses`); `_TAKEN` says which pairs make a cut-off. Used for the notices of the
list and for the call page. Pure; no errors.

    read_cutoffs(text, year, headings=…)     the cut-offs of a line, in its order, and warnings
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from cmr_watch.models import Cutoff
from cmr_watch.reading.clauses import (
    SUBJECTS,
    Relation,
    Span,
    cue_before,
    relation_of,
    sentences_of,
    subject_of,
    subjects_in,
)
from cmr_watch.reading.dates import DateSpan, find_dates, find_days
from cmr_watch.reading.instants import END_OF_DAY, Zone, instant_of, time_in, time_index, zone_in
from cmr_watch.reading.lexicon import Concept
from cmr_watch.reading.tokens import Cue, Text, Token

NO_CUTOFFS: Final = frozenset(
    {"question", "session", "register", "result", "taking place", "late", "long ago", "regulation", "duty"}
)
"""Subjects whose days are no cut-offs, also as “deadline for questions”."""
_BEFORE: Final[tuple[Relation, ...]] = (Relation.SINCE, Relation.FORMER, Relation.OF_PAGE)
_TAKEN: Final[dict[Concept | None, tuple[Relation, ...]]] = {
    "cutoff": (Relation.UNTIL, Relation.AT, Relation.NEW),
    "apply": (Relation.UNTIL, Relation.NEW),
    "call for": (Relation.UNTIL, Relation.NEW),
    "call": (Relation.UNTIL, Relation.NEW),
    "hosting": (Relation.UNTIL, Relation.NEW),
    None: (Relation.UNTIL,),
}
"""Subject → the relations with which a day is a cut-off; None: no cue says what it is about."""
_GOES_ON: Final = frozenset(
    {"and", "then", "next", "first", "second", "third", "last", "final", "potentially", "possibly"}
)
_LIST_LETTERS: Final = frozenset(",&/|-hvw")
_MOST_WORDS_OF_ENTRY: Final = 12
_REACH_OF_TIME: Final = 40
_MOST_DAYS: Final = 40
"""Of one sentence: the words around each of its days are looked at."""


class CutoffSpan(NamedTuple):
    """A cut-off, where its day stands, and whether its zone's letters are right on that day.

    `has_time`: a time of day is stated for it. `subject`: what made it a cut-off, `heading` where no word of the line.
    """

    cutoff: Cutoff
    start: int
    end: int
    zone_is_right: bool = True
    has_time: bool = False
    subject: str = ""


@dataclass(slots=True)
class _Day:
    """A day of a sentence, with the tokens before it and after it, up to the neighbouring days."""

    span: DateSpan
    lead: list[Token]
    tail: list[Token]
    sentence: Span
    relation: Relation
    subject: Concept | None = None
    where: str = ""
    is_end_of_period: bool = False
    is_of_events: bool = False
    shared: list[Token] = field(default_factory=list)


def read_cutoffs(
    text: Text, year: int | None = None, *, heading: Concept | None = None
) -> tuple[tuple[CutoffSpan, ...], bool]:
    """The cut-offs of a text, and whether it says that the one above it was put off.

    `year` is the nearest heading's, `heading` the subject of the words above that head a list (“cutoff”).
    """
    found: list[CutoffSpan] = []
    spoken: Concept | None = None
    puts_off = False
    for sentence in sentences_of(text):
        days = _days_of(text, sentence, year)
        for day in days:
            _give_subject(text, day, spoken, heading)
        _go_on(days)
        if days and days[0].relation is Relation.NEW and days[0].subject in _TAKEN:
            puts_off = puts_off or not found
            found = found[:-1]
        _share_times(days)
        found += [_cutoff(text, day) for day in _standing(days) if _is_taken(text, day)]
        spoken = _spoken(text, sentence, spoken)
        year = next(
            (day.span.starts_on.year for day in reversed(days) if day.span.starts_on and day.span.has_year), year
        )
    return tuple(found), puts_off


def _go_on(days: Sequence[_Day]) -> None:
    """“Apply by 31 May, 30 September or 20 December”, “the first closing on 31 May, the second on 30 September”."""
    for before, day in pairwise(days):
        if day.relation is Relation.AT and all(
            token.letter in _LIST_LETTERS or token.word == "on" for token in day.lead
        ):
            day.relation, day.subject = before.relation, before.subject


def _spoken(text: Text, sentence: Span, before: Concept | None) -> Concept | None:
    """The subject that a list keeps over its sentences: “Cut-off dates: 30 May 2026. Then 20 December 2026.”"""
    if text.has("cutoff", start=sentence.start, end=sentence.end):
        return "cutoff"
    first = next((token for token in text.tokens if token.start >= sentence.start), None)
    return before if first and (first.word in _GOES_ON or first.letter in "dmvw-") else None


# ── the days of a sentence ───────────────────────────────────────────────────────────────────────────────────────────


def _days_of(text: Text, sentence: Span, year: int | None) -> list[_Day]:
    """The single days of a sentence, each with the words around it."""
    year = _own_year(text, sentence) or year
    days = [day for day in find_days(text, year) if sentence.start <= day.start < sentence.end and day.starts_on]
    periods = [one for one in find_dates(text, year) if one.starts_on and one.starts_on != one.ends_on]
    kept = days[:_MOST_DAYS]
    found: list[_Day] = []
    for index, day in enumerate(kept):
        start = kept[index - 1].end if index else sentence.start
        end = kept[index + 1].start if index + 1 < len(kept) else sentence.end
        lead = [token for token in text.tokens if start <= token.start < day.start]
        tail = [token for token in text.tokens if day.end <= token.start < end]
        found.append(_Day(day, lead, tail, sentence, relation_of(text, day.start)))
        period = next((one for one in periods if one.start <= day.start < one.end), None)
        found[-1].is_end_of_period = period is not None and day.end >= period.end and _is_open_for(text, period)
        found[-1].is_of_events = period is not None and _is_of_events(text, period)
    return found


def _own_year(text: Text, sentence: Span) -> int | None:
    """The one year that stands at some day of a list, or at its head, and counts for its other days."""
    days = find_days(text)
    years = {day.starts_on.year for day in days if day.starts_on and sentence.start <= day.start < sentence.end}
    years = years or {
        token.value for token in text.tokens if token.letter == "y" and sentence.start <= token.start < sentence.end
    }
    return years.pop() if len(years) == 1 else None


def _is_open_for(text: Text, period: DateSpan) -> bool:
    """Whether a period is the time to apply: “open from 5 March to 30 May”, “taken from … until …”."""
    return subject_of(text, period.start, _OF_PERIODS) in _OF_PERIODS[:-2]


def _is_of_events(text: Text, period: DateSpan) -> bool:
    """Whether the words right before a period say that it is the events': “events from 15 September to 15 December”."""
    cue = cue_before(text, period.start, ("event", "taking place"))
    between = text.tokens[cue.last + 1 :] if cue else []
    return cue is not None and all(one.letter in _JOINING_PERIODS for one in between if one.end <= period.start)


_JOINING_PERIODS: Final = frozenset("f:-(,")
_OF_PERIODS: Final = ("apply", "call", "call for", "moved", "cutoff", "event", "taking place")


# ── subject ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _give_subject(text: Text, day: _Day, spoken: Concept | None, heading: Concept | None) -> None:
    """The nearest words decide; the list that goes on and the heading only where there are none (C3)."""
    left = _subject_to_the_left(text, day)
    right = _subject_to_the_right(text, day)
    if left:
        day.subject, day.where = left, "left"
    elif right:
        day.subject, day.where = right, "right"
    elif spoken or heading:
        words = sum(token.letter == "x" and bool(token.word) for token in day.lead)
        if words <= _MOST_WORDS_OF_ENTRY:
            day.subject, day.where = spoken or heading, "spoken" if spoken else "heading"


def _subject_to_the_left(text: Text, day: _Day) -> Concept | None:
    cues = text.cues_of(*SUBJECTS, start=day.sentence.start, end=day.span.start)
    subjects = subjects_in(text, [cue for cue in cues if not _is_condition(text, cue)])
    while len(subjects) > 1 and subjects[-1] in ("event", "hosting"):
        subjects.pop()  # “the call for hosts of the 2026 events is open until …” is about the call
    return subjects[-1] if subjects else None


def _is_condition(text: Text, cue: Cue) -> bool:
    """“Depending on previous selections’ results” says nothing of the day behind it."""
    before = text.text[max(0, cue.start - 60) : cue.start].lower()
    return "depending on" in before and "," not in before.rpartition("depending on")[2]


def _subject_to_the_right(text: Text, day: _Day) -> Concept | None:
    """“15 July: results”, “30 June – late applications”: right behind the day, with nothing but signs between."""
    zones = list(text.cues_of("brussels time", start=day.span.end))
    own = [token for token in day.tail if not any(zone.start - 1 <= token.start < zone.end for zone in zones)]
    for index, token in enumerate(own):
        if token.letter == "(":
            return None
        if token.word and token.letter not in "haTzvd":
            cues = list(text.cues_of(*SUBJECTS, start=token.start, end=day.tail[-1].end))
            concept = subjects_in(text, cues)[0] if cues and cues[0].start == token.start else None
            return concept if concept in NO_CUTOFFS or concept == "cutoff" else None
        if index > 6:
            return None
    return None


def _is_taken(text: Text, day: _Day) -> bool:
    if day.relation in _BEFORE and not (day.is_end_of_period and day.relation is not Relation.FORMER):
        return False
    if _is_dateline(text, day) or day.subject in NO_CUTOFFS or day.is_of_events:
        return False
    if day.is_end_of_period:
        return True
    is_latest = text.has("latest", start=day.span.end, end=min(day.span.end + _REACH_OF_TIME, day.sentence.end))
    relation = Relation.UNTIL if is_latest and day.relation is Relation.AT else day.relation
    return relation in _TAKEN.get(day.subject, ())


def _is_dateline(text: Text, day: _Day) -> bool:
    """“Brussels, 3 March 2026”: where and when a letter was written."""
    cue = next((one for one in text.cues_of("dateline", end=day.span.start)), None)
    return cue is not None and cue.first == 0 and text.text[cue.end : day.span.start].strip(" ,") == ""


def _standing(days: Sequence[_Day]) -> list[_Day]:
    """Days without those that the next one takes the place of: “31 May extended to 14 June”."""
    pairs = zip(days, [*days[1:], None], strict=False)
    return [day for day, after in pairs if after is None or after.relation is not Relation.NEW]


# ── the instant ──────────────────────────────────────────────────────────────────────────────────────────────────────

_LIST_SIGNS: Final = frozenset(",&/|-")


def _share_times(days: Sequence[_Day]) -> None:
    """“31 May, 30 September and 20 December at 18:00 CET”: days of a list share the time that stands once."""
    for day, after in zip(reversed(days[:-1]), reversed(days[1:]), strict=True):
        if time_in(_near(day.lead)) is None and _is_only_signs(day.tail):
            day.shared = after.shared or after.tail
    for before, day in pairwise(days):
        if not day.shared and time_in(day.tail) is None and _is_only_signs(day.lead):
            day.shared = before.shared or _near(before.lead)


def _is_only_signs(tokens: Sequence[Token]) -> bool:
    return all(token.letter in _LIST_SIGNS for token in tokens)


def _near(tokens: Sequence[Token]) -> list[Token]:
    """The tokens right before a day, where its time may stand."""
    end = tokens[-1].end if tokens else 0
    return [token for token in tokens if end - token.start <= _REACH_OF_TIME]


def _cutoff(text: Text, day: _Day) -> CutoffSpan:
    assert day.span.starts_on is not None, "only whole days are cut-offs"
    found = [time_in(day.tail), time_in(_near(day.lead)), time_in(day.shared)]
    minutes = next((minute for minute in found if minute is not None), None)
    zone = next(
        (zone for zone in (_zone(text, group) for group in (day.tail, _near(day.lead), day.shared)) if zone), None
    )
    at, is_right = instant_of(day.span.starts_on, END_OF_DAY if minutes is None else minutes, zone)
    end = day.tail[-1].end if day.tail else day.span.end
    words = text.text[day.span.start : end].strip(" ,;‐‑‒–—―−-")
    closed = text.has("closed", start=day.span.end, end=end)
    tentative = text.has("tentative", start=day.span.end, end=end) or text.has(
        "perhaps", start=day.sentence.start if not day.lead else day.lead[0].start, end=day.span.start
    )
    cutoff = Cutoff(at, words.removesuffix(" and").removesuffix(" or"), closed, tentative)
    return CutoffSpan(cutoff, day.span.start, end, is_right, minutes is not None, day.where)


def _zone(text: Text, tokens: Sequence[Token]) -> Zone | None:
    if not tokens:
        return None
    first, at = text.tokens.index(tokens[0]), time_index(tokens)
    zone = None if at is None else zone_in(text, first + at, first + len(tokens))
    return zone or zone_in(text, first, first + len(tokens))
