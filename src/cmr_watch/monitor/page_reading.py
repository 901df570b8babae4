"""A fetched page and what the parser extracted from it.

What reads pages is imported only when there is something to read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from cmr_watch.exceptions import ParseError
from cmr_watch.models.corrections import Correction
from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import FetchedPage, Outline, PageKind, PageRef, Snapshot
from cmr_watch.store.check_records import Baseline
from cmr_watch.store.rounds import Round
from cmr_watch.urls import page_address

if TYPE_CHECKING:
    from cmr_watch.monitor.corrections import Corrected, Lapsed


class Reading(NamedTuple):
    """A fetched page, and what the parser extracted from it.

    - `fetched`: None after a 304 response.
    - `at`: when the page was fetched. For an accepted reading, that is earlier than `checked_at`.
    - `error`: why it could not be parsed; None if it could.
    - `evidence`: None if the page was not read again, because its bytes are the baseline's.
    - `lapsed`: the corrections that could not be applied.
    """

    page: PageRef
    fetched: FetchedPage | None
    snapshot: Snapshot
    at: datetime
    checked_at: datetime
    conditional: bool = False
    error: str | None = None
    round_: Round | None = None
    evidence: Evidence | None = None
    lapsed: tuple[Lapsed, ...] = ()


def read_page(
    page: PageRef,
    fetched: FetchedPage,
    baseline: Baseline | None,
    now: datetime,
    *,
    conditional: bool,
    corrections: Callable[[], Sequence[Correction]] = tuple,
) -> Reading:
    """Parse the page and apply the corrections, unless its bytes are the baseline's."""
    at = fetched.fetched_at
    if baseline and _is_same_content(fetched, baseline):
        found = _found_at(baseline.snapshot, fetched)
        return Reading(page, fetched, found, at, now, conditional, evidence=baseline.evidence)
    try:
        snapshot, evidence, lapsed = parse(fetched, page.kind, corrections())
        return Reading(page, fetched, snapshot, at, now, conditional, evidence=evidence, lapsed=lapsed)
    except ParseError as error:
        return Reading(page, fetched, unreadable(page.kind), at, now, conditional, str(error))


def _is_same_content(fetched: FetchedPage, baseline: Baseline) -> bool:
    """Whether the page says the same because its bytes and its declared charset are the baseline's."""
    is_same_charset = (fetched.charset or "").lower() == (baseline.charset or "").lower()
    return is_same_charset and sha256(fetched.content).hexdigest() == baseline.content_sha256


def parse(fetched: FetchedPage, kind: PageKind, corrections: Sequence[Correction] = ()) -> Corrected:
    """Read a page and apply its corrections."""
    from cmr_watch.charsets import decode
    from cmr_watch.monitor.corrections import apply_corrections
    from cmr_watch.monitor.masthead import h1_of, lang_of
    from cmr_watch.reading import read

    snapshot, evidence = read(kind, fetched.content, fetched.charset, fetched.url)
    text = decode(fetched.content, fetched.charset)
    outline = replace(snapshot.outline, lang=lang_of(text), h1=h1_of(text))
    snapshot = _found_at(replace(snapshot, outline=outline), fetched)
    return apply_corrections(snapshot, evidence, corrections)


def title_of_page(fetched: FetchedPage) -> str:
    """The title and the main headings of a page."""
    from cmr_watch.charsets import decode
    from cmr_watch.monitor.masthead import title_of

    return title_of(decode(fetched.content, fetched.charset))


def _found_at(snapshot: Snapshot, fetched: FetchedPage) -> Snapshot:
    """The snapshot with the address at which it was found; the same object if it has that already."""
    address = page_address(fetched.final_url)
    if snapshot.outline.address == address:
        return snapshot
    return replace(snapshot, outline=replace(snapshot.outline, address=address))


def unreadable(kind: PageKind) -> Snapshot:
    """The empty and incomplete snapshot that is stored for a page that cannot be parsed."""
    return Snapshot(kind=kind, outline=Outline(complete=False, sections=()))
