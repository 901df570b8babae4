"""From an element's nodes to the lines that a reader sees, and the parts that their headings make of them.

    outline = read_outline(nodes_of(markup))
    outline.lines       all lines, top to bottom; `line.number` is the index
    outline.parts       parts[0] is what stands above the first heading; `part.parent` is the part around it
    outline.under(line) the headings above a line, the nearest first

A line ends where a reader sees it end: at a block, a `<br>`, a table cell. What is struck out is not on the page.
Pure, linear. Errors: ParseError beyond MAX_LINES or MAX_LINKS.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, NamedTuple

from cmr_watch.exceptions import ParseError
from cmr_watch.reading.columns import Columns
from cmr_watch.reading.document import Node
from cmr_watch.reading.lexicon import words_of
from cmr_watch.reading.lines import Line, Link
from cmr_watch.reading.panels import INVISIBLE

MAX_LINES: Final = 10_000
MAX_LINKS: Final = 5_000
BOLD_LEVEL: Final = 8
"""The level of a part whose heading is a bold line, one more for “Session 1”; 1–6 are h1–h6, 7 a summary or button."""

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
_ITEMS: Final = frozenset({"li", "tr", "dt"})
_BOLD: Final = frozenset({"b", "strong"})
_STRUCK: Final = frozenset({"del", "s", "strike"})
_WEIGHT: Final = re.compile(r"font-weight\s{0,9}:\s{0,9}(?:(bold|[6-9]00)|normal|[1-5]00)", re.I)
_STRUCK_STYLE: Final = re.compile(r"text-decoration[^;]{0,80}line-through", re.I)
_CARD: Final = re.compile(r"(?:^|[\s_-])(?:card|tile|views-row|list-group-item)(?:$|\s)", re.I)
_NAMED: Final = frozenset({"span", "em", "small", "strong", "time"})
"""Elements that stand apart where they have a class: badges, and the pieces of a card (P5)."""
_FIELD_LABEL: Final = re.compile(r"(?:^|\s)field__label(?:$|\s)")
_FIELD_ITEM: Final = re.compile(r"(?:^|\s)field__items?(?:$|\s)")
_SPACES: Final = re.compile(r"\s+")
_BULLET: Final = re.compile(r"(?:[•‣⁃◦▪▫●○■□►▸➢➤❖·*]|[›»](?= )) ?(?=\S)")
"""A bullet that was typed, and no part of what a line says."""


class Part(NamedTuple):
    """What stands under one heading: lines `first` to before `end`, those of inner parts included.

    `heading` is its line's number, None for the part above all headings; `level` as BOLD_LEVEL says, 0 for that part.
    """

    number: int
    level: int
    heading: int | None
    parent: int | None
    first: int
    end: int


class Outline(NamedTuple):
    """The lines of an element, and the tree of its parts."""

    lines: tuple[Line, ...]
    parts: tuple[Part, ...]

    def headings_over(self, line: Line) -> Iterator[Line]:
        """The headings under which a line stands, the nearest first; a heading's own part is not its own."""
        part: Part | None = self.parts[line.part]
        while part:
            if part.heading is not None and part.heading != line.number:
                yield self.lines[part.heading]
            part = None if part.parent is None else self.parts[part.parent]


def read_outline(nodes: Iterable[Node]) -> Outline:
    """The lines and parts of an element; ParseError beyond MAX_LINES or MAX_LINKS."""
    writer = _Writer()
    for node in nodes:
        writer.take(node)
    writer.flush(ends_block=True)
    return outline_of(_with_heads(writer.lines))


def outline_of(lines: Iterable[Line]) -> Outline:
    """Lines, numbered, with the parts that their headings make."""
    numbered: list[Line] = []
    parts = [Part(0, 0, None, None, 0, 0)]
    open_parts = [0]
    for number, line in enumerate(lines):
        if line.level or (line.is_heading and not is_day(line)):
            level = line.level or BOLD_LEVEL + _counts(line)
            while parts[open_parts[-1]].level >= level:
                _close(parts, open_parts.pop(), number)
            parts.append(Part(len(parts), level, number, open_parts[-1], number, number))
            open_parts.append(len(parts) - 1)
        numbered.append(_at(line, number, open_parts[-1]))
    for part in open_parts:
        _close(parts, part, len(numbered))
    return Outline(tuple(numbered), tuple(parts))


def _counts(line: Line) -> bool:
    """“Session 1”, “Day 2 – Company visits” in bold divides the part under the bold line above it."""
    return next((cue.first == 0 for cue in line.scan.cues_of("counted part")), False)


def is_day(line: Line) -> bool:
    """Whether a line holds a day of a month: in bold it heads nothing, it is an entry."""
    letters = {token.letter for token in line.scan.tokens}
    return "i" in letters or letters >= {"d", "m"}


