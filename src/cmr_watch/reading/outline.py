"""From an element's nodes to the lines that a reader sees, each with the heading above it.

    lines = lines_of(nodes_of(markup))     all lines, top to bottom; `line.number` is the index
    line.over                              the heading above it; `line.headings` all of them, as texts

A line ends where a reader sees it end: at a block, a `<br>`, a table cell. Struck-out text does not count.
Pure, linear. Errors: ParseError beyond MAX_LINES or MAX_LINKS.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, count, islice, pairwise, takewhile
from typing import Any, Final, NamedTuple

from cmr_watch.exceptions import ParseError
from cmr_watch.reading.document import Node, styles_of
from cmr_watch.reading.lexicon import words_of
from cmr_watch.reading.lines import Line, Link
from cmr_watch.reading.panels import INVISIBLE

MAX_LINES: Final = 10_000
MAX_LINKS: Final = 5_000
BOLD_LEVEL: Final = 8
"""The level of a bold line as a heading, one more for “Session 1”; 1–6 are h1–h6, 7 a summary or button."""

_BLOCKS: Final = words_of(
    """
    p div li ul ol table thead tbody tfoot tr td th caption section article header main details summary dl dt dd
    blockquote pre hr figure figcaption address center button fieldset legend form body html h1 h2 h3 h4 h5 h6
    hgroup
    """
)
_LEVELS: Final = {
    **{f"h{level}": level for level in range(1, 7)},
    **dict.fromkeys(("summary", "caption", "legend", "button"), 7),
}
_MARKS: Final[dict[str, dict[str, Any]]] = {
    **{tag: {"is_bold": True} for tag in ("b", "strong")},
    **{tag: {"is_struck": True} for tag in ("del", "s", "strike")},
    "pre": {"is_preformatted": True},
    "sup": {"is_raised": True},
    "th": {"is_cell_head": True},
    "td": {"is_cell_head": False},
    "dl": {"label": ""},
}
"""What applies in an element because of its tag alone."""
_WEIGHTS: Final = {
    **dict.fromkeys(("bold", "600", "700", "800", "900"), True),
    **dict.fromkeys(("normal", "100", "200", "300", "400", "500"), False),
}
_ITEMS: Final = frozenset({"li", "tr", "dt"})
_CARD: Final = re.compile(r"(?:^|[\s_-])(?:card|tile|views-row|list-group-item)(?:$|\s)", re.I)
_MAY_BE_CARDS: Final = frozenset({"div", "article", "a"})
_NAMED: Final = frozenset({"span", "em", "small", "strong", "time"})
"""Elements that are separate where they have a class: badges, and the pieces of a card (P5)."""
_FIELD_ITEMS: Final = frozenset({"field__item", "field__items"})
_SPACES: Final = re.compile(r"\s+")
_BULLET: Final = re.compile(r"(?:[•‣⁃◦▪▫●○■□►▸➢➤❖·*]|[›»](?= )) ?(?=\S)")
"""A bullet that was typed, and is not part of the line's text."""


def lines_of(nodes: Iterable[Node]) -> tuple[Line, ...]:
    """The lines of an element; ParseError beyond MAX_LINES or MAX_LINKS."""
    writer = _Writer()
    for node in nodes:
        writer.take(node)
    writer.flush(ends_block=True)
    return tuple(_with_heads(writer.lines))


def _with_heads(lines: Sequence[Line]) -> Iterator[Line]:
    """A head next to other cells belongs to the row and is a cell like them; the others head columns."""
    of_cells = {line.row for line in lines if not line.is_cell_head}
    for line in lines:
        yield replace(line, is_cell_head=False) if line.is_cell_head and line.row in of_cells else line


_MOST_HEADINGS: Final = 20
_LONGEST_HEADING: Final = 80


def headings_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """Everything that is marked as a heading; a bold date does not count."""
    marked = (line.shown[:_LONGEST_HEADING].strip() for line in lines if heads_part(line))
    return tuple(islice(marked, _MOST_HEADINGS))


def heads_part(line: Line) -> bool:
    """Whether a line is the heading of what follows; in bold, one with a day of a month is an entry."""
    return line.level > 0 or (line.is_heading and not is_day(line))


def _rank(heading: Line) -> int:
    """Its level; “Session 1”, “Day 2 – Company visits” in bold divides the part under the bold line above it."""
    return heading.level or BOLD_LEVEL + any(cue.first == 0 for cue in islice(heading.scan.cues_of("counted part"), 1))


