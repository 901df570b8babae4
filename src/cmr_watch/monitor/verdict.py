"""Is the page believable beside the last good reading? Removals need proof; this is where it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from cmr_watch.models import Known, KnownEdition, Snapshot
from cmr_watch.monitor.match import match_editions, still_to_come


def doubt(known: Known, reading: Snapshot, now: datetime) -> str | None:
    """Why a reading is suspect, in a plain sentence, or None when it is believable. `known` is empty before a baseline."""
    return _of_the_document(reading) or _of_the_lists(known, reading, now)


def _of_the_document(reading: Snapshot) -> str | None:
    """What can be said without knowing anything of the page's past."""
    outline = reading.outline
    if not outline.complete:
        return "the document stops before its </html>"
    missing = [section for section in ("upcoming", "past") if section not in outline.sections]
    if missing:
        return f"the heading of the {' and of the '.join(missing)} editions is missing"
    if outline.unread_lines * 3 > outline.dated_lines:
        return f"{outline.unread_lines} of {outline.dated_lines} lines with a date could not be read"
    return None


def _of_the_lists(known: Known, reading: Snapshot, now: datetime) -> str | None:
    listed = [one for one in known.editions if one.gone is None and one.missing_since is None]
    if listed and not reading.editions:
        return f"there are no editions where there were {len(listed)}"
    pairs = match_editions(known.editions, reading.editions, now)
    found = {one.key for one, _ in pairs}
    back = [one for one, line in pairs if one.edition.section == "past" and line.section == "upcoming"]
    if back:
        return f"{back[0].edition.city}, known as past, stands under the upcoming heading"
    past = [one for one in listed if one.edition.section == "past"]
    gone = [one for one in past if one.key not in found]
    if len(gone) * 2 > len(past) and not _simply_oldest(gone, past):
        return f"{len(gone)} of {len(past)} previous editions are gone, and they are not the oldest"
    vanished = [one for one in listed if one.key not in found and still_to_come(one.edition, now)]
    if len(vanished) > 1:
        return f"{len(vanished)} editions that are still to come vanished at once"
    return None


def _simply_oldest(gone: Sequence[KnownEdition], past: Sequence[KnownEdition]) -> bool:
    """Whether a list was trimmed at its old end: everything kept is younger than everything gone."""
    keys = {one.key for one in gone}
    kept = [one for one in past if one.key not in keys]
    return bool(kept) and max(map(_start, gone)) <= min(map(_start, kept))


def _start(one: KnownEdition) -> date:
    return one.edition.starts_on or date.min
