"""Which lines of the list belong together: a row, card, item or paragraph; a label, a date in pieces (READING D4).

    finished(placed)          lines with their label, joined with dates whose parts are on lines of their own
    parts_in_order(placed)    runs of lines, headings and notices, top to bottom
    editions_apart(line, year)  the editions of a line that contains more than one
    whole_of(entries, year)   the lines of a run as one edition, if they are one

Pure, linear. Errors: ParseError beyond MAX_CALLS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from cmr_watch.exceptions import ParseError
from cmr_watch.reading.clauses import Relation, relation_of
from cmr_watch.reading.dates import ANY_YEAR, DateSpan, find_dates
from cmr_watch.reading.entries import Entry, has_words, read_entry
from cmr_watch.reading.lines import Line, joined, runs
from cmr_watch.reading.notices import Notice, find_notices
from cmr_watch.reading.places import Place, find_places
from cmr_watch.reading.sections import Context, Placed, is_date_without_year
from cmr_watch.reading.tokens import Text

_LONGEST_UNFINISHED: Final = 80
_MOST_JOINED: Final = 8
MAX_CALLS: Final = 100


class Run(NamedTuple):
    """Lines of one row, card, item or paragraph, in one context."""

    lines: tuple[Line, ...]
    context: Context


class Noticed(NamedTuple):
    """A call notice, and its position."""

    notice: Notice
    context: Context


def parts_in_order(placed: Sequence[Placed]) -> Iterator[Run | Placed | Noticed]:
    """Runs of lines, headings and notices, top to bottom."""
    found = find_notices([one.line for one in placed], lambda at: _is_other(placed[at]))
    start = 0
    for number, notice in enumerate(found):
        if number == MAX_CALLS:
            raise ParseError(f"The list has more than {MAX_CALLS} calls.")
        yield from _between(placed[start : notice.start])
        yield Noticed(notice, placed[notice.start].context)
        start = notice.end
    yield from _between(placed[start:])


def _between(placed: Sequence[Placed]) -> Iterator[Run | Placed]:
    for run in runs(placed, lambda above, one: not (one.heading or above[-1].heading) and _is_beside(above[-1], one)):
        yield run[0] if run[0].heading else Run(tuple(one.line for one in run), run[0].context)


def _is_other(placed: Placed) -> bool:
    """A section's heading or an edition, and so not part of a notice."""
    heading = placed.heading
    if heading and (heading.section or heading.is_year or (heading.is_foreign and placed.context.where != "call")):
        return True
    return read_entry(placed.line, placed.context.year or ANY_YEAR).is_known


def _is_beside(one: Placed, other: Placed) -> bool:
    """Whether two lines are of one item, or of one paragraph outside of items."""
    if one.context is not other.context:
        return False
    above, line = one.line, other.line
    return above.item == line.item if above.item or line.item else above.block == line.block


def finished(placed: Sequence[Placed]) -> list[Placed]:
    """Lines joined with the label before them, and the parts of a date that are on lines of their own."""
    return [run[0]._replace(line=joined(one.line for one in run)) for run in runs(placed, _continues)]


def _continues(above: Sequence[Placed], placed: Placed) -> bool:
    """Whether a line continues an unfinished one: any with a label, a month with days, a year with both (D4)."""
    waiting = joined(one.line for one in above)
    if above[0].heading or placed.heading or above[0].context is not placed.context or waiting.is_cell_head:
        return False
    if len(waiting.text) > _LONGEST_UNFINISHED:
        return False
    tokens = [token.letter for token in placed.line.scan.tokens if token.letter != "'"]
    if _is_label(waiting):
        return True
    if not is_date_without_year(waiting):
        return False
    letters = {token.letter for token in waiting.scan.tokens}
    needed = "m" if "m" not in letters else "y" if "d" in letters else "dy"
    return tokens[:1] != [] and tokens[0] in needed and (tokens[0] != "y" or len(tokens) == 1)


def _is_label(line: Line) -> bool:
    """“Date:”, “Where?” and nothing else."""
    labels = line.scan.cues_of("date label", "place label")
    is_last = any(cue.last >= len(line.scan.tokens) - 2 for cue in labels)
    return is_last and line.scan.begins_with("date label", "place label")


