"""How editors can mark up the same text: shapes that were found on the site, and plausible others."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from tests.shapes.boilerplate import Container, add_boilerplate
from tests.shapes.states import CALL_PATH, PROSE, SUMMARY_TEXT, Line, Notice, State

Cover = Literal["place", "line", "part", "summary", "none"]
"""The text that links to the edition page. `summary`: only the summary is linked. `none`: there are no links."""

Piece = tuple[str, str | None]
"""Text, and the URL that it links to."""


@dataclass(frozen=True, slots=True)
class Block:
    """A line of text. That of an edition has three cells (place, dates, rest), with `gap` between the first two."""

    kind: Literal["prose", "heading", "notice", "line"]
    cells: tuple[tuple[Piece, ...], ...]
    gap: Piece = ("", None)

    def joined(self) -> tuple[Piece, ...]:
        """The cells as continuous text."""
        first, *rest = self.cells
        if not rest:
            return first
        return (*first, self.gap, *(piece for cell in rest for piece in cell))


class Pen:
    """Writes text as plain HTML. `noise.NoisyPen` adds meaningless variations."""

    def text(self, text: str) -> str:
        return html.escape(text, quote=False)

    def run(self, pieces: Iterable[Piece]) -> str:
        runs = groupby(pieces, key=lambda piece: piece[1])
        texts = ((href, "".join(self.text(text) for text, _ in run)) for href, run in runs)
        return "".join(self.link(href, text) if href else text for href, text in texts)

    def link(self, href: str, inner: str) -> str:
        return f'<a href="{html.escape(href)}">{inner}</a>'

    def heading(self, text: str) -> str:
        return text

    def lines(self, lines: Sequence[Line]) -> Sequence[Line]:
        return lines

    def lead(self) -> str:
        """The text before the place of an edition."""
        return ""

    def add_boilerplate(self, inner: str, container: Container) -> str:
        return add_boilerplate(inner, container)


Layout = Callable[[list[Block], Pen], str]


@dataclass(frozen=True, slots=True)
class Shape:
    """The markup of a page: the layout of its body, the text that is linked, and the enclosing element."""

    name: str
    layout: Layout
    cover: Cover = "place"
    container: Container = "article"
    order: Literal["upcoming first", "past first"] = "upcoming first"


def body(state: State, shape: Shape, pen: Pen) -> str:
    """The editors' text with markup."""
    return shape.layout(list(_blocks(state, shape, pen)), pen)


def _blocks(state: State, shape: Shape, pen: Pen) -> Iterator[Block]:
    notice = [_notice(state.notice, shape.cover)] if state.notice else []
    yield from (Block("prose", (((text, None),),)) for text in PROSE)
    if state.notice_above:
        yield from notice
    under = [] if state.notice_above else notice
    upcoming = [_heading(state.upcoming_heading, pen), *under, *_lines(state.upcoming, shape.cover, pen)]
    past = [_heading(state.past_heading, pen), *_lines(state.past, shape.cover, pen)]
    yield from [*past, *upcoming] if shape.order == "past first" else [*upcoming, *past]


def _heading(text: str, pen: Pen) -> Block:
    return Block("heading", (((pen.heading(text), None),),))


def _notice(notice: Notice, cover: Cover) -> Block:
    link = (notice.link_text, None if cover == "none" else CALL_PATH)
    return Block("notice", (((notice.before, None), *([link] if notice.link_text else [])),))


def _lines(lines: Sequence[Line], cover: Cover, pen: Pen) -> Iterator[Block]:
    for line in pen.lines(lines):
        place = ((pen.lead(), None), *_place(line, cover))
        gap = (line.between, line.url if cover == "line" else None)
        yield Block("line", (place, _days(line, cover), _rest(line, cover)), gap)


def _place(line: Line, cover: Cover) -> tuple[Piece, ...]:
    if cover == "part":
        return ((line.place[:2], None), (line.place[2:], line.url))
    return ((line.place, line.url if cover in ("place", "line") else None),)


def _days(line: Line, cover: Cover) -> tuple[Piece, ...]:
    return ((line.days, line.url if cover == "line" else None),)


