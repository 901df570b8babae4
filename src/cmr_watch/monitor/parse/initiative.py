"""The initiative page: two lists of editions and the call notices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from cmr_watch.models import CallNotice, Edition, Outline, ReadingWarning, Section, Snapshot
from cmr_watch.monitor.parse import words
from cmr_watch.monitor.parse.apart import editions_apart, is_known_place
from cmr_watch.monitor.parse.calls import read_notice
from cmr_watch.monitor.parse.document import candidates, open_document
from cmr_watch.monitor.parse.entry import (
    Entry,
    edition_of,
    is_summary,
    joined,
    read_entry,
    resolve,
    stands_alone,
    status_of,
)
from cmr_watch.monitor.parse.headings import (
    Heading,
    broken_heading,
    heading_of,
    headings_of,
    is_foreign,
    looks_like_heading,
    split_inline,
)
from cmr_watch.monitor.parse.lines import Line, article_lines, markup_of
from cmr_watch.monitor.parse.notices import find_notices
from cmr_watch.places import city_names, is_same_city

URL: Final = "https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"
"""The page's canonical address: relative links are resolved against it."""

_LONGEST_WARNING: Final = 500
_LONGEST_REMARK: Final = 80
_MOST_LINKS: Final = 20


def read_initiative(content: bytes, charset: str | None = None) -> Snapshot:
    """What the initiative page says. `charset` is the one that the HTTP header named; ParseError if it is no page."""
    document = open_document(content, charset)
    best = Snapshot(outline=Outline(document.complete, ()))
    for elements in candidates(document):
        for element in elements:
            best = max(best, _read_markup(markup_of(element), document.complete), key=_worth)
        if len(best.outline.sections) == 2:
            break
    return best


@lru_cache(maxsize=2)
def _read_markup(markup: str, complete: bool) -> Snapshot:
    """Remembered for a process that looks at the page again and again: mostly only the tokens around it are new."""
    return read_lines(article_lines(markup), complete=complete)


def forget() -> None:
    """Read the next page anew, as a fresh process does: for measuring."""
    _read_markup.cache_clear()


def _worth(snapshot: Snapshot) -> tuple[int, int, int]:
    """Of several readings the first with most is taken."""
    return len(snapshot.outline.sections), len(snapshot.editions), snapshot.outline.dated_lines


def read_lines(lines: Sequence[Line], *, complete: bool = True) -> Snapshot:
    """What an article's lines say."""
    marked = _marked(list(_split(lines)))
    reader = _Reader(both={heading.section for _, heading in marked if heading} >= {"upcoming", "past"})
    for line, heading, call in _with_notices(marked):
        if call:
            reader.take_call(call)
        elif heading:
            reader.open(line, heading)
        else:
            reader.take(line)
    reader.settle()
    reader.take_remark(None)
    return reader.snapshot(complete, headings_of(lines))


# ── lines, headings, notices ─────────────────────────────────────────────────────────────────────────────────────


def _split(lines: Sequence[Line]) -> Iterator[Line]:
    """Headings that share a line with what follows, and editions parted by “;”, each on a line of its own."""
    position = 0
    while position < len(lines):
        line, count = broken_heading(lines[position : position + 3]) or (lines[position], 1)
        position += count
        parts = (line,) if heading_of(line) else split_inline(line) or (line,)
        for part in parts:
            yield from editions_apart(part)


_Marked = tuple[Line, Heading | None]


def _marked(lines: list[Line]) -> list[_Marked]:
    """Lines with their headings. Where a section has a heading by its tags, a plain line with such words is text."""
    found = [(line, heading_of(line)) for line in lines]
    strong = {heading.section for line, heading in found if heading and heading.section and looks_like_heading(line)}
    return [
        (line, None if heading and heading.section in strong and not looks_like_heading(line) else heading)
        for line, heading in found
    ]


def _with_notices(
    marked: list[_Marked],
) -> Iterator[tuple[Line, Heading | None, tuple[CallNotice, list[ReadingWarning]] | None]]:
    """Lines in order, each notice once in the place of its lines."""
    headings = {id(line): heading for line, heading in marked}
    lines = [line for line, _ in marked]

    def is_other(line: Line) -> bool:
        return headings[id(line)] is not None or is_known_place(read_entry(line, 2000))

    notices = {found.start: found for found in find_notices(lines, is_other)}
    position, year = 0, None
    while position < len(lines):
        line, heading = marked[position]
        year = heading.year if heading else year
        found = notices.get(position)
        if found:
            yield line, None, read_notice(found.notice, year, URL, found.more)
        else:
            yield line, heading, None
        position = found.end if found else position + 1


