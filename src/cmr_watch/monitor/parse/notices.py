"""Which of an article's lines are call notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cmr_watch.monitor.parse.calls import (
    Notice,
    continues_notice,
    heads_a_list,
    mentions_call,
    names_a_call,
    says_status,
)
from cmr_watch.monitor.parse.cutoffs import SPEAKS_OF_CUTOFF
from cmr_watch.monitor.parse.dates import find_dates
from cmr_watch.monitor.parse.headings import looks_like_heading
from cmr_watch.monitor.parse.lines import Line

_MOST_LINES: Final = 6
_MOST_CUTOFFS: Final = 20
_LONGEST_CUTOFF: Final = 400


@dataclass(frozen=True, slots=True)
class Found:
    """A notice, the lines after it that carry its cut-offs, and where all of them stand."""

    notice: Notice
    more: tuple[Line, ...]
    start: int
    end: int


def find_notices(lines: Sequence[Line], is_other: Callable[[Line], bool]) -> list[Found]:
    """All notices, top to bottom. `is_other` tells a line that is a section's heading or an edition."""
    found: list[Found] = []
    position = 0
    while position < len(lines):
        end = _notice_end(lines, position, is_other)
        if end == position:
            position += 1
            continue
        last = _more_end(lines, end, is_other)
        found.append(Found(Notice(tuple(lines[position:end])), tuple(lines[end:last]), position, last))
        position = last
    return found


def _notice_end(lines: Sequence[Line], start: int, is_other: Callable[[Line], bool]) -> int:
    """Where the notice that begins at a line ends; `start` itself if none does."""
    first = lines[start]
    if not mentions_call(first.text) or is_other(first):
        return start
    text, end = first.text, start + 1
    while not (names_a_call(text) and says_status(text)) and end < min(len(lines), start + _MOST_LINES):
        if not _goes_on(lines, end, first, is_other):
            break
        text, end = f"{text} {lines[end].text}", end + 1
    return end if names_a_call(text) else start


def _goes_on(lines: Sequence[Line], position: int, first: Line, is_other: Callable[[Line], bool]) -> bool:
    """Whether a line belongs to the paragraph that began before it: same block without a gap, or under its heading."""
    line, above = lines[position], lines[position - 1]
    if is_other(line):
        return False
    if above is first and looks_like_heading(first) and not looks_like_heading(line):
        return True
    if names_a_call(line.text) and says_status(line.text):
        return False
    return line.block == above.block and not line.gap


def _more_end(lines: Sequence[Line], start: int, is_other: Callable[[Line], bool]) -> int:
    """Where the cut-offs and the way to apply end that follow a notice."""
    end, listed = start, heads_a_list(lines[start - 1].text)
    while end < min(len(lines), start + _MOST_CUTOFFS):
        text = lines[end].text
        if is_other(lines[end]) or mentions_call(text) or not (continues_notice(text) or (listed and _is_day(text))):
            break
        listed = listed or bool(SPEAKS_OF_CUTOFF.search(text))
        end += 1
    return end


def _is_day(text: str) -> bool:
    return len(text) <= _LONGEST_CUTOFF and any(date.precision == "day" for date in find_dates(text))
