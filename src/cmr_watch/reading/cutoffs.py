"""Cut-offs: which days of a text are cut-offs, and the instant of each (READING C3–C5).

Each day has a subject and a relation (`clauses`); `_TAKEN` says which pairs make a cut-off. Used for the notices of the
list and for the call page. Pure; no errors.

    read_cutoffs(text, year, headings=…)     the cut-offs of a line, in its order, and warnings
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise, repeat
from typing import Final, NamedTuple

from cmr_watch.models.readings import Cutoff
from cmr_watch.reading.clauses import (
    NO_CUTOFFS,
    SUBJECTS,
    Relation,
    Span,
    cue_before,
    relation_of,
    sentences_of,
    subject_of,
    subject_of_words,
    subjects_in,
)
from cmr_watch.reading.dates import DateSpan, find_dates, find_days, year_of
from cmr_watch.reading.instants import END_OF_DAY, instant_of, time_in, zone_in
from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.tokens import DASHES, Cue, Text, Token, outside

_TAKEN: Final[dict[Concept | None, tuple[Relation, ...]]] = {
    "cutoff": (Relation.UNTIL, Relation.AT, Relation.NEW),
    "after the cutoff": (Relation.AT,),
    "apply": (Relation.UNTIL, Relation.NEW),
    "call for": (Relation.UNTIL, Relation.NEW),
    "call": (Relation.UNTIL, Relation.NEW),
    "hosting": (Relation.UNTIL, Relation.NEW),
    None: (Relation.UNTIL,),
}
"""Subject → the relations with which a day is a cut-off; None: no cue says what it is about."""
_LIST_LETTERS: Final = frozenset(",&/|-hvw")
_MOST_WORDS_OF_ENTRY: Final = 12
_REACH_OF_TIME: Final = 40
_MOST_DAYS: Final = 40
"""The scope is one sentence: the words around each of its days are examined."""


class CutoffSpan(NamedTuple):
    """A cut-off, the position of its day, and whether its zone abbreviation is correct on that day.

    - `has_time`: a time of day is stated for it.
    - `replaces`: it replaces the one in the text above, “extended to 14 June” (D2).
    """

    cutoff: Cutoff
    start: int
    end: int
    zone_is_right: bool = True
    has_time: bool = False
    replaces: bool = False


@dataclass(slots=True)
class _Day:
    """A day of a sentence, with the tokens before it and after it, up to the neighbouring days.

    `period`: what the period is about that it ends, or lies in; `shared`: where a time applies to a whole list.
    """

    span: DateSpan
    sentence: Span
    lead: list[Token]
    tail: list[Token]
    relation: Relation = Relation.AT
    period: Concept | None = None
    subject: Concept | None = None
    shared: list[Token] = field(default_factory=list)


def read_cutoffs(text: Text, year: int | None = None, *, heading: Concept | None = None) -> tuple[CutoffSpan, ...]:
    """The cut-offs of a text. `year` is the nearest heading's, `heading` the subject of the words that head a list."""
    found: list[CutoffSpan] = []
    spoken, asked = None, None
    for sentence in sentences_of(text):
        is_led = asked is not None or _goes_on(text, sentence)
        spoken = spoken if is_led else None
        days = _days_of(text, sentence, year, spoken or (heading if is_led else None))
        for one in _cutoffs_of(text, days):
            kept = found[:-1] if one.replaces else found
            found = [*kept, one._replace(replaces=one.replaces and not found)]
        asked = _asked(text, sentence)
        spoken = "cutoff" if text.has("cutoff", start=sentence.start, end=sentence.end) else asked or spoken
        year = next((day.span.starts_on.year for day in reversed(days) if day.span.starts_on), year)
    return tuple(found)


def _cutoffs_of(text: Text, days: Sequence[_Day]) -> Iterator[CutoffSpan]:
    """“Extended to 14 June” replaces the cut-off before it, unless that day is said to be the former (D2)."""
    relation = Relation.AT
    for day in days:
        if _is_taken(text, day):
            yield _cutoff(text, day, replaces=day.relation is Relation.NEW and relation is not Relation.FORMER)
        relation = day.relation


def _asked(text: Text, sentence: Span) -> Concept | None:
    """What a question is about, and so its answer: “Until when can I apply? 31 May 2027”."""
    if not sentence.of(text).endswith("?"):
        return None
    is_of_end = text.has("until", start=sentence.start, end=sentence.end)
    return subject_of_words(text, *sentence) or ("cutoff" if is_of_end else None)


