"""The cut-off dates of a call page: from prose, from lists under a heading, from tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.models import Cutoff, ReadingWarning
from cmr_watch.monitor.parse import words
from cmr_watch.monitor.parse.cutoff_times import END_OF_DAY
from cmr_watch.monitor.parse.cutoffs import SPEAKS_OF_CUTOFF, at_common_time, common_time, puts_off, read_cutoffs
from cmr_watch.monitor.parse.dates import Found, find_dates
from cmr_watch.monitor.parse.headings import looks_like_heading, section_of_marked, year_of
from cmr_watch.monitor.parse.lines import CELL, Line

LONGEST_LINE: Final = 4_000
"""Of a line that is longer, only so much is read."""

_LONGEST_ENTRY: Final = 400
_LONGEST_LEAD: Final = 100
_LONGEST_SHORT: Final = 120
_LONGEST_TEXT: Final = 500
_BOLD_LEVEL: Final = 8
_OPENS_LIST: Final = re.compile(
    r"\b(?:continuously open|following (?:\w+ )?dates|these dates|open until|apply (?:by|until|before))\b", re.I
)
_SUB_HEADING: Final = re.compile(
    r"\b(?:first|second|third|fourth|fifth|next|last|open|closed|past|rounds?|waves?|dates?|batch|20\d\d|\d)\b", re.I
)
_CLOSED_LIST: Final = re.compile(r"\b(?:closed|past|expired|previous)\b", re.I)
_BARE: Final = re.compile(
    r"(?:[\W\d_]|\b(?:at|on|the|and|or|by|until|till|CES?T|GMT|UTC|Brussels|local|time|noon|midday|midnight|[ap]m?|h|hours"
    r"|hrs|closed|open|expired|passed|tbc|potentially|possibly|provisional|first|second|third|fourth|fifth|next|last|final"
    r"|cut|offs?|deadline|round|wave|date|(?:mon|tues|wednes|thurs|fri|satur|sun)day|st|nd|rd|th)(?![^\W\d_]))*",
    re.I,
)
_DEPENDING: Final = re.compile(r"\bdepending on\b[^,;]{0,80}", re.I)
_MARK: Final = r"(?:^\W{0,9}|[(\[\t‐‑‒–—―−:-])\s{0,3}(?:now )?(?:closed|expired|passed)\s{0,3}(?:$|[)\]\t‐‑‒–—―−:.,-])"
_MARKED_CLOSED: Final = re.compile(_MARK, re.I)
_MARKED_TENTATIVE: Final = re.compile(r"^\W*(?:potentially|possibly)\b", re.I)
_OTHER_COLUMN: Final = re.compile(
    r"\b(?:results?|evaluat\w+|notif\w+|open(?:s|ing)?|start\w*|publi\w+|announc\w+|launch\w*|events?|workshops?|hosting"
    r"|selection)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Dates:
    """All cut-offs in page order, each once, and how many dated lines were understood."""

    cutoffs: tuple[Cutoff, ...]
    warnings: tuple[ReadingWarning, ...]
    dated_lines: int
    unread_lines: int


def read_dates(lines: Sequence[Line]) -> Dates:
    """The cut-offs that an article's lines name."""
    reader = _Reader()
    for line in _with_times_beside(_without_other_columns(lines)):
        reader.take(line)
    reader.share_time()
    return Dates(_without_doubles(reader.found), tuple(dict.fromkeys(reader.warnings)), reader.dated, reader.unread)


