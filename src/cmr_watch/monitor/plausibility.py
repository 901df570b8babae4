"""Decides whether a reading is plausible, compared with the last good reading of the page (ADR 2, 5 and 15). Pure.

The rules are those of READING.md, B2 and B3. Every page is suspect if

- (a) the document ends before `</html>`, and the last good reading did not;
- (b) it is found at another address, is in another language, or its main heading has no word in common with the last;
- (j) it holds garbled words that the last good reading did not hold.

The list is also suspect for a reason in `list_plausibility`, or if (h) more than a third of its lines with a date were
not understood.

A call page is also suspect if it describes no call; if all cut-offs are missing, although some were upcoming and the
call is not closed; or if more than a third of its lines with a date were not understood.

An edition's own page is also suspect if it no longer describes an edition, or another city on other dates; if the dates
are missing, although it is neither cancelled nor postponed; or if it has fewer than half as many links to materials.
Its headings do not count, nor do a venue and a registration that are gone: after the event, such a page is rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from cmr_watch.models.readings import Cutoff, Edition, Known, Snapshot
from cmr_watch.monitor.list_plausibility import first_list_problem, has_lost_days, list_problem
from cmr_watch.monitor.match import Matching, match_reading
from cmr_watch.places import fold, is_same_city
from cmr_watch.plural import counted
from cmr_watch.urls import page_address

_WORD: Final = re.compile(r"\w{2,}")


def reject_reason(
    known: Known, last: Snapshot | None, reading: Snapshot, now: datetime, page_url: str | None = None
) -> str | None:
    """Why a reading is suspect, as a clause for the operator; None if it is plausible."""
    return assess(known, last, match_reading(known, reading, now), now, page_url)


def assess(
    known: Known, last: Snapshot | None, matching: Matching, now: datetime, page_url: str | None = None
) -> str | None:
    """Why a reading, matched with what is known, is suspect; None if it is plausible.

    `last` is the last good reading, None if there is none. `page_url` is where the page should be, if that is known.
    """
    reading = matching.reading
    if last is not None and _is_equal(last, matching.as_read):
        return None  # because the last one was good, or was accepted
    return (
        _truncated(last, reading)
        or _other_address(last, reading, page_url)
        or _other_content(known, last, matching, now)
        or _other_masthead(last, reading)
    )


def _other_content(known: Known, last: Snapshot | None, matching: Matching, now: datetime) -> str | None:
    reading = matching.reading
    if reading.kind == "edition":
        return _edition_page_problem(last, reading)
    if reading.kind == "call":
        return _call_page_problem(last, reading, now) or _not_understood(reading)
    return _not_understood(reading) or _list_problem(known, last, matching, now)


def _is_equal(last: Snapshot, reading: Snapshot) -> bool:
    """Whether nothing differs. An earlier version stored no address, language or main heading."""
    before, outline = last.outline, reading.outline
    outline = replace(
        outline,
        address=before.address and outline.address,
        lang=before.lang and outline.lang,
        h1=before.h1 and outline.h1,
    )
    return last == replace(reading, outline=outline)


# ── all pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _truncated(last: Snapshot | None, reading: Snapshot) -> str | None:
    """Whether the end is missing that the last good reading had; the first must have it."""
    if reading.outline.complete or (last is not None and not last.outline.complete):
        return None
    return "the page is incomplete: it ends before its closing </html> tag"


def _other_address(last: Snapshot | None, reading: Snapshot, page_url: str | None) -> str | None:
    """Whether it is neither where it should be nor where it was. A link on the list may lead anywhere at first."""
    address = reading.outline.address
    if address is None or page_url is None or address == page_address(page_url):
        return None
    is_elsewhere = last.outline.address not in (None, address) if last else reading.kind == "initiative"
    return f"the page was found at another address: {address}" if is_elsewhere else None


def _other_masthead(last: Snapshot | None, reading: Snapshot) -> str | None:
    if last is None:
        return None
    before, outline = last.outline, reading.outline
    if before.lang and outline.lang and before.lang != outline.lang:
        return f"the language of the page is {outline.lang} instead of {before.lang}"
    if before.h1 and outline.h1 and not _words(before.h1) & _words(outline.h1):
        return f"the main heading of the page is “{outline.h1}” instead of “{before.h1}”"
    return None


def _words(text: str) -> set[str]:
    return set(_WORD.findall(fold(text)))


def _garbled(last: Snapshot | None, reading: Snapshot) -> str | None:
    from cmr_watch.monitor.garbled import garbled_lines  # imported only if the page was read again

    garbled = garbled_lines(reading, last)
    return f"garbled characters in {counted(garbled, 'line')}" if garbled else None


def _not_understood(reading: Snapshot) -> str | None:
    outline = reading.outline
    if outline.unread_lines * 3 > outline.dated_lines:
        return f"{outline.unread_lines} of {outline.dated_lines} dated lines were not understood"
    return None


# ── the list of editions ─────────────────────────────────────────────────────────────────────────────────────────────


def _list_problem(known: Known, last: Snapshot | None, matching: Matching, now: datetime) -> str | None:
    if last is None:
        return first_list_problem(matching.reading) or _garbled(None, matching.reading)
    return list_problem(known, last, matching, now) or _garbled(last, matching.reading)


# ── call pages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _call_page_problem(last: Snapshot | None, reading: Snapshot, now: datetime) -> str | None:
    if not reading.calls:
        return "the page describes no call"
    return (_lost_cutoffs(last, reading, now) if last else None) or _garbled(last, reading)


def _lost_cutoffs(last: Snapshot, reading: Snapshot, now: datetime) -> str | None:
    is_closed = any(call.status == "closed" for call in reading.calls)
    if is_closed or any(_cutoffs(reading)):
        return None
    upcoming = sum(not cutoff.closed and cutoff.at > now for cutoff in _cutoffs(last))
    return f"the cut-offs are missing ({upcoming} upcoming), although the call is not closed" if upcoming else None


def _cutoffs(snapshot: Snapshot) -> Iterator[Cutoff]:
    return (cutoff for call in snapshot.calls for cutoff in call.cutoffs)


# ── the editions' own pages ──────────────────────────────────────────────────────────────────────────────────────────


def _edition_page_problem(last: Snapshot | None, reading: Snapshot) -> str | None:
    """What the page has lost. A page that has never described an edition has nothing to lose."""
    if last is None or not last.editions:
        return _garbled(last, reading)
    if not reading.editions:
        return "the page no longer describes an edition"
    old, new = last.editions[0], reading.editions[0]
    return _lost_facts(old, new) or _garbled(last, reading) or _other_edition(old, new)


def _lost_facts(old: Edition, new: Edition) -> str | None:
    if old.starts_on and has_lost_days(new):
        return f"the dates of the edition in {old.city} are missing"
    if len(new.materials) * 2 < len(old.materials):
        return f"the number of links to materials fell from {len(old.materials)} to {len(new.materials)}"
    return None


def _other_edition(old: Edition, new: Edition) -> str | None:
    """A new city, or new days, is a change; both at once are another edition."""
    if is_same_city(old.city, new.city) or (old.starts_on, old.ends_on) == (new.starts_on, new.ends_on):
        return None
    return f"the page describes {new.city} instead of {old.city}, on other dates"
