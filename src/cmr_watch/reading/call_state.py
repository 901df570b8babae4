"""Whether a call is announced, open or closed, judged by its text, never by the clock (READING C2, C6).

A word of state refers to a subject: the call, a cut-off, late applications, an earlier call. Only what is
said of the call counts.

    find_state(text)            the state that a notice gives, and the words that give it
    read_state(lines, cutoffs)  that of a call page

Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, Literal

from cmr_watch.models.readings import CallStatus, Cutoff
from cmr_watch.reading.clauses import Span, sentences_of, subject_of, subjects_in
from cmr_watch.reading.dates import ANY_YEAR, find_days
from cmr_watch.reading.lexicon import Concept
from cmr_watch.reading.tokens import Cue, Text, scan

Said = Literal["closed", "announced", "open", "next announced", "next open", "apply"]
"""What a word of state says; `next`: of a different call from the one before; `apply`: how or until when to apply."""
_SUBJECTS: Final[tuple[Concept, ...]] = (
    *("late", "cutoff", "session", "register", "question", "result"),
    *("another call", "call for", "call", "apply", "interest", "state label"),
)
_OF_CALL: Final = frozenset({"call for", "call", "apply", "interest", "state label", "another call"})
_LONGEST_LABEL: Final = 30
_ORDER: Final[dict[Said, CallStatus]] = {
    "next open": "open",
    "closed": "closed",
    "announced": "announced",
    "open": "open",
    "next announced": "announced",
    "apply": "open",
}
"""What is open again was closed; what is closed may say when the next one opens, what is to come how to apply (C2)."""


def find_state(text: Text, sentences: Iterable[Span] | None = None) -> tuple[CallStatus, Cue] | None:
    """The state that the sentences of a text give, all or some of them, and the words that give it."""
    said: dict[Said, Cue] = {}
    for sentence in sentences_of(text) if sentences is None else sentences:
        said = _said_in(text, sentence) | said
    return next(((status, said[one]) for one, status in _ORDER.items() if one in said), None)


def said_state(text: Text, sentences: Iterable[Span] | None = None) -> CallStatus | None:
    """The state that the sentences of a text give."""
    found = find_state(text, sentences)
    return found[0] if found else None


def read_state(lines: Sequence[Text], cutoffs: Sequence[Cutoff], *, has_form: bool) -> CallStatus | None:
    """The state of a page's call; None where nothing gives one and there is neither a cut-off nor a form (C6).

    - Closed where the call is said to be, unless another one is open, or it was opened again.
    - Announced where it is said to open in the future, and nothing says that it is open.
    - Open with a form, or with a cut-off that is neither closed nor tentative; else what its text says.
    """
    said = list(_said_on(lines))
    status = next((status for one, status in _ORDER.items() if one in said), None)
    if status == "closed":
        return "closed"
    if has_form or "next open" in said:
        return "open"
    return "announced" if _is_to_come(said) else _by_cutoffs(cutoffs) or status or ("open" if cutoffs else None)


def _said_on(lines: Sequence[Text]) -> Iterator[Said]:
    for text in _labelled(lines):
        for sentence in sentences_of(text):
            yield from _said_in(text, sentence)


def _is_to_come(said: Sequence[Said]) -> bool:
    """Whether it will open, or the next one, where nothing else is said before that, and no open one is named."""
    return "open" not in said and ("announced" in said or said[:1] == ["next announced"])


def _labelled(lines: Sequence[Text]) -> list[Text]:
    """The lines, each after the label in the line above: “Status” or “Call for hosts 2026” over “Closed”."""
    return [
        scan(f"{above.text}: {line.text}") if above and _is_label(above, line) else line
        for above, line in zip((None, *lines), lines, strict=False)
    ]


def _is_label(line: Text, below: Text) -> bool:
    is_state = line.has("call", "call for") and len(below.tokens) == 1 and below.has("closed", "open")
    return len(line.text) <= _LONGEST_LABEL and (is_state or line.has("state label"))


def _by_cutoffs(cutoffs: Sequence[Cutoff]) -> CallStatus | None:
    if any(not (cutoff.closed or cutoff.tentative) for cutoff in cutoffs):
        return "open"
    return "closed" if cutoffs and all(cutoff.closed for cutoff in cutoffs) else None


# ── what a sentence says ─────────────────────────────────────────────────────────────────────────────────────────────


def _said_in(text: Text, sentence: Span) -> dict[Said, Cue]:
    """What a sentence says, each with the first words that say it; a question says nothing."""
    if sentence.of(text).endswith("?"):
        return {}
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
    if not (subject is None or subject in _OF_CALL or (subject == "cutoff" and "moved" in cue.concepts)):
        return None
    return _said_of(cue, is_next=is_next)


def _said_of(cue: Cue, *, is_next: bool) -> Said:
    """What a word other than “closed” says about the call, or about the next one."""
    if "to come" in cue.concepts:
        return "next announced" if is_next else "announced"
    if is_next or "again" in cue.concepts:
        return "next open"
    return "apply" if _is_of_applying(cue) else "open"


def _is_of_applying(cue: Cue) -> bool:
    """“Apply by”, “closes on”: says how or until when to apply, which implies that the call is open."""
    return not cue.concepts.isdisjoint(("apply", "until"))


def _subject_of(text: Text, sentence: Span, cue: Cue) -> Concept | None:
    """What a word of state refers to: itself (“no open call”), the nearest subject to its left, else to its right."""
    if "call for" in cue.concepts:
        return "call for"
    subject = subject_of(text, cue.start, _SUBJECTS, sentence.start)
    if subject in _OF_CALL and text.has("another call", start=sentence.start, end=cue.start):
        return "another call"
    if subject is None and text.words(*sentence)[:1] == ["it"]:
        return "call"
    return subject or next(iter(subjects_in(text, _behind(text, sentence, cue), _SUBJECTS)), None)


def _behind(text: Text, sentence: Span, cue: Cue) -> Iterator[Cue]:
    return islice(text.cues_of(*_SUBJECTS, start=cue.end, end=sentence.end), 1)


def _is_conditional(text: Text, sentence: Span, cue: Cue) -> bool:
    """“Once the call is closed, …”, “if it is closed early”; “a previous call is closed” is not about this one."""
    others = text.cues_of("other edition", start=sentence.start, end=cue.start)
    calls = list(text.cues_of("call", "call for", start=sentence.start, end=cue.start))
    if any(0 <= call.first - other.last <= _REACH_OF_OTHER for other in others for call in calls):
        return True
    before = text.cues_of("condition", start=sentence.start, end=cue.start)
    return any("," not in text.text[one.end : cue.start] for one in before)


_REACH_OF_OTHER: Final = 3


def _is_of_a_day(text: Text, sentence: Span, cue: Cue) -> bool:
    """“31 May 2027, 18:00 – CLOSED” closes a cut-off: after a day, with neither a call nor a verb in between."""
    days = [day.end for day in find_days(text, ANY_YEAR) if sentence.start <= day.start and day.end <= cue.start]
    if not days or text.has("call", "call for", "apply", start=days[-1], end=cue.start):
        return False
    return _VERBS.isdisjoint(text.words(days[-1], cue.end))


_VERBS: Final = frozenset({"is", "are", "was", "were", "has", "have", "had"})
