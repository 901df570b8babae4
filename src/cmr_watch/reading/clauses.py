"""Sentences, and the two questions that every reader asks of a day, a link or a word of state in them.

    sentences_of(text)                 the spans of a text's sentences: the only sentence splitter
    relation_of(text, start)           how the words right before a position introduce it: UNTIL, SINCE, FORMER …
    subject_of(text, start, among)     what a position is about: the nearest of some subjects to its left
    subject_of_words(text)             what a label or a heading is about

A reader maps subject × relation to a field by a small table. Cues may be negated; those are no subjects.
Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.tokens import Cue, Text, Token


class Span(NamedTuple):
    """A piece of a text: from `start` to before `end`."""

    start: int
    end: int

    def of(self, text: Text) -> str:
        return text.text[self.start : self.end].strip()


# ── sentences ────────────────────────────────────────────────────────────────────────────────────────────────────────

_NO_END: Final = words_of(
    """
    max min st ste rep n s mt dr mr ms prof nr no e g i approx vs incl jan feb mar apr jun jul aug sep sept oct nov dec
    """
)
"""Words whose stop ends no sentence."""


def sentences_of(text: Text) -> list[Span]:
    """The sentences of a text, in order: parted at stops before a capital, semicolons, bullets, cells and labels."""
    return list(_spans(text))


def _spans(text: Text) -> Iterator[Span]:
    position = 0
    for index, token in enumerate(text.tokens):
        if _ends_sentence(text, index) and token.end > position:
            yield Span(position, token.end)
            position = token.end
    if position < len(text.text) or position == 0:
        yield Span(position, len(text.text))


def _ends_sentence(text: Text, index: int) -> bool:
    token = text.tokens[index]
    if token.letter in ";c":
        return True
    if token.letter == "." or text.text[token.start] in "!?":
        return _is_stop(text, index)
    return token.letter in _LAST_OF_DATE and _is_label(text, index + 1)


_LAST_OF_DATE: Final = frozenset("yiTz")
_MOST_WORDS_OF_LABEL: Final = 4


def _is_label(text: Text, first: int) -> bool:
    """Whether a label that names a subject begins at a token: “1 April 2027 Events: 15 September 2027”."""
    tokens = text.tokens[first : first + _MOST_WORDS_OF_LABEL + 1]
    words = next((count for count, token in enumerate(tokens) if not token.word), len(tokens))
    if not 0 < words < len(tokens) or tokens[words].letter != ":" or not text.text[tokens[0].start].isupper():
        return False
    return any(True for _ in text.cues_of(*SUBJECTS, start=tokens[0].start, end=tokens[words].start))


def _is_stop(text: Text, index: int) -> bool:
    """Whether a stop ends a sentence: a space and a capital or a sign follow, and no short form or ordinal precedes."""
    token = text.tokens[index]
    after = text.text[token.end : token.end + 2]
    if after[:1] in (")", '"', "”", "’", "'"):
        after = text.text[token.end + 1 : token.end + 3]
    if not after[:1].isspace() or after[1:].islower():
        return False
    before = text.tokens[index - 1] if index else token
    if token.letter == "." and (before.word in _NO_END or (before.letter == "d" and _is_month(text, index + 1))):
        return False
    return not (len(before.word) == 1 and text.text[before.start].isupper())


def _is_month(text: Text, index: int) -> bool:
    return index < len(text.tokens) and text.tokens[index].letter in "md-"


def between_bars(text: Text, position: int) -> Span:
    """The part of a text between its bars in which a position stands: “12 March 2027 | Town Hall | Register”."""
    bars = [token.start for token in text.tokens if token.letter == "|"]
    start = max((bar + 1 for bar in bars if bar < position), default=0)
    return Span(start, min((bar for bar in bars if bar >= position), default=len(text.text)))


# ── relations ────────────────────────────────────────────────────────────────────────────────────────────────────────


class Relation(StrEnum):
    """How the words right before a day introduce it."""

    UNTIL = "until"
    """Until, by, before, closes on, at the latest."""
    SINCE = "since"
    """From, since, opens on, starting."""
    FORMER = "former"
    """Instead of, originally; “moved from”: another day took its place."""
    NEW = "new"
    """“Moved to”, “new date”: it takes the place of another day."""
    OF_PAGE = "of the page"
    """Published, updated, version of."""
    AT = "at"
    """Nothing of it: “on”, a comma, a colon."""


_RELATIONS: Final[tuple[tuple[Concept, Relation], ...]] = (
    ("former", Relation.FORMER),
    ("of the page", Relation.OF_PAGE),
    ("new date", Relation.NEW),
    ("until", Relation.UNTIL),
    ("since", Relation.SINCE),
)
_RELATED: Final = frozenset(concept for concept, _ in _RELATIONS)
_FILLING_LETTERS: Final = frozenset("ahowTz-,:()'&vm")
_FILLING_WORDS: Final = words_of(
    """
    on is are at planned scheduled date dates for foreseen for end incl including midnight brussels time local noon
    and cut off deadline next this latest in last
    """
)
_MOST_FILLING: Final = 9
_REACH_OF_MOVING: Final = 60


def relation_of(text: Text, start: int) -> Relation:
    """The relation of what begins at a position to the words before it."""
    if _is_arrow_before(text, start):
        return Relation.NEW
    if not text.cues or text.cues[0].end > start:
        return Relation.AT
    cue = _cue_before(text, start)
    concepts = cue.concepts if cue else frozenset[Concept]()
    is_from = cue is not None and text.text[cue.start : cue.end].lower() == "from"
    moved = _moved_before(text, cue.start if cue else start)
    if moved and is_from:
        return Relation.FORMER
    if _word_before(text, start) in ("to", "until", "till") and _moved_before(text, start):
        return Relation.NEW
    return next((relation for concept, relation in _RELATIONS if concept in concepts), Relation.AT)


def _cue_before(text: Text, start: int) -> Cue | None:
    """The cue that ends right before a position, with nothing but small words, times and signs between."""
    before = (one for one in reversed(text.cues) if one.end <= start and not one.concepts.isdisjoint(_RELATED))
    cue = next(before, None)
    if cue is None:
        return None
    between = [token for token in text.tokens[cue.last + 1 :] if token.end <= start]
    return cue if len(between) <= _MOST_FILLING and all(map(_is_filling, between)) else None


def _is_filling(token: Token) -> bool:
    return token.letter in _FILLING_LETTERS or token.word in _FILLING_WORDS


def _word_before(text: Text, start: int) -> str:
    """The last word before a position that is no article, weekday or sign."""
    words = (token for token in reversed(text.tokens) if token.end <= start)
    return next((token.word for token in words if token.letter not in "haw,:(" and token.word != "on"), "")


def _moved_before(text: Text, position: int) -> Cue | None:
    """The word of moving in the few words before a position."""
    return next(
        (
            cue
            for cue in reversed(text.cues)
            if cue.end <= position and "moved" in cue.concepts and position - cue.end <= _REACH_OF_MOVING
        ),
        None,
    )


_ARROWS: Final = "→⇒➔➜➝"


def _is_arrow_before(text: Text, start: int) -> bool:
    """“12-13 October 2026 → 3-4 May 2027”."""
    before = text.text[max(0, start - 3) : start].rstrip()
    return before != "" and before[-1] in _ARROWS and any(one.letter == "y" for one in text.tokens if one.end < start)


# ── subjects ─────────────────────────────────────────────────────────────────────────────────────────────────────────

SUBJECTS: Final[tuple[Concept, ...]] = (
    "late",
    "after the cutoff",
    "cutoff",
    "question",
    "duty",
    "letter",
    "stay",
    "session",
    "register",
    "result",
    "regulation",
    "long ago",
    "taking place",
    "apply",
    "call for",
    "call",
    "hosting",
    "event",
)
"""What a day may be about; of a phrase with several, the first counts."""


def subject_of(text: Text, position: int, among: Sequence[Concept] = SUBJECTS, start: int = 0) -> Concept | None:
    """What stands at a position is about: the nearest of some subjects to its left, from `start` on."""
    cue = cue_before(text, position, among, start)
    return next(concept for concept in among if concept in cue.concepts) if cue else None


def cue_before(text: Text, position: int, among: Sequence[Concept], start: int = 0) -> Cue | None:
    """The last cue of some concepts before a position."""
    found = None
    for cue in text.cues_of(*among, start=start, end=position):
        found = cue
    return found


_HANGING: Final = words_of(
    """
    of for to after with about among the all your our first second third next last on in sending submitting handing
    receiving
    """
)
_UNTIL_ITS_END: Final = ("apply", "call for", "call")
_OWN: Final[frozenset[Concept]] = frozenset({"cutoff", "apply", "call for", "call", "hosting", "event"})


def subject_of_words(text: Text) -> Concept | None:
    """What a label or a heading is about: the last of its subjects."""
    subjects = subjects_in(text, list(text.cues_of(*SUBJECTS)))
    if subjects and subjects[-1] in _UNTIL_ITS_END and text.has("until"):
        return "cutoff"  # “Until when can I apply?”
    return subjects[-1] if subjects else None


def subjects_in(text: Text, cues: Sequence[Cue]) -> list[Concept]:
    """The subjects that cues name; of several that hang together the stranger one counts, else the first.

    “Deadline for questions” is about questions, “results of the first cut-off” about results, “deadline for
    applications” about a deadline.
    """
    chains: list[list[Cue]] = []
    for cue in cues:
        if chains and _hangs(text, chains[-1][-1], cue):
            chains[-1].append(cue)
        else:
            chains.append([cue])
    return [_head_of([_concept_of(cue) for cue in chain]) for chain in chains]


def _head_of(concepts: Sequence[Concept]) -> Concept:
    return next((concept for concept in concepts if concept not in _OWN), concepts[0])


def _hangs(text: Text, one: Cue, other: Cue) -> bool:
    between = text.tokens[one.last + 1 : other.first]
    return 0 < len(between) < 5 and all(token.word in _HANGING or token.letter == "d" for token in between)


def _concept_of(cue: Cue) -> Concept:
    return next(concept for concept in SUBJECTS if concept in cue.concepts)
