"""The name that precedes a line: the heads of its row and column in a table, or a `dt` or field label. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from cmr_watch.reading.dates import ANY_YEAR, find_dates
from cmr_watch.reading.lines import Line
from cmr_watch.reading.tokens import Text, scan

_LONGEST_HEAD: Final = 120


def with_labels(lines: Sequence[Line]) -> Iterator[tuple[Line, tuple[Text, ...]]]:
    """Each line with its labels, that of its row before that of its column.

    A head is a cell of one short line, without links and days; one of several lines is a column of the page's text.
    """
    sizes = Counter(line.cell for line in lines)

    def heads(cells: Sequence[Line]) -> dict[int, Text]:
        return {cell.column: cell.scan for cell in cells if sizes[cell.cell] == 1 and _may_be_head(cell)}

    columns: dict[int, Text] = {}
    above: int | None = None
    for row, group in groupby(lines, lambda line: line.row):
        cells = [cell for cell in group if row is None or _says_something(cell)]
        if row is None or above is None:
            columns = {} if row is None else heads(cells)
        above = row
        own = {} if row is None else heads(cells[:1])
        for line in cells:
            found = (*own.values(), columns.get(line.column))
            labels = tuple(head for head in found if head and head is not line.scan)
            yield line, labels or ((scan(line.label),) if line.label else ())


def _says_something(line: Line) -> bool:
    """Whether it is more than a pictogram."""
    return any(token.word or token.letter in "dyniT" for token in line.scan.tokens)


def _may_be_head(line: Line) -> bool:
    return len(line.text) <= _LONGEST_HEAD and not line.links and not find_dates(line.scan, ANY_YEAR)
