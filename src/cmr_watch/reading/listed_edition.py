"""An edition of the list while its lines are read: its entry, section and status, and its links (READING D6, O2, M2).

    found = ListedEdition(entry, context, said)       `said`: the state that was said of it, and the line that says so
    found.edition(), found.note(log, record)          the record, and the evidence for each of its fields
    without_doubles(all_found)                        each edition once

Pure; no errors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from cmr_watch.models.readings import Edition, EditionStatus
from cmr_watch.places import city_names, is_same_city
from cmr_watch.reading.entries import LONGEST, Entry, Said, note_state, status_of
from cmr_watch.reading.evidence import EvidenceLog
from cmr_watch.reading.lines import Line
from cmr_watch.reading.links import Address
from cmr_watch.reading.places import Place
from cmr_watch.reading.sections import Context
from cmr_watch.reading.tokens import CELL

_OF_PLACE: Final = ("city", "region", "country", "country_code")
_OF_DATE: Final = ("starts_on", "ends_on", "date_precision", "period", "date_text")
_NOUNS: Final = ("event", "edition", "workshop", "meeting")


@dataclass(slots=True)
class ListedEdition:
    """An edition that was read, its entry, and what the lines around it say."""

    entry: Entry
    place: Place
    context: Context
    said: Said | None
    page: Address | None = None
    summary: Address | None = None

    @property
    def status(self) -> EditionStatus:
        return status_of(self.said.status if self.said else None, self.context.section)

    @property
    def ends_on(self) -> date | None:
        return self.entry.date.ends_on if self.entry.date else None

    @property
    def has_day(self) -> bool:
        return self.entry.is_known and self.entry.date is not None and self.entry.date.precision == "day"

    # ── the lines below it

    def is_beside(self, line: Line) -> bool:
        """Whether a line is in the same block or item."""
        own = self.entry.line
        return own.block == line.block or (own.item is not None and own.item in (line.item, line.outer))

    def is_above(self, line: Line) -> bool:
        """Whether a line is next to it, or below it as a heading."""
        return self.is_beside(line) or (line.over is not None and line.over.number == self.entry.line.number)

    def is_meant_by(self, line: Line) -> bool:
        """Whether a sentence is next to it, or refers to “this event”."""
        return self.is_beside(line) or any(f"this {noun}" in line.text.lower() for noun in _NOUNS)

    def is_at(self, venue: Place) -> bool:
        """“Cité Internationale, Lyon, France” under Lyon's line says where it is, and is not an edition of its own."""
        names = [venue.city, *(venue.region or "").split(", ")]
        is_same_country = self.place.country_code == venue.country_code
        return is_same_country and any(is_same_city(self.place.city, name) for name in names)

    def take_state(self, said: Said) -> None:
        if self.said is None or self.said.status not in ("cancelled", "postponed"):
            self.said = said

    # ── the record

    def edition(self) -> Edition:
        place, date, line = self.place, self.entry.date, self.entry.line
        return Edition(
            place.city,
            place.region,
            place.country,
            place.country_code,
            date.starts_on if date else None,
            date.ends_on if date else None,
            date.precision if date else "unknown",
            date.period if date else None,
            self.context.section,
            self.status,
            self.page.url if self.page else None,
            self.summary.url if self.summary else None,
            line.text[date.start : date.end].replace(CELL, " ") if date else None,
            line.shown[:LONGEST],
        )

    def note(self, log: EvidenceLog, record: str) -> None:
        """Note where each field was read; a link may be that of an equal entry (M2)."""
        line, place, date, context = self.entry.line, self.place, self.entry.date, self.context
        log.note(record, _OF_PLACE, line, place.start, place.end)
        if date:
            log.note(record, _OF_DATE, line, date.start, date.end)
        else:
            log.note(record, "date_precision", line)
        log.note(record, "section", context.heading or line, rule="S1" if context.section else "S5")
        if self.said and self.said.status == self.status:
            note_state(log, record, self.said)
        else:  # the heading of the past, or the entry that says nothing else
            log.note(record, "status", (context.heading if self.status == "held" else None) or line)
        for name, address in (("url", self.page), ("summary_url", self.summary)):
            if address:
                log.note(record, name, address.line, address.start, address.end)
        log.note(record, "text", line)


# ── doubles ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_Key = tuple[object, ...]


def without_doubles(found: Iterable[ListedEdition]) -> tuple[list[ListedEdition], list[ListedEdition]]:
    """The editions that remain, and those that are dropped: one in both sections is one edition, the past one.

    Equal facts twice in one section are one edition too. The links of those that are dropped are kept.
    """
    kept: dict[_Key, ListedEdition] = {}
    dropped = []
    for one in found:
        key = _key_of(one, kept)
        other = kept.pop(key, None)
        if other is None:
            kept[key] = one
            continue
        winner, loser = (one, other) if one.context.section == "past" != other.context.section else (other, one)
        winner.page, winner.summary = winner.page or loser.page, winner.summary or loser.summary
        kept[key] = winner
        dropped.append(loser)
    return sorted(kept.values(), key=lambda one: one.entry.line.number), dropped


def _key_of(one: ListedEdition, kept: dict[_Key, ListedEdition]) -> _Key:
    """What makes two entries one edition: place and beginning; in one section also the end."""
    place, days = one.place, one.entry.date
    when = (days and (days.starts_on or days.period)) or one.entry.line.shown
    key = (min(city_names(place.city)), place.country_code or place.country, when)
    other = kept.get(key)
    is_longer = other and other.context.section == one.context.section and other.ends_on != one.ends_on
    return (*key, one.ends_on) if is_longer else key
