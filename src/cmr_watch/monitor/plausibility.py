"""Decides whether a reading is plausible, compared with the last plausible reading of the page (ADR 2 and 5). Pure.

The list of editions is suspect if, in this order,

- the document ends before `</html>`;
- the heading of either section is missing;
- more than a third of the lines with a date were not understood;
- there are no editions, although there were some before;
- a past edition is listed as upcoming;
- the dates of two or more editions are missing, although they are neither cancelled nor postponed;
- the text contains replacement characters (U+FFFD), although it did not before;
- more than half of the past editions are missing, and they are not the oldest ones;
- two or more upcoming editions are missing.

A call page is suspect if

- the document ends before `</html>`;
- it describes no call;
- all cut-offs are missing, although some were upcoming and the call is not closed;
- more than a third of the lines with a date were not understood.

An edition's own page is suspect if

- the document ends before `</html>`;
- it no longer describes an edition;
- the dates are missing, although it is neither cancelled nor postponed;
- it has fewer than half as many links to materials as before;
- the text contains replacement characters, although it did not before;
- it describes another city on other dates.

Its headings do not count, nor do a venue and a registration that are gone: after the event, such a page is rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Final

from cmr_watch.models import Cutoff, Edition, Known, KnownEdition, Snapshot
from cmr_watch.monitor.match import Pair, match_editions
from cmr_watch.monitor.upcoming import date_range, is_upcoming
from cmr_watch.places import is_same_city
from cmr_watch.plural import counted

_REPLACEMENT_CHARACTER: Final = "\ufffd"
"""What decoding with an incorrect charset leaves behind."""


def reject_reason(known: Known, last: Snapshot | None, reading: Snapshot, now: datetime) -> str | None:
    """Why a reading is suspect, as a clause for the operator; None if it is plausible.

    `last` is the last plausible reading, None if there is none. A reading that equals it is plausible.
    """
    if last == reading:
        return None
    if reading.kind == "call":
        return _call_page_problem(last, reading, now)
    if reading.kind == "edition":
        return _edition_page_problem(last, reading)
    return _document_problem(reading) or (_list_problem(known, last, reading, now) if last else None)


# ── all pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _truncated(reading: Snapshot) -> str | None:
    return None if reading.outline.complete else "the page is incomplete: it ends before its closing </html> tag"


def _not_understood(reading: Snapshot) -> str | None:
    outline = reading.outline
    if outline.unread_lines * 3 > outline.dated_lines:
        return f"{outline.unread_lines} of {outline.dated_lines} dated lines were not understood"
    return None


def _has_lost_days(new: Edition) -> bool:
    """Whether an edition that had days has none, and no month or season instead, and was not called off."""
    is_called_off = new.status in ("cancelled", "postponed")
    return new.starts_on is None and new.date_precision in ("unknown", "year") and not is_called_off


# ── the list of editions ─────────────────────────────────────────────────────────────────────────────────────────────


def _document_problem(reading: Snapshot) -> str | None:
    return _truncated(reading) or _missing_headings(reading) or _not_understood(reading)


def _missing_headings(reading: Snapshot) -> str | None:
    missing = [section for section in ("upcoming", "past") if section not in reading.outline.sections]
    if not missing:
        return None
    heading = (
        "heading of the {} editions is missing" if len(missing) == 1 else "headings of the {} editions are missing"
    )
    return f"the {heading.format(' and '.join(missing))}"


def _list_problem(known: Known, last: Snapshot, reading: Snapshot, now: datetime) -> str | None:
    if last.editions and not reading.editions:
        return f"the page lists no editions; the last reading had {len(last.editions)}"
    pairs = match_editions(known, reading, now)
    matched = {entry.key for entry, _ in pairs}
    listed = [entry for entry, _ in match_editions(known, last, now)]
    missing = [entry for entry in listed if entry.key not in matched]
    return (
        _past_as_upcoming(pairs)
        or _lost_dates(pairs)
        or _garbled_lines(last, reading)
        or _missing_past_editions(listed, missing, reading)
        or _missing_upcoming_editions(missing, now)
    )


def _past_as_upcoming(pairs: Iterable[Pair]) -> str | None:
    for entry, line in pairs:
        if entry.edition.section == "past" and line.section == "upcoming":
            return f"{line.city}, a past edition, is listed as upcoming"
    return None


def _lost_dates(pairs: Iterable[Pair]) -> str | None:
    lost = sum(entry.edition.starts_on is not None and _has_lost_days(line) for entry, line in pairs)
    return f"the dates of {lost} editions are missing" if lost > 1 else None


def _garbled_lines(last: Snapshot, reading: Snapshot) -> str | None:
    garbled = sum(_REPLACEMENT_CHARACTER in line.text for line in reading.editions)
    if not garbled or any(_REPLACEMENT_CHARACTER in line.text for line in last.editions):
        return None
    return f"garbled characters in {counted(garbled, 'line')}"


def _missing_past_editions(
    listed: Sequence[KnownEdition], missing: Sequence[KnownEdition], reading: Snapshot
) -> str | None:
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


def _missing_upcoming_editions(missing: Sequence[KnownEdition], now: datetime) -> str | None:
    lost = sum(is_upcoming(entry.edition, now) for entry in missing)
    return f"{lost} upcoming editions are missing" if lost > 1 else None


# ── call pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _call_page_problem(last: Snapshot | None, reading: Snapshot, now: datetime) -> str | None:
    return (
        _truncated(reading) or _missing_call(reading) or _lost_cutoffs(last, reading, now) or _not_understood(reading)
    )


def _missing_call(reading: Snapshot) -> str | None:
    return None if reading.calls else "the page describes no call"


def _lost_cutoffs(last: Snapshot | None, reading: Snapshot, now: datetime) -> str | None:
    is_closed = any(call.status == "closed" for call in reading.calls)
    if last is None or is_closed or any(_cutoffs(reading)):
        return None
    upcoming = sum(not cutoff.closed and cutoff.at > now for cutoff in _cutoffs(last))
    return f"the cut-offs are missing ({upcoming} upcoming), although the call is not closed" if upcoming else None


def _cutoffs(snapshot: Snapshot) -> Iterator[Cutoff]:
    return (cutoff for call in snapshot.calls for cutoff in call.cutoffs)


# ── the editions' own pages ──────────────────────────────────────────────────────────────────────────────────────────


def _edition_page_problem(last: Snapshot | None, reading: Snapshot) -> str | None:
    return _truncated(reading) or _lost_content(last, reading)


def _lost_content(last: Snapshot | None, reading: Snapshot) -> str | None:
    """What the page has lost. A page that has never described an edition has nothing to lose."""
    if last is None or not last.editions:
        return None
    if not reading.editions:
        return "the page no longer describes an edition"
    old, new = last.editions[0], reading.editions[0]
    return _lost_facts(old, new) or _other_edition(old, new)


def _lost_facts(old: Edition, new: Edition) -> str | None:
    if old.starts_on and _has_lost_days(new):
        return f"the dates of the edition in {old.city} are missing"
    if len(new.materials) * 2 < len(old.materials):
        return f"the number of links to materials fell from {len(old.materials)} to {len(new.materials)}"
    if _REPLACEMENT_CHARACTER in _page_text(new) and _REPLACEMENT_CHARACTER not in _page_text(old):
        return "the text contains garbled characters"
    return None


def _other_edition(old: Edition, new: Edition) -> str | None:
    """A new city, or new days, is a change; both at once are another edition."""
    if is_same_city(old.city, new.city) or (old.starts_on, old.ends_on) == (new.starts_on, new.ends_on):
        return None
    return f"the page describes {new.city} instead of {old.city}, on other dates"


def _page_text(edition: Edition) -> str:
    return " ".join((edition.text, edition.venue or "", *(material.title for material in edition.materials)))
