"""Whether the call of a call page is announced, open or closed: by its words, never by the clock."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from cmr_watch.models import CallStatus, Cutoff
from cmr_watch.monitor.parse.calls import status_of
from cmr_watch.monitor.parse.cutoffs import SPEAKS_OF_CUTOFF
from cmr_watch.monitor.parse.dates import find_dates

_LONGEST: Final = 1_000
_SENTENCE_END: Final = re.compile(r"(?<=[a-zA-Z)\d][.!?])\s+|[;\n]")
_SUBJECT: Final = re.compile(
    r"\b(?:calls?|applications?|submissions?|expressions? of interest|stay tuned|soon|apply|form|survey)\b", re.I
)
_OTHER_CALL: Final = re.compile(
    r"\b(?:previous|earlier|past|former|last year['’]s|first|second|third|last|\d(?:st|nd|rd|th)) (?:\w+ )?"
    r"(?:calls?|rounds?|editions?|selections?|waves?)\b"
    r"|\b(?:once|after|when|until|if|before|as soon as)\b[^.;,]{0,60}\b(?:closed|ended|expired|over)\b"
    r"|\b(?:late|incomplete|individual) (?:applications?|submissions?)\b"
    r"|\b(?:calls?|one|rounds?)\b[^.;,]{0,30}\b(?:is|remains) (?:now |still |currently )?open\b"
    r"|\bclosed (?:cut|dates?|deadlines?)|\bclosed[- ](?:door|session|events?)\b",
    re.I,
)
_CALL_IS: Final = re.compile(
    r"\bcalls?\b(?:\s+for\s+\w+(?:\s+of\s+\w+)?)?\s+(?:is|are|was|has|have)?\s*(?:now |already |been |officially )*"
    r"(?:closed|ended|expired|over|no longer open)\b",
    re.I,
)
_ORDINAL: Final = re.compile(
    r"\b(?:first|second|third|fourth|previous|past|earlier|\d(?:st|nd|rd|th)|\d\d? \w+)\b", re.I
)
_SHOUTED: Final = re.compile(r"\W*(?:this |the )?(?:call )?(?:is )?(?:now )?closed\W*", re.I)


def read_status(title: str, texts: Sequence[str], cutoffs: Sequence[Cutoff], *, has_form: bool) -> CallStatus:
    """Closed where the *call* is; else open with an open cut-off or a way to apply; else what the words say.

    Cut-offs open nothing that is announced when they are all tentative, or when the call “will be launched” and
    nothing says that it is open.
    """
    sentences = [part for text in (title, *texts) for part in _SENTENCE_END.split(text[: 4 * _LONGEST]) if part.strip()]
    live = [cutoff for cutoff in cutoffs if not cutoff.closed]
    if _title_is_closed(title) or _field_is_closed(texts):
        return "closed"
    if any(_closes(sentence[:_LONGEST], len(live)) for sentence in sentences):
        return "closed"
    if has_form or (any(not cutoff.tentative for cutoff in live) and not _is_to_come(sentences)):
        return "open"
    said = _said(sentences)
    if cutoffs and not live and said is None:
        return "closed"
    return said or ("open" if live else "announced")


def _title_is_closed(title: str) -> bool:
    """“Call for expression of interest – CLOSED”."""
    head = title.strip(" .!)]").casefold()
    return head.endswith("closed") or bool(re.match(r"\W*closed\b", head))


_STATUS: Final = re.compile(r"\W*(?:call |current )?status(?: of (?:the|this) call)?\W*", re.I)
_STATUS_CLOSED: Final = re.compile(rf"{_STATUS.pattern}(?:{_SHOUTED.pattern})", re.I)


def _field_is_closed(texts: Sequence[str]) -> bool:
    """“Status: Closed”, in a line or in two, unless it stands below a day: then it is that cut-off's."""
    heads = ["", *(text[:_LONGEST_FIELD] for text in texts), ""]
    for above, text, below in zip(heads, heads[1:], heads[2:], strict=False):
        field = f"{text} {below}" if _STATUS.fullmatch(text) else text
        if _STATUS_CLOSED.fullmatch(field) and not find_dates(above, single=True):
            return True
    return False


_LONGEST_FIELD: Final = 60
_QUESTION: Final = re.compile(r"\?\W*$")
_MAY_CLOSE: Final = re.compile(r"clos|no open|end|expire|over|passed|no longer|not open", re.I)


def _closes(sentence: str, live: int) -> bool:
    """Whether a sentence says, and does not ask, that the call is closed, and not a cut-off or an earlier call."""
    if _SHOUTED.fullmatch(sentence):
        return "call" in sentence.lower() or not live
    if not _MAY_CLOSE.search(sentence) or _QUESTION.search(sentence[-20:]):
        return False
    if status_of(sentence) != "closed" or _OTHER_CALL.search(sentence):
        return False
    if SPEAKS_OF_CUTOFF.search(sentence):
        return bool(_CALL_IS.search(sentence)) or (live <= 1 and not _ORDINAL.search(sentence))
    return bool(_SUBJECT.search(sentence))


_CALL_WILL: Final = re.compile(
    r"\bcalls?\b[^.;]{0,80}\bwill (?:\w+ )?(?:(?:re[‐‑-]?)?open|launch|start|be (?:\w+ )?(?:launched"
    r"|(?:re[‐‑-]?)?opened|open|published|released|available))\b",
    re.I,
)
_OTHER_NEXT: Final = re.compile(r"\b(?:new|next|another|second|further|future|following) (?:\w+ )?calls?\b", re.I)
_IS_OPEN: Final = re.compile(r"\b(?:is|are|now|currently|continuously|still|remains?) (?:\w+ ){0,2}?open\b", re.I)


def _is_to_come(sentences: Sequence[str]) -> bool:
    """Whether the call itself “will be launched”, and nothing says that it is open."""
    heads = [sentence[:_LONGEST] for sentence in sentences]
    will = any(_CALL_WILL.search(head) and not _OTHER_NEXT.search(head) for head in heads)
    return will and not any(_IS_OPEN.search(head) for head in heads)


def _said(sentences: Sequence[str]) -> CallStatus | None:
    """Announced before open, in the sentences that speak of the call; None when they say neither."""
    heads = (sentence[:_LONGEST] for sentence in sentences)
    found = {_state(head) for head in heads if _SUBJECT.search(head)}
    return "announced" if "announced" in found else "open" if "open" in found else None


_SAYS_ANNOUNCED: Final = re.compile(
    r"\b(?:will|soon|shortly|stay tuned|to be|not yet|planned|foreseen|expected|opens|opening)\b", re.I
)


def _state(sentence: str) -> CallStatus | None:
    """A sentence that tells no state is no announcement here: the page has others."""
    state = status_of(sentence)
    if state == "announced" and not _SAYS_ANNOUNCED.search(sentence):
        return None
    return None if state == "closed" else state
