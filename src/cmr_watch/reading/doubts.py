"""What could not be read of an edition for certain, and editions that stand twice (READING O5, D3, D5, P3, P4, M2).

Pure; no errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from cmr_watch.models import Edition, ReadingWarning
from cmr_watch.places import city_names
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
    for cue in text.cues_of("tentative"):
        before = [token.word for token in text.tokens[max(0, cue.first - 2) : cue.first]]
        if _NOT_OF_DATE.isdisjoint(before):
            return True
    return False


def _doubts_of_place(edition: Edition, entry: Entry) -> list[str]:
    place = entry.place
    if place is None or place.is_online:
        return []
    if place.is_ambiguous:
        return ["country-ambiguous"]
    if edition.country_code is None:
        return ["country-unknown" if edition.country else "country-missing"]
    return []


# ── doubles ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def without_doubles(editions: Sequence[Edition]) -> tuple[list[tuple[int, Edition]], list[ReadingWarning]]:
    """The editions that remain, with their indices: a line in both sections is one edition, the past one.

    Equal facts twice in one section are one edition too. Each that is dropped leaves a warning.
    """
    kept: dict[tuple[object, ...], tuple[int, Edition]] = {}
    doubles = []
    for index, edition in enumerate(editions):
        key = _identity(edition)
        other = kept.get(key)
        if other and other[1].section == edition.section and other[1].ends_on != edition.ends_on:
            key = (*key, edition.ends_on)
            other = kept.get(key)
        if other is None:
            kept[key] = index, edition
            continue
        is_past = edition.section == "past" != other[1].section
        if is_past:
            del kept[key]  # it stands where its own line stands
        (number, winner), loser = ((index, edition), other[1]) if is_past else (other, edition)
        kept[key] = number, _with_links(winner, loser)
        doubles.append(ReadingWarning("duplicate", loser.text[:LONGEST_WARNING]))
    return list(kept.values()), doubles


def _with_links(winner: Edition, loser: Edition) -> Edition:
    return replace(winner, url=winner.url or loser.url, summary_url=winner.summary_url or loser.summary_url)


def _identity(edition: Edition) -> tuple[object, ...]:
    when = edition.starts_on or edition.period or edition.text
    return min(city_names(edition.city)), edition.country_code or edition.country, when
