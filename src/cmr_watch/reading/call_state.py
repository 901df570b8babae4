"""Whether a call is announced, open or closed: by its words, never by the clock (READING C2, C6).

A word of state says it of something, its subject: the call, a cut-off, late applications, an earlier call. Only what is
said of the call counts.

    find_state(text, span)      the state that a notice says, and the words that say it
    read_state(lines, cutoffs)  that of a call page

Pure, linear; no errors.
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

Said = Literal["closed", "announced", "open", "next announced", "next open", "apply"]
"""What a word of state says; `next`: of another call than the one before it; `apply`: how or until when one applies."""
_SUBJECTS: Final[tuple[Concept, ...]] = (
    *("late", "cutoff", "session", "register", "question", "result"),
    *("another call", "call for", "call", "apply", "interest", "state label"),
)
_OF_CALL: Final = frozenset({"call for", "call", "apply", "interest", "state label", "another call"})
_LONGEST_MARK: Final = 30


_ORDER: Final[tuple[tuple[Said, CallStatus], ...]] = (
    ("next open", "open"),
    ("closed", "closed"),
    ("announced", "announced"),
    ("next announced", "announced"),
    ("open", "open"),
    ("apply", "open"),
)
"""What is open again was closed; what is closed may say when the next one opens, what is to come how to apply (C2)."""


def find_state(text: Text, span: Span | None = None) -> tuple[CallStatus, Cue] | None:
    """The state that the sentences of a text say, and the words that say it."""
    said: dict[Said, Cue] = {}
    for sentence in sentences_of(text):
        if span is None or (span.start <= sentence.start and sentence.end <= span.end):
            said = _said_in(text, sentence) | said
    return next(((status, said[one]) for one, status in _ORDER if one in said), None)


def said_state(text: Text, span: Span | None = None) -> CallStatus | None:
    """The state that the sentences of a text say."""
    found = find_state(text, span)
    return found[0] if found else None


def read_state(lines: Sequence[Text], cutoffs: Sequence[Cutoff], *, has_form: bool) -> CallStatus | None:
    """The state of a page's call; None where nothing says one and there is neither a cut-off nor a form (C6).

    - Closed where the call is said to be, unless another one is open, or it was opened again.
    - Announced where it is said to open in future, and nothing says that it is open.
    - Open with a form, or with a cut-off that is neither closed nor tentative; else what its words say.
    """
    page = _Page()
    for line in lines:
        page.take(line)
    says_open, by_cutoffs = "open" in page.said, _by_cutoffs(cutoffs)
    says_next = "next announced" in page.said and not says_open
    is_to_come = not says_open and ("announced" in page.said or page.first == "next announced")
    rules: tuple[tuple[bool, CallStatus], ...] = (
        ("closed" in page.said and "next open" not in page.said, "closed"),
        (has_form or "next open" in page.said, "open"),
        (is_to_come, "announced"),
        (by_cutoffs is not None, by_cutoffs or "open"),
        ("announced" in page.said or says_next, "announced"),
        (says_open or "apply" in page.said or bool(cutoffs), "open"),
    )
    return next((status for holds, status in rules if holds), None)


def _by_cutoffs(cutoffs: Sequence[Cutoff]) -> CallStatus | None:
    if any(not (cutoff.closed or cutoff.tentative) for cutoff in cutoffs):
        return "open"
    return "closed" if cutoffs and all(cutoff.closed for cutoff in cutoffs) else None


@dataclass(slots=True)
class _Page:
    """Gathers what the sentences of a page say of its call."""

    said: set[Said] = field(default_factory=set)
    first: Said | None = None
    is_labelled: bool = False

    def take(self, line: Text) -> None:
        is_mark = len(line.text) <= _LONGEST_MARK
        if self.is_labelled and is_mark and line.has("closed"):
            self.said.add("closed")  # “Status” in the line above
        self.is_labelled = is_mark and line.has("state label")
        for sentence in sentences_of(line):
            found = {} if sentence.of(line).endswith("?") else _said_in(line, sentence)
            self.first = self.first or next(iter(found), None)
            self.said.update(found)


# ── what a sentence says ─────────────────────────────────────────────────────────────────────────────────────────────


def _said_in(text: Text, sentence: Span) -> dict[Said, Cue]:
    """What a sentence says, each with the first words that say it."""
    cues = text.cues_of("closed", "to come", "open", start=sentence.start, end=sentence.end)
    said = {one: cue for cue in reversed(list(cues)) if (one := _said_by(text, sentence, cue))}
    calls = list(text.cues_of("call", "call for", "another call", start=sentence.start, end=sentence.end))
    is_open = said.get("open") or said.get("apply")
    if "closed" in said and is_open and len(calls) > 1:
        return {"next open": is_open}  # “the 2026 call is closed, the 2027 call is open”
    if "next announced" in said and "next open" in said and _is_of_applying(said["next open"]):
        del said["next open"]  # “the next call opens on 1 March and closes on 3 May”
    return said


def _said_by(text: Text, sentence: Span, cue: Cue) -> Said | None:
    subject = _subject_of(text, sentence, cue)
    is_next = subject == "another call"
    if "closed" in cue.concepts:
        is_said = subject in _OF_CALL and not is_next and not _is_conditional(text, sentence, cue)
        return "closed" if is_said and not _is_of_a_day(text, sentence, cue) else None
    if subject is not None and subject not in _OF_CALL:
        return None
    if "to come" in cue.concepts:
        return "next announced" if is_next else "announced"
    if is_next or "again" in cue.concepts:
        return "next open"
    return "apply" if _is_of_applying(cue) else "open"


def _is_of_applying(cue: Cue) -> bool:
    """“Apply by”, “closes on”: says how or until when one applies, and only thereby that the call is open."""
    return not cue.concepts.isdisjoint(("apply", "until"))


def _subject_of(text: Text, sentence: Span, cue: Cue) -> Concept | None:
    """What a word of state speaks of: itself (“no open call”), the nearest subject to its left, else to its right."""
    if "call for" in cue.concepts:
        return "call for"
    subject = subject_of(text, cue.start, _SUBJECTS, sentence.start)
    if subject is None and sentence.of(text).lower().startswith("it "):
        return "call"
    if subject in _OF_CALL and text.has("another call", start=sentence.start, end=cue.start):
        return "another call"
    right = next(text.cues_of(*_SUBJECTS, start=cue.end, end=sentence.end), None)
    return subject or next((one for one in _SUBJECTS if right and one in right.concepts), None)


def _is_conditional(text: Text, sentence: Span, cue: Cue) -> bool:
    """“Once the call is closed, …”, “if it is closed early”; “a previous call is closed” is not about this one."""
    others = text.cues_of("other edition", start=sentence.start, end=cue.start)
    calls = list(text.cues_of("call", "call for", start=sentence.start, end=cue.start))
    if any(0 <= call.first - other.last <= _REACH_OF_OTHER for other in others for call in calls):
        return True
    before = [one for one in text.cues if sentence.start <= one.start < cue.start and "condition" in one.concepts]
    return any("," not in text.text[one.end : cue.start] for one in before)


_REACH_OF_OTHER: Final = 3


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
