"""Which column a table's cell stands in. Pure; no errors."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Columns:
    """The column of each cell of a row, beside the cells of rows above that span it."""

    last: int = -1
    rows_left: dict[int, int] = field(default_factory=dict)

    def next_row(self) -> None:
        self.last = -1
        self.rows_left = {column: rows - 1 for column, rows in self.rows_left.items() if rows > 1}

    def next_cell(self, rowspan: str) -> None:
        self.last += 1
        while self.last in self.rows_left:
            self.last += 1
        if rowspan.isdecimal() and 1 < int(rowspan[:3]):
            self.rows_left[self.last] = int(rowspan[:3])
