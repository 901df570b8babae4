"""Whether the call of a call page is announced, open or closed: by its words, never by the clock (READING C2, C6).

A word of state says it of something, its subject: the call, a cut-off, late applications, an earlier call. Only what is
said of the call counts. Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from cmr_watch.models import CallStatus, Cutoff
from cmr_watch.reading.clauses import Span, sentences_of, subject_of
from cmr_watch.reading.dates import ANY_YEAR, find_days
from cmr_watch.reading.lexicon import Concept
from cmr_watch.reading.tokens import Cue, Text

Said = Literal["closed", "announced", "open", "next announced", "next open"]
"""What a word of state says; `next`: of another call than the page's."""
_SUBJECTS: Final[tuple[Concept, ...]] = (
    *("late", "cutoff", "session", "register", "question", "result"),
    *("another call", "call for", "call", "apply", "interest", "state label"),
)
_OF_CALL: Final = frozenset({"call for", "call", "apply", "interest", "state label"})
_LONGEST_MARK: Final = 30


def read_state(lines: Sequence[Text], cutoffs: Sequence[Cutoff], *, has_form: bool) -> CallStatus | None:
    """The state of the call; None where nothing says one and there is neither a cut-off nor a form (C6).

    - Closed where the call is said to be, unless another one is open, or it was opened again.
    - Announced where it is said to open in future, and nothing says that it is open.
    - Open with a form, or with a cut-off that is neither closed nor tentative; else what its words say.
    """
    live = [cutoff for cutoff in cutoffs if not cutoff.closed]
    page = _Page()
    for line in lines:
        page.take(line)
    said = page.said
    if "closed" in said and "next open" not in said and not page.has_other_years:
        return "closed"
    is_to_come = "announced" in said and not {"open", "next open"} & said
    if has_form or "next open" in said or (any(not cutoff.tentative for cutoff in live) and not is_to_come):
        return "open"
    if cutoffs and not live and not is_to_come:
        return "closed"
    return _by_words(said, has_cutoffs=bool(live))


def _by_words(said: set[Said], *, has_cutoffs: bool) -> CallStatus | None:
    if "announced" in said or ("next announced" in said and "open" not in said):
        return "announced"
    return "open" if "open" in said or has_cutoffs else None


@dataclass(slots=True)
class _Page:
    """Gathers what the sentences of a page say of its call, and of which years."""

    said: set[Said] = field(default_factory=set)
    years: dict[Said, set[int]] = field(default_factory=dict)
    is_labelled: bool = False

    @property
    def has_other_years(self) -> bool:
        """“The call for 2026 is closed. The call for 2027 is open.”"""
        closed, opened = self.years.get("closed", set()), self.years.get("open", set())
        return bool(closed and opened) and closed.isdisjoint(opened)

    def take(self, line: Text) -> None:
        if self.is_labelled and line.has("closed") and len(line.text) <= _LONGEST_MARK:
            self.said.add("closed")  # “Status” in the line above
        self.is_labelled = line.has("state label") and len(line.text) <= _LONGEST_MARK
        for sentence in sentences_of(line):
            if not sentence.of(line).endswith("?"):
                self._take_sentence(line, sentence)

    def _take_sentence(self, text: Text, sentence: Span) -> None:
        kinds = [said for said, _ in _said_in(text, sentence)]
        if "closed" in kinds and "open" in kinds and _calls_in(text, sentence) > 1:
            kinds = ["next open"]  # “the 2026 call is closed, the 2027 call is open”
        years = {
            token.value for token in text.tokens if token.letter == "y" and sentence.start <= token.start < sentence.end
        }
        for said in kinds:
            self.said.add(said)
            self.years.setdefault(said, set()).update(years)


# ── in a paragraph about a call ──────────────────────────────────────────────────────────────────────────────────────

_STATUS: Final[dict[Said, CallStatus]] = {
    "next open": "open",
    "closed": "closed",
    "announced": "announced",
    "next announced": "announced",
    "open": "open",
}
"""The first that is said counts: what is closed may say when the next one opens, what is to come how to apply (C2)."""