def _at(line: Line, number: int, part: int) -> Line:
    """The same line at its place; dataclasses.replace would take a third of the time of a long list."""
    moved = Line.__new__(Line)
    moved.__dict__.update(line.__dict__, number=number, part=part, origins=())
    return moved


def _close(parts: list[Part], part: int, end: int) -> None:
    parts[part] = parts[part]._replace(end=end)


_MOST_HEADINGS: Final = 20
_LONGEST_HEADING: Final = 80


def headings_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """All that is marked as a heading; a bold line with a number is an edition or a date rather than one."""
    marked = (
        line.shown[:_LONGEST_HEADING]
        for line in lines
        if line.is_heading and (line.level or not any(letter.isdigit() for letter in line.text))
    )
    return tuple(islice(marked, _MOST_HEADINGS))


# ── nodes to lines ───────────────────────────────────────────────────────────────────────────────────────────────────


class _Chunk(NamedTuple):
    """A piece of a line: its text, whether it is bold, its link, and the number of its piece (P5)."""

    text: str
    bold: bool
    href: str | None
    piece: int


@dataclass(slots=True)
class _Writer:
    """Gathers nodes into lines."""

    lines: list[Line] = field(default_factory=list)
    chunks: list[_Chunk] = field(default_factory=list)
    bold: bool = False
    pre: int = 0
    struck: int = 0
    pieces: int = 0
    raised: int = 0
    hrefs: list[str | None] = field(default_factory=list)
    levels: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    styles: list[tuple[bool, bool, bool, bool]] = field(default_factory=list)
    labels: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("block", "row", "cell", "item", "link"), 0))
    breaks: int = 0
    columns: Columns = field(default_factory=Columns)
    is_head: bool = False
    label: str = ""
    takes_label: bool = False
    label_depth: int = 0

    def take(self, node: Node) -> None:
        if node.event == "text":
            if not self.struck:
                self._write(node.name)
        elif node.event == "start":
            self._start(node.name, node.attributes)
        else:
            self._end(node.name)

    def _write(self, text: str) -> None:
        for number, line in enumerate(text.split("\n") if self.pre else [text]):
            if number:
                self.flush(ends_block=False)
            if self.raised and line.strip().isdigit():
                line = " "  # the mark of a footnote
            self.chunks.append(_Chunk(line, self.bold, self.hrefs[-1] if self.hrefs else None, self.pieces))

    def _count(self, what: str) -> int:
        self.counts[what] += 1
        return self.counts[what]

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        style, classes = attributes.get("style", ""), attributes.get("class", "")
        if name in _BLOCKS:
            self.flush(ends_block=True)
        elif name == "br" and self.levels:
            self._write(" ")  # a heading is one, however it is broken
        elif name == "br":
            self.flush(ends_block=False)
        elif name == "a":
            self.hrefs.append(attributes.get("href"))
            if self._count("link") > MAX_LINKS:
                raise ParseError(f"The article has more than {MAX_LINKS} links.")
        weight = _WEIGHT.search(style) if style else None
        was_bold, is_bold = self.bold, bool(weight[1]) if weight else self.bold or name in _BOLD
        is_struck = name in _STRUCK or bool(style and _STRUCK_STYLE.search(style))
        is_piece = bool(classes and name in _NAMED)
        is_card = bool(classes and name in ("div", "article", "a") and _CARD.search(classes))
        is_item = name in _ITEMS or is_card
        if is_card:
            self.flush(ends_block=True)
        self.styles.append((was_bold, is_struck, is_piece, is_item))
        self.bold, self.struck, self.pieces = is_bold, self.struck + is_struck, self.pieces + is_piece
        if is_item:
            self.items.append(self._count("item"))
        self.columns.take(name, attributes.get("rowspan", ""))
        self._enter(name, classes)

    def _enter(self, name: str, classes: str) -> None:
        """Note what a block is a part of."""
        self.pre += name == "pre"
        self.raised += name == "sup"
        if name in _LEVELS:
            self.levels.append(_LEVELS[name])
        elif name == "tr":
            self.rows.append(self._count("row"))
        elif name in ("td", "th"):
            self._count("cell")
            self.is_head = name == "th"
        elif name == "dd" and self.counts["item"]:
            self.items.append(self.counts["item"])
        if self.label and name in _BLOCKS and name != "dd" and not _FIELD_ITEM.search(classes):
            self._end_label_behind_item()
        if name in ("dt", "dl") or (classes and _FIELD_LABEL.search(classes)):
            self.label, self.takes_label, self.label_depth = "", name != "dl", len(self.styles)

    def _end_label_behind_item(self) -> None:
        """A paragraph beside a field's label and its item is no item of the field."""
        if len(self.styles) == self.label_depth and self.lines[-1].label == self.label:
            self.label = ""

    def _end(self, name: str) -> None:
        if name in _BLOCKS:
            self.flush(ends_block=True)
            self.takes_label = False
        elif name == "a" and self.hrefs:
            self.hrefs.pop()
        if not self.styles:
            return  # the end of the whole
        self.bold, is_struck, is_piece, is_item = self.styles.pop()
        self.struck, self.pieces = self.struck - is_struck, self.pieces + is_piece
        if is_item or (name == "dd" and self.items):
            self.flush(ends_block=True)
            self.items.pop()
        if len(self.styles) < self.label_depth - 1:
            self.label = ""  # what holds label and items has ended
        self._leave(name)

    def _leave(self, name: str) -> None:
        self.pre -= name == "pre"
        self.raised -= name == "sup"
        if name in _LEVELS and self.levels:
            self.levels.pop()
        elif name == "tr" and self.rows:
            self.rows.pop()
        elif name in ("td", "th"):
            self.is_head = False
        elif name == "dl":
            self.label = ""

    def flush(self, *, ends_block: bool) -> None:
        """End a line, if there is any text."""
        text, links, bold, edges = _folded(self.chunks)
        self.chunks.clear()
        if text:
            self._add(text, links, bold, edges)
            self.breaks = 0
        if ends_block:
            self.counts["block"] += 1
            self.breaks = 0
        else:
            self.breaks += 1

    def _add(self, text: str, links: tuple[Link, ...], bold: int, edges: tuple[int, ...]) -> None:
        if len(self.lines) >= MAX_LINES:
            raise ParseError(f"The article has more than {MAX_LINES} lines.")
        row = self.rows[-1] if self.rows else None
        line = Line(
            text,
            links,
            level=min(self.levels, default=0),
            bold=bold,
            block=self.counts["block"],
            gap=self.breaks > 1,
            item=self.items[-1] if self.items else None,
            outer=self.items[-2] if len(self.items) > 1 else None,
            row=row,
            cell=self.counts["cell"] if row is not None else 0,
            column=self.columns.last if row is not None else 0,
            label="" if self.takes_label else self.label,
            edges=edges,
            is_cell_head=self.is_head,
        )
        bullet = _BULLET.match(text)
        self.lines.append(line.piece(bullet.end()) if bullet else line)
        if self.takes_label:
            self.label = text.rstrip(" :")


