"""A fetched page and what the parser extracted from it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from cmr_watch.exceptions import ParseError
from cmr_watch.models import PARSER_VERSION, Correction, Evidence, FetchedPage, Outline, PageKind, PageRef, Snapshot
from cmr_watch.monitor.corrections import Corrected, Lapsed, apply_corrections
from cmr_watch.monitor.diff import known_after_reparse
from cmr_watch.store.check_records import Baseline
from cmr_watch.store.checks import Checks
from cmr_watch.store.rounds import Round

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
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
    corrections: Sequence[Correction] = (),
) -> Reading:
    """Parse the page and apply the corrections, unless its bytes are the baseline's."""
    at = fetched.fetched_at
    if baseline and sha256(fetched.content).hexdigest() == baseline.content_sha256:
        return Reading(page, fetched, baseline.snapshot, at, now, conditional, evidence=baseline.evidence)
    try:
        snapshot, evidence, lapsed = parse(fetched, page.kind, corrections)
        return Reading(page, fetched, snapshot, at, now, conditional, evidence=evidence, lapsed=lapsed)
    except ParseError as error:
        return Reading(page, fetched, unreadable(page.kind), at, now, conditional, str(error))


def parse(fetched: FetchedPage, kind: PageKind, corrections: Sequence[Correction] = ()) -> Corrected:
    """Read a page and apply its corrections. The reading engine is imported only when there is something to read."""
    from cmr_watch.reading import read

    snapshot, evidence = read(kind, fetched.content, fetched.charset, fetched.url)
    return apply_corrections(snapshot, evidence, corrections)


def unreadable(kind: PageKind) -> Snapshot:
    """The empty and incomplete snapshot that is stored for a page that cannot be parsed."""
    return Snapshot(kind=kind, outline=Outline(complete=False, sections=()))


def with_current_parser(checks: Checks, baseline: Baseline | None) -> Baseline | None:
    """The baseline as the current parser reads it, so that an improved parser raises no alert."""
    if baseline is None or baseline.parser_version == PARSER_VERSION:
        return baseline
    stored = checks.snapshot(baseline.snapshot_id)
    try:
        corrections = checks.corrections.active(stored.row.page_url)
        snapshot, evidence, _ = parse(stored.fetched, baseline.snapshot.kind, corrections)
    except ParseError:
        log.warning("the stored page of snapshot %s can no longer be parsed; keeping its reading", baseline.snapshot_id)
        return baseline
    known = known_after_reparse(baseline.known, baseline.snapshot, snapshot, baseline.read_at)
    return replace(baseline, snapshot=snapshot, known=known, evidence=evidence)
