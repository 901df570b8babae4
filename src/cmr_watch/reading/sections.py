"""Which section each line of the list belongs to (READING S1–S7): headings are found, split off and interpreted.

`placed_lines(outline)` gives every line its context; the list reader reads the lines, this module only places them.
Pure, linear; no errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Final, Literal, NamedTuple

from cmr_watch.models.readings import EditionStatus, Section
from cmr_watch.reading.call_state import said_state
from cmr_watch.reading.dates import ANY_YEAR
from cmr_watch.reading.entries import Entry, has_words, read_entry, said_status
from cmr_watch.reading.headings import LONGEST, Heading, meaning, names_a_collection
from cmr_watch.reading.lines import Line, joined, runs
from cmr_watch.reading.notices import mentions_call
from cmr_watch.reading.outline import BOLD_LEVEL
from cmr_watch.reading.tokens import CELL

Where = Literal["above", "section", "ended", "foreign", "call"]
_PLAIN_LEVEL: Final = 9
"""The level of a section's heading that no tag marks."""
_ACCORDION_LEVEL: Final = 7
_DEEPEST_OUTSIDE: Final = 3
"""An h4 below the head of an accordion belongs to it."""
_MOST_LOOKED_AT: Final = 400
_LONGEST_BOLD: Final = 120


class Context(NamedTuple):
    """The context of a line.

    - `where`: above all sections, in one, after one that ended, or under unrelated headings or the call's.
    - `year`: the nearest heading's, None if it names several; `status`: what a heading says about the lines below it.
    - `heading`: the section's, `state_heading`: the one that gives the status.
    """

    where: Where = "above"
    section: Section | None = None
    year: int | None = None
    status: EditionStatus | None = None
    heading: Line | None = None
    state_heading: Line | None = None


ABOVE: Final = Context()


class Placed(NamedTuple):
    """A line, its context, and, where it is a heading that opens or ends something, what it means."""

    line: Line
    context: Context
    heading: Heading | None = None
    rule: str = ""


def placed_lines(lines: Sequence[Line], *, is_article: bool = True) -> list[Placed]:
    """Every line with its context, top to bottom; headings that share a line with an entry become two lines.

    `is_article`: the lines are the article's, so that “Past events” may mean editions (S2).
    """
    whole = map(joined, runs(lines, _is_rest_of_heading))
    marked = _marked(list(_split(whole)), is_article=is_article)
    placer = _Placer()
    return [placer.place(line, heading) for line, heading in marked]


# ── finding headings ─────────────────────────────────────────────────────────────────────────────────────────────────


def _is_rest_of_heading(above: Sequence[Line], line: Line) -> bool:
    """A section's heading in bold that a `<br>` breaks is one, as in h3: “Our previous<br>editions”."""
    one = joined(above)
    if one.level or one.block != line.block or not (one.is_heading and line.is_heading):
        return False
    begins, ends, whole = (_section_of(text) for text in (one.text, line.text, f"{one.text} {line.text}"))
    return whole is not None and not ends and (not begins or " " not in one.text)


def _section_of(text: str) -> Section | None:
    return meaning(text, is_marked=True).section


def _split(lines: Iterable[Line]) -> Iterator[Line]:
    for line in lines:
        heading = _heading_of(line)
        if heading is None:
            yield from _split_inline(line) or (line,)
        elif heading.section and any(letter.isdigit() for letter in line.text):
            yield from _split_entry(line) or (line,)
        else:
            yield line


def _heading_of(line: Line) -> Heading | None:
    """The heading that a whole line is, or None. A plain line counts if its words are unambiguous."""
    if line.is_link and not line.level:
        return None
    found = meaning(line.text, is_marked=line.is_heading)
    if line.is_heading:
        is_one = found.section or found.is_year or found.status or found.is_foreign
    else:
        is_one = found.section or (found.is_year and not line.text[0].islower()) or _is_status(found, line)
    return found if is_one else None


def _is_status(found: Heading, line: Line) -> bool:
    return found.status is not None and line.text.rstrip().endswith(":")


def _split_inline(line: Line) -> tuple[Line, ...] | None:
    """“Previous editions: Lyon, France – …” as a heading and a line; None where no heading begins the line (S6)."""
    for end in _heads(line):
        head, rest = line.text[:end].strip(), line.piece(end)
        if rest.text and meaning(head, is_marked=bool(line.level or line.bold)).section:
            return line.piece(0, end), rest.piece(len(rest.text) - len(rest.text.lstrip(" :‐‑‒–—―−-")))
    return None


