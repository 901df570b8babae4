"""Sentences, and the two questions that every reader asks about a day, a link or a word of state in them.

    sentences_of(text)                 the spans of a text's sentences: the only sentence splitter
    relation_of(text, start)           how the words right before a position introduce it: UNTIL, SINCE, FORMER …
    subject_of(text, start, among)     what a position is about: the nearest of some subjects to its left
    subject_of_words(text)             what a label or a heading is about

A reader maps subject × relation to a field by a small table. Negated cues are not subjects.
Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple, cast

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
"""Abbreviations whose full stop does not end a sentence."""


def sentences_of(text: Text) -> tuple[Span, ...]:
    """The sentences of a text, in order: split at stops before a capital, semicolons, bullets, cells and labels."""
    if "sentences" not in text.memo:
        ends = [token.end for index, token in enumerate(text.tokens) if _ends_sentence(text, index)]
        bounds = [0, *(end for end in ends if end < len(text.text)), len(text.text)]
        text.memo["sentences"] = tuple(map(Span, bounds, bounds[1:]))
    return cast(tuple[Span, ...], text.memo["sentences"])


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
    """Whether a stop ends a sentence: a space and a capital or a sign follow, no short form, ordinal or list number."""
    before, token = text.tokens[max(0, index - 1)], text.tokens[index]
    after = text.text[token.end : token.end + 3].lstrip(_CLOSING)
    if not after[:1].isspace() or after[1:2].islower():
        return False
    is_initial = len(before.word) == 1 and text.text[before.start].isupper()
    is_number_of_item = before.letter == "d" and index <= _LONGEST_NUMBER_OF_ITEM
    if is_initial or is_number_of_item:
        return False
    return token.letter != "." or not (before.word in _NO_END or _is_ordinal(text, index))


_LONGEST_NUMBER_OF_ITEM: Final = 2
"""Tokens: “A1.”, “2.”."""
_CLOSING: Final = ")\"”’'"


def _is_ordinal(text: Text, stop: int) -> bool:
    """“12. October”, “12. - 13. October”."""
    letters = [token.letter for token in text.tokens[max(0, stop - 1) : stop + 2]]
    return len(letters) == 3 and letters[0] == "d" and letters[2] in "md-"


def between_bars(text: Text, position: int) -> Span:
    """The part of a text between its bars that contains a position: “12 March 2027 | Town Hall | Register”."""
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
    """Instead of, originally; “moved from”: another day has replaced it."""
    NEW = "new"
    """“Moved to”, “new date”: it replaces another day."""
    OF_PAGE = "of the page"
    """Published, updated, version of."""
    AT = "at"
    """None of these: “on”, a comma, a colon."""


_RELATIONS: Final[dict[Concept, Relation]] = {
    "former": Relation.FORMER,
    "of the page": Relation.OF_PAGE,
    "new date": Relation.NEW,
    "until": Relation.UNTIL,
    "since": Relation.SINCE,
}
_FILLING_LETTERS: Final = frozenset("ahowTz-,:()'&vm")
_FILLING_WORDS: Final = words_of(
    """
    on is are at planned scheduled date dates for foreseen for end incl including midnight brussels time local noon
    and cut off deadline next this latest in last
    """
)


def relation_of(text: Text, start: int) -> Relation:
    """The relation of what begins at a position to the words before it."""
    before = text.within(0, start)
    if before and text.text[before[-1].start] in _ARROWS and any(token.letter == "y" for token in before):
        return Relation.NEW  # “12-13 October 2026 → 3-4 May 2027”
    cue = cue_before(text, start, _RELATIONS)
    is_right_before = cue is not None and all(map(_is_filling, before[cue.last + 1 :]))
    concepts = cue.concepts if cue and is_right_before else frozenset[Concept]()
    said = next((relation for concept, relation in _RELATIONS.items() if concept in concepts), Relation.AT)
    return _relation_of_moving(text, before, start) or said


def _is_filling(token: Token) -> bool:
    return token.letter in _FILLING_LETTERS or token.word in _FILLING_WORDS


def _relation_of_moving(text: Text, before: Sequence[Token], start: int) -> Relation | None:
    moved = cue_before(text, start, ("moved",))
    if moved is None or start - moved.end > _REACH_OF_MOVING:
        return None
    words = (token.word for token in reversed(before) if token.letter not in "haw,:(" and token.word != "on")
    return _OF_MOVING.get(next(words, ""))


_ARROWS: Final = "→⇒➔➜➝"
_REACH_OF_MOVING: Final = 60
_OF_MOVING: Final = {"from": Relation.FORMER, "to": Relation.NEW, "until": Relation.NEW, "till": Relation.NEW}
"""“Moved from 3 May to 4 June”: what the word right before a day makes of it."""


# ── subjects ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_OTHERS: Final[tuple[Concept, ...]] = (
    *("question", "duty", "letter", "stay", "session", "register", "result", "regulation", "long ago"),
    "taking place",
)
NO_CUTOFFS: Final = frozenset({"late", *_OTHERS})
"""Subjects whose days are not cut-offs, also as “deadline for questions”."""
SUBJECTS: Final[tuple[Concept, ...]] = (
    *("late", "after the cutoff", "cutoff"),
    *_OTHERS,
    *("apply", "call for", "call", "hosting", "event"),
)
"""What a day may be about; of a phrase with several, the first counts."""


def subject_of(
    text: Text, end: int | None = None, among: Sequence[Concept] = SUBJECTS, start: int = 0
) -> Concept | None:
    """What the text up to or at a position is about: the last of some subjects between two positions."""
    subjects = subjects_in(text, text.cues_of(*among, start=start, end=end), among)
    return subjects[-1] if subjects else None


def subject_of_words(text: Text, start: int = 0, end: int | None = None) -> Concept | None:
    """What a label, a heading or a question is about: the last of its subjects."""
    subject = subject_of(text, end, start=start)
    if subject in _UNTIL_ITS_END and text.has("until", start=start, end=end):
        return "cutoff"  # “Until when can I apply?”
    return subject


_UNTIL_ITS_END: Final = ("apply", "call for", "call")


def subjects_in(text: Text, cues: Iterable[Cue], among: Sequence[Concept] = SUBJECTS) -> list[Concept]:
    """The subjects that cues name; of several that belong together the more unusual one counts, else the first.

    “Deadline for questions” is about questions, “results of the first cut-off” about results, “deadline for
    applications” about a deadline.
    """
    found: list[Concept] = []
    above: Cue | None = None
    for cue in cues:
        concept = next(one for one in among if one in cue.concepts)
        if above is None or not _hangs(text, above, cue):
            found.append(concept)
        elif found[-1] in _OWN and concept not in _OWN:
            found[-1] = concept
        above = cue
    return found


_HANGING: Final = words_of(
    """
    of for to after with about among the all your our first second third next last on in sending submitting handing
    receiving
    """
)
_OWN: Final[frozenset[Concept]] = frozenset(
    {"cutoff", "apply", "call for", "call", "hosting", "event", "series", "meet"}
)


def _hangs(text: Text, one: Cue, other: Cue) -> bool:
    between = text.tokens[one.last + 1 : other.first]
    return 0 < len(between) < 5 and all(token.word in _HANGING or token.letter == "d" for token in between)


def cue_before(text: Text, position: int, among: Iterable[Concept], start: int = 0) -> Cue | None:
    """The last cue of some concepts before a position."""
    return next(iter([*text.cues_of(*among, start=start, end=position)][-1:]), None)
