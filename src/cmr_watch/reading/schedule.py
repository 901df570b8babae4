"""The cut-offs of a call page, over all its lines (READING C3–C5, D5).

Each line becomes an *entry*: its text, with the label in front of it (a `dt`, a field's label, the head of
its row or column), and the heading above it. `cutoffs` reads the days of one entry; this module knows what applies to
several: the list that a sentence opens, a time for all of them, a day given twice. Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import Cutoff, ReadingWarning
from cmr_watch.reading.clauses import NO_CUTOFFS, SUBJECTS, sentences_of, subject_of_words, subjects_in
from cmr_watch.reading.cutoffs import CutoffSpan, days_in, marks_in, read_cutoffs
from cmr_watch.reading.dates import ANY_YEAR, DateSpan, find_dates, find_days, has_stray_number, year_of
from cmr_watch.reading.hosting_years import hosting_years
from cmr_watch.reading.instants import Zone, instant_of, time_in, zone_in
from cmr_watch.reading.lexicon import Concept
from cmr_watch.reading.lines import Line, Where
from cmr_watch.reading.schedule_entries import Entry, entries_of
from cmr_watch.reading.tokens import CELL, Text, outside, scan

_OF_CUTOFFS: Final = frozenset({"cutoff", "apply"})
_LONGEST_TEXT: Final = 500
_MOST_WORDS_OF_LABEL: Final = 5


@dataclass(frozen=True, slots=True)
class Schedule:
    """All cut-offs in page order, each once, the position of each, and how many dated lines were understood."""

    cutoffs: tuple[Cutoff, ...]
    places: tuple[Where, ...]
    warnings: tuple[ReadingWarning, ...]
    dated_lines: int
    unread_lines: int


def read_schedule(lines: Sequence[Line]) -> Schedule:
    """The cut-offs that a page's lines name."""
    reader = _Reader()
    for entry in entries_of(lines):
        reader.take(entry)
    return reader.result()


# ── what applies to several entries ──────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Found:
    span: CutoffSpan
    entry: Entry