def _split_entry(line: Line) -> tuple[Line, Line] | None:
    """“Next edition: 12-13 March 2026, Ghent, Belgium” is a section's heading and an entry (S6)."""
    entry = read_entry(line, ANY_YEAR)
    start = entry.start if entry.is_known else 0
    return (line.piece(0, start), line.piece(start)) if _section_of(line.text[:start].strip()) else None


def _heads(line: Line) -> list[int]:
    """Where a heading may end: with the bold beginning, at a colon, a dash, with the first cell of a row."""
    head = line.text[:LONGEST]
    ends = [head.find(sign) + 1 for sign in (":", CELL, "–", " - ")]
    return [end for end in (line.bold, *ends) if 1 < end < len(line.text)]


_Marked = tuple[Line, Heading | None]


def _marked(lines: list[Line], *, is_article: bool) -> list[_Marked]:
    """Lines with their headings. Where a section has a heading by its tags, a plain line with such words is text."""
    found = [(line, _heading_of(line)) for line in lines]
    strong = {one.section for line, one in found if one and one.section and line.is_heading and not one.by_events}
    named = {one.section for _, one in found if one and one.section and not one.by_events}
    kept: list[_Marked] = []
    for index, (line, heading) in enumerate(found):
        is_text = heading and not line.is_heading and (heading.section in strong or _is_year_of_card(found, index))
        if heading and heading.by_events and not is_text:
            is_ours = is_article and heading.section not in named and _lists_ours(found, index)
            heading = heading if is_ours else Heading(is_foreign=True)
        kept.append((line, None if is_text else heading))
    return kept


def _is_year_of_card(found: Sequence[_Marked], index: int) -> bool:
    """“2026” in the line below “12-13 March”; in a table, that of its own row."""
    (line, heading), (above, _) = found[index], found[max(index - 1, 0)]
    return heading is not None and heading.is_year and line.row == above.row and is_date_without_year(above)


_LETTERS_OF_DATES: Final = frozenset("dm-&,/t.wc")


def is_date_without_year(line: Line) -> bool:
    """“12-13 March”, “12-13”, “March”, and nothing else: the date of a card, whose year is in the next line."""
    letters = {token.letter for token in line.scan.tokens}
    return letters <= _LETTERS_OF_DATES and not letters.isdisjoint("dm")


def _lists_ours(found: Sequence[_Marked], index: int) -> bool:
    """Whether a heading's lines are entries of place and day that name no other event before the place (S2)."""
    entries = [read_entry(line, ANY_YEAR) for line in _lines_below(found, index)]
    whole = [entry for entry in entries if entry.is_known]
    own = sum(not has_words(entry.line.scan, 0, entry.start) for entry in whole)
    places = sum(entry.kind == "place" and entry.has_known_place for entry in entries)
    dates = sum(entry.kind == "date" for entry in entries)
    has_others = own < len(whole) or any(entry.kind == "unread" for entry in entries)
    return not has_others and own + min(places, dates) > 0


def _lines_below(found: Sequence[_Marked], index: int) -> Iterator[Line]:
    """The lines of a section, up to the next one; the cells of a row as one."""
    below = found[index + 1 : index + _MOST_LOOKED_AT]
    own = takewhile(lambda one: not (one[1] and (one[1].section or one[1].is_foreign)), below)
    for row, group in groupby((line for line, _ in own), lambda line: line.row):
        lines = list(group)
        yield from lines if row is None else [joined(lines)]