@dataclass(slots=True)
class _Reader:
    """Takes lines one by one.

    `level` is that of the heading that opened a list, `headed` says that all its days count and not only bare ones,
    `closed` that the heading calls them past. `found` holds each cut-off and whether it stands in a list.
    """

    year: int | None = None
    listing: bool = False
    headed: bool = False
    closed: bool = False
    level: int = 0
    entries: int = 0
    found: list[tuple[Cutoff, bool]] = field(default_factory=list)
    above: bool = False
    warnings: list[ReadingWarning] = field(default_factory=list)
    dated: int = 0
    unread: int = 0
    time: str | None = None

    def share_time(self) -> None:
        """Give the days without a time the one that stands once for all of them, above or below."""
        if self.time is None:
            return
        for index, (cutoff, listed) in enumerate(self.found):
            timed, right_zone = at_common_time(cutoff, self.time)
            self.found[index] = timed, listed
            self.warnings += [] if right_zone else [ReadingWarning("cutoff-zone", cutoff.text)]

    def take(self, line: Line) -> None:
        text = line.shown[:LONGEST_LINE]
        dates = find_dates(text, self.year, single=True)
        if dates:
            self._dated(line, text, dates)
            return
        self.time = self.time or common_time(text[:_LONGEST_ENTRY])
        if looks_like_heading(line):
            self._heading(line, text)
        else:
            self._undated(text, is_row=CELL in line.text)
        self.above = False

    def _heading(self, line: Line, text: str) -> None:
        level = line.level or _BOLD_LEVEL
        self.year = year_of(text) or self.year
        if SPEAKS_OF_CUTOFF.search(text):
            self._open(level, headed=True)
        elif level <= self.level or not _SUB_HEADING.search(text) or section_of_marked(text):
            self.listing = False
        self.closed = self.listing and bool(_CLOSED_LIST.search(text))

    def _open(self, level: int, *, headed: bool) -> None:
        self.listing, self.headed, self.closed, self.level, self.entries = True, headed, False, level, 0

    def _undated(self, text: str, *, is_row: bool) -> None:
        """A line without days: it may open a list; a long one after some entries ends it."""
        if (SPEAKS_OF_CUTOFF.search(text) or _OPENS_LIST.search(text)) and len(text) <= _LONGEST_ENTRY:
            if not (self.listing and self.headed):
                self._open(self.level, headed=text.rstrip().endswith(":") or is_row)
                self.year = year_of(text) or self.year
        elif self.entries and len(text) > _LONGEST_SHORT:
            self.listing = False

    def _dated(self, line: Line, text: str, dates: Sequence[Found]) -> None:
        listed = self.listing and _is_entry(text, dates, headed=self.headed)
        cutoffs, doubts = read_cutoffs(text, self.year, listed=listed)
        if len(cutoffs) == 1 and self.above and puts_off(text):
            self.found.pop()
        own = [self._marked(cutoff, text, listed, alone=len(cutoffs) == 1) for cutoff in cutoffs]
        self.found += [(cutoff, listed) for cutoff in own]
        self.warnings += [replace(doubt, text=text[:_LONGEST_TEXT]) for doubt in doubts]
        self._count(text, dates, speaks=listed or bool(SPEAKS_OF_CUTOFF.search(text)), is_read=bool(own))
        self.above = bool(own)
        if own and not self.listing:
            self._open(line.level or (_BOLD_LEVEL if looks_like_heading(line) else 0), headed=False)
        self.entries += bool(own)

    def _marked(self, cutoff: Cutoff, text: str, listed: bool, *, alone: bool) -> Cutoff:
        """With the line as shown, and with the marks that stand before its day or in its heading."""
        is_short = alone and len(text) <= _LONGEST_ENTRY
        closed = cutoff.closed or (listed and self.closed) or (is_short and bool(_MARKED_CLOSED.search(text)))
        unsure = is_short and bool(words.TENTATIVE.search(text) or _MARKED_TENTATIVE.search(text))
        return replace(cutoff, text=text[:_LONGEST_TEXT], closed=closed, tentative=cutoff.tentative or unsure)

    def _count(self, text: str, dates: Sequence[Found], *, speaks: bool, is_read: bool) -> None:
        """A line is unread when its days cannot be, or have no year; a day of something else is no loss."""
        broken = [date for date in dates if date.impossible or (date.yearless and not is_read)]
        is_lost = speaks and bool(broken)
        if is_lost:
            code = "date-impossible" if broken[0].impossible else "date-unknown"
            self.warnings.append(ReadingWarning(code, text[:_LONGEST_TEXT]))
        self.dated += is_read or is_lost
        self.unread += is_lost and not is_read


# ── lines that belong to a list ──────────────────────────────────────────────────────────────────────────────────


def _is_entry(text: str, dates: Sequence[Found], *, headed: bool) -> bool:
    """Whether a dated line is one of a list: it begins with its date; where no heading stands, it is little more."""
    if len(text) > _LONGEST_ENTRY:
        return False
    if not headed:
        return _is_bare(text, dates)
    return dates[0].start <= _LONGEST_LEAD


