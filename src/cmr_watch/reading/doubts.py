"""What could not be read with certainty in an edition (READING O5, D3, D5, P3, P4). Pure; no errors."""

from __future__ import annotations

from typing import Final

from cmr_watch.models.readings import Edition, ReadingWarning
from cmr_watch.reading.dates import has_stray_number
from cmr_watch.reading.entries import Entry

LONGEST_WARNING: Final = 500


def doubts_of(edition: Edition, entry: Entry) -> list[ReadingWarning]:
    codes = [*_doubts_of_date(edition, entry), *_doubts_of_place(edition, entry)]
    return [ReadingWarning(code, edition.text[:LONGEST_WARNING]) for code in codes]


def _doubts_of_date(edition: Edition, entry: Entry) -> list[str]:
    date = entry.date
    if edition.date_precision == "unknown":
        return ["date-impossible" if date and date.is_impossible else "date-unknown"]
    codes = []
    if edition.date_precision == "day" and _is_tentative(entry):
        codes.append("date-tentative")
    if date and (date.has_remainder or has_stray_number(entry.line.scan, entry.dates)):
        codes.append("date-remainder")
    return codes


_NOT_OF_DATE: Final = frozenset({"venue", "place", "location", "agenda", "programme", "program"})


def _is_tentative(entry: Entry) -> bool:
    text = entry.line.scan
    before = (text.tokens[max(0, cue.first - 2) : cue.first] for cue in text.cues_of("tentative"))
    return any(_NOT_OF_DATE.isdisjoint(token.word for token in tokens) for tokens in before)


def _doubts_of_place(edition: Edition, entry: Entry) -> list[str]:
    place = entry.place
    if place is None or place.is_online:
        return []
    if place.is_ambiguous:
        return ["country-ambiguous"]
    if edition.country_code is None:
        return ["country-unknown" if edition.country else "country-missing"]
    return []
