"""The evidence for an edition read from its own page: what each of its fields was read from (READING E). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cmr_watch.models import Edition, Use
from cmr_watch.reading.edition_days import Rank, When
from cmr_watch.reading.edition_place import Sited
from cmr_watch.reading.entries import Said, note_state
from cmr_watch.reading.evidence import EvidenceLog
from cmr_watch.reading.lines import Line
from cmr_watch.reading.materials import Anchor
from cmr_watch.reading.registration import Closing
from cmr_watch.reading.venue import Spot

_RECORD: Final = "editions[0]"
_OF_DATE: Final = ("starts_on", "date_precision", "period", "date_text")


@dataclass(frozen=True, slots=True)
class EditionRead:
    """An edition, and what its fields were read from.

    - `line`: its text; `days` and `last`: its date and its last day, which may stand in another line.
    - `said`: its state, where one is said; `held`: the first line that says or shows that it has taken place.
    """

    edition: Edition
    line: Line
    days: When | None
    last: When | None
    said: Said | None
    held: Line | None
    form: Anchor | None
    closes: Closing | None
    materials: Sequence[Anchor]


def note(log: EvidenceLog, title: Line, sited: Sited, spot: Spot | None, read: EditionRead) -> None:
    """Note where each field was read. The address of the page itself, its `url`, is not read from it."""
    for names, where in (("city", sited.city), ("region", sited.region), (("country", "country_code"), sited.country)):
        log.note(_RECORD, names, *where, rule="E1")
    log.note(_RECORD, "text", read.line)
    _note_days(log, title, read)
    log.note(_RECORD, "section", read.held or title, rule="E4")
    _note_status(log, title, read)
    if spot and spot.venue:
        _take(log, "venue", "venue", spot.line, spot.start, spot.end)
    if closes := read.closes:
        _take(log, "registration", "registration_closes_on", closes.sentence.line, closes.start, closes.end)
    if form := read.form:
        _take(log, "registration", "registration_url", form.sentence.line, form.link.start, form.link.end)
    _note_materials(log, read)


def _take(log: EvidenceLog, use: Use, name: str, line: Line, start: int, end: int, rule: str = "") -> None:
    log.note(_RECORD, name, line, start, end, rule)
    log.use(line, use, log.facts[-1].rule)


def _note_days(log: EvidenceLog, title: Line, read: EditionRead) -> None:
    days, last = read.days, read.last
    if days is None or last is None:
        log.note(_RECORD, "date_precision", title)
        return
    log.note(_RECORD, _OF_DATE, days.line, days.date.start, days.date.end)
    log.note(_RECORD, "ends_on", last.line, last.date.start, last.date.end)
    for one in (days, last):
        if one.whole is not title:
            log.use(one.line, "entry", "E1" if one.rank is Rank.ENTRY else "D1")


def _note_status(log: EvidenceLog, title: Line, read: EditionRead) -> None:
    if read.said and read.said.status == read.edition.status:
        note_state(log, _RECORD, read.said)
    else:
        is_held = read.edition.status == "held"
        log.note(_RECORD, "status", (read.held if is_held else None) or title, rule="E4")


def _note_materials(log: EvidenceLog, read: EditionRead) -> None:
    found = list(zip(read.edition.materials, read.materials, strict=True))
    for number, (_, one) in enumerate(found):
        _take(log, "material", f"materials[{number}]", one.sentence.line, one.link.start, one.link.end, "O3")
    summary = next((one for material, one in found if material.kind == "summary"), None)
    if summary:
        log.note(_RECORD, "summary_url", summary.sentence.line, summary.link.start, summary.link.end)
