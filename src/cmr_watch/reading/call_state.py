"""Whether the call of a call page is announced, open or closed: by its words, never by the clock (READING C2, C6).

A word of state says it of something, its subject: the call, a cut-off, late applications, an earlier call. Only what is
said of the call counts. Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
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
        found = [
            (cue, said)
            for cue in text.cues_of("closed", "to come", "open", start=sentence.start, end=sentence.end)
            if (said := self._said_by(text, sentence, cue))
        ]
        kinds = [said for _, said in found]
        if "closed" in kinds and "open" in kinds and _calls_in(text, sentence) > 1:
            kinds = ["next open"]  # “the 2026 call is closed, the 2027 call is open”
        years = {
            token.value for token in text.tokens if token.letter == "y" and sentence.start <= token.start < sentence.end
        }
        for said in kinds:
            self.said.add(said)
            self.years.setdefault(said, set()).update(years)

    def _said_by(self, text: Text, sentence: Span, cue: Cue) -> Said | None:
        subject = _subject_of(text, sentence, cue)
        if "closed" in cue.concepts:
            return "closed" if self._closes(text, sentence, cue, subject) else None
        is_next = subject == "another call"
        if subject is not None and subject not in _OF_CALL and not is_next:
            return None
        if "to come" in cue.concepts:
            return "next announced" if is_next else "announced"
        return "next open" if is_next or "again" in cue.concepts else "open"

    def _closes(self, text: Text, sentence: Span, cue: Cue, subject: Concept | None) -> bool:
        if _is_conditional(text, sentence, cue) or _is_of_a_day(text, sentence, cue):
            return False
        return subject in _OF_CALL and not text.has("other edition", start=sentence.start, end=cue.start)


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
    """“31 May 2027, 18:00 – CLOSED” closes a cut-off: behind a day, and no call named in between."""
    days = [day.end for day in find_days(text, ANY_YEAR) if sentence.start <= day.start and day.end <= cue.start]
    return bool(days) and not text.has("call", "call for", "apply", start=days[-1], end=cue.start)
