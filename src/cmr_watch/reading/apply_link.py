"""Which link of a notice or a call page leads to where one applies (READING O2). Pure; no errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urldefrag, urlsplit

from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.lines import Line
from cmr_watch.reading.links import Address, address_of
from cmr_watch.reading.tokens import Text

_REACH: Final = 80
_LONGEST_ADDRESS: Final = 2_000
_DOCUMENTS: Final = (".pdf", ".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ppt", ".pptx", ".zip")
_PLAIN: Final = words_of("click via at by on in using this the our here link form page open")
_DOCUMENT_LATER, _GUIDE_LATER = 10, 5


class ApplyLink(NamedTuple):
    """A link to apply, and whether it is one only because there is no other link."""

    address: Address
    is_only_link: bool = False


def links_in(lines: Sequence[Line], base: str) -> Iterator[Address]:
    """The links of lines; a mark in this page and a mail address are no way to apply."""
    for line in lines:
        for link in line.links:
            found = address_of(line, link._replace(href=link.href[:_LONGEST_ADDRESS]), base)
            if found and urldefrag(found.url)[0] != urldefrag(base)[0]:
                yield found


def apply_link(links: Sequence[Address]) -> ApplyLink | None:
    """The link to apply: one that says so, a survey's, one of an application or form, “here” beside such words.

    Guides, templates and documents come last; else the only link counts, unless it leads to what the law asks for.
    """
    ranked = [(rank, number) for number, one in enumerate(links) if (rank := _rank(one)) is not None]
    if ranked:
        return ApplyLink(links[min(ranked)[1]])
    is_only = len({one.url for one in links}) == 1 and not _says(links[0], "legal")
    return ApplyLink(links[0], is_only_link=True) if is_only else None


def _rank(link: Address) -> int | None:
    rank = _rank_of_words(link)
    if rank is None:
        return None
    is_document = urlsplit(link.url).path.lower().endswith(_DOCUMENTS)
    return rank + _DOCUMENT_LATER * is_document + _GUIDE_LATER * _says(link, "about applying", "legal")


def _rank_of_words(link: Address) -> int | None:
    text = link.line.scan
    words = set(text.words(link.start, link.end))
    if "apply" in words:
        return 0
    if says_apply(text, link.start, link.end):
        return 2
    is_bare = words <= _PLAIN or text.text[link.start : link.end].startswith(("http", "www."))
    return 3 if is_bare and says_apply(text, max(0, link.start - _REACH), link.end + _REACH) else None


def says_apply(text: Text, start: int, end: int) -> bool:
    """Whether words speak of applying, of a form or a survey."""
    return text.has("apply", "survey", start=start, end=end)


def _says(link: Address, *concepts: Concept) -> bool:
    return link.line.scan.has(*concepts, start=link.start, end=link.end)
