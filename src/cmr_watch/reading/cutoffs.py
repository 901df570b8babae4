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
from cmr_watch.reading.dates import DateSpan, find_dates, find_days, year_of
from cmr_watch.reading.instants import END_OF_DAY, Zone, instant_of, time_in, time_index, zone_in
from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.tokens import Cue, Text, Token, outside

NO_CUTOFFS: Final = frozenset(
    {
        *("question", "session", "register", "result", "taking place", "late", "long ago", "regulation", "duty"),
        *("letter", "stay"),
    }
)
"""Subjects whose days are no cut-offs, also as “deadline for questions”."""
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
"""Of one sentence: the words around each of its days are looked at."""


class CutoffSpan(NamedTuple):
    """A cut-off, where its day stands, and whether its zone's letters are right on that day.

    - `has_time`: a time of day is stated for it.
    - `subject`: what made it a cut-off, `heading` where no word of the line.
    - `replaces`: it takes the place of the one in the text above, “extended to 14 June” (D2).
    """

    cutoff: Cutoff
    start: int
    end: int
    zone_is_right: bool = True
    has_time: bool = False
    subject: str = ""
    replaces: bool = False


@dataclass(slots=True)
class _Day:
    """A day of a sentence, with the tokens before it and after it, up to the neighbouring days.

    `period`: what the period is about of which it is the last day; `shared`: where a time stands for a whole list.
    """

    span: DateSpan
    sentence: Span
    lead: list[Token]
    tail: list[Token]
    relation: Relation
    subject: Concept | None = None
    where: str = ""
    is_end_of_period: bool = False
    is_of_events: bool = False
    shared: list[Token] = field(default_factory=list)


def read_cutoffs(text: Text, year: int | None = None, *, heading: Concept | None = None) -> tuple[CutoffSpan, ...]:
    """The cut-offs of a text. `year` is the nearest heading's, `heading` the subject of the words that head a list."""
    found: list[CutoffSpan] = []
    spoken: Concept | None = None
    is_answer = False
    for sentence in sentences_of(text):
        days = _days_of(text, sentence, year)
        is_led = sentence.start == 0 or is_answer or _goes_on(text, sentence)
        spoken = spoken if is_led else None
        for day in days:
            _give_subject(text, day, spoken or (heading if is_led else None), "spoken" if spoken else "heading")
        _go_on(days)
        _share_times(days)
        for number, day in enumerate(days):
            if _is_taken(text, day):
                is_moved = number > 0 and days[number - 1].relation is Relation.FORMER
                found = with_next(found, _cutoff(text, day, replaces=day.relation is Relation.NEW and not is_moved))
        asked = _asked(text, sentence)
        spoken, is_answer = asked or spoken, asked is not None
        if text.has("cutoff", start=sentence.start, end=sentence.end):
            spoken = "cutoff"
        year = next((day.span.starts_on.year for day in reversed(days) if day.span.starts_on), year)
    return tuple(found)


def _asked(text: Text, sentence: Span) -> Concept | None:
    """What a question is about, which its answer goes on with: “Until when can I apply? 31 May 2027”."""
    if not sentence.of(text).endswith("?"):
        return None
    cues = list(text.cues_of(*SUBJECTS, start=sentence.start, end=sentence.end))
    subject = next(iter(subjects_in(text, cues)[-1:]), None)
    return (
        subject if subject in NO_CUTOFFS or not text.has("until", start=sentence.start, end=sentence.end) else "cutoff"
    )


_GOING_ON: Final = words_of("and then next first second third last final another potentially possibly it")


def _goes_on(text: Text, sentence: Span) -> bool:
    """Whether a sentence goes on with a list: “Cut-off dates: 30 May 2026. Then 20 December 2026.”"""
    first = next((token for token in text.tokens if token.start >= sentence.start), None)
    return first is not None and (first.word in _GOING_ON or first.letter in "dmvwi-(;c")


def with_next(found: Sequence[CutoffSpan], one: CutoffSpan) -> list[CutoffSpan]:
    """Cut-offs with one more; “extended to 14 June” takes the place of the one before it (D2)."""
    return [*(found[:-1] if one.replaces else found), one._replace(replaces=one.replaces and not found)]


def _go_on(days: Sequence[_Day]) -> None:
    """“Apply by 31 May, 30 September or 20 December”, “the first closing on 31 May, the second on 30 September”."""
    for before, day in pairwise(days):
        is_listed = all(token.letter in _LIST_LETTERS or token.word == "on" for token in day.lead)
        if is_listed and day.relation is Relation.AT:
            day.relation, day.subject = before.relation, before.subject


# ── the days of a sentence ───────────────────────────────────────────────────────────────────────────────────────────


def _days_of(text: Text, sentence: Span, year: int | None) -> list[_Day]:
    """The single days of a sentence, each with the words around it."""
    own = range(sentence.start, sentence.end)
    year = year_of(text, sentence.start, sentence.end) or year
    days = [day for day in days_in(text, own, year) if day.starts_on][:_MOST_DAYS]
    ends = [sentence.start, *(day.end for day in days)]
    starts = [*(day.start for day in days[1:]), sentence.end]
    return [_day(text, sentence, *one, year) for one in zip(days, ends, starts, strict=False)]


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


