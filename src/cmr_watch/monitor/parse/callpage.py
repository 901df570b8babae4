"""The call page: one call for expression of interest, with its cut-off dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from lxml import html

from cmr_watch.models import CallNotice, Outline, Snapshot
from cmr_watch.monitor.parse.callpage_asks import apply_url, contact, form_url, needs
from cmr_watch.monitor.parse.callpage_dates import LONGEST_LINE, Dates, read_dates
from cmr_watch.monitor.parse.callpage_status import read_status
from cmr_watch.monitor.parse.calls import hosting_years, mentions_call, names_a_call
from cmr_watch.monitor.parse.dates import find_dates
from cmr_watch.monitor.parse.document import Document, candidates, open_document
from cmr_watch.monitor.parse.headings import heading_of, looks_like_heading
from cmr_watch.monitor.parse.lines import Line, article_lines, markup_of

URL: Final = "https://clustercollaboration.eu/content/call-expression-interest-clusters-meet-regions"
"""The page's canonical address: relative links are resolved against it."""

_LONGEST_TEXT: Final = 2_000
_LONGEST_TITLE: Final = 300
_LONGEST_HEADING: Final = 80
_MOST_HEADINGS: Final = 20
_MOST_TITLES: Final = 10

_INTEREST: Final = re.compile(r"\bexpressions? of interest\b", re.I)
_SERIES: Final = re.compile(r"\bclusters?\s+meets?\s+regions?\b|\bhost(?:s|ed|ing)?\b", re.I)
_SUBSTANCE: Final = re.compile(
    r"\b(?:calls?|appl(?:y|ying|icants?|ications?)|deadlines?|cut[‐‑-]?offs?|interest)\b", re.I
)
_OTHERS: Final = re.compile(
    r"\W*(?:related|other|more|similar|further|latest|recent|you may|you might|see also|read also|also interesting"
    r"|upcoming events|news)\b(?!\s+(?:information|info|details|questions|requirements|conditions|documents|about))",
    re.I,
)


@dataclass(frozen=True, slots=True)
class _Article:
    """What may be the article: its title, its lines, how well it names a call (0: not at all), and its dates."""

    title: str
    lines: tuple[Line, ...]
    names: int
    dates: Dates

    @property
    def worth(self) -> tuple[int, bool]:
        """Of several the first with most is taken."""
        return self.names, bool(self.dates.cutoffs)


def read_call(content: bytes, charset: str | None = None, url: str = URL) -> Snapshot:
    """What the call page says. `charset` is the one that the HTTP header named; ParseError if it is no page.

    `url` is the page's address: relative links are resolved against it.
    """
    document = open_document(content, charset)
    best = _best(document)
    headings = _headings(best)
    if not best.names:
        return Snapshot("call", outline=Outline(document.complete, (), headings=headings))
    dates = best.dates
    outline = Outline(document.complete, (), dates.dated_lines, dates.unread_lines, headings)
    return Snapshot("call", (), (_call(best, document, url),), dates.warnings, outline)


def _best(document: Document) -> _Article:
    """The element that names a call best. Once one names it, only the <article> around it may tell more."""
    title = _title(document.root)
    best = _article(title, ())
    for elements in candidates(document):
        for element in elements:
            if not best.names or element.tag == "article" or "field" in (element.get("class") or ""):
                best = max(best, _article(title, article_lines(markup_of(element))), key=lambda found: found.worth)
        if best.names and best.dates.cutoffs:
            break
    return best


def _article(title: str, lines: Sequence[Line]) -> _Article:
    own = tuple(_own(lines))
    names = 0 if _lists_editions(own) else _names(title, own)
    return _Article(title, own, names, read_dates(own if names else ()))


def _own(lines: Sequence[Line]) -> Iterator[Line]:
    """Lines without the parts that other calls and news stand in: from their heading to the next one as high."""
    foreign: int | None = None
    for line in lines:
        level = line.level or _BOLD_LEVEL
        if looks_like_heading(line) and (foreign is None or level <= foreign):
            foreign = level if line.level and _OTHERS.match(line.text) else None
        if foreign is None:
            yield line


_BOLD_LEVEL: Final = 8


# ── does it name a call? ─────────────────────────────────────────────────────────────────────────────────────────


def _lists_editions(lines: Sequence[Line]) -> bool:
    """Whether it is the page with both lists, which has a notice of the call but is not the call's page."""
    headings = (heading_of(line) for line in lines)
    return {heading.section for heading in headings if heading} >= {"upcoming", "past"}