def _is_bare(text: str, dates: Sequence[Found]) -> bool:
    """Nothing but days, times, zones and marks."""
    for date in reversed(dates):
        text = f"{text[: date.start]} {text[date.end :]}"
    return bool(_BARE.fullmatch(_DEPENDING.sub("", text)))


def _with_times_beside(lines: Sequence[Line]) -> list[Line]:
    """“31 May 2024”, and in the next line “18:00 CET” or “CLOSED”: one line."""
    joined: list[Line] = []
    for line in lines:
        text = line.text
        if joined and len(text) <= _LONGEST_SHORT and _is_beside(text) and _has_days(joined[-1].text):
            joined[-1] = replace(joined[-1], text=f"{joined[-1].text} – {text.strip(' ‐‑‒–—―−-')}", bold=0)
        else:
            joined.append(line)
    return joined


_BESIDE: Final = re.compile(
    r"\W*(?:at )?(?:\d{1,2}\s?[:.h]\s?\d\d|\d{1,2} ?[ap]m\b|noon\b|midnight\b|closed\b|tbc\b)", re.I
)


def _is_beside(text: str) -> bool:
    return bool(_BESIDE.match(text) and _BARE.fullmatch(text)) and not find_dates(text, single=True)


def _has_days(text: str) -> bool:
    return len(text) <= _LONGEST_SHORT and bool(find_dates(text, single=True))


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _without_other_columns(lines: Sequence[Line]) -> list[Line]:
    """Lines without the cells that stand under or beside “Results” or “Opening” in a table.

    Rows with several days are lines for each cell; a row with one is a line of its own, its cells parted.
    """
    kept: list[Line] = []
    heads: list[str] = []
    first: dict[int, int] = {}
    labels: dict[int, str] = {}
    for line in lines:
        if line.row is None:
            heads = []
        elif CELL in line.text and SPEAKS_OF_CUTOFF.search(line.text) and not _has_days(line.text):
            heads = line.text.split(CELL)
        column = line.cell - first.setdefault(line.row, line.cell) if line.row is not None else 0
        label = labels.setdefault(line.row, line.text) if line.row is not None else ""
        if not _is_under_other(heads, column, line) and not (label is not line.text and _OTHER_ROW.fullmatch(label)):
            kept.append(line)
    return kept


_OTHER_ROW: Final = re.compile(
    r"\W*(?:results?|evaluation|notification|publication|announcement|launch|start|opening|events?|implementation)\b"
    r"[^\d\t]{0,40}",
    re.I,
)


def _is_under_other(heads: Sequence[str], column: int, line: Line) -> bool:
    if not 0 <= column < len(heads) or CELL in line.text:
        return False
    return bool(_OTHER_COLUMN.search(heads[column])) and not SPEAKS_OF_CUTOFF.search(heads[column])


# ── doubles ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _without_doubles(found: Sequence[tuple[Cutoff, bool]]) -> tuple[Cutoff, ...]:
    """A day named in prose and in the list is one, in the list's place.

    The one that states a time counts, the earlier of two; what any of them marks is marked.
    """
    same: dict[object, list[tuple[Cutoff, bool]]] = {}
    for cutoff, listed in found:
        same.setdefault(cutoff.at.astimezone(BRUSSELS).date(), []).append((cutoff, listed))
    places = {id(_in_list(group)): _merged(group) for group in same.values()}
    return tuple(places[id(cutoff)] for cutoff, _ in found if id(cutoff) in places)


def _in_list(group: Sequence[tuple[Cutoff, bool]]) -> Cutoff:
    return next((cutoff for cutoff, listed in group if listed), group[0][0])


def _merged(group: Sequence[tuple[Cutoff, bool]]) -> Cutoff:
    best = min((cutoff for cutoff, _ in group), key=lambda cutoff: (_is_end_of_day(cutoff), cutoff.at))
    closed, tentative = any(cutoff.closed for cutoff, _ in group), any(cutoff.tentative for cutoff, _ in group)
    return replace(best, text=_in_list(group).text, closed=closed, tentative=tentative)


def _is_end_of_day(cutoff: Cutoff) -> bool:
    return cutoff.at.astimezone(BRUSSELS).time() == END_OF_DAY