def is_day(line: Line) -> bool:
    """Whether a line contains a day of a month."""
    letters = {token.letter for token in line.scan.tokens}
    return "i" in letters or letters >= {"d", "m"}


# ── elements ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Columns:
    """The column of the last cell of a row, allowing for cells of rows above that span it."""

    last: int = -1
    rows_left: dict[int, int] = field(default_factory=dict)

    def begin_row(self) -> None:
        self.last = -1
        self.rows_left = {column: rows - 1 for column, rows in self.rows_left.items() if rows > 1}

    def begin_cell(self, rowspan: str) -> int:
        self.last = next(column for column in count(self.last + 1) if column not in self.rows_left)
        self.rows_left[self.last] = int(rowspan[:3]) if rowspan.isdecimal() else 1
        return self.last


@dataclass(slots=True)
class _Element:
    """What applies to the text in an element: because of its own tag and attributes, or those around it.

    `named`: the element whose other lines this one's text names, such as a `dl` in a `dt`.
    """

    is_bold: bool = False
    is_struck: bool = False
    is_raised: bool = False
    is_preformatted: bool = False
    is_cell_head: bool = False
    piece: int = 0
    href: str | None = None
    level: int = 0
    item: int | None = None
    outer: int | None = None
    row: int | None = None
    cell: int = 0
    column: int = 0
    columns: _Columns = field(default_factory=_Columns)
    label: str = ""
    named: _Element | None = None


class _Chunk(NamedTuple):
    text: str
    is_bold: bool
    href: str | None
    piece: int


@dataclass(slots=True)
class _Writer:
    """Takes nodes, keeps track of open elements, and emits a line at the end of each."""

    lines: list[Line] = field(default_factory=list)
    chunks: list[_Chunk] = field(default_factory=list)
    elements: list[_Element] = field(default_factory=lambda: [_Element()])
    over: Line | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    links: int = 0
    block: int = 0
    breaks: int = 0
    last_item: int | None = None

    def take(self, node: Node) -> None:
        if node.event == "text":
            self._write(node.name)
        elif node.event == "start":
            self._start(node.name, node.attributes)
        else:
            self._end(node.name)

    def _write(self, text: str) -> None:
        element = self.elements[-1]
        if element.is_struck:
            return
        for number, line in enumerate(text.split("\n") if element.is_preformatted else [text]):
            if number:
                self.flush(ends_block=False)
            is_footnote = element.is_raised and line.strip().isdigit()
            self.chunks.append(_Chunk(" " if is_footnote else line, element.is_bold, element.href, element.piece))

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        outer, classes = self.elements[-1], attributes.get("class", "").split()
        is_card = name in _MAY_BE_CARDS and bool(_CARD.search(attributes.get("class", "")))
        if name in _BLOCKS or is_card:
            self.flush(ends_block=True)
            self._end_label(name, classes)
        inner = replace(outer, **_MARKS.get(name, {}) | dict(_marks_of(attributes.get("style", ""))))
        self.elements.append(inner)
        if name in _ITEMS or is_card:
            inner.outer, inner.item = outer.item, next(self.numbers)
            self.last_item = inner.item
        if classes and name in _NAMED:
            inner.piece = next(self.numbers)
        if name == "dt" or "field__label" in classes:
            inner.named = outer
        if name in _LEVELS:
            inner.level = min(outer.level or _LEVELS[name], _LEVELS[name])
        self._enter(name, inner, attributes)

    def _end_label(self, name: str, classes: Sequence[str]) -> None:
        """A paragraph next to a field's label and its item is not an item of the field."""
        outer = self.elements[-1]
        is_item = name == "dd" or not _FIELD_ITEMS.isdisjoint(classes)
        if outer.label and not is_item and self.lines[-1].label == outer.label:
            outer.label = ""

    def _enter(self, name: str, inner: _Element, attributes: Mapping[str, str]) -> None:
        match name:
            case "a":
                inner.href = attributes.get("href")
                self.links += 1
                _refuse_more("links", self.links, MAX_LINKS)
            case "br" if inner.level:
                self._write(" ")  # a heading stays one, even with line breaks
            case "br":
                self.flush(ends_block=False)
            case "table":
                inner.columns = _Columns()
            case "tr":
                inner.row = inner.item
                inner.columns.begin_row()
            case "td" | "th":
                inner.cell = next(self.numbers)
                inner.column = inner.columns.begin_cell(attributes.get("rowspan", ""))
            case "dd":
                inner.outer, inner.item = inner.item, self.last_item

    def _end(self, name: str) -> None:
        if name in _BLOCKS or self.elements[-1].item != self.elements[-2].item:
            self.flush(ends_block=True)
        self.elements.pop()

    def flush(self, *, ends_block: bool) -> None:
        """End a line, if there is any text."""
        chunks = list(_single_spaced(self.chunks))
        self.chunks.clear()
        if chunks:
            self._add(chunks)
            self.breaks = 0
        self.breaks += 1
        if ends_block:
            self.block, self.breaks = next(self.numbers), 0

    def _add(self, chunks: Sequence[_Chunk]) -> None:
        _refuse_more("lines", len(self.lines) + 1, MAX_LINES)
        element = self.elements[-1]
        text, links, bold, edges = _folded(chunks)
        line = Line(
            text,
            links,
            level=element.level,
            bold=bold,
            block=self.block,
            gap=self.breaks > 1,
            item=element.item,
            outer=element.outer,
            row=element.row,
            cell=element.cell,
            column=element.column,
            label="" if element.named else element.label,
            edges=edges,
            over=self.over,
            number=len(self.lines),
            is_cell_head=element.is_cell_head,
        )
        if bullet := _BULLET.match(text):
            line = replace(line.piece(bullet.end()), origins=())
        self.lines.append(self._open_part(line) if heads_part(line) else line)
        if element.named:
            element.named.label = text.rstrip(" :")

    def _open_part(self, heading: Line) -> Line:
        """The heading, under those of a higher rank."""
        over = self.over
        while over and _rank(over) >= _rank(heading):
            over = over.over
        self.over = replace(heading, over=over)
        return self.over