def _names(title: str, lines: Sequence[Line]) -> int:
    """2: a line names the call and what is hosted; 1: title and text do together; 0: no call."""
    texts = [line.shown[:LONGEST_LINE] for line in lines if line.shown != title]
    if any(names_call(text) for text in texts):
        return 2
    is_call = _is_call(title) or any(_is_call(text) for text in texts)
    is_ours = _SERIES.search(title) or any(_SERIES.search(text) for text in texts)
    return int(bool(is_call and is_ours) and any(_SUBSTANCE.search(text) for text in texts))


def names_call(text: str) -> bool:
    """Whether a text names a call (or an expression of interest) and hosting or the series."""
    return names_a_call(text) or (_is_call(text) and bool(_SERIES.search(text)))


def _is_call(text: str) -> bool:
    return mentions_call(text) or bool(_INTEREST.search(text))


# ── the call ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _call(article: _Article, document: Document, url: str) -> CallNotice:
    lines, cutoffs = article.lines, article.dates.cutoffs
    where = apply_url(lines, url) or form_url(document.root, url)
    paragraph = _paragraph(article)
    return CallNotice(
        status=read_status(article.title, [line.shown for line in lines], cutoffs, has_form=where is not None),
        hosting_years=_hosting_years(article, paragraph),
        cutoffs=cutoffs,
        title=article.title or _heading_of_call(lines),
        apply_url=where,
        text=paragraph,
        contact=contact(lines),
        needs=needs(lines),
    )


def _paragraph(article: _Article) -> str:
    """The paragraph that names the call: it and what is hosted, or else the call alone; the title where none does."""
    texts = [line.shown[:LONGEST_LINE] for line in article.lines if not looks_like_heading(line)]
    for names in (names_call, _is_call):
        found = next((text for text in texts if names(text)), None)
        if found:
            return found[:_LONGEST_TEXT]
    return article.title[:_LONGEST_TEXT]


def _hosting_years(article: _Article, paragraph: str) -> tuple[int, ...]:
    """By the title, then the paragraph's sentences on hosting, then the first other line that tells some."""
    lines = (line.shown[:_LONGEST_TEXT] for line in article.lines)
    texts = (article.title, paragraph, *(text for text in lines if _SERIES.search(text)))
    found = (hosting_years(_on_hosting(text)) for text in texts)
    return next((years for years in found if years), ())


def _on_hosting(text: str) -> str:
    """The sentences that speak of hosting or the series, without what began long ago (“since 2021”)."""
    sentences = re.split(r"(?<=[a-z)\d][.!?])\s+(?=[A-Z])", text)
    return _SINCE.sub("", " ".join(sentence for sentence in sentences if _SERIES.search(sentence)))


_SINCE: Final = re.compile(r"\b(?:since|launched in|started in|established in|as of)\s+(?:\w+\s)?20\d\d\b", re.I)


# ── title and headings ───────────────────────────────────────────────────────────────────────────────────────────


def _title(root: html.HtmlElement) -> str:
    """The first h1 that names a call; else the first one in an article or the main part; else the first."""
    heads = [(head, _text(head)) for head in islice(root.iter("h1"), _MOST_TITLES)]
    named = [(head, text) for head, text in heads if text]
    calls = (text for _, text in named if _is_call(text))
    inner = (text for head, text in named if any(box.tag in ("article", "main") for box in head.iterancestors()))
    return next((text for group in (calls, inner, (text for _, text in named)) for text in group), "")


def _text(element: html.HtmlElement) -> str:
    return " ".join(line.shown for line in article_lines(markup_of(element)))[:_LONGEST_TITLE].strip()


def _heading_of_call(lines: Sequence[Line]) -> str | None:
    found = (line.shown for line in lines if looks_like_heading(line) and _is_call(line.shown[:LONGEST_LINE]))
    return next((text[:_LONGEST_TITLE] for text in found), None)


def _headings(article: _Article) -> tuple[str, ...]:
    """The title and the headings of the article; a bold date is none."""
    found = [line.shown[:_LONGEST_HEADING].strip() for line in article.lines if _is_heading(line)]
    title = article.title[:_LONGEST_HEADING].strip()
    whole = found if not title or title in found else [title, *found]
    return tuple(whole[:_MOST_HEADINGS])


def _is_heading(line: Line) -> bool:
    return looks_like_heading(line) and (line.level > 0 or not find_dates(line.text[:LONGEST_LINE], single=True))
