"""An edition's own page: where and when it meets, how to register, and what it offers to read afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree, html

from cmr_watch.models import Edition, EditionStatus, Outline, ReadingWarning, Snapshot
from cmr_watch.monitor.parse.document import Document, candidates, open_document
from cmr_watch.monitor.parse.editiondays import When, dates_of, is_tentative, with_last_day
from cmr_watch.monitor.parse.editionstate import is_held, state_of
from cmr_watch.monitor.parse.headings import looks_like_heading
from cmr_watch.monitor.parse.home import Home
from cmr_watch.monitor.parse.lines import Line, article_lines, markup_of
from cmr_watch.monitor.parse.materials import anchors_of, materials_of
from cmr_watch.monitor.parse.place import Place
from cmr_watch.monitor.parse.registration import registration_closes_on, registration_url
from cmr_watch.monitor.parse.sentences import Sentence, sentences_of
from cmr_watch.monitor.parse.venue import SERIES, place_of
from cmr_watch.places import is_online

URL: Final = "https://clustercollaboration.eu/content/"
"""Where editions' pages stand: relative links of a page without an address are resolved against it."""

_LONGEST_TEXT: Final = 500
_MOST_HEADINGS: Final = 20
_LONGEST_HEADING: Final = 80


def read_edition(content: bytes, charset: str | None = None, url: str = URL) -> Snapshot:
    """What an edition's page says. `url` is the page's own address; ParseError if it is no page.

    A page that names no place, such as an error, holds no edition.
    """
    document = open_document(content, charset)
    title = _title_of(document)
    best: Snapshot | None = None
    for element in _articles(document):
        snapshot = read_article(article_lines(markup_of(element)), title, url, complete=document.complete)
        if snapshot.outline.dated_lines:
            return snapshot
        best = snapshot if best is None or (snapshot.editions and not best.editions) else best
    return best or Snapshot("edition", outline=Outline(document.complete, ()))


# ── the article ──────────────────────────────────────────────────────────────────────────────────────────────────

_BODY: Final = etree.XPath("boolean(descendant-or-self::*[contains(concat(' ', @class, ' '), ' field--name-body ')])")
_TITLE: Final = etree.XPath("boolean(descendant::h1)")
_TITLES: Final = etree.XPath("//h1")
_MOST_TITLES: Final = 4


def _articles(document: Document) -> list[html.HtmlElement]:
    """The article, then the body field; a wider part of the page only where there is neither."""
    elements = [element for group in candidates(document) for element in group]
    articles = [one for one in elements if one.tag == "article"]
    near = [one for one in articles if _TITLE(one)] or [one for one in articles if _BODY(one)]
    near += [one for one in elements if one.tag != "article" and _is_body_field(one)]
    wide = [one for one in elements if one.tag in ("main", "body") or _TITLE(one)]
    return near[:_MOST_TITLES] or wide[:1] or elements[:1]


def _is_body_field(element: html.HtmlElement) -> bool:
    return "field--name-body" in (element.get("class") or "").split()


def _title_of(document: Document) -> Line | None:
    """The first heading of the first rank that names the series, else the first one."""
    titles = [_one_line(article_lines(markup_of(one))) for one in _TITLES(document.root)[:_MOST_TITLES]]
    named = [title for title in titles if title]
    return next((title for title in named if SERIES.search(title.text)), named[0] if named else None)


def _one_line(lines: Sequence[Line]) -> Line | None:
    """A title that `<br>` breaks, as one line."""
    return replace(lines[0], text=" – ".join(line.shown for line in lines), level=1, links=()) if lines else None


_OTHER_PART: Final = re.compile(
    r"\W*(?:(?:see also|related|other|similar|more|further|upcoming|next|previous|past|earlier|latest|recent|all|our)\b"
    r"[^.:]{0,60}\b(?:events?|editions?|workshops?|news|articles?|content)"
    r"|(?:you may|you might)\b.{0,40}|news(?: .{0,30})?"
    r"|share(?: .{0,20})?|tags?|follow us.{0,30}|newsletter.{0,30})\W*",
    re.I,
)
_LOWEST: Final = 9


