"""What an entry's links are: the edition's page, its summary, or neither (READING O2). Pure, linear; no errors."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple
from urllib.parse import urljoin, urlsplit

from cmr_watch.reading.dates import DateSpan
from cmr_watch.reading.lexicon import MATERIAL_KINDS, words_of
from cmr_watch.reading.lines import Line, Link, Where
from cmr_watch.reading.places import Place

MOST_LINKS: Final = 20
_BARE_LINK: Final = words_of(
    "read see find view download check the our event full here for link it more click open pdf docx pptx"
)
MATERIALS: Final = (*MATERIAL_KINDS, "register", "apply")
"""Concepts of links that never lead to an edition's page."""
_REACH_OF_SUMMARY: Final = 40


class Address(NamedTuple):
    """Where a link leads, and the part of a line's text that it covers."""

    url: str
    line: Line
    start: int
    end: int

    @property
    def where(self) -> Where:
        return Where(self.line, self.start, self.end)


def address_of(line: Line, link: Link, base: str) -> Address | None:
    """Where a link of a line leads, or None (`resolve`)."""
    url = resolve(base, link.href)
    return Address(url, line, link.start, link.end) if url else None


def addresses_of(line: Line, place: Place, date: DateSpan | None, base: str) -> tuple[Address | None, Address | None]:
    """The edition's page and its summary, by what each link covers and says (O2)."""
    found = [address for link in line.links[:MOST_LINKS] if (address := address_of(line, link, base))]
    summaries = [one for one in found if is_summary(line, one)]
    pages = [one for one in found if one not in summaries]
    on_place = [one for one in pages if _overlaps(one, place)]
    on_date = [one for one in pages if date and _overlaps(one, date)]
    bare = [one for one in pages if says_more(line, one)]
    return next(iter([*on_place, *on_date, *bare]), None), next(iter(summaries), None)


def _overlaps(one: Address, other: Place | DateSpan) -> bool:
    return one.start < other.end and other.start < one.end


def says_more(line: Line, link: Link | Address) -> bool:
    """Whether a link says “more info”, “event page” or the like, and nothing else."""
    text = line.scan
    words = [token for token in text.within(link.start, link.end) if token.word]
    cues = list(text.cues_of("more", start=link.start, end=link.end))
    return bool(cues) and all(
        token.word in _BARE_LINK or any(cue.start <= token.start < cue.end for cue in cues) for token in words
    )


def is_summary(line: Line, link: Link | Address) -> bool:
    """Whether a link leads to the summary: it says so, or it covers a part of “Read the event summary here”."""
    text = line.scan
    if text.has("summary", start=link.start, end=link.end):
        return True
    words = set(text.words(link.start, link.end))
    if not words or not words <= _BARE_LINK:
        return False
    near = text.cues_of("summary", start=max(0, link.start - _REACH_OF_SUMMARY), end=link.end + _REACH_OF_SUMMARY)
    return next(near, None) is not None


_PATH: Final = re.compile(r"(?:/[\w~%-][\w.~%-]*+)++", re.ASCII)


@cache
def _origin(base: str) -> str:
    return urljoin(base, "/").rstrip("/")


_SPACES: Final = re.compile(r"[\t\r\n]")


@lru_cache(maxsize=512)
def resolve(base: str, href: str) -> str | None:
    """An absolute http(s) address, or None: nothing else is ever followed or shown."""
    if _PATH.fullmatch(href):  # nearly all links; urljoin takes as long as reading a line
        address = _origin(base) + href
        return None if address == base else address
    try:
        address = urljoin(base, _SPACES.sub("", href).strip().replace(" ", "%20"))
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or address.partition("#")[0] == base:
        return None  # or a place within the page
    return address