# ── the lists ────────────────────────────────────────────────────────────────────────────────────────────────────

_COLLECTION: Final = re.compile(
    r"\b(?:editions?|events?|workshops?|meetings?|conferences?|webinars?|archive|contacts?|documents?|downloads?|news"
    r"|about|links?|partners?|background|objectives?|faqs?)\b",
    re.I,
)
_NO_SECTION: Final = 9
"""A level below every heading's."""


@dataclass(slots=True)
class _Reader:
    """Takes lines one by one. `section` is None above the first heading and under one that we do not know.

    `foreign` is the level of the heading under which other people's events stand, None under any other.
    """

    both: bool
    section: Section | None = None
    level: int = 0
    foreign: int | None = None
    year: int | None = None
    pending: Entry | None = None
    editions: list[Edition] = field(default_factory=list)
    last_line: Line | None = None
    remark: Line | None = None
    calls: list[CallNotice] = field(default_factory=list)
    warnings: list[ReadingWarning] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    dated: int = 0
    unread: int = 0

    def take_call(self, call: tuple[CallNotice, list[ReadingWarning]]) -> None:
        self.settle()
        if self.foreign is None:
            self.calls.append(call[0])
            self.warnings += call[1]

    def open(self, line: Line, heading: Heading) -> None:
        self.settle()
        self.take_remark(None)
        self.year = heading.year
        self.last_line = None
        if heading.section:
            self.section, self.level, self.foreign = heading.section, line.level, None
            if heading.section not in self.sections:
                self.sections.append(heading.section)

    def take(self, line: Line) -> None:
        entry = read_entry(line, self.year)
        if self._ends_section(entry):
            self.settle()
            self.take_remark(None)
            self.section, self.last_line = None, None
        if looks_like_heading(line):
            self._note_foreign(line)
        if self.section is None:
            self._outside(entry)
        elif not self._completes(entry):
            self.settle()
            self._inside(entry)

    def _ends_section(self, entry: Entry) -> bool:
        """Whether the line is a heading that we do not know: what follows it is of neither section."""
        line = entry.line
        if self.section is None or entry.kind not in ("other", "place") or not looks_like_heading(line):
            return False
        if entry.place and entry.place.country_code:
            return False
        if is_foreign(line.text):
            return True
        if line.level:
            return self.level in (0, 7) or line.level <= self.level
        return not self.level and len(line.text) <= 120 and bool(_COLLECTION.search(line.text))

    def _note_foreign(self, line: Line) -> None:
        """Other people's events reach to the next heading of the same level."""
        level = line.level or _NO_SECTION
        if self.section is None and is_foreign(line.text):
            self.foreign = level
        elif self.foreign is not None and level <= self.foreign and level < _NO_SECTION:
            self.foreign = None

    def _outside(self, entry: Entry) -> None:
        """Prose above both headings and other people's events are none of ours; else an edition's line is a warning."""
        known = entry.place is not None and entry.place.country_code is not None
        is_prose = self.both and (not self.sections or self.foreign is not None)
        if entry.kind == "edition" and known and not is_prose:
            self._warn("section-unknown", entry.line, unread=True)

    def _completes(self, entry: Entry) -> bool:
        """A place followed by its date in the next line, or a date followed by its place."""
        pending = self.pending
        if pending is None or {pending.kind, entry.kind} != {"place", "date"}:
            return False
        whole = joined(pending, entry, self.year)
        if whole.kind != "edition":
            return False
        self.pending = None
        self._add(whole)
        return True

    def _inside(self, entry: Entry) -> None:
        if entry.kind == "edition":
            self._add(entry)
        elif entry.kind == "unread":
            self._warn("line-unread", entry.line, unread=True)
        elif entry.kind == "date" or (entry.kind == "place" and _may_be_place(entry)):
            self.pending = entry
        else:
            self._remark(entry.line)

    def settle(self) -> None:
        """Decide on a place or a date that is still waiting for its other half."""
        entry, self.pending = self.pending, None
        if entry is None or self.section is None:
            return
        if entry.kind == "place" and stands_alone(entry):
            if not self._is_venue(entry):
                self._add(entry)
        elif entry.kind == "date":
            self._warn("line-unread", entry.line, unread=True)

    def _is_venue(self, entry: Entry) -> bool:
        """“Cité Internationale, Lyon, France” under Lyon's line tells where it is, and is no edition of its own."""
        if self.last_line is None or not self.editions or entry.place is None:
            return False
        edition, place = self.editions[-1], entry.place
        names = [place.city, *(place.region or "").split(", ")]
        return edition.country_code == place.country_code and any(is_same_city(edition.city, name) for name in names)

    def _add(self, entry: Entry) -> None:
        assert self.section is not None, "editions stand in a section"
        edition, doubts = edition_of(entry, self.section, URL)
        self.editions.append(edition)
        self.take_remark(entry.line)
        self.dated += entry.date is not None
        self.warnings += [replace(doubt, text=doubt.text[:_LONGEST_WARNING]) for doubt in doubts]
        self.last_line = entry.line

    def _remark(self, line: Line) -> None:
        """A line that only says more of the edition above it: its summary, or its state.

        What stands above a list's first edition as its heading, or begins its paragraph, tells of the edition under it.
        """
        if _is_remark(line.text):
            self.take_remark(None)
            self.remark = line
        if self.last_line is None or not self.editions:
            return
        edition = self.editions[-1]
        link = next((link for link in line.links[:_MOST_LINKS] if is_summary(line.text, link)), None)
        if link and edition.summary_url is None:
            self.editions[-1] = replace(edition, summary_url=resolve(URL, link.href))

    def take_remark(self, line: Line | None) -> None:
        """Give a waiting remark to the edition of `line`, which was just added, or to the one above it."""
        remark, self.remark = self.remark, None
        if remark is None:
            return
        is_its_own = line is not None and (
            remark.block == line.block != self._block_above() or (self.last_line is None and looks_like_heading(remark))
        )
        above = len(self.editions) - 1 - (line is not None)
        index = len(self.editions) - 1 if is_its_own else above if self.last_line else -1
        if index >= 0:
            edition = self.editions[index]
            self.editions[index] = replace(
                edition, status=status_of(f"{edition.text} {remark.text}", edition.section or "upcoming")
            )

    def _block_above(self) -> int | None:
        return self.last_line.block if self.last_line else None

    def _warn(self, code: str, line: Line, *, unread: bool) -> None:
        self.warnings.append(ReadingWarning(code, line.shown[:_LONGEST_WARNING]))
        self.dated += unread
        self.unread += unread

    def snapshot(self, complete: bool, headings: tuple[str, ...]) -> Snapshot:
        editions, doubles = _without_doubles(self.editions)
        outline = Outline(complete, tuple(self.sections), self.dated, self.unread, headings)
        return Snapshot("initiative", editions, tuple(self.calls), (*self.warnings, *doubles), outline)


