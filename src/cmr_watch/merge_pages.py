"""Merges what several pages state about the same editions and calls. Pure.

- Editions: the list decides which ones exist; an edition's own page adds details that only it has.
- Calls: the call page takes precedence over the notice on the list. A notice that contradicts it is kept as well, in
  `conflicting_notice`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition, PageKind, PageRef


class KnownPage(NamedTuple):
    """The known editions and calls of one page."""

    page: PageRef
    known: Known


def known_of_kind(pages: Iterable[KnownPage], kind: PageKind) -> Known:
    """The known editions and calls of all pages of a kind, in page order."""
    matching = [entry.known for entry in pages if entry.page.kind == kind]
    editions = tuple(edition for known in matching for edition in known.editions)
    return Known(editions, tuple(call for known in matching for call in known.calls))


def merge_pages(pages: Sequence[KnownPage]) -> Known:
    """Each edition and each call once, in the order of the list; calls that only the call page has come last."""
    listed = known_of_kind(pages, "initiative")
    own_pages = {known.key: known for known in known_of_kind(pages, "edition").editions}
    editions = tuple(_merge_editions(known, own_pages.get(known.key)) for known in listed.editions)
    call_pages = {known.key: known for known in known_of_kind(pages, "call").calls}
    calls = tuple(_merge_calls(known, call_pages.get(known.key)) for known in listed.calls)
    unlisted = call_pages.keys() - {known.key for known in listed.calls}
    return Known(editions, (*calls, *(known for key, known in call_pages.items() if key in unlisted)))


def _merge_editions(listed: KnownEdition, own_page: KnownEdition | None) -> KnownEdition:
    return replace(listed, edition=_add_details(listed.edition, own_page.edition)) if own_page else listed


def _add_details(listed: Edition, own_page: Edition) -> Edition:
    return replace(
        listed,
        summary_url=listed.summary_url or own_page.summary_url,
        venue=own_page.venue,
        registration_url=own_page.registration_url,
        registration_closes_on=own_page.registration_closes_on,
        materials=own_page.materials,
    )


def _merge_calls(listed: KnownCall, call_page: KnownCall | None) -> KnownCall:
    if call_page is None or call_page.gone:
        return listed
    if listed.gone:
        return replace(call_page, first_seen_at=_first_seen(listed, call_page))
    notice, page = listed.call, call_page.call
    call = replace(
        page,
        hosting_years=page.hosting_years or notice.hosting_years,
        cutoffs=page.cutoffs or notice.cutoffs,
        apply_url=page.apply_url or notice.apply_url,
    )
    is_stated = listed.missing_since is None  # otherwise the notice may have been removed
    contradicting = notice if is_stated and is_contradicted(page, notice) else None
    return replace(call_page, call=call, first_seen_at=_first_seen(listed, call_page), conflicting_notice=contradicting)


def _first_seen(one: KnownCall, other: KnownCall) -> datetime | None:
    return min((call.first_seen_at for call in (one, other) if call.first_seen_at), default=None)


def is_contradicted(page: CallNotice, notice: CallNotice) -> bool:
    """Whether the notice has another status or cut-off than the call page. A missing cut-off contradicts nothing."""
    if page.status != notice.status:
        return True
    return bool(page.cutoffs) and any(not is_given(cutoff, page.cutoffs) for cutoff in notice.cutoffs)


def is_given(cutoff: Cutoff, cutoffs: Iterable[Cutoff]) -> bool:
    """Whether the cut-off is one of these. A page that gives no hour means the same day of a page that does."""
    return any(is_same_cutoff(cutoff, other) for other in cutoffs)


def is_same_cutoff(one: Cutoff, other: Cutoff) -> bool:
    """Whether both are at the same time, or on the same day of the page and one of them without an hour."""
    if one.at == other.at:
        return True
    is_same_day = one.at.astimezone(BRUSSELS).date() == other.at.astimezone(BRUSSELS).date()
    return is_same_day and not (has_hour(one.at) and has_hour(other.at))


def has_hour(cutoff_at: datetime) -> bool:
    """Whether a page gave the hour of a cut-off: one without an hour is at the end of its day (rule C4)."""
    local = cutoff_at.astimezone(BRUSSELS)
    return (local.hour, local.minute) != (23, 59)
