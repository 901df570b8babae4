"""Which link of a notice or a call page leads to the application (READING O2). Pure; no errors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urldefrag, urlsplit

from cmr_watch.reading.clauses import sentences_of
from cmr_watch.reading.lexicon import Concept, words_of
from cmr_watch.reading.lines import Line
from cmr_watch.reading.links import Address, address_of
from cmr_watch.reading.tokens import Text

_REACH: Final = 80
_LONGEST_ADDRESS: Final = 2_000
_DOCUMENTS: Final = (".pdf", ".doc", ".docx", ".odt", ".rtf", ".xls", ".xlsx", ".ppt", ".pptx", ".zip")
_PLAIN: Final = words_of(
    """
    click via at by on in using this the our here link form page open download go to file online website version
    odt word doc docx pdf excel xls xlsx zip rtf en fr de english french german
    """
)
_DOCUMENT_LATER, _GUIDE_LATER = 10, 5


class ApplyLink(NamedTuple):
    """A link to apply, and whether it leads to a form (C6): not to a template, and not because it is the only link."""

    address: Address
    is_form: bool = True


def links_in(lines: Sequence[Line], base: str) -> Iterator[Address]:
    """The links of lines; fragments of this page and mail addresses do not count."""
    for line in lines:
        for link in line.links:
            found = address_of(line, link._replace(href=link.href[:_LONGEST_ADDRESS]), base)
            if found and urldefrag(found.url)[0] != urldefrag(base)[0]:
                yield found


def apply_link(links: Sequence[Address]) -> ApplyLink | None:
    """The link to apply: one that says so, a survey's, one of an application or form, “here” next to such words.

    Guides, templates and documents come last; else the only link counts, unless it leads to legal information.
    """
    ranked = [(rank, number) for number, one in enumerate(links) if (rank := _rank(one)) is not None]
    if ranked:
        link = links[min(ranked)[1]]
        return ApplyLink(link, is_form=not _is_about(link, *_NO_FORM))
    is_only = len({one.url for one in links}) == 1 and not _is_about(links[0], "legal", "site form")
    return ApplyLink(links[0], is_form=False) if is_only else None


def _rank(link: Address) -> int | None:
    rank = _rank_of_words(link)
    if rank is None or _is_about(link, "site form"):
        return None
    is_document = urlsplit(link.url).path.lower().endswith(_DOCUMENTS)
    return rank + _DOCUMENT_LATER * is_document + _GUIDE_LATER * _is_about(link, *_NO_FORM)


def _rank_of_words(link: Address) -> int | None:
    text = link.line.scan
    words = set(text.words(link.start, link.end))
    if "apply" in words:
        return 0
    if says_apply(text, link.start, link.end):
        return 2
    if _is_bare(link):
        return 3 if says_apply(text, max(0, link.start - _REACH), link.end + _REACH) else None
    return 4 if _follows_colon(link) and says_apply(text, _start_of_lead(link), link.start) else None


def _is_bare(link: Address) -> bool:
    """Whether its words say nothing: “here”, “PDF”, an address."""
    text = link.line.scan
    words = {token.word for token in text.tokens if link.start <= token.start < link.end and token.word}
    return words <= _PLAIN or text.text[link.start : link.end].startswith(("http", "www."))


def _follows_colon(link: Address) -> bool:
    """“The link to the application: host a workshop” completes the words before the colon."""
    return link.line.text[: link.start].rstrip().endswith(":")


def _start_of_lead(link: Address) -> int:
    """Where the words that a link completes begin: at its sentence, or after the previous link."""
    sentences = (one.start for one in sentences_of(link.line.scan))
    links = (one.end for one in link.line.links)
    return max(position for position in (*sentences, *links) if position <= link.start)


_NO_FORM: Final[tuple[Concept, ...]] = ("about applying", "legal")
"""A template, a guide, an example, legal information (C6)."""


def _is_about(link: Address, *concepts: Concept) -> bool:
    """What a link is about: by its own words, or by those that “here” completes."""
    is_led = _is_bare(link) or _follows_colon(link)
    start = _start_of_lead(link) if is_led else link.start
    return link.line.scan.has(*concepts, start=start, end=link.end)


def says_apply(text: Text, start: int, end: int) -> bool:
    """Whether words mention applying, a form or a survey."""
    cues = (cue for cue in text.cues_of("apply", "survey") if cue.start < end and start < cue.end)
    return next(cues, None) is not None