def _refuse_more(what: str, number: int, most: int) -> None:
    if number > most:
        raise ParseError(f"The article has more than {most} {what}.")


def _marks_of(style: str) -> Iterator[tuple[str, bool]]:
    """What a style says about the text in an element."""
    for name, value in styles_of(style) if style else ():
        if name == "font-weight" and value in _WEIGHTS:
            yield "is_bold", _WEIGHTS[value]
        elif name.startswith("text-decoration") and "line-through" in value:
            yield "is_struck", True


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _single_spaced(chunks: Iterable[_Chunk]) -> Iterator[_Chunk]:
    """The chunks of one text with single spaces, without empty ones."""
    ends_in_space = True
    for chunk in chunks:
        text = _SPACES.sub(" ", _clean(chunk.text))
        if ends_in_space:
            text = text.removeprefix(" ")
        if text:
            yield chunk._replace(text=text)
            ends_in_space = text.endswith(" ")


def _folded(chunks: Sequence[_Chunk]) -> tuple[str, tuple[Link, ...], int, tuple[int, ...]]:
    """One text, the links at their places, the length of its bold beginning, and its edges."""
    text = "".join(chunk.text for chunk in chunks).rstrip()
    bounds = list(pairwise(accumulate((len(chunk.text) for chunk in chunks), initial=0)))
    bold = sum(len(chunk.text) for chunk in takewhile(lambda one: one.is_bold or one.text == " ", chunks))
    neighbours = zip(pairwise(chunks), bounds, strict=False)
    edges = tuple(end for (one, other), (_, end) in neighbours if (one.piece, one.href) != (other.piece, other.href))
    links = (Link(*ends, chunk.href) for chunk, ends in zip(chunks, bounds, strict=True) if chunk.href is not None)
    return text, _whole_links(links, text), min(bold, len(text)), edges


def _whole_links(links: Iterable[Link], text: str) -> tuple[Link, ...]:
    """Neighbouring pieces of one link put together, cut to the text, empty ones left out."""
    whole: list[Link] = []
    for link in links:
        if whole and whole[-1].href == link.href and not text[whole[-1].end : link.start].strip():
            link = whole.pop()._replace(end=link.end)
        whole.append(link._replace(end=min(link.end, len(text))))
    return tuple(link for link in whole if text[link.start : link.end].strip())


def _clean(raw: str) -> str:
    """NFC, without invisible characters. Overlong words are cut: sorting their marks takes quadratic time."""
    if raw.isascii():
        return raw
    if len(raw) > _LONGEST_NFC:
        raw = _LONG_WORD.sub(lambda word: word[0][:_LONGEST_NFC], raw)
    return unicodedata.normalize("NFC", raw).translate(INVISIBLE)


_LONGEST_NFC: Final = 400
_LONG_WORD: Final = re.compile(rf"[^\s\x00-\x7f]{{{_LONGEST_NFC},}}")