def said_state(text: Text, span: Span | None = None) -> CallStatus | None:
    """The state that a paragraph about a call says, or None; “31 May – CLOSED” closes a cut-off, not the call."""
    found = find_state(text, span)
    return found[0] if found else None


def find_state(text: Text, span: Span | None = None) -> tuple[CallStatus, Cue] | None:
    """The state that it says, and the words that say it."""
    start, end = span or (0, len(text.text))
    found = [
        one
        for sentence in sentences_of(text)
        if start <= sentence.start and sentence.end <= end
        for one in _said_in(text, sentence, is_of_call=True)
    ]
    return next(((status, cue) for said, status in _STATUS.items() for one, cue in found if one == said), None)


# ── what a word of state says ────────────────────────────────────────────────────────────────────────────────────────


def _said_in(text: Text, sentence: Span, *, is_of_call: bool = False) -> list[tuple[Said, Cue]]:
    """What the words of a sentence say; `is_of_call`: it stands in a paragraph about a call, so “it” is the call."""
    cues = text.cues_of("closed", "to come", "open", start=sentence.start, end=sentence.end)
    found = ((_said_by(text, sentence, cue, is_of_call=is_of_call), cue) for cue in cues)
    return [(said, cue) for said, cue in found if said]


def _said_by(text: Text, sentence: Span, cue: Cue, *, is_of_call: bool) -> Said | None:
    subject = _subject_of(text, sentence, cue)
    is_ours = subject in _OF_CALL or (is_of_call and subject is None)
    is_next = subject == "another call"
    if "closed" in cue.concepts:
        return "closed" if (is_ours or (is_of_call and is_next)) and _closes(text, sentence, cue) else None
    if subject is not None and not is_ours and not is_next:
        return None
    if "to come" in cue.concepts:
        return "next announced" if is_next else "announced"
    return "next open" if is_next or "again" in cue.concepts else "open"


def _closes(text: Text, sentence: Span, cue: Cue) -> bool:
    if _is_conditional(text, sentence, cue) or _is_of_a_day(text, sentence, cue):
        return False
    return not text.has("other edition", start=sentence.start, end=cue.start)


def _subject_of(text: Text, sentence: Span, cue: Cue) -> Concept | None:
    """What a word of state speaks of: the nearest subject to its left, else to its right."""
    subject = subject_of(text, cue.start, _SUBJECTS, sentence.start)
    if subject in _OF_CALL and text.has("another call", start=sentence.start, end=cue.start):
        return "another call"
    return subject or next(
        (
            one
            for right in text.cues_of(*_SUBJECTS, start=cue.end, end=sentence.end)
            for one in _SUBJECTS
            if one in right.concepts
        ),
        None,
    )


def _calls_in(text: Text, sentence: Span) -> int:
    return sum(1 for _ in text.cues_of("call", "call for", "another call", start=sentence.start, end=sentence.end))


def _is_conditional(text: Text, sentence: Span, cue: Cue) -> bool:
    """“Once the call is closed, …”, “if it is closed early”."""
    return any(
        "condition" in one.concepts and "," not in text.text[one.end : cue.start]
        for one in text.cues
        if sentence.start <= one.start < cue.start
    )


def _is_of_a_day(text: Text, sentence: Span, cue: Cue) -> bool:
    """“31 May 2027, 18:00 – CLOSED” closes a cut-off: behind a day, and no call named in between.

    In “the call, launched on 3 May 2027, is closed” the comma leads back to the call.
    """
    days = [day.end for day in find_days(text, ANY_YEAR) if sentence.start <= day.start and day.end <= cue.start]
    if not days or text.has("call", "call for", "apply", start=days[-1], end=cue.start):
        return False
    return not any(
        comma.letter == "," and verb.word in _VERBS
        for comma, verb in pairwise(text.tokens)
        if days[-1] <= comma.start and verb.end <= cue.end
    )


_VERBS: Final = frozenset({"is", "are", "was", "were", "has", "have", "had"})