_GOING_ON: Final = words_of("and then next first second third last final another potentially possibly it")


def _goes_on(text: Text, sentence: Span) -> bool:
    """Whether a sentence is continued by a list: “Cut-off dates: 30 May 2026. Then 20 December 2026.”"""
    first = next(iter(text.within(*sentence)), None)
    return sentence.start == 0 or (first is not None and (first.word in _GOING_ON or first.letter in "dmvwi-(;c"))


# ── the days of a sentence ───────────────────────────────────────────────────────────────────────────────────────────


def _days_of(text: Text, sentence: Span, year: int | None, above: Concept | None) -> list[_Day]:
    """The single days of a sentence, each with the words around it, and what it is about."""
    year = year_of(text, sentence.start, sentence.end) or year
    spans = [day for day in days_in(text, range(*sentence), year) if day.starts_on][:_MOST_DAYS]
    starts = [sentence.start, *(day.end for day in spans)]
    around = list(map(text.within, starts, [*(day.start for day in spans), sentence.end]))
    days = list(map(_Day, spans, repeat(sentence), around, around[1:]))
    for before, day in pairwise([None, *days]):
        assert day is not None
        day.relation, day.subject = _relation_of(text, day), _subject_of(text, day, above)
        day.period = _period_of(text, day.span, year)
        if before and day.relation is Relation.AT and _is_listed(day):
            day.relation, day.subject = before.relation, before.subject
    _share_times(days)
    return days


def _relation_of(text: Text, day: _Day) -> Relation:
    relation = relation_of(text, day.span.start)
    end = min(day.span.end + _REACH_OF_TIME, day.sentence.end)
    is_latest = text.has("latest", start=day.span.end, end=end)
    return Relation.UNTIL if is_latest and relation is Relation.AT else relation


def _is_listed(day: _Day) -> bool:
    """“Apply by 31 May, 30 September or 20 December”, “the first closing on 31 May, the second on 30 September”."""
    return all(token.letter in _LIST_LETTERS or token.word == "on" for token in day.lead)


def days_in(text: Text, own: range, year: int | None) -> list[DateSpan]:
    """The days within a part of a text; “27 March and 26 June 2026” share their year; else it is `year`."""
    found = []
    days = [day for day in find_days(text) if day.start in own]
    year = next((day.starts_on.year for day in reversed(days) if day.has_year and day.starts_on), year)
    for day in reversed(days):
        if day.has_year and day.starts_on:
            year = day.starts_on.year
            found.append(day)
        else:
            found.append(next(one for one in find_days(text, year) if one.start == day.start))
    return found[::-1]


def _period_of(text: Text, day: DateSpan, year: int | None) -> Concept | None:
    """What the period of a day is about: the events, or the time to apply, where it ends with that day."""
    periods = (
        one for one in find_dates(text, year) if one.start <= day.start < one.end and one.starts_on != one.ends_on
    )
    period = next(periods, None)
    if period is None:
        return None
    if _is_of_events(text, period):
        return "taking place"
    subject = subject_of(text, period.start, _OF_PERIODS) if day.end >= period.end else None
    return "cutoff" if subject in _OF_PERIODS[:-2] else None


def _is_of_events(text: Text, period: DateSpan) -> bool:
    """“Events from 15 September to 15 December”: with only punctuation in between."""
    cue = cue_before(text, period.start, _OF_PERIODS[-2:])
    return cue is not None and all(token.letter in "f:-(," for token in text.within(cue.end, period.start))


_OF_PERIODS: Final = ("apply", "call", "call for", "moved", "cutoff", "open", "event", "taking place")


# ── subject ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _subject_of(text: Text, day: _Day, above: Concept | None) -> Concept | None:
    """The nearest words decide; a list's sentence or heading above it only where there are none (C3)."""
    subject = _subject_to_the_left(text, day)
    if above in _OF_ALL_BELOW and subject in ("apply", "call", "call for"):
        return above
    is_entry = sum(token.letter == "x" and bool(token.word) for token in day.lead) <= _MOST_WORDS_OF_ENTRY
    return subject or _subject_to_the_right(text, day) or (above if is_entry else None)


