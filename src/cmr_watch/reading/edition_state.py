"""Whether an edition's own page speaks of it as past, cancelled or postponed (READING D6, S7). Pure; no errors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cmr_watch.models import EditionStatus, Material
from cmr_watch.reading.clauses import subject_of
from cmr_watch.reading.entries import said_status
from cmr_watch.reading.home import Home, Sentence
from cmr_watch.reading.notices import mentions_call
from cmr_watch.reading.tokens import Text

_AFTER_KINDS: Final = frozenset({"summary", "proceedings", "photos", "recording", "slides"})
"""Materials that only come after the event."""
_LONGEST: Final = 250
_SUBJECTS: Final = ("event", "series", "register", "cutoff", "session", "stay", "visit", "call", "call for")
_OF_EVENT: Final = (None, "event", "series")


def is_held(sentences: Iterable[Sentence], home: Home, materials: Iterable[Material]) -> bool:
    """Whether the page speaks of the edition in the past tense, or offers what only comes after it."""
    return any(one.kind in _AFTER_KINDS for one in materials) or any(_tells_past(one, home) for one in sentences)


def _tells_past(sentence: Sentence, home: Home) -> bool:
    text = sentence.text
    is_own = home.is_named(text.text)
    for cue in text.cues_of("was held", "was hosted"):
        if subject_of(text, cue.start, _SUBJECTS) not in _OF_EVENT:
            continue
        if "was held" in cue.concepts or (is_own and text.has("event", "series")):
            return not home.is_another(sentence) and not mentions_call(text)
    return False


def state_of(title: Text, sentences: Sequence[Sentence], home: Home) -> EditionStatus | None:
    """Cancelled or postponed where said of this edition, else save the date where said."""
    own = [one.text for one in sentences if len(one.text.text) <= _LONGEST and not home.is_another(one)]
    said = [said_status(text) for text in (title, *own) if _is_of_event(text)]
    for status in ("cancelled", "postponed"):
        if status in said:
            return status
    return "save_the_date" if any(text.has("save the date") for text in (title, *own)) else None


def _is_of_event(text: Text) -> bool:
    """“The site visit is cancelled”, “registrations can be cancelled” say nothing of the event."""
    cue = next(text.cues_of("cancelled", "postponed"), None)
    if cue is None:
        return True
    return subject_of(text, cue.start, _SUBJECTS) in _OF_EVENT and not text.has("modal", end=cue.start)
