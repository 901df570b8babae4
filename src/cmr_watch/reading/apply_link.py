"""Which link of a notice or a call page leads to where one applies (READING O2). Pure; no errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urldefrag, urlsplit

from cmr_watch.reading.entries import resolve
from cmr_watch.reading.lexicon import words_of
from cmr_watch.reading.lines import Line, Link
from cmr_watch.reading.tokens import Text

_REACH: Final = 80
_LONGEST_ADDRESS: Final = 2_000
_DOCUMENTS: Final = (".pdf", ".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ppt", ".pptx", ".zip")
_PLAIN: Final = words_of("click via at by on in using this the our here link form page")
_DOCUMENT_LATER, _OTHER_LATER = 10, 5


@dataclass(frozen=True, slots=True)
class ApplyLink:
    """A link to apply, its line, and whether it is one only because there is no other link."""

    url: str
    line: Line
    is_only_link: bool = False


_Found = tuple[Line, Link, str]


def links_in(lines: Sequence[Line], base: str) -> Iterator[_Found]:
    """The links of lines with their addresses; a mark in this page and a mail address are no way to apply."""
    for line in lines:
        for link in line.links:
            url = resolve(base, link.href[:_LONGEST_ADDRESS])
            if url and urldefrag(url)[0] != urldefrag(base)[0]:
                yield line, link, url


def apply_link(links: Sequence[_Found]) -> ApplyLink | None:
    """The link to apply: one that says so, a survey's, one of an application or form, “here” beside such words.

    Guides, templates and documents come last; else the only link counts.
    """
    ranked = [(rank, number) for number, one in enumerate(links) if (rank := _rank(*one)) is not None]
    if ranked:
        line, _, url = links[min(ranked)[1]]
        return ApplyLink(url, line)
    if len({url for _, _, url in links}) == 1 and not _says_other(links[0][0].scan, links[0][1]):
        return ApplyLink(links[0][2], links[0][0], is_only_link=True)
    return None


def _rank(line: Line, link: Link, url: str) -> int | None:
    text, rank = line.scan, _rank_of_words(line.scan, link)
    if rank is None:
        return None
    is_document = urlsplit(url).path.lower().endswith(_DOCUMENTS)
    return rank + _DOCUMENT_LATER * is_document + _OTHER_LATER * _says_other(text, link)


def _rank_of_words(text: Text, link: Link) -> int | None:
    words = {token.word for token in text.tokens if link.start <= token.start < link.end and token.word}
    if "apply" in words:
        return 0
    if says_apply(text, link):
        return 2
    is_bare = words <= _PLAIN or text.text[link.start : link.end].startswith(("http", "www."))
    near = text.has("apply", "survey", start=max(0, link.start - _REACH), end=link.end + _REACH)
    return 3 if is_bare and near else None


def says_apply(text: Text, link: Link) -> bool:
    """Whether a link's own words speak of applying, of a form or a survey."""
    return text.has("apply", "survey", start=link.start, end=link.end)


def _says_other(text: Text, link: Link) -> bool:
    return text.has("about applying", start=link.start, end=link.end)