def _subject_to_the_left(text: Text, day: _Day) -> Concept | None:
    among = text.cues_of(*SUBJECTS, start=day.sentence.start, end=day.span.start)
    cues = [cue for cue in among if not _is_condition(text, cue)]
    subjects = _active(text, cues) or subjects_in(text, cues)
    if cues and _heads_sentence(text, day, cues[0]) and "cutoff" not in subjects:
        return subjects[0]
    while len(subjects) > 1 and subjects[-1] in _ADDED:
        subjects.pop()  # “the call for hosts of the 2026 events is open until …” is about the call
    return next(iter(subjects[-1:]), None)


def _active(text: Text, cues: Sequence[Cue]) -> list[Concept]:
    """The subjects besides what is done with them, if none is of applying: “questions may be submitted by …”."""
    active = subjects_in(text, [cue for cue in cues if "passive" not in cue.concepts])
    return active if not NO_CUTOFFS.isdisjoint(active) and _OF_APPLYING.isdisjoint(active) else []


_OF_ALL_BELOW: Final = frozenset({"late", "duty"})
"""Text about applying below a heading is about other applications: those that come late, or to a second phase."""
_OF_APPLYING: Final = frozenset({"apply", "cutoff", "call", "call for"})
_ADDED: Final = ("event", "hosting", "letter")
"""A name next to another subject adds to it: “send the form and a letter of support by 31 May”."""


_HEADS: Final = frozenset({"question", "result", "session", "late", "stay"})
_BEFORE_HEAD: Final = frozenset({"the", "our", "all", "your", "any", "each", "every"})


def _heads_sentence(text: Text, day: _Day, cue: Cue) -> bool:
    """“The jury reads all applications by …”: the first day refers to the first word."""
    words = text.words(day.sentence.start, cue.start)
    is_first_day = text.within(day.sentence.start, day.span.start)[:1] == day.lead[:1]
    return is_first_day and not _HEADS.isdisjoint(cue.concepts) and _BEFORE_HEAD.issuperset(words)


def _is_condition(text: Text, cue: Cue) -> bool:
    """“Depending on previous selections’ results” says nothing about the day after it."""
    return "depending on" in text.text[max(0, cue.start - 60) : cue.start].lower()


def _subject_to_the_right(text: Text, day: _Day) -> Concept | None:
    """“15 July: results”, “30 June – late applications”: right after the day, with only punctuation in between."""
    zones = [Span(zone.start - 1, zone.end) for zone in text.cues_of("brussels time", start=day.span.end)]
    is_of_other = bool(day.lead) and day.lead[-1].letter == "o"  # “Corrigendum of 18 January 2027: the deadline is …”
    behind = [] if is_of_other else outside(day.tail, zones)
    first = next((token for token in behind if token.letter not in _SIGNS), None)
    cues = list(text.cues_of(*SUBJECTS, start=first.start, end=day.tail[-1].end)) if first else []
    concept = subjects_in(text, cues)[0] if first and cues and cues[0].start == first.start else None
    return concept if concept in NO_CUTOFFS or concept == "cutoff" else None


_SIGNS: Final = frozenset("haTzvd&-/.,:;|)'")


def _is_taken(text: Text, day: _Day) -> bool:
    if day.period == "taking place" or day.subject in NO_CUTOFFS or _is_dateline(text, day):
        return False
    if day.period:
        return day.relation not in (Relation.FORMER, Relation.OF_PAGE)
    if day.subject is None and day.relation is Relation.UNTIL:
        return _is_plain(text, day)
    return day.relation in _TAKEN.get(day.subject, ()) or (day.relation is Relation.AT and _closes_there(text, day))


_PLAIN: Final = words_of(
    """
    you your have has time please send us it they everything this that be quick only still can may will is are to we our
    form window site portal call must should not let know open need needs all regions region so and or if do does i when
    by than later as soon possible today now hurry up yours documents file mail e email here with in on at from for
    answer answers proposal arrive arrives expect await handing sending returned return join offer idea ideas concept
    """
)
"""Words of a sentence that names no subject of its own: “You have time until 31 May”, “The portal closes on …”."""


def _is_plain(text: Text, day: _Day) -> bool:
    """Whether no word before the day is about anything else: “The project runs until …”, “Data are deleted by …”."""
    tokens = [token for token in outside(day.lead, text.cues) if token.letter == "x" and token.word]
    return _PLAIN.issuperset(token.word for token in tokens if "@" not in _chunk_at(text.text, token))