def _day(text: Text, sentence: Span, day: DateSpan, start: int, end: int, year: int | None) -> _Day:
    lead, tail = text.within(start, day.start), text.within(day.end, end)
    found = _Day(day, sentence, lead, tail, relation_of(text, day.start))
    periods = [
        one for one in find_dates(text, year) if one.starts_on != one.ends_on and one.start <= day.start < one.end
    ]
    if periods:
        found.is_end_of_period = day.end >= periods[0].end and _is_open_for(text, periods[0])
        found.is_of_events = _is_of_events(text, periods[0])
    return found


def _is_open_for(text: Text, period: DateSpan) -> bool:
    """Whether a period is the time to apply: “open from 5 March to 30 May”, “taken from … until …”."""
    opening = cue_before(text, period.start, ("open",))
    between = text.tokens[opening.last + 1 : period.first] if opening else []
    is_open = opening is not None and all(one.letter in "f:,(" for one in between)
    return is_open or subject_of(text, period.start, _OF_PERIODS) in _OF_PERIODS[:-2]


def _is_of_events(text: Text, period: DateSpan) -> bool:
    """Whether the words right before a period say that it is the events': “events from 15 September to 15 December”."""
    cue = cue_before(text, period.start, ("event", "taking place"))
    between = text.tokens[cue.last + 1 :] if cue else []
    return cue is not None and all(one.letter in _JOINING_PERIODS for one in between if one.end <= period.start)


_JOINING_PERIODS: Final = frozenset("f:-(,")
_OF_PERIODS: Final = ("apply", "call", "call for", "moved", "cutoff", "event", "taking place")


# ── subject ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _give_subject(text: Text, day: _Day, above: Concept | None, where: str) -> None:
    """The nearest words decide; what stands above, a list's sentence or heading, only where there are none (C3)."""
    left, right = _subject_to_the_left(text, day), _subject_to_the_right(text, day)
    if above in _OF_ALL_BELOW and left in _OF_APPLYING - {"cutoff"}:
        left = above
    if left or right:
        day.subject, day.where = left or right, "left" if left else "right"
    elif above and sum(token.letter == "x" and bool(token.word) for token in day.lead) <= _MOST_WORDS_OF_ENTRY:
        day.subject, day.where = above, where


def _subject_to_the_left(text: Text, day: _Day) -> Concept | None:
    cues = [
        cue
        for cue in text.cues_of(*SUBJECTS, start=day.sentence.start, end=day.span.start)
        if not _is_condition(text, cue)
    ]
    active = subjects_in(text, [cue for cue in cues if "passive" not in cue.concepts])
    is_of_others = not NO_CUTOFFS.isdisjoint(active) and _OF_APPLYING.isdisjoint(
        active
    )  # “questions may be submitted by …”
    subjects = active if is_of_others else subjects_in(text, cues)
    if cues and _heads_sentence(text, day, cues[0]) and "cutoff" not in subjects:
        return subjects[0]
    while len(subjects) > 1 and subjects[-1] in _ADDED:
        subjects.pop()  # “the call for hosts of the 2026 events is open until …” is about the call
    return subjects[-1] if subjects else None


_OF_ALL_BELOW: Final = frozenset({"late", "duty"})
"""What below a heading speaks of applying is about other applications: those that come late, or to a second phase."""
_OF_APPLYING: Final = frozenset({"apply", "cutoff", "call", "call for"})
_ADDED: Final = ("event", "hosting", "letter")
"""What is named beside another subject adds to it: “send the form and a letter of support by 31 May”."""


_HEADS: Final = frozenset({"question", "result", "session", "late", "stay"})
_BEFORE_HEAD: Final = frozenset({"the", "our", "all", "your", "any", "each", "every"})


def _heads_sentence(text: Text, day: _Day, cue: Cue) -> bool:
    """“The jury reads all applications by …”: the first day is said of the first word."""
    words = text.words(day.sentence.start, cue.start)
    is_first_day = text.within(day.sentence.start, day.span.start)[:1] == day.lead[:1]
    return is_first_day and not _HEADS.isdisjoint(cue.concepts) and _BEFORE_HEAD.issuperset(words)


def _is_condition(text: Text, cue: Cue) -> bool:
    """“Depending on previous selections’ results” says nothing of the day behind it."""
    return "depending on" in text.text[max(0, cue.start - 60) : cue.start].lower()


def _subject_to_the_right(text: Text, day: _Day) -> Concept | None:
    """“15 July: results”, “30 June – late applications”: right behind the day, with nothing but signs between."""
    zones = [Span(zone.start - 1, zone.end) for zone in text.cues_of("brussels time", start=day.span.end)]
    own = outside(day.tail, zones)
    first = next((token for token in own if token.letter == "(" or (token.word and token.letter not in "haTzvd")), None)
    if first is None or first.letter == "(":
        return None
    cues = list(text.cues_of(*SUBJECTS, start=first.start, end=day.tail[-1].end))
    concept = subjects_in(text, cues)[0] if cues and cues[0].start == first.start else None
    return concept if concept in NO_CUTOFFS or concept == "cutoff" else None


