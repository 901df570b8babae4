"""A call page's lines as entries: each with what stands in front of it as its label (READING C3, D4). Pure; no errors.

A label is a `dt`, a field's label, the head of a row or column, or what else its card says. A time or a state in the
next line or cell belongs to the day before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from cmr_watch.reading.clauses import NO_CUTOFFS, subject_of_words
from cmr_watch.reading.dates import ANY_YEAR, DateSpan, find_days
from cmr_watch.reading.lexicon import Concept
from cmr_watch.reading.lines import Line, joined
from cmr_watch.reading.tables import with_heads
from cmr_watch.reading.tokens import Text, outside, scan

LONGEST: Final = 400
LONGEST_SHORT: Final = 120
_MOST_LINES_OF_CARD: Final = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """A line with its label. `scan` is the text of both, `table` what the heads of its table speak of."""

    line: Line
    scan: Text
    days: tuple[DateSpan, ...]
    table: Concept | None = None

    @property
    def is_short(self) -> bool:
        return len(self.line.text) <= LONGEST_SHORT


def entries_of(lines: Sequence[Line]) -> Iterator[Entry]:
    """The lines as entries: rows of tables apart, a time or state in the next line with its day."""
    for (is_table, item), group in groupby(lines, lambda one: (one.row is not None, None if one.row else one.item)):
        own = list(group)
        if is_table:
            yield from _entries_of_table(own)
        elif item is not None and 1 < len(own) <= _MOST_LINES_OF_CARD and sum(map(_has_day, own)) == 1:
            yield _entry_of_card(own)
        else:
            yield from _entries_of_lines(own)


def _entry_of_card(lines: Sequence[Line]) -> Entry:
    """Several lines of one item, only one of them with a day: “Closed”, “Cut-off 1”, “29 January 2027”."""
    at = next(number for number, line in enumerate(lines) if _has_day(line))
    label = " – ".join(line.shown for line in lines[:at])
    return _entry(joined(lines[at:]), label or lines[at].label)


def _entries_of_lines(lines: Sequence[Line]) -> Iterator[Entry]:
    waiting: list[Line] = []
    for line in lines:
        if waiting and not (_is_beside(line) and _has_day(waiting[0])):
            yield _entry(joined(waiting), waiting[0].label)
            waiting = []
        waiting.append(line)
    if waiting:
        yield _entry(joined(waiting), waiting[0].label)


def _entry(line: Line, label: str, table: Concept | None = None) -> Entry:
    text = f"{label}: {line.shown}" if label else line.shown
    whole = line.scan if len(line.text) > LONGEST else scan(text)
    return Entry(line, whole, find_days(whole, ANY_YEAR), table)


def _has_day(line: Line) -> bool:
    return len(line.text) <= LONGEST_SHORT and bool(find_days(line.scan, ANY_YEAR))


def _is_beside(line: Line) -> bool:
    """A line that is nothing but a time, a zone or a state: it belongs to the day above it."""
    cues = list(line.scan.cues_of("closed", "over", "tentative", "perhaps", "brussels time", "open"))
    rest = [token.letter for token in outside(line.scan.tokens, cues)]
    return not line.is_heading and set(rest) <= _OF_TIME and ("T" in rest or bool(cues))


_OF_TIME: Final = frozenset("Tz-(),.:a/hw&")


def _entries_of_table(lines: Sequence[Line]) -> Iterator[Entry]:
    """The rows of a table: each dated cell with its label, the cells behind it where it is the only dated one."""
    headed = list(with_heads(lines))
    table = "cutoff" if any(column and column.has("cutoff") for _, _, column in headed) else None
    for _, row in groupby(headed, lambda one: one[0].row):
        yield from _entries_of_row([(line, _label_of(line, *heads)) for line, *heads in row], table)


def _entries_of_row(row: Sequence[tuple[Line, str]], table: Concept | None) -> Iterator[Entry]:
    dated = [number for number, (line, _) in enumerate(row) if _has_day(line)]
    own = [number for number in dated if subject_of_words(scan(row[number][1])) not in NO_CUTOFFS]
    for number, (line, label) in enumerate(row):
        if [number] == own:
            cells = [(at, one) for at, (one, _) in enumerate(row) if at not in dated]
            beside = [one for at, one in cells if at > number or _is_beside(one)]
            yield _entry(joined([line, *beside]), label, table)
        elif number in dated or len(dated) != 1:
            yield _entry(line, label, table)


def _label_of(line: Line, row: Text | None, column: Text | None) -> str:
    """The head of a cell's row, if that says what it is about, else that of its column."""
    if row and (column is None or subject_of_words(row)):
        return row.text
    return column.text if column else line.label