def whole_of(entries: Sequence[Entry], year: int | None) -> Entry | None:
    """The entries of a run as one, if they are one edition."""
    if not 1 < len(entries) <= _MOST_JOINED:
        return None
    is_period = _is_period(entries)
    whole = read_entry(joined(entry.line for entry in entries), year) if is_period or _joins_to_one(entries) else None
    if whole is None or (whole.kind == "place" and whole.has_known_place and not whole.dates):
        return whole
    if whole.kind != "edition" or (is_period and not whole.is_known):
        return None
    days = [date for date in whole.dates if date.precision == "day"]
    if not is_period or len(days) != 2:
        return whole
    return whole._replace(date=days[0]._replace(ends_on=days[1].ends_on, end=days[1].end))


def _is_period(entries: Sequence[Entry]) -> bool:
    """A row with a place, its first day and its last one, each in a cell of its own."""
    days = [entry.date.starts_on for entry in entries if entry.kind == "date" and entry.date and entry.line.row]
    known = sum(entry.kind == "edition" or entry.has_known_place for entry in entries)
    first, last = days if len(days) == 2 else (None, None)
    return first is not None and last is not None and known <= 1 and first <= last


def _joins_to_one(entries: Sequence[Entry]) -> bool:
    """Whether the lines of a run are one edition: one of them has its date, one its place, and no other does (D4)."""
    kinds = Counter(entry.kind for entry in entries)
    dates = len({_is_numbered_day(entry) or entry.line.number for entry in entries if entry.kind == "date"})
    known = sum(entry.kind == "place" and entry.has_known_place for entry in entries)
    named = kinds["place"] - known
    if kinds["edition"]:
        # “Ghent, Belgium” over “12-13 March 2026: Green Steel”: what looks like a town is a theme
        is_theme = not any(entry.is_known for entry in entries)
        return is_theme and kinds["edition"] == known == 1 and not dates
    if entries[0].line.row and dates == known == 0:
        return named > 1  # “Ostrava | Czechia | to be confirmed”
    return dates == 1 and (known == 1 or (known == 0 and named > 0))


def _is_numbered_day(entry: Entry) -> bool:
    """“Day 1: 12 March”, “Day 2: 13 March”: lines that are one date (D1)."""
    return entry.line.scan.tokens[0].letter == "D"


# ── more than one edition in a line ──────────────────────────────────────────────────────────────────────────────────


def editions_apart(line: Line, year: int | None) -> Iterator[Line]:
    """The editions of a line, each on a line of its own (D4)."""
    for part in _parted_by_semicolon(line, year):
        bounds = _starts_of_editions(part, year)
        if len(bounds) == 1:
            yield part
            continue
        for start, end in zip(bounds, [*bounds[1:], len(part.text)], strict=True):
            own = part.piece(start, end)
            yield own.piece(0, len(own.text.rstrip(" \t,/|&+‐‑‒–—―−-")))


def _parted_by_semicolon(line: Line, year: int | None) -> list[Line]:
    ends = [token.start for token in line.scan.tokens if token.letter == ";"]
    if not ends:
        return [line]
    bounds = zip([0, *(end + 1 for end in ends)], [*ends, len(line.text)], strict=True)
    parts = [part for part in (line.piece(start, end) for start, end in bounds) if part.text]
    entries = [read_entry(part, year or ANY_YEAR) for part in parts]
    return parts if sum(entry.kind == "edition" for entry in entries) > 1 else [line]


def _starts_of_editions(line: Line, year: int | None) -> list[int]:
    """Where each of a line's editions begins: places and dates that alternate, the first of them decides the order."""
    text = line.scan
    whole = [date for date in find_dates(text, year) if date.is_whole]
    dates = [date for date in whole if relation_of(text, date.start) is Relation.AT]
    places = [place for place in find_places(text, dates) if place.is_known or place.is_online] if dates[1:] else []
    if len(places) != len(dates) or not places:
        return [0]
    groups: tuple[Sequence[Place | DateSpan], Sequence[Place | DateSpan]] = (places, dates)
    first, second = sorted(groups, key=lambda group: group[0].start)
    return [0, *(one.start for one in first[1:])] if _take_turns(text, first, second) else [0]


def _take_turns(text: Text, first: Sequence[Place | DateSpan], second: Sequence[Place | DateSpan]) -> bool:
    """Whether each of some spans is followed by one of the others, and no words introduce the next one.

    “…, back-to-back with the Cluster Weeks, Paris, France, 5 May 2026” is not a second edition.
    """
    in_order = [one for pair in zip(first, second, strict=True) for one in pair]
    is_in_turn = all(one.start < other.start for one, other in pairwise(in_order))
    gaps = zip([one.end for one in second], [one.start for one in first[1:]], strict=False)
    return is_in_turn and not any(has_words(text, start, end) for start, end in gaps)