def _is_taken(text: Text, day: _Day) -> bool:
    if day.is_of_events or _is_dateline(text, day) or day.subject in NO_CUTOFFS:
        return False
    if day.is_end_of_period:
        return day.relation not in (Relation.FORMER, Relation.OF_PAGE)
    is_latest = text.has("latest", start=day.span.end, end=min(day.span.end + _REACH_OF_TIME, day.sentence.end))
    relation = Relation.UNTIL if is_latest and day.relation is Relation.AT else day.relation
    if day.subject is None and relation is Relation.UNTIL and not _is_plain(text, day):
        return False
    return relation in _TAKEN.get(day.subject, ()) or (relation is Relation.AT and _closes_there(text, day))


_PLAIN: Final = words_of(
    """
    you your have has time please send us it they everything this that be quick only still can may will is are to we our
    form window site portal call must should not let know open need needs all regions region so and or if do does i when
    by than later as soon possible today now hurry up yours documents file mail e email here with in on at from for
    answer answers proposal arrive arrives expect await handing sending returned return join offer idea ideas concept
    """
)
"""Words of a sentence that says no subject of its own: “You have time until 31 May”, “The portal closes on …”."""


def _is_plain(text: Text, day: _Day) -> bool:
    """Whether no word before the day tells of anything else: “The project runs until …”, “Data are deleted by …”."""
    tokens = [token for token in outside(day.lead, text.cues) if token.letter == "x" and token.word]
    return _PLAIN.issuperset(token.word for token in tokens if not _is_of_address(text, token))


def _is_of_address(text: Text, token: Token) -> bool:
    """“a@example.org” says nothing."""
    around = text.text[max(0, token.start - 1) : token.start], text.text[token.end : token.end + 2]
    return around[0] in ("@", ".", "-") or around[1][:1] == "@" or (around[1][:1] == "." and around[1][1:].isalnum())


def _closes_there(text: Text, day: _Day) -> bool:
    """“31 May 2027: the call closes”: what closes is named behind its day."""
    if day.where == "left" or not day.tail or day.tail[0].letter not in ":-":
        return False
    closing = next(text.cues_of("until", start=day.tail[0].end, end=day.tail[-1].end), None)
    if closing is None or "open" not in closing.concepts:  # it is open until it closes
        return False
    return subject_of(text, closing.start, _CLOSING, day.tail[0].end) in _CLOSING[:3]


_CLOSING: Final = ("apply", "call", "call for", *sorted(NO_CUTOFFS), "event")


def _is_dateline(text: Text, day: _Day) -> bool:
    """“Brussels, 3 March 2026”: where and when a letter was written."""
    cue = next((one for one in text.cues_of("dateline", end=day.span.start)), None)
    return cue is not None and cue.first == 0 and text.text[cue.end : day.span.start].strip(" ,") == ""


# ── the instant ──────────────────────────────────────────────────────────────────────────────────────────────────────

_LIST_SIGNS: Final = frozenset(",&/|-")


def _share_times(days: Sequence[_Day]) -> None:
    """“31 May, 30 September and 20 December at 18:00 CET”: days of a list share the time that stands once."""
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
    assert day.span.starts_on is not None, "only whole days are cut-offs"
    end_of_lead = day.lead[-1].end if day.lead else 0
    near = [token for token in day.lead if end_of_lead - token.start <= _REACH_OF_TIME]
    groups = [group for group in (day.tail, near, day.shared) if group]
    minutes = next((minute for group in groups if (minute := time_in(group)) is not None), None)
    zone = next((zone for group in groups if (zone := _zone(text, group))), None)
    at, is_right = instant_of(day.span.starts_on, END_OF_DAY if minutes is None else minutes, zone)
    start, end = (day.lead or day.tail or text.tokens)[0].start, day.tail[-1].end if day.tail else day.span.end
    words = text.text[day.span.start : end].strip(" \t,;‐‑‒–—―−-").removesuffix(" and").removesuffix(" or")
    behind = {"start": day.span.end, "end": end}
    tentative = text.has("tentative", **behind) or text.has("perhaps", start=start, end=day.span.start)
    marks = marks_in(text, **behind)
    closed = text.has("closed", **behind) and not text.has("condition", **behind)  # “…, after which the call is closed”
    cutoff = Cutoff(at, words, closed or "over" in marks, tentative or "perhaps" in marks)
    return CutoffSpan(cutoff, day.span.start, end, is_right, minutes is not None, day.where, replaces)


def marks_in(text: Text, start: int = 0, end: int | None = None) -> frozenset[Concept]:
    """What words that stand between signs say of a day (C5): “31 May 2027 (ended)”, “PAST: 31 May 2027”."""
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


def _zone(text: Text, tokens: Sequence[Token]) -> Zone | None:
    first = text.tokens.index(tokens[0])
    return zone_in(text, first + (time_index(tokens) or 0), first + len(tokens))