_REMARK: Final = re.compile(rf"\W{{0,20}}{words.REMARK.pattern}", words.REMARK.flags)
"""Any bullet, emoji or bracket may stand before it."""


def _is_remark(text: str) -> bool:
    return len(text) <= _LONGEST_REMARK and bool(_REMARK.match(text))


def _may_be_place(entry: Entry) -> bool:
    """Whether a place without a date is worth waiting for one: an edition by itself, or a short name."""
    return stands_alone(entry) or len(entry.line.text.split()) <= 4


def _without_doubles(editions: list[Edition]) -> tuple[tuple[Edition, ...], list[ReadingWarning]]:
    """A line that stands in both sections is one edition, the past one; so is one that was pasted twice."""
    kept: dict[tuple[object, ...], Edition] = {}
    doubles = []
    for edition in editions:
        key = _identity(edition)
        other = kept.get(key)
        if other and other.section == edition.section and other.text != edition.text:
            key = (*key, edition.text)
            other = kept.get(key)
        if other is None:
            kept[key] = edition
            continue
        winner, loser = (edition, other) if other.section == "upcoming" else (other, edition)
        if winner is edition:
            del kept[key]  # it stands where its own line stands
        kept[key] = replace(winner, url=winner.url or loser.url, summary_url=winner.summary_url or loser.summary_url)
        doubles.append(ReadingWarning("duplicate", loser.text[:_LONGEST_WARNING]))
    return tuple(kept.values()), doubles


def _identity(edition: Edition) -> tuple[object, ...]:
    when = edition.starts_on or edition.period or edition.text
    return min(city_names(edition.city)), edition.country_code or edition.country, when
