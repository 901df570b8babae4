"""How to register for an edition, and until when, as its own page says (READING O1, O4). Pure, linear; no errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from cmr_watch.reading.clauses import Relation, relation_of, subject_of
from cmr_watch.reading.dates import ANY_YEAR, DateSpan, find_dates, find_days
from cmr_watch.reading.home import Home, Sentence, names_edition_after
from cmr_watch.reading.lines import Where
from cmr_watch.reading.materials import SAYS_NOTHING, Anchor
from cmr_watch.reading.notices import mentions_call
from cmr_watch.reading.tokens import Cue, Text, scan

_NEAR: Final = 40
_REACH: Final = 120


# ── how to register ──────────────────────────────────────────────────────────────────────────────────────────────────


def registration_link(anchors: Sequence[Anchor], sentences: Sequence[Sentence], home: Home) -> Anchor | None:
    """The first link that says “register”; None if the page says that registration is closed, full or not yet open."""
    own = [pair for pair in _with_above(sentences) if not _is_of_another(pair[1], home)]
    if any(_says_not_open(*pair) for pair in own) and not any(one.text.has("still possible") for _, one in own):
        return None
    return next((anchor for anchor in anchors if _leads_to_registration(anchor, home)), None)


def _with_above(sentences: Sequence[Sentence]) -> Iterator[tuple[Sentence | None, Sentence]]:
    """Each sentence, after the one above it; “Click here.” does not count."""
    above: Sentence | None = None
    for sentence in sentences:
        yield above, sentence
        if not SAYS_NOTHING.issuperset(sentence.text.words(0, len(sentence.text.text))):
            above = sentence


def _says_not_open(above: Sentence | None, sentence: Sentence) -> bool:
    """“Registration is closed”, “… will open soon”, “the workshop is fully booked”."""
    text = sentence.text
    states = ("closed",) if text.has("until") else ("closed", "to come")  # “opens on 3 January and closes on 1 March”
    if _is_about_registration(sentence, above) and _is_said(text, *states):
        return True
    return _is_said(text, "full") and (text.has("event") or not text.has("stay", "visit", "session"))


def _is_said(text: Text, *states: str) -> bool:
    """Whether a state is stated as a fact: not “once registration is closed, …”, “until the event is full”."""
    return any(not _is_supposed(text, cue) for cue in text.cues_of(*states))


def _is_supposed(text: Text, state: Cue) -> bool:
    modals = (cue for cue in text.cues_of("modal", "condition", end=state.start) if cue.last + 1 < state.first)
    return any(all(token.word for token in text.tokens[cue.last + 1 : state.first]) for cue in modals)


def _leads_to_registration(anchor: Anchor, home: Home) -> bool:
    words = scan(anchor.words)
    if words.has("other registration", "visit") or mentions_call(words) or _is_of_another(anchor.sentence, home):
        return False
    if words.has("register", "take part"):
        return True
    if anchor.is_named_by_label and anchor.sentence.is_under("register"):
        return not anchor.sentence.labels[0].has("cutoff")
    return (anchor.is_bare or _names_a_service(anchor)) and _is_beside(anchor)


_THROUGH: Final = frozenset({"on", "via", "through", "using"})


def _names_a_service(anchor: Anchor) -> bool:
    """“Registration on Eventbrite”, “sign up via b2match”: the words say where, not what."""
    words = [*anchor.text.words(0, anchor.link.start)[-1:], *anchor.words.split()]
    at = next((number for number, word in enumerate(words[:2]) if word.lower() in _THROUGH), len(words))
    names = words[at + 1 :]
    return 0 < len(names) <= 2 and all(name[0].isupper() or not name.isalpha() for name in names)


def _is_beside(anchor: Anchor) -> bool:
    """“To register, click here”; “Registration is now open! Click here”; “here” under “Registration”."""
    start, end = anchor.neighbours()
    text = anchor.text
    if text.has("other registration", start=start, end=end) or mentions_call(text):
        return False
    if text.has("register", "take part", start=start, end=min(end, anchor.link.end + _NEAR)):
        return True
    before = _before(anchor)
    return anchor.sentence.is_under("register") or (before is not None and before.has("register"))


def _before(anchor: Anchor) -> Text | None:
    """The end of the text before a sentence that says only “click here”, in its line."""
    sentence = anchor.sentence
    if not SAYS_NOTHING.issuperset(anchor.text.words(0, len(anchor.text.text))):
        return None
    return sentence.whole.piece(max(0, sentence.start - _REACH), sentence.start).scan


def _is_of_another(sentence: Sentence, home: Home) -> bool:
    if home.is_under_another(sentence):
        return True
    return home.is_another(sentence) or home.is_of_another_place(sentence) or _follows_the_next(sentence, home)


def _follows_the_next(sentence: Sentence, home: Home) -> bool:
    """“The next workshop will be in Prague. Register here!”"""
    above = Sentence(sentence.whole.piece(0, sentence.start), sentence.whole)
    return names_edition_after(above.text, "next edition") and not home.is_named(above.text.text)


# ── until when ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Closing(NamedTuple):
    """The last day of registration, and its position."""

    day: date
    where: Where


def registration_closes_on(sentences: Sequence[Sentence], home: Home, starts_on: date | None) -> Closing | None:
    """The first closing day of registration on the page; without a year, the last such day before the event (O4)."""
    for above, sentence in _with_above(sentences):
        if not _is_about_registration(sentence, above) or _is_of_another(sentence, home):
            continue
        days = [one for one in _days(sentence, starts_on) if starts_on is None or one.day <= starts_on]
        if days:
            return days[-1]
    return None


def _is_about_registration(sentence: Sentence, above: Sentence | None) -> bool:
    text = sentence.text
    if mentions_call(text) or _is_of_another_thing(text):
        return False
    if text.has("register", "take part") or _has_label(sentence):
        return True
    if sentence.is_under("register"):
        return text.has("cutoff", "until", "closed", "to come") or _begins_and_ends(sentence)
    return above is not None and above.text.has("register") and text.begins_with("cutoff", "until")


def _begins_and_ends(sentence: Sentence) -> bool:
    """“From 1 February to 30 April 2027” under “Registration”; right after that label “from” is not needed."""
    periods = (one for one in sentence.dates if one.starts_on != one.ends_on)
    return any(sentence.heads or relation_of(sentence.text, one.start) is Relation.SINCE for one in periods)


def _is_of_another_thing(text: Text) -> bool:
    """“Register for the site visits by 3 March”; “register by 3 March and tell us the visit that you prefer” is not."""
    registers = next((cue.end for cue in text.cues_of("register")), len(text.text))
    end = next((one.end for one in find_dates(text, ANY_YEAR) if one.start >= registers), len(text.text))
    others = text.cues_of("other registration", "stay", "visit")
    return not text.has("event") and any(_HANGING.issuperset(text.words(end, cue.start)) for cue in others)


_HANGING: Final = frozenset({"for", "the", "our", "to", "of", "a", "site"})
"""“Register by 3 March 2027 for the dinner”."""


def _has_label(sentence: Sentence) -> bool:
    """A day below the line “Registration deadline”."""
    return sentence.is_under("register") and sentence.labels[0].has("cutoff", "until")


def _days(sentence: Sentence, starts_on: date | None) -> Iterator[Closing]:
    """The days of a sentence that are its end: until, by, a deadline; the last of a period of registration."""
    text, year = sentence.text, starts_on.year if starts_on else None
    ends = [day for day in find_days(text, year) if _is_end(text, day, sentence)]
    periods = [one for one in find_dates(text, year) if one.starts_on != one.ends_on]
    for one in ends or [period for period in periods if _is_of_registration_period(sentence, period)]:
        if one.ends_on:
            yield Closing(_in_time(one, one.ends_on, starts_on), Where(sentence.line, one.start, one.end))


def _is_of_registration_period(sentence: Sentence, period: DateSpan) -> bool:
    """“Registration is open from 10 January to 10 February” ends with its last day."""
    subject = subject_of(sentence.text, period.start, ("register", "event", "session", "taking place", "stay"))
    return subject == "register" or (subject is None and sentence.is_under("register"))


def _is_end(text: Text, day: DateSpan, sentence: Sentence) -> bool:
    relation = relation_of(text, day.start)
    subject = subject_of(text, day.start, ("cutoff", "register", "event", "session", "result"))
    if relation in (Relation.UNTIL, Relation.NEW):
        return subject != "result"
    if relation is not Relation.AT or subject not in (None, "cutoff", "register"):
        return False
    if subject == "register":
        return text.has("cutoff", "until", "closed", end=day.start)
    return subject == "cutoff" or _has_label(sentence)


def _in_time(span: DateSpan, day: date, starts_on: date | None) -> date:
    """“By 20 December” for an event in January is of the year before."""
    if starts_on is None or span.has_year or day <= starts_on or (day.month, day.day) == (2, 29):
        return day
    return day.replace(year=day.year - 1)
