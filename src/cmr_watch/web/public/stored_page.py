"""The stored page that shows a change: its lines, with those marked from which the change was read. Pure.

Where each fact stands is taken from the evidence of the reading, never looked for again. All text is sanitised.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from cmr_watch.models.evidence import Evidence, Fact
from cmr_watch.models.readings import CallNotice, Edition, Material, Snapshot
from cmr_watch.render.i18n import N_, _
from cmr_watch.render.sanitize import clean
from cmr_watch.store.public import Sources
from cmr_watch.store.snapshots import StoredSnapshot
from cmr_watch.web.public.change_facts import FactRow, Side

MAX_LINE: Final = 600
"""Characters of a line: a paragraph of the real pages has up to 500."""
MAX_LINES: Final = 400
"""The real pages have up to 90 lines; of a longer one, those around the first marked one are shown."""
_NOT_STORED: Final = N_("The page as it was then is no longer stored, so only its words about this change are shown.")
_NO_EVIDENCE: Final = N_(
    "When this page was read, the service did not yet note where each fact stands, so only the words are shown."
)
_NOT_FOUND: Final = N_("It was not noted from which of these lines this change was read, so none is marked.")
_IS_BEFORE: Final = N_("It is no longer on the page, so this is the page as it was before.")


@dataclass(frozen=True, slots=True)
class PageLine:
    """A line of the page. `facts`: the labels of what was read from it, if it is marked."""

    number: int
    text: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StoredPage:
    """The stored page. `lines` is empty if where the facts stand is not known; `note` then says why.

    - `read_at`: when the page was first read so. `sha256`: of its bytes.
    - `number`: of all lines, of which `lines` may be a part.
    - `first`: the marked line that is named first.
    """

    read_at: datetime | None = None
    sha256: str = ""
    note: str = ""
    lines: tuple[PageLine, ...] = ()
    number: int = 0
    first: PageLine | None = None

    @property
    def marked(self) -> tuple[PageLine, ...]:
        """The marked lines."""
        return tuple(line for line in self.lines if line.facts)


def source_of(sources: Sources, after: Side | None) -> StoredSnapshot | None:
    """The stored page that shows a change: the one before it if the page no longer has what it is about."""
    return sources.after if after is not None else sources.before


def stored_page(source: StoredSnapshot | None, side: Side, rows: Sequence[FactRow], is_gone: bool) -> StoredPage:
    """The page that shows a change. `side`: what the change is about, as this page has it."""
    if source is None:
        return StoredPage(note=_(_NOT_STORED))
    made = StoredPage(source.row.fetched_at, source.row.content_sha256, _(_NO_EVIDENCE))
    if source.evidence is None:
        return made
    record = record_of(source.snapshot, side)
    marks = _marks(source.evidence, record, source.snapshot, rows) if record else {}
    lines = [
        PageLine(number, clean(use.text, MAX_LINE), tuple(dict.fromkeys(marks.get(use.line, ()))))
        for number, use in enumerate(source.evidence.lines, 1)
    ]
    first = _first(lines, rows)
    note = "" if first else _(_NOT_FOUND)
    if is_gone:
        note = f"{_(_IS_BEFORE)} {note}".strip()
    return replace(made, note=note, lines=_around(lines, first), number=len(lines), first=first)


def page_before(source: StoredSnapshot | None, side: Side | None, rows: Sequence[FactRow]) -> StoredPage | None:
    """The page as it was before a change, with its marked lines alone. `side`: what it had then, if it had anything."""
    if source is None:
        return None
    made = StoredPage(source.row.fetched_at, source.row.content_sha256)
    if side is not None:
        made = stored_page(source, side, rows, is_gone=False)
    return replace(made, lines=made.marked, note="")


def record_of(snapshot: Snapshot, side: Side) -> str:
    """The record of a reading that has the content of a side of a change: `editions[0]`; empty if none has.

    The same line twice says the same twice, so the first counts; of two that only share their name, neither does.
    """
    name, records = ("editions", snapshot.editions) if isinstance(side, Edition) else ("calls", snapshot.calls)
    for is_like in (_is_same, _has_same_text):
        for number, record in enumerate(records):
            if is_like(record, side):
                return f"{name}[{number}]"
    named = [number for number, record in enumerate(records) if _has_same_name(record, side)]
    return f"{name}[{named[0]}]" if len(named) == 1 else ""


def _is_same(record: Any, side: Any) -> bool:
    return bool(record == side and record.text == side.text)


def _has_same_text(record: Any, side: Any) -> bool:
    return bool(record.text and record.text == side.text and _has_same_name(record, side))


def _has_same_name(record: Any, side: Any) -> bool:
    if isinstance(side, CallNotice):
        return bool(record.hosting_years == side.hosting_years)
    return bool(record.city == side.city)


def _marks(evidence: Evidence, record: str, snapshot: Snapshot, rows: Sequence[FactRow]) -> dict[int, list[str]]:
    """The labels of the facts that were read from each line."""
    facts = [fact for fact in evidence.facts if fact.record == record]
    lines: dict[int, list[str]] = {}
    for row in rows:
        names = _names_of(row, _noun(snapshot, record))
        for number in (fact.line for fact in facts if fact.field in names):
            lines.setdefault(number, []).append(row.label)
    is_listed = snapshot.kind == "initiative" and record.startswith("editions")
    return {**_entry(facts, lines), **lines} if is_listed or not lines else lines


def _entry(facts: Sequence[Fact], marked: Collection[int]) -> dict[int, list[str]]:
    """The lines of the entry itself, if the facts stand elsewhere, such as in the heading above it."""
    entry = {fact.line: [_("Entry")] for fact in facts if fact.field == "text"}
    return {} if entry.keys() & set(marked) else entry


def _noun(snapshot: Snapshot, record: str) -> Any:
    name, _bracket, number = record.rstrip("]").partition("[")
    return getattr(snapshot, name)[int(number)]


def _names_of(row: FactRow, noun: Any) -> set[str]:
    return {name for field in row.fields for name in _names(field, row, noun)}


def _names(field: str, row: FactRow, noun: Any) -> list[str]:
    """The names that evidence has for a field: of a list, one for each of the entries that differ."""
    entries = getattr(noun, field, None)
    if field not in ("cutoffs", "materials", "needs") or not isinstance(entries, tuple):
        return [field]
    return [f"{field}[{number}]" for number, entry in enumerate(entries) if _identity(entry) in row.items]


def _identity(entry: Any) -> object:
    if isinstance(entry, Material):
        return entry.url
    return getattr(entry, "at", entry)


def _first(lines: Sequence[PageLine], rows: Sequence[FactRow]) -> PageLine | None:
    """The line of the first row that has one."""
    marked = [line for line in lines if line.facts]
    for row in rows:
        for line in marked:
            if row.label in line.facts:
                return line
    return marked[0] if marked else None


def _around(lines: Sequence[PageLine], first: PageLine | None) -> tuple[PageLine, ...]:
    start = max(0, (first.number if first else 0) - MAX_LINES // 2)
    return tuple(lines[start : start + MAX_LINES])