def _own_lines(lines: Sequence[Line]) -> Iterator[Line]:
    """Without the title, without the parts under headings such as “Related events”, “Previous editions”, “Share”."""
    other: int | None = None
    for line in lines:
        if looks_like_heading(line) and line.level != 1:
            level = line.level or _LOWEST
            if _OTHER_PART.fullmatch(line.text[:_LONGEST_TEXT]):
                other = level if other is None else min(other, level)
            elif other is not None and level <= other:
                other = None
        if other is None and line.level != 1:
            yield line


def read_article(lines: Sequence[Line], title: Line | None, url: str, *, complete: bool = True) -> Snapshot:
    """What an article's lines say. `title` stands above them or among them."""
    if title is None:
        title = next((line for line in lines if SERIES.search(line.text[:_LONGEST_TEXT])), None)
    headings = [*([title] if title else []), *(one for one in lines if looks_like_heading(one) and one.level != 1)]
    names = tuple(heading.shown[:_LONGEST_HEADING] for heading in headings[:_MOST_HEADINGS])
    body = sentences_of([line for line in _own_lines(lines) if line is not title])
    place, venue = place_of(title.text[:_LONGEST_TEXT] if title else "", body)
    if place is None or title is None:
        return Snapshot("edition", outline=Outline(complete, (), headings=names))
    page = _Page(title, body, Home(place), url, venue)
    edition, found = page.edition()
    warnings = tuple(ReadingWarning(code, edition.text) for code in _doubts(edition, found, page))
    dated = edition.date_precision != "unknown"
    outline = Outline(complete, (), int(dated), int(found is not None and not dated), names)
    return Snapshot("edition", (edition,), (), warnings, outline)


# ── the edition ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Page:
    """An article, cut into sentences, with its place."""

    title: Line
    body: tuple[Sentence, ...]
    home: Home
    url: str
    venue: str | None

    def edition(self) -> tuple[Edition, When | None]:
        """The edition, and the date that was taken for it."""
        anchors = tuple(anchors_of(self.body, self.url))
        materials = materials_of(anchors, self.home)
        held = is_held(self.body, self.home, materials)
        dates = tuple(dates_of(self.title, self.body, self.home, held=held))
        found = min(dates, key=lambda one: one.key, default=None)
        form = registration_url(anchors, self.body, self.home)
        edition = replace(
            _dated(self.home.place, found, dates),
            section="past" if held else "upcoming",
            status=self._status(form, held=held),
            url=self.url if self.url != URL else None,
            summary_url=next((one.url for one in materials if one.kind == "summary"), None),
            text=self._text(found),
            venue=self.venue,
            registration_url=form,
            materials=materials,
        )
        closes_on = registration_closes_on(self.body, self.home, edition.starts_on)
        return replace(edition, registration_closes_on=closes_on), found

    def _status(self, form: str | None, *, held: bool) -> EditionStatus:
        state = state_of(self.title, self.body, self.home)
        if state in ("cancelled", "postponed"):
            return state
        if held:
            return "held"
        return "save_the_date" if state and form is None else "scheduled"

    def _text(self, found: When | None) -> str:
        """The line that names place and date, else the title."""
        line = found.sentence.line if found and self.home.is_named(found.sentence.text) else self.title
        return line.shown[:_LONGEST_TEXT]


def _dated(place: Place, found: When | None, dates: Sequence[When]) -> Edition:
    edition = Edition(place.city, place.region, place.country, place.country_code)
    if found is None:
        return edition
    date = with_last_day(found, dates)
    return replace(
        edition,
        starts_on=date.starts_on,
        ends_on=date.ends_on,
        date_precision=date.precision,
        period=date.period,
        date_text=found.words,
    )


def _doubts(edition: Edition, found: When | None, page: _Page) -> list[str]:
    doubts = []
    if edition.date_precision == "unknown":
        doubts.append("date-impossible" if found and found.date.impossible else "date-unknown")
    elif edition.date_precision == "day" and found and is_tentative(found):
        doubts.append("date-tentative")
    if edition.country_code is None and not is_online(edition.city):
        doubts.append("country-unknown" if page.home.place.country else "country-missing")
    return doubts
