"""The heads of a table's rows and columns, which name what its cells are about. Pure; no errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cmr_watch.reading.dates import ANY_YEAR, find_dates
from cmr_watch.reading.lines import Line
from cmr_watch.reading.tokens import Text

_LONGEST_HEAD: Final = 120


def with_heads(lines: Sequence[Line]) -> Iterator[tuple[Line, Text | None, Text | None]]:
    """Each line with the head of its row and the head of its column: cells of one short line, without links and days.

    A cell of several lines is a column of the page's text rather than a head.
    """
    sizes = Counter(line.cell for line in lines if line.row is not None)
    columns: dict[int, Text] = {}
    row: int | None = None
    row_head: Text | None = None
    is_first = False
    for line in lines:
        if line.row is None:
            row, columns = None, {}
            yield line, None, None
            continue
        if line.row != row:
            is_first, row = row is None, line.row
            row_head = line.scan if _may_be_head(line, sizes) else None
        if is_first and _may_be_head(line, sizes):
            columns[line.column] = line.scan
        column_head = columns.get(line.column)
        yield line, _unless_own(row_head, line), _unless_own(column_head, line)


def _unless_own(head: Text | None, line: Line) -> Text | None:
    return None if head is line.scan else head


def _may_be_head(line: Line, sizes: Mapping[int, int]) -> bool:
    return (
        sizes[line.cell] == 1
        and len(line.text) <= _LONGEST_HEAD
        and not line.links
        and not find_dates(line.scan, ANY_YEAR)
    )