# ── what a heading does ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Placer:
    """Takes lines one by one, and keeps track of their context.

    - `level`: that of the section's heading; `foreign`: that of an unrelated heading, `before` and `resumed`: where the
      lines after its paragraph, or after its part, belong.
    - `run_in`: the paragraph of an unrelated bold heading, which it heads alone if the paragraph `has_more`.
    """

    context: Context = ABOVE
    level: int = 0
    foreign: int | None = None
    run_in: int | None = None
    has_more: bool = False
    title_year: int | None = None
    before: Where = "above"
    resumed: Where = "above"

    def place(self, line: Line, heading: Heading | None) -> Placed:
        level = line.level or (BOLD_LEVEL if line.is_heading else _PLAIN_LEVEL)
        if level == 1:
            self._take_title(line)
        if heading and heading.section:
            return self._open_section(line, heading, level)
        self._end_foreign(line, level)
        if heading and heading.is_foreign:
            return self._open_foreign(line, level, "foreign")
        if heading and _lends(heading, line):
            return self._lend(line, heading)
        is_other = line.is_heading and len(line.text) <= LONGEST
        return self._other_heading(line, level) if is_other else Placed(line, self.context)

    def _take_title(self, line: Line) -> None:
        self.title_year = meaning(line.text, is_marked=True).year
        if self.context.where == "above":
            self.context = self.context._replace(year=self.title_year)

    def _lend(self, line: Line, heading: Heading) -> Placed:
        year = heading.year or self.context.year
        self.context = self.context._replace(year=year, status=heading.status, state_heading=line)
        return Placed(line, self.context, heading, "S7" if heading.status else "S1")

    def _open_section(self, line: Line, heading: Heading, level: int) -> Placed:
        is_inner = self.context.where == "section" and self.context.section == heading.section
        self.level = min(level, self.level) if is_inner else level
        self.foreign = None
        year = heading.year if heading.has_years else self.title_year
        self.context = Context("section", heading.section, year, heading=line)
        return Placed(line, self.context, heading, "S2" if heading.by_events else "S1")

    def _open_foreign(self, line: Line, level: int, where: Where) -> Placed:
        if self.foreign is None:
            deepest = 7 if self.level == _PLAIN_LEVEL else self.level
            self.before = self.context.where
            self.resumed = "ended" if self.before == "section" and level <= deepest else self.before
            self.foreign, self.run_in, self.has_more = level, None if line.level else line.block, False
        self.context = self.context._replace(where=where, status=None)
        return Placed(line, self.context, Heading(is_foreign=True), "S3")

    def _end_foreign(self, line: Line, level: int) -> None:
        """Unrelated content ends with a heading of the same or a higher rank, or with its paragraph (S3)."""
        if self.foreign is None:
            return
        self.has_more = self.has_more or line.block == self.run_in
        if self.run_in is not None and line.block != self.run_in:
            if self.has_more:
                self._resume(self.before)
            self.run_in = None
        if self.foreign is not None and line.is_heading and level <= self.foreign:
            self._resume(self.resumed)

    def _resume(self, where: Where) -> None:
        self.foreign = None
        self.context = self.context._replace(where=where)

    def _other_heading(self, line: Line, level: int) -> Placed:
        """A heading that is neither a section's, a year nor a state: an entry (S6), a call's, or the section's end."""
        entry = read_entry(line, self.context.year or ANY_YEAR)
        if _is_month(entry):
            year = next((token.value for token in line.scan.tokens if token.letter == "y"), None)
            return self._lend(line, Heading(year=year))
        if entry.kind in ("edition", "date") or (entry.kind == "place" and entry.has_known_place):
            return Placed(line, self.context, None, "S6")
        if mentions_call(line.scan) and not said_status(line.scan):
            is_notice = said_state(line.scan) is not None
            return Placed(line, self.context) if is_notice else self._open_foreign(line, level, "call")
        if self.context.where == "section" and self._ends(line):
            self.context = Context("ended")
            return Placed(line, self.context, Heading(), "S3")
        self.context = self.context._replace(status=None)
        return Placed(line, self.context)

    def _ends(self, line: Line) -> bool:
        """S3. A bold line ends a section only where it reads as the heading of another list."""
        if not line.level:
            return self.level >= BOLD_LEVEL and len(line.text) <= _LONGEST_BOLD and names_a_collection(line.text)
        is_inside_accordion = self.level == _ACCORDION_LEVEL and line.level > _DEEPEST_OUTSIDE
        return line.level == self.level or (line.level <= self.level and not is_inside_accordion)


def _lends(heading: Heading, line: Line) -> bool:
    """Whether a heading gives its year or its state to the lines below it."""
    return heading.is_year or heading.status is not None or (heading.year is not None and not line.is_heading)


def _is_month(entry: Entry) -> bool:
    """“March 2026”, “March”, “Spring”: a heading that names a part of a year, which may give its year (S1)."""
    length = len(entry.line.text.strip(" :"))
    return any(one.precision in ("month", "season") and one.end - one.start >= length for one in entry.dates)