def _folded(chunks: list[_Chunk]) -> tuple[str, tuple[Link, ...], int, tuple[int, ...]]:
    """One text with single spaces, the links at their places, the length of its bold beginning, and its edges."""
    parts: list[str] = []
    links: list[Link] = []
    edges: list[int] = []
    length, bold, ends_in_space, still_bold, before = 0, 0, True, True, _Chunk("", False, None, 0)
    for chunk in chunks:
        piece = _SPACES.sub(" ", _clean(chunk.text))
        piece = piece[1:] if ends_in_space and piece.startswith(" ") else piece
        if not piece:
            continue
        if length and (chunk.piece != before.piece or chunk.href != before.href):
            edges.append(length)
        start, length, before = length, length + len(piece), chunk
        parts.append(piece)
        ends_in_space = piece.endswith(" ")
        still_bold = still_bold and (chunk.bold or not piece.strip())
        bold = length if still_bold else bold
        if chunk.href is not None:
            links.append(Link(start, length, chunk.href))
    text = "".join(parts).rstrip()
    return text, _whole_links(links, text), min(bold, len(text)), tuple(edges)


def _clean(raw: str) -> str:
    """NFC, without invisible characters. Words beyond all measure are cut: to sort their marks takes quadratic time."""
    if raw.isascii():
        return raw
    if len(raw) > _LONGEST_NFC:
        raw = _LONG_WORD.sub(lambda word: word[0][:_LONGEST_NFC], raw)
    return unicodedata.normalize("NFC", raw).translate(INVISIBLE)


_LONGEST_NFC: Final = 400
_LONG_WORD: Final = re.compile(rf"[^\s\x00-\x7f]{{{_LONGEST_NFC},}}")


def _whole_links(links: Iterable[Link], text: str) -> tuple[Link, ...]:
    """Neighbouring pieces of one link put together, cut to the text, empty ones left out."""
    whole: list[Link] = []
    for link in links:
        if whole and whole[-1].href == link.href and not text[whole[-1].end : link.start].strip():
            whole[-1] = whole[-1]._replace(end=link.end)
        else:
            whole.append(link)
    cut = (link._replace(end=min(link.end, len(text))) for link in whole)
    return tuple(link for link in cut if text[link.start : link.end].strip())


# ── heads of tables ──────────────────────────────────────────────────────────────────────────────────────────────────


def _with_heads(lines: list[Line]) -> Iterator[Line]:
    """A head beside other cells is the row's and a cell like them; what is left heads columns."""
    of_cells = {line.row for line in lines if not line.is_cell_head}
    for line in lines:
        yield replace(line, is_cell_head=False) if line.is_cell_head and line.row in of_cells else line
