"""The list of editions: the initiative page (READING S, P, D, C1–C5).

The article is read as one stream of placed lines (`sections`). Lines of one row, card, item or paragraph are
joined first (`records`); what is left over is paired line by line (`_Lists.take`). Pure, linear. Errors: ParseError.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cmr_watch.exceptions import ParseError
from cmr_watch.models.evidence import Evidence, Use
from cmr_watch.models.readings import CallNotice, Outline, ReadingWarning, Section, Snapshot
from cmr_watch.reading.article import base_of
from cmr_watch.reading.calls import read_notice
from cmr_watch.reading.document import Document, candidates, nodes_of
from cmr_watch.reading.doubts import LONGEST_WARNING, doubts_of
from cmr_watch.reading.entries import Entry, Said, read_entry, said_status, stands_alone
from cmr_watch.reading.evidence import EvidenceLog
from cmr_watch.reading.lines import Line, Link, joined
from cmr_watch.reading.links import MOST_LINKS, Address, address_of, addresses_of, is_summary, says_more
from cmr_watch.reading.listed_edition import ListedEdition, without_doubles
from cmr_watch.reading.notices import Notice
from cmr_watch.reading.outline import headings_of, lines_of
from cmr_watch.reading.records import Run, editions_apart, finished, parts_in_order, whole_of
from cmr_watch.reading.sections import ABOVE, Context, Placed, Where, placed_lines
from cmr_watch.reading.tokens import scan

URL: Final = "https://clustercollaboration.eu/events/organised-by-eccp/clusters-meet-regions"
"""The page's canonical address: relative links are resolved against it (O2)."""
MAX_ENTRIES: Final = 5_000

_LONGEST_REMARK: Final = 80
_FEWEST_WITHOUT_SECTION: Final = 3

Result = tuple[Snapshot, Evidence]


def read_initiative(document: Document, address: str | None = None) -> Result:
    """What the initiative page says, and where.

    `address` is the page's own: relative links are resolved against it, or against the canonical URL (O2).
    """
    base = base_of(address, URL)
    best: Result | None = None
    seen: set[str] = set()
    for group in candidates(document):
        for candidate in group:
            markup = candidate.markup
            if markup not in seen:
                seen.add(markup)
                result = _read(markup, candidate.why, document.is_complete, candidate.is_article, base)
                best = _better(best, result) if best else result
        if best and len(best[0].outline.sections) == 2 and best[0].editions:
            break
    return best or (Snapshot(outline=Outline(document.is_complete, ())), Evidence())


def _better(best: Result, other: Result) -> Result:
    """The one with more sections, else the one that reads something; then the first, unless the other has more calls.

    The likeliest elements come first: a wider one contains unrelated lines too.
    """
    one, two = best[0], other[0]
    if _worth(two) > _worth(one):
        return other
    has_same = one.editions == two.editions and one.outline.sections and len(two.warnings) <= len(one.warnings)
    return other if has_same and len(two.calls) > len(one.calls) else best


def _worth(snapshot: Snapshot) -> tuple[int, int]:
    sections = len(snapshot.outline.sections)
    return sections, len(snapshot.editions) if sections else bool(snapshot.editions)


@lru_cache(maxsize=2)
def _read(markup: str, why: str, is_complete: bool, is_article: bool, base: str) -> Result:
    """Cached for a process that reads a page repeatedly: mostly only the tokens around its article are new."""
    lines = lines_of(nodes_of(markup))
    return read_lines(lines, base, why=why, is_complete=is_complete, is_article=is_article)


def forget() -> None:
    """Read the next page as a fresh process does: for measuring."""
    _read.cache_clear()
    scan.cache_clear()


def read_lines(
    lines: Sequence[Line], base: str = URL, *, why: str = "", is_complete: bool = True, is_article: bool = True
) -> Result:
    """What an article's lines say. `is_article` is False if there are unrelated lines among them."""
    placed = finished(placed_lines(lines, is_article=is_article))
    has_sections = any(one.heading and one.heading.section for one in placed)
    lists = _Lists(base, has_sections, is_article)
    for part in parts_in_order(placed):
        if isinstance(part, Run):
            lists.take_run(part)
        elif isinstance(part, Placed):
            lists.open(part)
        else:
            lists.take_notice(part.notice, part.context)
    lists.settle()
    return lists.result(why, is_complete, lines)