def _chunk_at(text: str, token: Token) -> str:
    """The text between the spaces around a token: a mail address is one piece."""
    return text[: token.end].rpartition(" ")[2] + text[token.end :].partition(" ")[0]


def _closes_there(text: Text, day: _Day) -> bool:
    """“31 May 2027: the call closes”: what closes is named after its day."""
    if not day.tail or day.tail[0].letter not in ":-":
        return False
    start = day.tail[0].end
    closing = next(text.cues_of("until", start=start, end=day.tail[-1].end), None)
    if closing is None or "open" not in closing.concepts:  # it is open until it closes
        return False
    return subject_of(text, closing.start, _CLOSING, start) in _CLOSING[:3]


_CLOSING: Final = ("apply", "call", "call for", *sorted(NO_CUTOFFS), "event")


def _is_dateline(text: Text, day: _Day) -> bool:
    """“Brussels, 3 March 2026”: where and when a letter was written."""
    cue = next((one for one in text.cues_of("dateline", end=day.span.start)), None)
    return cue is not None and cue.first == 0 and text.text[cue.end : day.span.start].strip(" ,") == ""


# ── the instant ──────────────────────────────────────────────────────────────────────────────────────────────────────

_LIST_SIGNS: Final = frozenset(",&/|-t")


def _share_times(days: Sequence[_Day]) -> None:
    """“31 May, 30 September and 20 December at 18:00 CET”: days of a list share a time that is given once."""
    pairs = list(pairwise(days))
    for day, after in reversed(pairs):
        if _is_only_signs(day.tail):
            day.shared = _timed(after.shared, after.tail)
    for before, day in pairs:
        if not day.shared and _is_only_signs(day.lead):
            day.shared = _timed(before.shared, before.lead)


def _timed(*groups: list[Token]) -> list[Token]:
    return next((group for group in groups if time_in(group) is not None), [])


def _is_only_signs(tokens: Sequence[Token]) -> bool:
    return all(token.letter in _LIST_SIGNS for token in tokens)


def _cutoff(text: Text, day: _Day, *, replaces: bool) -> CutoffSpan:
    start = day.lead[0].start if day.lead else day.span.start
    end = day.tail[-1].end if day.tail else day.span.end
    at, zone_is_right, has_time = _instant(text, day)
    words = text.text[day.span.start : end].strip(f" \t,;{DASHES}").removesuffix(" and").removesuffix(" or")
    marks = marks_in(text, day.span.end, end)
    is_later = text.has("condition", start=day.span.end, end=end)  # “…, after which the call is closed”
    closed = "over" in marks or (text.has("closed", start=day.span.end, end=end) and not is_later)
    is_perhaps = "perhaps" in marks or text.has("perhaps", start=start, end=day.span.start)
    tentative = is_perhaps or text.has("tentative", start=day.span.end, end=end)
    return CutoffSpan(Cutoff(at, words, closed, tentative), day.span.start, end, zone_is_right, has_time, replaces)


def _instant(text: Text, day: _Day) -> tuple[datetime, bool, bool]:
    """The instant of a day, whether its zone abbreviation is correct, and whether a time is stated."""
    assert day.span.starts_on is not None, "only whole days are cut-offs"
    near = [token for token in day.lead if day.lead[-1].end - token.start <= _REACH_OF_TIME]
    groups = (day.tail, near, day.shared)
    times = [minutes for group in groups if (minutes := time_in(group)) is not None]
    zone = next((zone for group in groups if (zone := zone_in(text, group))), None)
    at, is_right = instant_of(day.span.starts_on, times[0] if times else END_OF_DAY, zone)
    return at, is_right, bool(times)


def marks_in(text: Text, start: int = 0, end: int | None = None) -> frozenset[Concept]:
    """What words between punctuation marks say about a day (C5): “31 May 2027 (ended)”, “PAST: 31 May 2027”."""
    return frozenset[Concept]().union(
        *(
            cue.concepts
            for cue in text.cues_of("closed", "over", "perhaps", start=start, end=end)
            if _is_mark(text, cue)
        )
    )


def _is_mark(text: Text, cue: Cue) -> bool:
    before, after = text.tokens[: cue.first][-1:], text.tokens[cue.last + 1 :][:1]
    # “over 20 regions”; “potentially, depending on the results, 31 January”
    is_of_more = after != [] and after[0].letter in ("dn," if "perhaps" in cue.concepts else "dn")
    return not is_of_more and not any(token.letter == "x" and token.word for token in (*before, *after))
