"""Which column a table's cell stands in. Pure; no errors."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

_MOST_DIGITS: Final = 3


@dataclass(slots=True)
class Columns:
    """The column of the last cell of a row, beside the cells of rows above that span it."""

    last: int = -1
    rows_left: dict[int, int] = field(default_factory=dict)

    def take(self, name: str, rowspan: str = "") -> None:
        """Take the start of an element; `rowspan` is what a cell says."""
        if name == "table":
            self.rows_left = {}
        elif name == "tr":
            self.last = -1
            self.rows_left = {column: rows - 1 for column, rows in self.rows_left.items() if rows > 1}
        elif name in ("td", "th"):
            self.last += 1
            while self.last in self.rows_left:
                self.last += 1
            if rowspan.isdecimal() and int(rowspan[:_MOST_DIGITS]) > 1:
                self.rows_left[self.last] = int(rowspan[:_MOST_DIGITS])
