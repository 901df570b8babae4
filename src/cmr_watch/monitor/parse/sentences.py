"""The sentences of an edition's own page, each with the heading that it stands under."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cmr_watch.monitor.parse.headings import looks_like_heading
from cmr_watch.monitor.parse.lines import Line

LONGEST: Final = 1_000
"""A sentence is read so far: what a person writes ends earlier."""
_SENTENCE_END: Final = re.compile(
    r"(?:(?<=[^\W\d_][.!?])|(?<=\d\d\d\d[.!?])|(?<=[)”’\"'][.!?]))\s+(?=[^\W\d_a-z]|[\"“‘(])|;\s+"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a line, where it begins there, and the heading above it (empty where there is none).

    `part` is the heading of the part, where lesser ones stand between: “Presentations” over “Session 1”.
    """

    text: str
    line: Line
    start: int = 0
    under: str = ""
    part: str = ""


def sentences_of(lines: Sequence[Line]) -> tuple[Sentence, ...]:
    """All sentences, top to bottom; a heading counts as one of its own."""
    found: list[Sentence] = []
    under = part = columns = ""
    is_marked = False  # whether the part's heading is one by its tags: then no bold line ends it
    for line in lines:
        found += [Sentence(text, line, start, under, columns or part) for text, start in _split(line.text)]
        under = line.shown[:_LONGEST_HEADING] if looks_like_heading(line) else under
        if looks_like_heading(line) and (line.level or not (is_marked or _COUNTED.match(line.text))):
            part, is_marked = under, line.level > 0
        columns = _columns(line, columns)
    return tuple(found)


_COUNTED: Final = re.compile(
    r"\W*(?:(?:parallel|plenary|opening|closing|first|second|third) )?"
    r"(?:sessions?|days?|panels?|parts?|blocks?|rounds?)\b",
    re.I,
)
"""Begins a bold line that divides a part and opens none: “Session 1”, “Day 2 – Company visits”."""
_LONGEST_HEADING: Final = 80


def _columns(line: Line, known: str) -> str:
    """The first row of a table, where it has no links, is the heading of those below it."""
    if line.row is None:
        return ""
    return known or ("" if line.links else line.shown[:_LONGEST_HEADING])


def _split(text: str) -> Iterator[tuple[str, int]]:
    position = 0
    for end in _SENTENCE_END.finditer(text):
        yield text[position : end.start()][:LONGEST], position
        position = end.end()
    yield text[position:][:LONGEST], position
