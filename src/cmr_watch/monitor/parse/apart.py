"""Lines that hold more than one edition, taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from cmr_watch.monitor.parse.dates import find_dates
from cmr_watch.monitor.parse.entry import Entry, read_entry
from cmr_watch.monitor.parse.lines import Line
from cmr_watch.places import is_online


def editions_apart(line: Line) -> Iterator[Line]:
    """The editions of a line, each on a line of its own."""
    for part in _parted_by_semicolon(line):
        yield from _run_together(part) if len(_YEARS.findall(part.text[:2_000])) > 1 else (part,)


def _parted_by_semicolon(line: Line) -> list[Line]:
    cuts = [match.start() for match in re.finditer(";", line.text[:2_000])]
    if not cuts:
        return [line]
    bounds = zip([0, *(cut + 1 for cut in cuts)], [*cuts, len(line.text)], strict=True)
    parts = [line.part(start, end) for start, end in bounds]
    parts = [part for part in parts if part.text]
    entries = [read_entry(part, 2000) for part in parts]  # any year: only the kind of line counts here
    return parts if sum(entry.kind == "edition" for entry in entries) > 1 else [line]


_YEARS: Final = re.compile(r"(?<!\d)20\d\d(?!\d)")


def _run_together(line: Line) -> Iterator[Line]:
    """Two whole editions on one line without anything between them that parts lines: the break was forgotten."""
    bounds = _second_edition(line)
    if bounds is None:
        yield line
        return
    yield line.part(0, len(line.text[: bounds[0]].rstrip(" \t,/|&+‐‑‒–—―−-")))
    yield from _run_together(line.part(bounds[1]))


def _second_edition(line: Line) -> tuple[int, int] | None:
    """Where the first edition of a line ends and a second one begins, if it is whole by itself."""
    first = read_entry(line, None)
    if not (is_known_place(first) and first.place and first.date):
        return None
    if line.text.find(first.place.city, 0, first.date.start) < 0:
        return _second_date(line, first.date.end)
    second = read_entry(line.part(first.date.end), None)
    if not (is_known_place(second) and second.place):
        return None
    start = line.text.find(second.place.city, first.date.end)
    joint = _JOINT.match(line.text, start) if start >= 0 else None
    return (start, joint.end() if joint else start) if start >= 0 else None


def _second_date(line: Line, end: int) -> tuple[int, int] | None:
    """Where a line whose dates stand before their places has its second date, if both halves are editions."""
    start = next((date.start for date in find_dates(line.text) if date.start > end and date.precision == "day"), None)
    if start is None:
        return None
    halves = read_entry(line.part(0, start), None), read_entry(line.part(start), None)
    return (start, start) if all(is_known_place(half) for half in halves) else None


_JOINT: Final = re.compile(r"(?:and|or|then)\s+")


def is_known_place(entry: Entry) -> bool:
    """Whether a line is an edition beyond doubt; “Round 1: 31 May 2025” under a call is a cut-off."""
    place = entry.place
    return entry.kind == "edition" and place is not None and (place.country_code is not None or is_online(place.city))