@dataclass(slots=True)
class _Reader:
    """Takes entries one by one.

    `listing`: what a label or a sentence above calls the next days; in a bare one only days without more words
    count, such as those below “Deadline: 31 May”.
    """

    listing: Concept | None = None
    is_bare_listing: bool = False
    time: tuple[int, Zone | None] | None = None
    found: list[_Found] = field(default_factory=list)
    warnings: list[ReadingWarning] = field(default_factory=list)
    was_read: bool = False
    dated: int = 0
    unread: int = 0

    def take(self, entry: Entry) -> None:
        self.time = self.time or _common_time(entry.scan)
        if not entry.days:
            self._warn_of_month(entry)
            self._undated(entry)
            self.was_read = False
            return
        heading, year = self._over(entry)
        found = read_cutoffs(entry.scan, year, heading=heading)
        if self.was_read and found and found[0].replaces:
            self.found.pop()
        self.found += [_Found(_marked(one, entry, is_alone=len(found) == 1), entry) for one in found]
        self._count(entry, found, year, heading)
        self.was_read = bool(found)
        if found and self.listing is None and entry.is_short:
            self.listing, self.is_bare_listing = "cutoff", True

    def _warn(self, code: str, entry: Entry) -> None:
        self.warnings.append(ReadingWarning(code, _shown(entry)))

    def _warn_of_month(self, entry: Entry) -> None:
        """“Cut-offs: end of March 2027” names no day (D3)."""
        text = entry.scan
        starts = [span.start for span in find_dates(text) if span.precision in ("month", "season")]
        said = [one for one in sentences_of(text) if any(one.start <= start < one.end for start in starts)]
        if any(subject_of_words(text, *one) == "cutoff" for one in said):
            self._warn("date-unknown", entry)
            self.dated, self.unread = self.dated + 1, self.unread + 1

    def _undated(self, entry: Entry) -> None:
        """A heading, a label, a sentence that opens a list, a time for all; other long lines end a list."""
        text = entry.scan
        subjects = _subjects_of(text)
        if entry.line.is_heading:
            self.listing = None
        elif "cutoff" in subjects or (_leads_in(text) and NO_CUTOFFS.isdisjoint(subjects[:1])):
            self.listing, self.is_bare_listing = "cutoff", False
        elif _is_label(text) or text.has("of the page"):
            self.listing, self.is_bare_listing = subject_of_words(text), False
        elif not entry.is_short:
            self.listing = None

    def _over(self, entry: Entry) -> tuple[Concept | None, int | None]:
        """What the lines above an entry say about it: its subject, its year."""
        headings = entry.line.headings
        year = next((year_of(one) for one in headings if year_of(one) and not hosting_years(one)), None)
        listing = None if self.is_bare_listing and not _is_bare(entry) else self.listing
        return listing or _subject_of(headings), year

    def _count(self, entry: Entry, found: Sequence[CutoffSpan], year: int | None, heading: Concept | None) -> None:
        """An entry is unread if its days are impossible, or have no year; a day of something else does not matter."""
        days = days_in(entry.scan, range(len(entry.scan.text)), year)
        lost = next((day for day in days if day.is_impossible or day.is_yearless), None)
        self.dated += bool(found or lost)
        if found:
            self._doubt(entry, found, days)
        elif lost and not _OF_CUTOFFS.isdisjoint(_subjects_of(entry.scan) or [heading or ""]):
            self._warn("date-impossible" if lost.is_impossible else "date-unknown", entry)
            self.unread += 1

    def _doubt(self, entry: Entry, found: Sequence[CutoffSpan], days: Sequence[DateSpan]) -> None:
        if has_stray_number(entry.scan, days) or any(day.has_remainder for day in days):
            self._warn("date-remainder", entry)
        for _ in [one for one in found if not one.zone_is_right]:
            self._warn("cutoff-zone", entry)

    # ── the result

    def result(self) -> Schedule:
        for number, one in enumerate(self.found):
            if self.time and not one.span.has_time:
                self.found[number] = self._timed(one, *self.time)
        kept = _without_doubles(self.found)
        places = tuple(map(_where, kept))
        return Schedule(tuple(one.span.cutoff for one in kept), places, tuple(self.warnings), self.dated, self.unread)

    def _timed(self, one: _Found, minutes: int, zone: Zone | None) -> _Found:
        cutoff = one.span.cutoff
        at, is_right = instant_of(_day_of(cutoff), minutes, zone)
        if not is_right:
            self.warnings.append(ReadingWarning("cutoff-zone", cutoff.text))
        return replace(one, span=one.span._replace(cutoff=replace(cutoff, at=at), has_time=True))


def _where(found: _Found) -> Where:
    """Where a cut-off is in its line; the text of its entry begins with the label."""
    line, span = found.entry.line, found.span
    shift = max(0, len(found.entry.scan.text) - len(line.text))
    start, end = max(0, span.start - shift), min(span.end - shift, len(line.text))
    return Where(line, start, end) if start < end else Where(line, 0, len(line.text))


def _shown(entry: Entry) -> str:
    return entry.scan.text.replace(CELL, " ")[:_LONGEST_TEXT]


def _marked(one: CutoffSpan, entry: Entry, *, is_alone: bool) -> CutoffSpan:
    """With the line as shown, and with the marks before its day or in its heading (C5)."""
    text, cutoff = entry.scan, one.cutoff
    headings = [heading for heading in entry.line.headings[:1] if heading.has("cutoff")]
    marks = marks_in(text) if is_alone else frozenset[Concept]()
    closed = not marks.isdisjoint(("closed", "over")) or any(one.has("closed", "over") for one in headings)
    tentative = (is_alone and text.has("tentative")) or any(one.has("tentative", "perhaps") for one in headings)
    marked = replace(
        cutoff, text=_shown(entry), closed=cutoff.closed or closed, tentative=cutoff.tentative or tentative
    )
    return one._replace(cutoff=marked)


