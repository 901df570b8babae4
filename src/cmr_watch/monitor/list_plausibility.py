"""Why a reading of the list of editions is suspect (READING B2; the letters are its own). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from cmr_watch.models.readings import Edition, Known, KnownEdition, Outline, Section, Snapshot
from cmr_watch.monitor.match import Matching, Pair
from cmr_watch.monitor.recognition import found_with_days, listed_editions
from cmr_watch.monitor.upcoming import date_range, is_upcoming

MIN_LINES: Final = 3
"""How many editions a first reading without any section heading must have (READING S5)."""
_SECTIONS: Final[tuple[Section, ...]] = ("upcoming", "past")


def first_list_problem(reading: Snapshot) -> str | None:
    """What speaks against a first reading: the heading of one section alone, or too little without any."""
    missing = [section for section in _SECTIONS if section not in reading.outline.sections]
    if not missing or (len(missing) == len(_SECTIONS) and len(reading.editions) >= MIN_LINES):
        return None
    heading = (
        "heading of the {} editions is missing" if len(missing) == 1 else "headings of the {} editions are missing"
    )
    return f"the {heading.format(' and '.join(missing))}"


def list_problem(known: Known, last: Snapshot, matching: Matching, now: datetime) -> str | None:
    """What speaks against a reading beside the last good one."""
    reading, pairs = matching.reading, matching.pairs
    if last.editions and not reading.editions:  # (k)
        return f"the page lists no editions; the last reading had {len(last.editions)}"
    matched = {entry.key for entry, _ in pairs}
    listed = listed_editions(known, last, now)
    missing = [entry for entry in listed if entry.key not in matched]
    return (
        _past_as_upcoming(pairs)
        or _lost_facts(pairs)
        or _missing_past_editions(listed, missing, reading)
        or _missing_upcoming_editions(missing, reading, now)
        or _unrecognised(last.outline, listed, matching)
    )


def _past_as_upcoming(pairs: Iterable[Pair]) -> str | None:
    """(e); an edition that is listed in both sections is read as past."""
    for entry, line in pairs:
        if entry.edition.section == "past" and line.section == "upcoming":
            return f"{line.city}, a past edition, is listed as upcoming"
    return None


def _lost_facts(pairs: Iterable[Pair]) -> str | None:
    """(d)"""
    lost_days = lost_country = lost = 0
    for entry, line in pairs:
        days = entry.edition.starts_on is not None and has_lost_days(line)
        country = entry.edition.country_code is not None and line.country_code is None
        lost_days, lost_country, lost = lost_days + days, lost_country + country, lost + (days or country)
    if lost <= 1:
        return None
    facts = "dates" if not lost_country else "countries" if not lost_days else "dates or countries"
    return f"the {facts} of {lost} editions are missing"


def has_lost_days(new: Edition) -> bool:
    """Whether an edition that had days has none, and no month or season instead, and was not called off."""
    is_called_off = new.status in ("cancelled", "postponed")
    return new.starts_on is None and new.date_precision in ("unknown", "year") and not is_called_off


def _missing_past_editions(
    listed: Sequence[KnownEdition], missing: Sequence[KnownEdition], reading: Snapshot
) -> str | None:
    """(f)"""
    past = [entry.edition for entry in listed if entry.edition.section == "past"]
    lost = [entry.edition for entry in missing if entry.edition.section == "past"]
    kept = [line for line in reading.editions if line.section == "past"]
    if len(lost) * 2 <= len(past) or _are_older(lost, kept):
        return None
    return f"{len(lost)} of {len(past)} past editions are missing, and they are not the oldest ones"


def _are_older(lost: Iterable[Edition], kept: Iterable[Edition]) -> bool:
    """Whether all lost editions are older than those that were kept. False if no dates are known."""
    lost_days, kept_days = _first_days(lost), _first_days(kept)
    return bool(lost_days and kept_days) and max(lost_days) <= min(kept_days)


def _first_days(editions: Iterable[Edition]) -> list[date]:
    return [days[0] for edition in editions if (days := date_range(edition))]


def _missing_upcoming_editions(missing: Sequence[KnownEdition], reading: Snapshot, now: datetime) -> str | None:
    """(g); without the heading of the section, nothing is known to be missing (B1)."""
    if "upcoming" not in reading.outline.sections:
        return None
    lost = sum(is_upcoming(entry.edition, now) for entry in missing)
    return f"{lost} upcoming editions are missing" if lost > 1 else None


def _unrecognised(before: Outline, listed: Sequence[KnownEdition], matching: Matching) -> str | None:
    """(i)"""
    gone = [section for section in before.sections if section not in matching.reading.outline.sections]
    keys = found_with_days(matching)
    oldest = min(_first_days(entry.edition for entry in listed if entry.key in keys), default=date.min)
    expected = [entry for entry in listed if _is_no_older(entry.edition, oldest)]
    recognised = sum(entry.key in keys for entry in expected)
    if not gone or recognised * 5 >= len(expected) * 4:
        return None
    headings = f"the heading of the {gone[0]} editions is" if len(gone) == 1 else "the headings of the sections are"
    return f"{headings} gone, and only {recognised} of {len(expected)} known editions were found with their days"


def _is_no_older(edition: Edition, oldest: date) -> bool:
    days = date_range(edition)
    return days is None or days[0] >= oldest
