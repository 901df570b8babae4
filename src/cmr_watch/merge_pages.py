"""What is known when several pages tell of the same editions and calls. Pure.

The list says which editions there are; an edition's own page adds what only it knows. Of a call the call page's value
comes first; where the notice on the list says otherwise, that is kept beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cmr_watch.models import CallNotice, Edition, Known, KnownCall, KnownEdition, PageKind, PageRef


@dataclass(frozen=True, slots=True)
class PageKnown:
    """What is known of one page."""

    page: PageRef
    known: Known


def of_kind(pages: Iterable[PageKnown], kind: PageKind) -> Known:
    """All that the pages of a kind say, one after the other."""
    same = [entry.known for entry in pages if entry.page.kind == kind]
    editions = tuple(one for known in same for one in known.editions)
    return Known(editions, tuple(one for known in same for one in known.calls))


def merged(pages: Sequence[PageKnown]) -> Known:
    """Each edition and each call once, in the list's order; calls that only their own page knows come last."""
    listed = of_kind(pages, "initiative")
    own = {one.key: one for one in of_kind(pages, "edition").editions}
    editions = tuple(_edition(one, own.get(one.key)) for one in listed.editions)
    calls = {one.key: one for one in of_kind(pages, "call").calls}
    known = tuple(_call(one, calls.get(one.key)) for one in listed.calls)
    alone = calls.keys() - {one.key for one in listed.calls}
    return Known(editions, (*known, *(one for key, one in calls.items() if key in alone)))


def _edition(listed: KnownEdition, own: KnownEdition | None) -> KnownEdition:
    return replace(listed, edition=_enriched(listed.edition, own.edition)) if own else listed


def _enriched(listed: Edition, own: Edition) -> Edition:
    return replace(
        listed,
        summary_url=listed.summary_url or own.summary_url,
        venue=own.venue,
        registration_url=own.registration_url,
        registration_closes_on=own.registration_closes_on,
        theme=own.theme,
        materials=own.materials,
    )


def _call(noticed: KnownCall, own: KnownCall | None) -> KnownCall:
    if own is None or own.gone:
        return noticed
    if noticed.gone:
        return replace(own, first_seen_at=_first(noticed, own))
    notice, page = noticed.call, own.call
    call = replace(
        page,
        hosting_years=page.hosting_years or notice.hosting_years,
        cutoffs=page.cutoffs or notice.cutoffs,
        apply_url=page.apply_url or notice.apply_url,
    )
    other = notice if disagree(page, notice) else None
    return replace(own, call=call, first_seen_at=_first(noticed, own), conflicting_notice=other)


def _first(one: KnownCall, other: KnownCall) -> datetime | None:
    return min((call.first_seen_at for call in (one, other) if call.first_seen_at), default=None)


def disagree(page: CallNotice, notice: CallNotice) -> bool:
    """Whether the notice says anything that the call page does not: silence is no contradiction."""
    if page.status != notice.status:
        return True
    said = {cutoff.at for cutoff in page.cutoffs}
    return bool(said) and any(cutoff.at not in said for cutoff in notice.cutoffs)
