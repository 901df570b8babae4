"""Whether an edition's own page is written before the event or after it, and whether the event is called off."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cmr_watch.models import EditionStatus, Material
from cmr_watch.monitor.parse import words
from cmr_watch.monitor.parse.calls import mentions_call
from cmr_watch.monitor.parse.home import Home
from cmr_watch.monitor.parse.lines import Line
from cmr_watch.monitor.parse.sentences import Sentence

_PAST: Final = re.compile(
    r"\btook place\b|\b(?:was|were) (?:successfully |jointly )?(?:held|attended|hosted|organi[sz]ed)\b|\bgathered\b"
    r"|\bbrought (?:\w+ ){0,8}?together\b|\bthank(?:s|ing)? (?:you )?(?:\w+ ){0,5}?(?:for|to)\b[^.]{0,40}?"
    r"\b(?:participat|attend|join|com|being|host|contribut|speakers|participants|who)\w*"
    r"|\b(?:workshop|event|edition|meeting)\b[^.;]{0,120}?"
    r"\b(?:brought|attracted|welcomed|concluded|drew|united|convened)\b"
    r"|\bparticipants (?:\w+ )?(?:discussed|explored|visited|met|exchanged|networked|learned|learnt|shared|had)\b"
    r"|\b(?:workshop|event|edition) is (?:now |already )?over\b"
    r"|\b(?:has|have) (?:now )?(?:already )?(?:ended|passed|come to an end|been held|taken place)\b",
    re.I,
)
_HOSTED: Final = re.compile(
    r"(?<!be )(?<!is )(?<!are )\b(?:hosted|organi[sz]ed|held) (?:the|its|their|our|a|an) [^.;]{0,60}?"
    r"\b(?:workshop|event|edition)\b",
    re.I,
)
"""Tells the past only where the page's own place is named: other events were hosted before it."""
_NOT_YET: Final = re.compile(r"\b(?:will|if|once|after the event|regist\w+|in advance)\b", re.I)
_AFTER_KINDS: Final = frozenset({"summary", "proceedings", "photos", "recording", "slides"})
_UNSURE: Final = re.compile(
    r"\b(?:if|in case|unless|may|can|could|might|registrations?|hotels?|flights?|rooms?|deadlines?|who"
    r"|sessions?|visits?)\b",
    re.I,
)
_LONGEST_STATE: Final = 250


def is_held(body: Sequence[Sentence], home: Home, materials: Sequence[Material]) -> bool:
    """Whether the page speaks of the edition in the past tense, or offers what only comes after it."""
    return any(one.kind in _AFTER_KINDS for one in materials) or any(_tells_the_past(one, home) for one in body)


def _tells_the_past(sentence: Sentence, home: Home) -> bool:
    found = _PAST.search(sentence.text) or (home.is_named(sentence.text) and _HOSTED.search(sentence.text)) or None
    if found is None or _NOT_YET.search(sentence.text[: found.start()]):
        return False
    return not home.is_another(sentence.text) and not mentions_call(sentence.text)


def state_of(title: Line, body: Sequence[Sentence], home: Home) -> EditionStatus | None:
    """Cancelled or postponed where said of this edition, else save the date where said."""
    own = [title.text] + [one.text for one in body if len(one.text) <= _LONGEST_STATE and not home.is_another(one.text)]
    sure = [text for text in own if not _UNSURE.search(text)]
    if any(words.CANCELLED.search(text) for text in sure):
        return "cancelled"
    if any(words.POSTPONED.search(text) for text in sure):
        return "postponed"
    return "save_the_date" if any(words.SAVE_THE_DATE.search(text) for text in own) else None
