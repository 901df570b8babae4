"""An edition of the list while its lines are read: its entry, section and status, and its links (READING D6, O2).

    found = ListedEdition(entry, context, said)       `said`: the state that was said of it, and the line that says so
    edition_of(found), note(log, record, …)           the record, and the evidence for each of its fields

Pure; no errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cmr_watch.models import Edition, EditionStatus
from cmr_watch.reading.entries import LONGEST, Entry, Said, note_state, status_of
from cmr_watch.reading.evidence import EvidenceLog
from cmr_watch.reading.links import Address
from cmr_watch.reading.sections import Context

_OF_PLACE: Final = ("city", "region", "country", "country_code")
_OF_DATE: Final = ("starts_on", "ends_on", "date_precision", "period", "date_text")


@dataclass(slots=True)
class ListedEdition:
    """An edition that was read, its entry, and what the lines beside it say."""

    entry: Entry
    context: Context
    said: Said | None
    page: Address | None = None
    summary: Address | None = None

    @property
    def status(self) -> EditionStatus:
        return status_of(self.said.status if self.said else None, self.context.section)


def edition_of(found: ListedEdition) -> Edition:
    """The record."""
    entry = found.entry
    place, date, line = entry.place, entry.date, entry.line
    assert place is not None, "an edition has a place"
    return Edition(
        place.city,
        place.region,
        place.country,
        place.country_code,
        date.starts_on if date else None,
        date.ends_on if date else None,
        date.precision if date else "unknown",
        date.period if date else None,
        found.context.section,
        found.status,
        found.page.url if found.page else None,
        found.summary.url if found.summary else None,
        line.text[date.start : date.end].replace("\t", " ") if date else None,
        line.shown[:LONGEST],
    )


def note(log: EvidenceLog, record: str, found: ListedEdition, page: Address | None, summary: Address | None) -> None:
    """Note where each field was read. `page` and `summary`: the links, which may be those of an equal entry (M2)."""
    line, place, date = found.entry.line, found.entry.place, found.entry.date
    if place:
        log.note(record, _OF_PLACE, line, place.start, place.end)
    if date:
        log.note(record, _OF_DATE, line, date.start, date.end)
    else:
        log.note(record, "date_precision", line)
    log.note(record, "section", found.context.heading or line, rule="S1" if found.context.section else "S5")
    _note_status(log, record, found)
    for name, address in (("url", page), ("summary_url", summary)):
        if address:
            log.note(record, name, address.line, address.start, address.end)
    log.note(record, "text", line)


def _note_status(log: EvidenceLog, record: str, found: ListedEdition) -> None:
    """In the words that say it, in the heading of the past, or in the entry that says nothing else."""
    line = found.entry.line
    if found.said and found.said.status == found.status:
        note_state(log, record, found.said)
    else:
        log.note(record, "status", (found.context.heading if found.status == "held" else None) or line)