def _leads_in(text: Text) -> bool:
    """“You can apply until:”, “Submission is possible until” open a list."""
    end = len(text.text.rstrip(" :–-"))
    return any(cue.end == end or text.text.rstrip().endswith(":") for cue in text.cues_of("until"))


def _is_label(text: Text) -> bool:
    """“Deadline” on a line of its own is the heading of the line below (C3)."""
    return len([token for token in text.tokens if token.word]) <= _MOST_WORDS_OF_LABEL and bool(_subjects_of(text))


def _subjects_of(text: Text) -> list[Concept]:
    return subjects_in(text, list(text.cues_of(*SUBJECTS)))


def _common_time(text: Text) -> tuple[int, Zone | None] | None:
    """A time given once for all cut-offs: “All close at 18:00 (Brussels time)”, “Time: 16:00 CET”."""
    for sentence in sentences_of(text):
        part = scan(sentence.of(text))
        minutes = time_in(part.tokens)
        if minutes is not None and _is_of_all(part) and not find_days(part, ANY_YEAR):
            return minutes, zone_in(part, part.tokens)
    return None


def _is_of_all(sentence: Text) -> bool:
    """Whether a sentence is about cut-offs, or about all days of a list: “at 15:00 each”."""
    subjects = _subjects_of(sentence)
    is_of_all = any(token.word in _ALL for token in sentence.tokens) and NO_CUTOFFS.isdisjoint(subjects)
    return is_of_all or sentence.tokens[0].word == "time" or not _OF_CUTOFFS.isdisjoint(subjects)


_ALL: Final = frozenset({"each", "all", "both", "every", "always"})
_JOINING: Final = frozenset({"will", "be", "is", "are", "on", "for", "in", "with"})


def _is_bare(entry: Entry) -> bool:
    """Nothing precedes its day but a number of the cut-off, its state, “potentially”, “the next one is on”.

    In “On 14 September 2027 we explain it” a sentence continues right after it.
    """
    lead = [token for token in entry.scan.tokens if token.end <= entry.days[0].start]
    behind = [token for token in entry.scan.tokens if token.start >= entry.days[0].end][:1]
    cues = list(entry.scan.cues_of("round", "cutoff", "closed", "open", "perhaps", "tentative"))
    words = [token.word for token in outside((*lead, *behind), cues) if token.letter == "x" and token.word]
    return _JOINING.issuperset(words)


def _subject_of(headings: Sequence[Text]) -> Concept | None:
    """What the headings are about: the nearest that names a subject; under “Contact” nothing is a cut-off."""
    for heading in headings:
        subject = subject_of_words(heading)
        if subject or heading.has("contact"):
            return subject or "question"
    return None


def _day_of(cutoff: Cutoff) -> date:
    return cutoff.at.astimezone(BRUSSELS).date()


# ── doubles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _without_doubles(found: Sequence[_Found]) -> list[_Found]:
    """A day named in prose and in the list is one, in the place of the first.

    The one that states a time counts, or the earlier of two; a mark on any of them applies.
    """
    same: dict[object, list[_Found]] = {}
    for one in found:
        same.setdefault(_day_of(one.span.cutoff), []).append(one)
    kept = {id(group[0]): _merged(group) for group in same.values()}
    return [kept[id(one)] for one in found if id(one) in kept]


def _merged(group: Sequence[_Found]) -> _Found:
    best, place = min(group, key=lambda one: (not one.span.has_time, one.span.cutoff.at)), group[0]
    closed, tentative = any(one.span.cutoff.closed for one in group), any(one.span.cutoff.tentative for one in group)
    cutoff = replace(best.span.cutoff, text=place.span.cutoff.text, closed=closed, tentative=tentative)
    return replace(place, span=best.span._replace(cutoff=cutoff))
