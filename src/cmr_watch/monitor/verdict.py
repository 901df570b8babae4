"""Is the page believable beside the last good reading? Removals need proof; this is where it is asked for.

A reading is suspect when one of these holds (docs/adr/0002 and 0005):
- the document stops before its `</html>`;
- either section's heading is missing;
- more than a third of the lines with a date are unread;
- there are no editions where there were some;
- an edition known as past stands under the upcoming heading;
- more than half of the previous editions are gone, and they are not simply the oldest;
- two or more editions that are still to come vanish at once and stand nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from cmr_watch.models import Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.match import Pair, match_editions
from cmr_watch.monitor.times import span, still_to_come


def doubt(known: Known, last: Snapshot | None, reading: Snapshot, now: datetime) -> str | None:
    """Why a reading is suspect, in a plain sentence, or None when it is believable.

    `last` is the last good reading, None before a baseline. What says exactly the same is believed as that was.
    """
    if last == reading:
        return None
    return _of_the_document(reading) or (_of_the_lists(known, last, reading, now) if last else None)


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


def _of_the_lists(known: Known, last: Snapshot, reading: Snapshot, now: datetime) -> str | None:
    if last.editions and not reading.editions:
        return f"there are no editions where there were {len(last.editions)}"
    pairs = match_editions(known, reading, now)
    found = {one.key for one, _ in pairs}
    listed = [one for one, _ in match_editions(known, last, now)]
    gone = [one for one in listed if one.key not in found]
    return _of_the_risen(pairs) or _of_the_past(listed, gone, reading) or _of_the_upcoming(gone, now)


def _of_the_risen(pairs: Iterable[Pair]) -> str | None:
    for one, line in pairs:
        if one.edition.section == "past" and line.section == "upcoming":
            return f"{line.city}, known as past, stands under the upcoming heading"
    return None


def _of_the_past(listed: Sequence[KnownEdition], gone: Sequence[KnownEdition], reading: Snapshot) -> str | None:
    past = [one.edition for one in listed if one.edition.section == "past"]
    lost = [one.edition for one in gone if one.edition.section == "past"]
    kept = [line for line in reading.editions if line.section == "past"]
    if len(lost) * 2 <= len(past) or _simply_oldest(lost, kept):
        return None
    return f"{len(lost)} of {len(past)} previous editions are gone, and they are not the oldest"


def _of_the_upcoming(gone: Sequence[KnownEdition], now: datetime) -> str | None:
    vanished = [one.edition for one in gone if still_to_come(one.edition, now)]
    return f"{len(vanished)} editions that are still to come vanished at once" if len(vanished) > 1 else None


def _simply_oldest(lost: Iterable[Edition], kept: Iterable[Edition]) -> bool:
    """Whether a list was trimmed at its old end: everything that it names now is younger. Without a date, who knows."""
    ends, starts = _first_days(lost), _first_days(kept)
    return bool(ends and starts) and max(ends) <= min(starts)


def _first_days(editions: Iterable[Edition]) -> list[date]:
    return [days[0] for edition in editions if (days := span(edition))]
