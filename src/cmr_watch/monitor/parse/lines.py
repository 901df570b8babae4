"""The article's text lines and the links in them: the door of Beautiful Soup.

A line ends where a reader sees it end: at a block, a `<br>`, a table cell. What is struck out is not on the page.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from bs4 import BeautifulSoup
from bs4.element import NavigableString, Tag
from lxml import etree, html

from cmr_watch.monitor.parse.dates import find_dates

_BLOCKS: Final = frozenset(
    {
        "p",
        "div",
        "li",
        "ul",
        "ol",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
        "section",
        "article",
    }
    | {
        "header",
        "main",
        "details",
        "summary",
        "dl",
        "dt",
        "dd",
        "blockquote",
        "pre",
        "hr",
        "figure",
        "address",
        "center",
    }
    | {"button", "fieldset", "legend", "form", "body", "html", "h1", "h2", "h3", "h4", "h5", "h6", "hgroup"}
)
_HEADINGS: Final = {
    "h1": 1,
    "h2": 2,
    "h3": 3,
    "h4": 4,
    "h5": 5,
    "h6": 6,
    "summary": 7,
    "caption": 7,
    "legend": 7,
    "button": 7,
}
_BOLD: Final = frozenset({"b", "strong"})
_BOLD_STYLE: Final = re.compile(r"font-weight\s{0,9}:\s{0,9}(?:bold|[6-9]00)", re.I)
_STRUCK: Final = frozenset({"del", "s", "strike"})
_STRUCK_STYLE: Final = re.compile(r"text-decoration[^;]{0,80}line-through", re.I)
# Zero-width characters, soft hyphen, direction marks: they carry no meaning for a reader.
INVISIBLE: Final = re.compile(r"[\u00ad\u061c\u180e\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f]+")
_SPACES: Final = re.compile(r"\s+")

CELL: Final = "\t"
"""Parts the cells of a table row within one line's text."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link's address as written, and the part of its line's text that it covers."""

    start: int
    end: int
    href: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a reader sees it. `level`: 1–6 for a heading, 7 for a summary or caption, 0 for other text.

    `bold` is the length of the bold beginning; `block` numbers the paragraph; `row` and
    `cell` its place in a table, if any; `gap` says that an empty line stands before it.
    """

    text: str
    links: tuple[Link, ...] = ()
    level: int = 0
    bold: int = 0
    block: int = 0
    row: int | None = None
    cell: int = 0
    gap: bool = False

    def part(self, start: int, end: int | None = None) -> Line:
        """The line from `start` to `end`, stripped, with the links that lie in it."""
        end = len(self.text) if end is None else end
        piece = self.text[start:end]
        first = start + len(piece) - len(piece.lstrip())
        text = piece.strip()
        moved = (Link(max(0, k.start - first), min(len(text), k.end - first), k.href) for k in self.links)
        return replace(
            self,
            text=text,
            links=tuple(link for link in moved if link.start < link.end),
            bold=max(0, self.bold - first),
        )

    @property
    def shown(self) -> str:
        """The text for a person: cells parted by a space."""
        return self.text.replace(CELL, " ")


def markup_of(article: html.HtmlElement) -> str:
    """An element as text: the same for the same article."""
    return str(etree.tostring(article, encoding="unicode", with_tail=False))


def article_lines(markup: str) -> tuple[Line, ...]:
    """All lines of an element's markup, top to bottom, without empty ones."""
    soup = BeautifulSoup(markup, "lxml")
    writer = _Writer()
    for event, node in _events(soup):
        writer.take(event, node)
    return tuple(_joined_rows(writer.lines))


def _events(root: Tag) -> Iterator[tuple[str, Tag | NavigableString]]:
    """Start, end and text events in document order, without recursion: depth is the page's choice, not ours."""
    stack: list[tuple[Tag, Iterator[object]]] = [(root, iter(root.contents))]
    while stack:
        tag, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            yield "end", tag
        elif isinstance(child, Tag):
            if not _is_struck(child):
                yield "start", child
                stack.append((child, iter(child.contents)))
        elif type(child) is NavigableString:  # its subclasses are comments, declarations and the like
            yield "text", child


def _is_struck(tag: Tag) -> bool:
    return tag.name in _STRUCK or bool(_STRUCK_STYLE.search(str(tag.get("style") or "")))


def _is_bold(tag: Tag) -> bool:
    return tag.name in _BOLD or bool(_BOLD_STYLE.search(str(tag.get("style") or "")))


