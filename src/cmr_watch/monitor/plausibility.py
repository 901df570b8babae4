"""Is the page believable beside the last good reading? Removals need proof; this is where it is asked for.

A reading is suspect when one of these holds (docs/adr/0002 and 0005):
- the document stops before its `</html>`;
- either section's heading is missing;
- more than a third of the lines with a date are unread;
- there are no editions where there were some;
- an edition known as past stands under the upcoming heading;
- more than half of the previous editions are gone, and they are not simply the oldest;
- two or more editions that are still to come vanish at once and stand nowhere else;
- two or more editions lose their days at once, with no word of why;
- letters are broken that were not.

So is a call page that names no call, or whose cut-offs that were ahead all vanish while it is open; and an edition's
page that tells of no edition any more, or of another one, or has lost its days or all that it offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final

from cmr_watch.models import Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.edition_dates import span, still_to_come
from cmr_watch.monitor.match import Pair, match_editions
from cmr_watch.places import is_same_city


def reject_reason(known: Known, last: Snapshot | None, reading: Snapshot, now: datetime) -> str | None:
    """Why a reading is suspect, in a plain sentence, or None when it is believable.

    `last` is the last good reading, None before a baseline. What says exactly the same is believed as that was.
    """
    if last == reading:
        return None
    if reading.kind != "initiative":
        return _of_a_page(last, reading, now)
    return _of_the_document(reading) or (_of_the_lists(known, last, reading, now) if last else None)


def _of_the_document(reading: Snapshot) -> str | None:
    """What can be said without knowing anything of the page's past."""
    outline = reading.outline
    missing = [section for section in ("upcoming", "past") if section not in outline.sections]
    if missing:
        unheaded = f"the heading of the {' and of the '.join(missing)} editions is missing"
        return _cut_off(reading) or unheaded
    return _cut_off(reading) or _unread(reading)


def _cut_off(reading: Snapshot) -> str | None:
    return None if reading.outline.complete else "the document stops before its </html>"


def _unread(reading: Snapshot) -> str | None:
    outline = reading.outline
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
    of_lines = _of_the_risen(pairs) or _of_the_undated(pairs) or _broken_letters(last, reading)
    return of_lines or _of_the_past(listed, gone, reading) or _of_the_upcoming(gone, now)


def _of_the_risen(pairs: Iterable[Pair]) -> str | None:
    for one, line in pairs:
        if one.edition.section == "past" and line.section == "upcoming":
            return f"{line.city}, known as past, stands under the upcoming heading"
    return None


def _of_the_undated(pairs: Iterable[Pair]) -> str | None:
    """A month in the place of days is news; nothing in the place of many days is a page that was not whole."""
    lost = [line for one, line in pairs if one.edition.starts_on and _has_lost_its_days(line)]
    return f"{len(lost)} editions have lost their days at once" if len(lost) > 1 else None


def _has_lost_its_days(line: Edition) -> bool:
    said_why = line.status in ("cancelled", "postponed")
    return line.starts_on is None and line.date_precision in ("unknown", "year") and not said_why


def _broken_letters(last: Snapshot, reading: Snapshot) -> str | None:
    """U+FFFD is what a wrong encoding leaves: the words around it are not to be told to anybody."""
    broken = sum(_BROKEN in line.text for line in reading.editions)
    if not broken or any(_BROKEN in line.text for line in last.editions):
        return None
    return f"{broken} lines have broken letters"


_BROKEN: Final = "\ufffd"


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


# ── call pages, and the editions' own ────────────────────────────────────────────────────────────────────────────


def _of_a_page(last: Snapshot | None, reading: Snapshot, now: datetime) -> str | None:
    of_its_kind = _of_the_call(last, reading, now) if reading.kind == "call" else _of_the_edition(last, reading)
    return _cut_off(reading) or of_its_kind or _unread(reading)


def _of_the_call(last: Snapshot | None, reading: Snapshot, now: datetime) -> str | None:
    if not reading.calls:
        return "it names no call"
    if last is None or any(call.status == "closed" for call in reading.calls):
        return None
    ahead = [cutoff for call in last.calls for cutoff in call.cutoffs if not cutoff.closed and cutoff.at > now]
    if ahead and not any(call.cutoffs for call in reading.calls):
        return f"{len(ahead)} cut-offs that were ahead vanished, and the call is not closed"
    return None


def _of_the_edition(last: Snapshot | None, reading: Snapshot) -> str | None:
    """A page that never told of an edition is a page like any other."""
    if last is None or not last.editions:
        return None
    if not reading.editions:
        return "it tells of no edition any more"
    old, new = last.editions[0], reading.editions[0]
    return _of_its_facts(old, new) or _of_its_outline(last, reading)


def _of_its_facts(old: Edition, new: Edition) -> str | None:
    if old.starts_on and _has_lost_its_days(new):
        return f"the days of {old.city} are gone from it"
    if len(new.materials) * 2 < len(old.materials):
        return f"it offered {len(old.materials)} links to materials, and now {len(new.materials)}"
    if _BROKEN in _words(new) and _BROKEN not in _words(old):
        return "its letters are broken"
    if not is_same_city(old.city, new.city) and (old.starts_on, old.ends_on) != (new.starts_on, new.ends_on):
        return f"it tells of {new.city} where it told of {old.city}, on other days"
    return None


def _of_its_outline(last: Snapshot, reading: Snapshot) -> str | None:
    """What stood under headings is read by guessing where they are gone, or are all others and something is missing."""
    before, now = last.outline.headings, reading.outline.headings
    if len(before) < _OUTLINED:
        return None
    if len(now) * 3 < len(before):
        return f"of its {len(before)} headings {len(now)} are left"
    kept = set(before) & set(now)
    if len(kept) <= 1 and _offers_less(last.editions[0], reading.editions[0]):
        return "its headings are all others, and something that it offered is gone"
    return None


_OUTLINED: Final = 3
"""So many headings make an outline; one of them is the page's title."""


def _offers_less(old: Edition, new: Edition) -> bool:
    kept = {one.url for one in new.materials}
    lost_a_link = any(one.url not in kept for one in old.materials)
    return lost_a_link or any(was and not now for was, now in zip(_offered(old), _offered(new), strict=True))


def _offered(edition: Edition) -> tuple[str | None, ...]:
    return edition.registration_url, edition.venue


def _words(edition: Edition) -> str:
    return " ".join((edition.text, edition.venue or "", *(one.title for one in edition.materials)))
