"""The article of a call's or an edition's own page: its title, and its own lines under their headings (READING S3, E2).

    for article in articles(document, names):     the likeliest first; `names` says whether a title is the page's own
        article.title, article.lines               without the title and without unrelated parts

Pure, linear. Errors: ParseError.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from cmr_watch.models.evidence import NOT_IN_ARTICLE, Evidence, Use
from cmr_watch.reading.document import Candidate, Document, candidates, nodes_of, titles
from cmr_watch.reading.evidence import EvidenceLog
from cmr_watch.reading.headings import names_others
from cmr_watch.reading.lines import Line
from cmr_watch.reading.outline import headings_of, lines_of
from cmr_watch.reading.tokens import Text

_LONGEST_TITLE: Final = 300
_MOST_ARTICLES: Final = 6


@dataclass(frozen=True, slots=True)
class Article:
    """An element that may be the article, as lines. `title` is above or among them; `why`: how it was found.

    - `all_lines`: all of the element; `lines`: its own, without the title and without unrelated ones (S3).
    """

    why: str
    title: Line | None
    all_lines: tuple[Line, ...]
    lines: tuple[Line, ...]

    def note_lines(self, log: EvidenceLog, rule: str) -> None:
        """Note each line as a heading, as prose under `rule`, or as unrelated (S3); a reader may override this."""
        own = {line.number for line in self.lines}
        for line in self.all_lines:
            is_own = line.number in own or line.level == 1
            what: Use = "heading" if line.is_heading and is_own else "prose" if is_own else "of others"
            log.use(line, what, rule if is_own else "S3")

    def evidence(self, log: EvidenceLog) -> Evidence:
        """The evidence that the log has gathered from its title and its lines."""
        return log.finish(self.why, self.all_lines, self.title)

    @property
    def headings(self) -> tuple[str, ...]:
        """The title and the headings."""
        lines = (line for line in self.all_lines if line.level != 1)
        return headings_of((self.title, *lines) if self.title else lines)


def articles(document: Document, names: Callable[[Text], bool]) -> Iterator[Article]:
    """What may be the article: an <article> with title or body, the body field, then what has a title, then any."""
    title = _title(document, names)
    seen: set[str] = set()
    found = [candidate for group in candidates(document) for candidate in group]
    for candidate in sorted(found, key=_order)[:_MOST_ARTICLES]:
        if candidate.markup not in seen:
            seen.add(candidate.markup)
            lines = lines_of(nodes_of(candidate.markup))
            yield Article(candidate.why, _numbered(title, lines), lines, tuple(_own_lines(lines)))


def _numbered(title: Line | None, lines: Sequence[Line]) -> Line | None:
    """The title with its number in the article, if it is there."""
    if title is None:
        return None
    own = (line.number for line in lines if line.level == 1 and line.text == title.text)
    return replace(title, number=next(own, NOT_IN_ARTICLE))


def base_of(address: str | None, canonical: str) -> str:
    """What relative links are resolved against: the page's address without `www.` on the platform itself (O2)."""
    if address is None:
        return canonical
    parts = urlsplit(address)
    own = urlsplit(canonical).hostname or ""
    return urlunsplit(parts._replace(netloc=own)) if parts.hostname == f"www.{own}" else address


def _order(candidate: Candidate) -> int:
    has_title = candidate.element.find(".//h1") is not None
    if candidate.why == "article" and (has_title or candidate.has_body_field):
        return 0
    return 1 if candidate.why == "body field" else 2 if has_title else 3


def _title(document: Document, names: Callable[[Text], bool]) -> Line | None:
    """The first heading of the first rank that is the page's own, else the first one in its article, else the first."""
    found: list[tuple[int, Line]] = []
    for element in titles(document):
        lines = lines_of(nodes_of(Candidate("title", element).markup))
        if lines:
            text = " – ".join(line.shown for line in lines)[:_LONGEST_TITLE]
            is_inner = any(box.tag in ("article", "main") for box in element.iterancestors())
            whole = replace(lines[0], text=text, level=1, links=())
            found.append((0 if names(whole.scan) else 2 - is_inner, whole))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _own_lines(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines without the title, and without the parts of other events, other calls and news (S3)."""
    others: set[int] = set()
    for line in lines:
        is_under_others = line.over is not None and line.over.number in others
        if is_under_others or (line.is_heading and line.level != 1 and names_others(line.text)):
            others.add(line.number)
        elif line.level != 1:
            yield line