@dataclass(slots=True)
class _Writer:
    """Gathers events into lines."""

    lines: list[Line] = field(default_factory=list)
    chunks: list[tuple[str, bool, str | None]] = field(default_factory=list)  # text, bold, href
    bold: int = 0
    pre: int = 0
    hrefs: list[str] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    block: int = 0
    row_count: int = 0
    cell_count: int = 0
    breaks: int = 0

    def take(self, event: str, node: Tag | NavigableString) -> None:
        if isinstance(node, Tag):
            (self._start if event == "start" else self._end)(node)
        else:
            self._write(str(node))

    def _write(self, text: str) -> None:
        lines = text.split("\n") if self.pre else [text]
        for number, line in enumerate(lines):
            if number:
                self._flush(new_block=False)
            self.chunks.append((line, self.bold > 0, self.hrefs[-1] if self.hrefs else None))

    def _start(self, tag: Tag) -> None:
        if tag.name in _BLOCKS:
            self._flush(new_block=True)
        elif tag.name == "br":
            self._flush(new_block=False)
        elif tag.name == "a":
            self.hrefs.append(str(tag.get("href") or ""))
        self.bold += _is_bold(tag)
        self.pre += tag.name == "pre"
        if tag.name in _HEADINGS:
            self.levels.append(_HEADINGS[tag.name])
        elif tag.name == "tr":
            self.row_count += 1
            self.rows.append(self.row_count)
        elif tag.name in ("td", "th"):
            self.cell_count += 1

    def _end(self, tag: Tag) -> None:
        if tag.name in _BLOCKS:
            self._flush(new_block=True)
        elif tag.name == "a" and self.hrefs:
            self.hrefs.pop()
        self.bold -= _is_bold(tag)
        self.pre -= tag.name == "pre"
        if tag.name in _HEADINGS:
            self.levels.pop()
        elif tag.name == "tr":
            self.rows.pop()

    def _flush(self, *, new_block: bool) -> None:
        text, links, bold = _folded(self.chunks)
        self.chunks.clear()
        if text:
            level = self.levels[-1] if self.levels else 0
            row = self.rows[-1] if self.rows else None
            self.lines.append(Line(text, links, level, bold, self.block, row, self.cell_count, gap=self.breaks > 1))
            self.breaks = 0
        if new_block:
            self.block += 1
            self.breaks = 0
        else:
            self.breaks += 1


def _folded(chunks: list[tuple[str, bool, str | None]]) -> tuple[str, tuple[Link, ...], int]:
    """One text with single spaces, the links at their places in it, and the length of its bold beginning."""
    text, links, bold = "", [], 0
    parts: list[str] = []
    length, ends_in_space = 0, True
    still_bold = True
    for raw, is_bold, href in chunks:
        piece = _SPACES.sub(" ", _clean(raw))
        piece = piece[1:] if ends_in_space and piece.startswith(" ") else piece
        if not piece:
            continue
        start, length = length, length + len(piece)
        parts.append(piece)
        ends_in_space = piece.endswith(" ")
        still_bold = still_bold and (is_bold or not piece.strip())
        bold = length if still_bold else bold
        if href is not None:
            links.append(Link(start, length, href))
    text = "".join(parts).rstrip()
    return text, _whole_links(links, text), min(bold, len(text))


def _clean(raw: str) -> str:
    """NFC, without invisible characters. Words beyond all measure are cut: to sort their marks takes quadratic time."""
    if raw.isascii():
        return raw
    if len(raw) > _LONGEST_NFC:
        raw = _LONG_WORD.sub(lambda word: word[0][:_LONGEST_NFC], raw)
    return INVISIBLE.sub("", unicodedata.normalize("NFC", raw))


_LONGEST_NFC: Final = 400
_LONG_WORD: Final = re.compile(rf"[^\s\x00-\x7f]{{{_LONGEST_NFC},}}")


def _whole_links(links: Iterable[Link], text: str) -> tuple[Link, ...]:
    """Neighbouring pieces of one link put together, cut to the text, empty ones left out."""
    whole: list[Link] = []
    for link in links:
        if whole and whole[-1].href == link.href and not text[whole[-1].end : link.start].strip():
            whole[-1] = replace(whole[-1], end=link.end)
        else:
            whole.append(link)
    cut = (replace(link, end=min(link.end, len(text))) for link in whole)
    return tuple(link for link in cut if text[link.start : link.end].strip())


_MOST_ROW_LINES: Final = 8
_LONGEST_CELL: Final = 300


def _joined_rows(lines: list[Line]) -> Iterator[Line]:
    """Table rows as one line each; a row that is a layout (many lines, or headings in it) stays as it is."""
    position = 0
    while position < len(lines):
        row = lines[position].row
        end = position + 1
        while row is not None and end < len(lines) and lines[end].row == row:
            end += 1
        group = lines[position:end]
        if _is_one_line(group):
            yield _joined(group)
        else:
            yield from group
        position = end


def _is_one_line(row: list[Line]) -> bool:
    """Whether a row's cells make one line: it is no layout, and no cell is a list of dated lines."""
    if not 1 < len(row) <= _MOST_ROW_LINES or any(line.level for line in row):
        return False
    return sum(_has_days(line.text) for line in row) < 2


def _has_days(text: str) -> bool:
    return any(date.precision in ("day", "unknown") for date in find_dates(text[:_LONGEST_CELL]))


def _joined(group: list[Line]) -> Line:
    text, links = "", []
    for line in group:
        text += CELL if text else ""
        links += [Link(link.start + len(text), link.end + len(text), link.href) for link in line.links]
        text += line.text
    return replace(group[0], text=text, links=tuple(links), bold=0)