def _rest(line: Line, cover: Cover) -> tuple[Piece, ...]:
    before, text, after = line.after.partition(SUMMARY_TEXT)
    href = line.summary_url if cover != "none" else None
    return ((before, None), *([(text, href)] if text else []), (after, None))


# ── layouts ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _tagged(opening: str, closing: str, heading: tuple[str, str]) -> Layout:
    """Every line in a separate element."""

    def layout(blocks: list[Block], pen: Pen) -> str:
        tags = {"heading": heading}
        written = ((*tags.get(block.kind, (opening, closing)), pen.run(block.joined())) for block in blocks)
        return "\n".join(f"{before}{text}{after}" for before, after, text in written)

    return layout


def _grouped(opening: str, closing: str, item: Callable[[Block, Pen], str], heading: tuple[str, str]) -> Layout:
    """The editions of a section in one list or table; other lines in paragraphs."""

    def layout(blocks: list[Block], pen: Pen) -> str:
        out = []
        for is_line, group in groupby(blocks, key=lambda block: block.kind == "line"):
            if is_line:
                out += [opening, *(item(block, pen) for block in group), closing]
            else:
                out += [_paragraph(block, pen, heading) for block in group]
        return "\n".join(out)

    return layout


def _paragraph(block: Block, pen: Pen, heading: tuple[str, str]) -> str:
    before, after = heading if block.kind == "heading" else ("<p>", "</p>")
    return f"{before}{pen.run(block.joined())}{after}"


def _item(block: Block, pen: Pen) -> str:
    return f"  <li>{pen.run(block.joined())}</li>"


def _item_paragraph(block: Block, pen: Pen) -> str:
    return f"  <li>\n    <p>{pen.run(block.joined())}</p>\n  </li>"


def _row(block: Block, pen: Pen) -> str:
    cells = "".join(f"<td>{pen.run(cell)}</td>" for cell in block.cells)
    return f"<tr>{cells}</tr>"


def _broken(separator: str) -> Layout:
    """Everything in one block: lines separated by `<br>`, headings bold."""

    def layout(blocks: list[Block], pen: Pen) -> str:
        lines = (pen.run(block.joined()) for block in blocks)
        bold = (
            f"<strong>{text}</strong>" if block.kind == "heading" else text
            for block, text in zip(blocks, lines, strict=True)
        )
        return f"<p>{separator.join(bold)}</p>"

    return layout


def _accordion(blocks: list[Block], pen: Pen) -> str:
    out, is_open = [], False
    for block in blocks:
        text = pen.run(block.joined())
        if block.kind != "heading":
            out.append(f"<p>{text}</p>")
            continue
        out.append(("</div>\n</details>\n" if is_open else "") + f"<details open>\n<summary>{text}</summary>\n<div>")
        is_open = True
    return "\n".join([*out, "</div>\n</details>"])


_H2, _H3 = ("<h2>", "</h2>"), ("<h3>", "</h3>")
_BOLD = ("<p><strong>", "</strong></p>")
_TABLE = '<table class="table">\n<tbody>'
_DIVS = '<div class="row"><div class="col"><div><span style="font-size:11pt">', "</span></div></div></div>"

SHAPES = (
    Shape("paragraphs", _tagged("<p>", "</p>", _H2)),
    Shape("list", _grouped("<ul>", "</ul>", _item, _H3), cover="line"),
    Shape("br", _broken("<br>\n")),
    Shape("double-br", _broken("<br />&nbsp;<br />"), cover="summary"),
    Shape("bold-headings", _tagged("<p>", "</p>", _BOLD), cover="line", container="reclassed"),
    Shape("list-paragraphs", _grouped("<ul>", "</ul>", _item_paragraph, _H2), cover="part"),
    Shape("table", _grouped(_TABLE, "</tbody>\n</table>", _row, _H2)),
    Shape("nested", _tagged(*_DIVS, ("<div><b><span>", "</span></b></div>")), cover="part", container="section"),
    Shape("accordion", _accordion, order="past first"),
    Shape("no-links", _tagged("<p>", "</p>", ("<h4><strong>", "</strong></h4>")), cover="none", container="section"),
)
