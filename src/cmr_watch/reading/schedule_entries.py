"""A call page's lines as entries: each with what precedes it as its label (READING C3, D4). Pure; no errors.

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
from cmr_watch.reading.lines import Line, joined
from cmr_watch.reading.tables import with_labels
from cmr_watch.reading.tokens import Text, outside, scan

LONGEST: Final = 400
LONGEST_SHORT: Final = 120
_MOST_LINES_OF_CARD: Final = 6
_OF_TIME: Final = frozenset("Tz-(),.:a/hw&")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line with its label. `scan` is the text of both."""

    line: Line
    scan: Text
    days: tuple[DateSpan, ...]

    @property
    def is_short(self) -> bool:
        return len(self.line.text) <= LONGEST_SHORT


_Labelled = tuple[Line, tuple[Text, ...]]


def entries_of(lines: Sequence[Line]) -> Iterator[Entry]:
    """The lines as entries: rows of tables apart, a time or state in the next line with its day."""
    for (is_table, item), group in groupby(with_labels(lines), _group_of):
        own = list(group)
        if is_table:
            yield from _entries_of_table(own)
        elif item is not None and len(own) <= _MOST_LINES_OF_CARD and sum(_has_day(line) for line, _ in own) == 1:
            yield _entry_of_card(own)
        else:
            yield from _entries_of_lines(own)


def _group_of(labelled: _Labelled) -> tuple[bool, int | None]:
    line, _ = labelled
    return line.row is not None, line.item if line.row is None else None


def _entry_of_card(card: Sequence[_Labelled]) -> Entry:
    """Several lines of one item, only one of them with a day: “Closed”, “Cut-off 1”, “29 January 2027”."""
    lines = [line for line, _ in card]
    at = next(number for number, line in enumerate(lines) if _has_day(line))
    label = " – ".join(line.shown for line in lines[:at])
    return _entry(lines[at:], label or _label_of(card[at][1]))


def _entries_of_lines(labelled: Sequence[_Labelled]) -> Iterator[Entry]:
    groups: list[list[Line]] = []
    labels = []
    for line, own in labelled:
        if groups and _is_beside(line) and _has_day(groups[-1][0]):
            groups[-1].append(line)
        else:
            groups.append([line])
            labels.append(_label_of(own))
    yield from map(_entry, groups, labels)


def _entries_of_table(cells: Sequence[_Labelled]) -> Iterator[Entry]:
    """The rows of a table: each dated cell with its label, the cells after it where it is the only dated one."""
    for _, row in groupby(cells, lambda one: one[0].row):
        yield from _entries_of_row([(line, _label_of(labels)) for line, labels in row])


def _entries_of_row(row: Sequence[tuple[Line, str]]) -> Iterator[Entry]:
    dated = [number for number, (line, _) in enumerate(row) if _has_day(line)]
    own = [number for number in dated if subject_of_words(scan(row[number][1])) not in NO_CUTOFFS]
    for number, (line, label) in enumerate(row):
        if [number] == own:
            others = [(at > number, one) for at, (one, _) in enumerate(row) if at not in dated]
            yield _entry([line, *(one for is_behind, one in others if is_behind or _is_beside(one))], label)
        elif number in dated or len(dated) != 1:
            yield _entry([line], label)


def _entry(lines: Sequence[Line], label: str) -> Entry:
    line = joined(lines)
    text = f"{label}: {line.shown}" if label else line.shown
    whole = line.scan if len(line.text) > LONGEST else scan(text)
    return Entry(line, whole, find_days(whole, ANY_YEAR))


def _label_of(labels: Sequence[Text]) -> str:
    """The head of a row, if it says what the row is about, else that of the column."""
    return next((label.text for label in labels if subject_of_words(label)), labels[-1].text if labels else "")


def _has_day(line: Line) -> bool:
    return len(line.text) <= LONGEST_SHORT and bool(find_days(line.scan, ANY_YEAR))


def _is_beside(line: Line) -> bool:
    """A line that is only a time, a zone or a state: it belongs to the day above it."""
    cues = list(line.scan.cues_of("closed", "over", "tentative", "perhaps", "brussels time", "open"))
    rest = [token.letter for token in outside(line.scan.tokens, cues)]
    return not line.is_heading and set(rest) <= _OF_TIME and ("T" in rest or bool(cues))
