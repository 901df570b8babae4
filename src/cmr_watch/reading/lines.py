"""A line as a reader sees it: its text, its links and what its tags say about it. Pure; no errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

from cmr_watch.reading.tokens import CELL, Text, scan

LONGEST: Final = 2_000
"""Characters of a line that are scanned for tokens; what a person writes is shorter."""


class Link(NamedTuple):
    """A link's address as written, and the part of its line's text that it covers."""

    start: int
    end: int
    href: str


class Origin(NamedTuple):
    """From `start` on, the text of a cut or joined line is that of line number `line` from `offset` on."""

    start: int
    line: int
    offset: int


class Where(NamedTuple):
    """A part of a line's text."""

    line: Line
    start: int
    end: int


@dataclass(frozen=True)
class Line:
    """One line as a reader sees it.

    - `level`: 1–6 for a heading element, 7 for a summary, caption, legend or button, 0 for other text.
    - `bold`: the length of the bold beginning.
    - `block`: numbers the paragraphs; `gap`: an empty line precedes it in its block.
    - `item`: numbers the list items, table rows, cards and dt/dd pairs; lines of one belong together first (D4).
    - `outer`: the item around that one, of which it is a part too.
    - `row`, `cell`: its place in a table, if any; cells are numbered through the page. `column`: the cell's in its row.
    - `label`: what precedes it as its name: the `dt` or the field label.
    - `edges`: positions where a link, a badge or the like begins or ends, and a word with it (P5).
    - `over`: the heading above it; for a heading, one of a higher rank.
    - `origins`: where its text comes from, if it was cut or joined.
    """

    text: str
    links: tuple[Link, ...] = ()
    level: int = 0
    bold: int = 0
    block: int = 0
    gap: bool = False
    outer: int | None = None
    item: int | None = None
    row: int | None = None
    cell: int = 0
    column: int = 0
    label: str = ""
    edges: tuple[int, ...] = ()
    over: Line | None = field(default=None, compare=False, repr=False)
    number: int = 0
    is_cell_head: bool = False
    """Whether it heads a column: its row has no cells other than heads."""
    origins: tuple[Origin, ...] = ()

    @cached_property
    def scan(self) -> Text:
        """Its tokens and cues; the line is scanned once."""
        return scan(self.text[:LONGEST], self.edges)

    @cached_property
    def memo(self) -> dict[object, object]:
        """What later modules found in it, so that each line is read once."""
        return {}

    @cached_property
    def is_heading(self) -> bool:
        """Marked as one by its tags: a heading element, or bold from end to end and no link (E2)."""
        return self.level > 0 or (self.bold > 0 and self.bold >= len(self.text.rstrip(" :.")) and not self.is_link)

    @cached_property
    def is_link(self) -> bool:
        """Whether one link covers it from end to end."""
        text = self.text.strip(" :.!")
        return any(link.end - link.start >= len(text) for link in self.links)

    @property
    def headings(self) -> list[Text]:
        """The texts of the headings above it, the nearest first, without the title."""
        above = [] if self.over is None else self.over.headings
        return above if self.over is None or self.over.level == 1 else [self.over.scan, *above]

    @property
    def shown(self) -> str:
        """The text as displayed: cells separated by a space."""
        return self.text.replace(CELL, " ")

    @property
    def numbers(self) -> tuple[int, ...]:
        """The lines of the article that it comes from."""
        return tuple(origin.line for origin in self.origins) if self.origins else (self.number,)

    def spans(self, start: int = 0, end: int | None = None) -> list[tuple[int, int, int]]:
        """Where a part of its text is in the article: the number of each line, and its part of that line's text."""
        last = len(self.text) if end is None else end
        if not self.origins:
            return [(self.number, start, last)]
        ends = [*(origin.start - len(CELL) for origin in self.origins[1:]), len(self.text)]
        bounds = ((one, max(start, one.start), min(last, limit)) for one, limit in zip(self.origins, ends, strict=True))
        return [
            (one.line, one.offset + first - one.start, one.offset + limit - one.start)
            for one, first, limit in bounds
            if first < limit
        ]

    def _origins_at(self, shift: int) -> Iterator[Origin]:
        """The origins of its text, within a text in which it begins at `shift`."""
        for origin in self.origins or (Origin(0, self.number, 0),):
            yield origin._replace(start=origin.start + shift)

    def piece(self, start: int, end: int | None = None) -> Line:
        """The line from `start` to `end`, stripped, with the links that lie in it."""
        end = len(self.text) if end is None else end
        raw = self.text[start:end]
        first = start + len(raw) - len(raw.lstrip())
        text = raw.strip()
        moved = (Link(max(0, k.start - first), min(len(text), k.end - first), k.href) for k in self.links)
        return replace(
            self,
            text=text,
            links=tuple(link for link in moved if link.start < link.end),
            bold=max(0, self.bold - first),
            edges=tuple(edge - first for edge in self.edges if 0 < edge - first < len(text)),
            origins=_within(self._origins_at(-first), len(text)),
        )


def _within(origins: Iterable[Origin], length: int) -> tuple[Origin, ...]:
    """The origins of a text of this length; those that begin before it are cut."""
    found: list[Origin] = []
    for origin in origins:
        if origin.start <= 0:
            found = [Origin(0, origin.line, origin.offset - origin.start)]
        elif origin.start < length:
            found.append(origin)
    return tuple(found)


def joined(lines: Iterable[Line], joint: str = CELL) -> Line:
    """Several lines as one, joined by a sign: the lines of a row, a card or a pair."""
    first, *others = lines
    if not others:
        return first
    text, links, edges, origins = first.text, list(first.links), list(first.edges), list(first._origins_at(0))
    for line in others:
        start = len(text) + len(joint)
        text = f"{text}{joint}{line.text}"
        links += [Link(link.start + start, link.end + start, link.href) for link in line.links]
        edges += [edge + start for edge in line.edges]
        origins += line._origins_at(start)
    return replace(first, text=text, links=tuple(links), edges=tuple(edges), origins=tuple(origins))


_Item = TypeVar("_Item")


def runs(items: Iterable[_Item], goes_on: Callable[[Sequence[_Item], _Item], bool]) -> Iterator[list[_Item]]:
    """Consecutive items, grouped while each continues the ones before it."""
    run: list[_Item] = []
    for item in items:
        if run and not goes_on(run, item):
            yield run
            run = []
        run.append(item)
    if run:
        yield run