# ── the lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Lists:
    """Gathers editions, calls and warnings."""

    base: str
    has_sections: bool
    is_article: bool
    editions: list[ListedEdition] = field(default_factory=list)
    calls: list[CallNotice] = field(default_factory=list)
    warnings: list[ReadingWarning] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    pending: Entry | None = None
    context: Context = ABOVE
    above: ListedEdition | None = None
    waiting: Said | None = None
    below: Said | None = None
    dated: int = 0
    unread: int = 0
    log: EvidenceLog = field(default_factory=EvidenceLog)

    # ── headings and notices

    def open(self, placed: Placed) -> None:
        self.settle()
        self.above = self.waiting = self.below = None
        heading = placed.heading
        if heading and heading.section and heading.section not in self.sections:
            self.sections.append(heading.section)
        self.log.use(placed.line, "heading", placed.rule)

    def take_notice(self, notice: Notice, context: Context) -> None:
        self.settle()
        for line in notice.lines:
            self.log.use(line, "call", "C1")
        if context.where == "foreign":
            return
        calls, warnings = read_notice(notice, context.year, self.base)
        for call, sources in calls:
            self.log.note_all(f"calls[{len(self.calls)}]", sources)
            self.calls.append(call)
        self.warnings += warnings
        self._limit()

    def _limit(self) -> None:
        if len(self.editions) + len(self.calls) > MAX_ENTRIES:
            raise ParseError(f"The list has more than {MAX_ENTRIES} entries.")

    # ── runs of lines

    def take_run(self, run: Run) -> None:
        """Read the lines of one row, card, item or paragraph."""
        self.context, year = run.context, run.context.year
        cells = [line for line in run.lines if not line.is_cell_head] if len(run.lines) > 1 else run.lines
        for head in set(run.lines).difference(cells):
            self.log.use(head, "label", "D4")
        entries = [read_entry(part, year) for line in cells for part in editions_apart(line, year)]
        whole = whole_of(entries, year)
        if whole:
            self.settle()
            self.take(whole, is_first=True)
            return
        for number, entry in enumerate(entries):
            self.take(entry, is_first=number == 0 < len(entries) - 1)
        if self.waiting and self.above:
            self.above.said = self.above.said or self.waiting
        self.waiting = None

    def take(self, entry: Entry, *, is_first: bool) -> None:
        """Read one entry; `is_first`: it begins its run."""
        where = self.context.where
        self.log.use(entry.line, *_use_of(entry, where))
        if where in ("foreign", "call", "ended") or (where == "above" and self.has_sections):
            self._outside(entry)
        elif not self._completes(entry):
            self.settle()
            self._inside(entry, is_first=is_first)

    def _outside(self, entry: Entry) -> None:
        """Above the sections a line that begins with place and day is an entry; prose is only counted (S3, S4)."""
        if self.context.where != "above":
            self.log.use(entry.line, "of others", "S3")
        if not entry.is_known or self.context.where == "foreign":
            return
        is_whole = entry.date is not None and entry.date.precision == "day"
        self._warn("section-unknown", entry.line)
        if self.context.where == "above" and self.is_article and is_whole:
            self._add(entry)

    def _completes(self, entry: Entry) -> bool:
        """A place followed by its date in the next line, or a date followed by its place (D4)."""
        pending = self.pending
        if pending is None or ({pending.kind, entry.kind} != {"place", "date"} and not self._is_theme(entry)):
            return False
        whole = read_entry(joined([pending.line, entry.line]), self.context.year)
        if whole.kind != "edition":
            return False
        self.pending = None
        self._add(whole)
        return True

    def _is_theme(self, entry: Entry) -> bool:
        """“12-13 March 2026: Green Steel” below “Ghent, Belgium”."""
        pending = self.pending
        if pending is None or pending.kind != "place" or not pending.has_known_place or entry.kind != "edition":
            return False
        return not entry.is_known and bool(entry.date and entry.place and entry.date.start < entry.place.start)

    def _inside(self, entry: Entry, *, is_first: bool) -> None:
        if entry.kind == "edition":
            self._add(entry)
        elif entry.kind == "unread":
            self._warn("line-unread", entry.line)
        elif entry.kind == "date" or (entry.kind == "place" and _may_be_place(entry)):
            self.pending = entry
        else:
            self._remark(entry.line, is_first=is_first)

    def settle(self) -> None:
        """Decide on a place or a date that is still waiting for its other half."""
        entry, self.pending = self.pending, None
        if entry is None:
            return
        if entry.kind == "place" and stands_alone(entry) and (self.has_sections or entry.line.scan.has("tentative")):
            if not (self.above and entry.place and self.above.is_at(entry.place)):
                self._add(entry)
        elif entry.kind == "date":
            self._warn("line-unread", entry.line)
        elif entry.kind == "place":
            self._remark(entry.line, is_first=False)

    def _add(self, entry: Entry) -> None:
        line, date, context = entry.line, entry.date, self.context
        own = said_status(line.scan, has_date=date is not None)
        over = Said(context.status, context.state_heading) if context.status and context.state_heading else None
        said = Said(own, line) if own else self.waiting or self.below or over
        self.waiting = None
        assert entry.place is not None, "an edition has a place"
        links = addresses_of(line, entry.place, date, self.base)
        found = ListedEdition(entry, entry.place, context, said, *links)
        self.log.use(line, "entry", "P1")
        self.editions.append(found)
        self.above = found
        self.dated += entry.date is not None
        self._limit()

    def _warn(self, code: str, line: Line) -> None:
        self.warnings.append(_warning(code, line))
        self.log.use(line, "not taken", "O5")
        self.dated += 1
        self.unread += 1

    # ── remarks

    def _remark(self, line: Line, *, is_first: bool) -> None:
        """A line that only adds to the edition above it: its state, its summary, its page (D6, S7)."""
        if status := said_status(line.scan):
            self._take_state(Said(status, line), is_first=is_first)
        above, links = self.above, line.links[:MOST_LINKS]
        if above is None:
            return
        if above.summary is None:
            above.summary = self._first_address(line, (link for link in links if is_summary(line, link)))
        if above.page is None and above.is_above(line):
            above.page = self._first_address(line, (link for link in links if says_more(line, link)))

    def _first_address(self, line: Line, links: Iterator[Link]) -> Address | None:
        return next((address_of(line, link, self.base) for link in links), None)

    def _take_state(self, said: Said, *, is_first: bool) -> None:
        """A state alone, followed by a colon or as a heading, is that of the entries below it (S7)."""
        line, above = said.line, self.above
        is_bare = _is_bare(line)
        is_apart = is_bare and not (above and above.is_beside(line))
        if (is_bare and line.text.endswith(":")) or (is_apart and line.is_heading):
            self.below = said
        elif is_apart and is_first:
            self.waiting = said
        elif above and (is_bare or above.is_meant_by(line)):
            above.take_state(said)

    # ── the result

    def result(self, why: str, is_complete: bool, lines: Sequence[Line]) -> Result:
        found = self.editions if self._counts() else []
        if not found:
            self._drop_editions()
        doubts = [doubt for one in found for doubt in doubts_of(one.edition(), one.entry)]
        kept, doubles = without_doubles(found)
        for number, one in enumerate(kept):
            one.note(self.log, f"editions[{number}]")
        outline = Outline(is_complete, tuple(self.sections), self.dated, self.unread, headings_of(lines))
        warnings = (*self.warnings, *doubts, *(_warning("duplicate", one.entry.line) for one in doubles))
        editions = tuple(one.edition() for one in kept)
        return Snapshot("initiative", editions, tuple(self.calls), warnings, outline), self.log.finish(why, lines)

    def _drop_editions(self) -> None:
        """Too few lines of place and day for a list: each of them is a warning (S5)."""
        for one in self.editions:
            self.warnings.append(_warning("section-unknown", one.entry.line))
            self.log.use(one.entry.line, "not taken", "S5")

    def _counts(self) -> bool:
        """Without any section's heading only three or more lines of place and day are a list (S5)."""
        if self.has_sections or not self.is_article:
            return self.has_sections
        return sum(one.has_day for one in self.editions) >= _FEWEST_WITHOUT_SECTION


def _warning(code: str, line: Line) -> ReadingWarning:
    return ReadingWarning(code, line.shown[:LONGEST_WARNING])


def _use_of(entry: Entry, where: Where) -> tuple[Use, str]:
    """What a line is at first sight: above the sections all but entries is prose; within them it may be a remark."""
    if entry.kind == "edition":
        return "entry", "P1"
    if entry.is_sentence or where == "above":
        return "prose", "S4"
    return "remark", "D4"


def _may_be_place(entry: Entry) -> bool:
    """Whether a place without a date is worth waiting for one: an edition in its own right, or a short name."""
    return stands_alone(entry) or len(entry.line.text.split()) <= 4


def _is_bare(line: Line) -> bool:
    """A line that begins with its state and adds little else."""
    return len(line.text) <= _LONGEST_REMARK and line.scan.begins_with("cancelled", "postponed", "save the date")
