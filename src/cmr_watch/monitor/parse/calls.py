"""Call notices: a paragraph that names a call *and* hosting, or the events to be hosted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cmr_watch.models import CallNotice, CallStatus, ReadingWarning
from cmr_watch.monitor.parse.cutoffs import SPEAKS_OF_CUTOFF, read_cutoffs
from cmr_watch.monitor.parse.dates import find_dates
from cmr_watch.monitor.parse.entry import resolve
from cmr_watch.monitor.parse.lines import Line

_LONGEST: Final = 4_000
_CALL: Final = re.compile(
    r"\bcalls?\s+(?:is\s+\w+\s+)?(?:for|of|to)\b"
    r"|\b(?:new|open|next|this|the|our|previous|current|first|second|third|latest|eccp|\d{4})\s+calls?\b"
    r"|\bcalls?\s+(?:is|are|will|has|have|was|closed|opens?|now|remains?)\b|^\W*(?:open )?calls?\b",
    re.I,
)
_HOSTING: Final = re.compile(
    r"\bhost(?:s|ed|ing)?\b"
    r"|\b(?:clusters?\s+meets?\s+regions?|cmr)\b\W*(?:\w+\W+){0,2}?(?:events?|editions?|workshops?)\b",
    re.I,
)
# In this order: what is closed may say when the next one will open, what will open may say how to apply.
_CLOSED: Final = re.compile(
    r"(?<!will be )(?<!may be )(?<!can be )(?<!might be )(?<!could be )(?<!would be )(?<!to be )"
    r"(?<!is not )(?<!not yet )(?<!not been )(?<!isn['’]t )\bclosed\b(?! yet)"
    r"|\bno longer (?:open|accept\w*|possible|available|apply|submit|be (?:submitted|accepted|made|sent))\b"
    r"|\bno open calls?\b|\b(?:has|have) (?:\w+ )?ended\b|\bhas expired\b|\bis over\b"
    r"|\bnot open any ?more\b|\bdeadline (?:has|is) passed\b",
    re.I,
)
_ANNOUNCED: Final = re.compile(
    r"\bwill (?:\w+ )?(?:(?:re[‐‑-]?)?open|follow|launch|start|be (?:\w+ )?(?:launched|(?:re[‐‑-]?)?opened|published"
    r"|open|announced|released|available|issued))\b"
    r"|\bstay tuned\b|\bopen(?:s|ing)? (?:soon|shortly)\b|\b(?:coming|launching|opening) (?:soon|shortly)\b"
    r"|\bsoon (?:be )?(?:open|launch\w*|publish\w*)\b|\bto be (?:launched|opened|published|announced)\b"
    r"|\bnot (?:yet )?open(?:ed)?(?: yet)?\b|\b(?:is|are) (?:planned|foreseen|expected)\b|\bopens (?:on|in|from|at)\b",
    re.I,
)
_OPEN: Final = re.compile(
    r"\b(?:is|are|now|remains?|still|continuously|currently|again|re[‐‑-]?)\s?(?:\w+ ){0,2}?open(?:ed)?\b"
    r"|\bopen (?:now|until|till|for|call)\b|[:(‐‑‒–—―−-]\s*(?:now )?open\s*(?:$|[.!)‐‑‒–—―−-])"
    r"|\bapply\b|\bapplications? (?:are|is) (?:welcome|accepted|possible)|\bsubmit\b|\bextended\b"
    r"|\bhas (?:\w+ )?(?:been )?(?:opened|launched|published)\b|\b(?:is|was|been) launched\b"
    r"|\bcloses\b|\bwill (?:be )?closed?\b|\bnot (?:yet |been )?closed\b",
    re.I,
)
_APPLY: Final = re.compile(r"\bapply\b|\bapplication\b|\bhere\b|\bform\b|\bsubmit\b|\bexpress\w*\b", re.I)
_YEARS: Final = re.compile(r"(?<![\d.])(20\d\d)(?:\s*[-‐‑‒–—―−/]\s*((?:20)?\d\d)(?!\d))?(?!\d)")
_JOINT = r"(?:\s*(?:[-‐‑‒–—―−/,&]|and|or|to|until)\s*)"
_HOSTING_YEARS: Final = re.compile(
    rf"\b(?:host\w*|events?|editions?|workshops?|regions)\b[^.;]{{0,60}}?"
    rf"(20\d\d(?:{_JOINT}+(?:in |[a-z]{{3,9}}\s)?(?:20)?\d\d)*)(?!\d)",
    re.I,
)
_TIME_OF_THE_CALL: Final = re.compile(
    r"\b(?:(?:re[‐‑-]?)?open\w*|launch\w*|publish\w*|start\w*|clos\w+|announced|released|available|expected|until|till|by"
    r"|since|from|deadlines?|cut[\s‐‑-]?offs?)[\s:]+(?:again\s+)?(?:(?:in|on|at|the|early|late|mid|end|of|beginning)\W+)*$",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Notice:
    """The lines of one notice."""

    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """All of it, lines parted by a space."""
        return " ".join(line.shown for line in self.lines)


def names_a_call(text: str) -> bool:
    """Whether a text names a call and hosting; a bare deadline is none."""
    head = text[:_LONGEST]
    return bool(_CALL.search(head) and _HOSTING.search(head))


def mentions_call(text: str) -> bool:
    """Whether it names a call, without the events."""
    return bool(_CALL.search(text[:_LONGEST]))


def continues_notice(text: str) -> bool:
    """Whether a line after a notice belongs to it: a cut-off, or the way to apply."""
    return len(text) <= 400 and bool(
        SPEAKS_OF_CUTOFF.search(text) or re.match(r"\W*(?:how to )?(?:apply|submit)\b", text, re.I)
    )


def heads_a_list(text: str) -> bool:
    """Whether a text ends with words that head a list of cut-offs: “… Cut-off dates:”."""
    return bool(SPEAKS_OF_CUTOFF.search(text[-_HEAD_OF_A_LIST:])) and text.rstrip().endswith(":")


_HEAD_OF_A_LIST: Final = 80


def says_status(text: str) -> bool:
    """Whether the words of a text tell the state of a call."""
    return any(pattern.search(text) for pattern in (_CLOSED, _ANNOUNCED, _OPEN))


def status_of(text: str) -> CallStatus:
    """By the words, never by the clock. Words that tell nothing announce no more than that there is a call."""
    if _CLOSED.search(_without_cutoff_marks(text)):
        return "closed"
    if _ANNOUNCED.search(text):
        return "announced"
    return "open" if _OPEN.search(text) else "announced"


_CUTOFF_MARK: Final = re.compile(r"[‐‑‒–—―−(-]\s*(?:closed|expired)\b", re.I)
_MARK_REACH: Final = 60


def _without_cutoff_marks(text: str) -> str:
    """“31 May 2024 – CLOSED” closes a cut-off, not the call."""
    for date in reversed(find_dates(text, single=True)):
        reach = date.end + _MARK_REACH
        text = text[: date.end] + _CUTOFF_MARK.sub("", text[date.end : reach], count=1) + text[reach:]
    return text


def read_notice(
    notice: Notice, year: int | None, base: str, more: tuple[Line, ...] = ()
) -> tuple[CallNotice, list[ReadingWarning]]:
    """The call that a notice tells of. `more` are lines after it that carry cut-offs or the way to apply."""
    text = notice.text[:_LONGEST]
    cutoffs, warnings = read_cutoffs(text, year)
    listed = heads_a_list(text)
    for line in more:
        own, doubts = read_cutoffs(line.shown, year, listed=listed)
        listed = listed or bool(SPEAKS_OF_CUTOFF.search(line.text))
        cutoffs, warnings = (*cutoffs, *own), warnings + doubts
    whole = f"{text} {' '.join(line.shown for line in more)}"[:_LONGEST]
    call = CallNotice(
        status=status_of(whole if not says_status(text) else text),
        hosting_years=hosting_years(text),
        cutoffs=tuple(dict.fromkeys(cutoffs)),
        apply_url=_apply_url(notice.lines + more, base),
        text=notice.text,
    )
    return call, warnings


def hosting_years(text: str) -> tuple[int, ...]:
    """The years in which the events are to be hosted, not those of a cut-off or a publication.

    A range counts whole (`2024 - 2026`); years that follow the events' name win over others, and a year in which the
    call itself opens or ends is none.
    """
    bare = text
    for date in reversed(find_dates(text)):
        if date.precision in ("day", "unknown") or _TIME_OF_THE_CALL.search(text[: date.start][-60:]):
            bare = f"{bare[: date.start]};{bare[date.end :]}"
    near = _HOSTING_YEARS.search(bare)
    return _years(near[1]) or _years(bare) if near else _years(bare)


def _years(text: str) -> tuple[int, ...]:
    years: set[int] = set()
    for match in _YEARS.finditer(text):
        first = int(match[1])
        last = int(match[2]) if match[2] else first
        last = last + first // 100 * 100 if last < 100 else last
        years |= set(range(first, last + 1)) if 0 <= last - first <= 10 else {first}
    return tuple(sorted(years))


def _apply_url(lines: tuple[Line, ...], base: str) -> str | None:
    """The link that says “apply”, else the only one."""
    links = [(line.text[link.start : link.end], resolve(base, link.href)) for line in lines for link in line.links]
    found = [(text, url) for text, url in links if url]
    for pattern in (re.compile(r"\bapply\b", re.I), _APPLY):
        for text, url in found:
            if pattern.search(text):
                return url
    return found[0][1] if found else None
