"""A line as a reader sees it: its text, its links and what its tags say of it. Pure; no errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

from cmr_watch.reading.tokens import CELL, Text, scan

LONGEST: Final = 2_000
"""Characters of a line that are scanned for tokens; what a person writes is shorter."""


class Link(NamedTuple):
    """A link's address as written, and the part of its line's text that it covers."""

    start: int
    end: int
    href: str


@dataclass(frozen=True)
class Line:
    """One line as a reader sees it.

    - `level`: 1–6 for a heading element, 7 for a summary, caption, legend or button, 0 for other text.
    - `bold`: the length of the bold beginning.
    - `block`: numbers the paragraphs; `gap`: an empty line stands before it in its block.
    - `item`: numbers the list items, table rows, cards and dt/dd pairs; lines of one belong together first (D4).
    - `row`, `cell`: its place in a table, if any; cells are numbered through the page. `column`: the cell's in its row.
    - `label`: what stands in front of it as its name: the `dt` or the field label.
    - `edges`: positions where a link, a badge or the like begins or ends, and a word with it (P5).
    - `part`: the index of its part in the outline.
    """

    text: str
    links: tuple[Link, ...] = ()
    level: int = 0
    bold: int = 0
    block: int = 0
    gap: bool = False
    item: int | None = None
    row: int | None = None
    cell: int = 0
    column: int = 0
    label: str = ""
    edges: tuple[int, ...] = ()
    part: int = 0
    number: int = 0
    is_cell_head: bool = False
    """It heads a column: its row has no other cells than heads."""

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

    @cached_property
    def is_jump_mark(self) -> bool:
        """Whether it is a line of a table of contents; a small link beside a heading's words is an anchor's sign."""
        return any(link.href.startswith("#") and link.end - link.start > len(self.text) / 2 for link in self.links)

    @property
    def shown(self) -> str:
        """The text for a person: cells parted by a space."""
        return self.text.replace(CELL, " ")

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
        )


def joined(lines: Iterable[Line]) -> Line:
    """Several lines as one, parted by CELL: the lines of a row, a card or a pair."""
    first, *others = lines
    text, links, edges = first.text, list(first.links), list(first.edges)
    for line in others:
        start = len(text) + len(CELL)
        text = f"{text}{CELL}{line.text}"
        links += [Link(link.start + start, link.end + start, link.href) for link in line.links]
        edges += [edge + start for edge in line.edges]
    return replace(first, text=text, links=tuple(links), edges=tuple(edges)) if others else first
