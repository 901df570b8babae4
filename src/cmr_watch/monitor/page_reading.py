"""A fetched page and what the parser extracted from it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from cmr_watch.exceptions import ParseError
from cmr_watch.models import PARSER_VERSION, Evidence, FetchedPage, Outline, PageKind, PageRef, Snapshot
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


class Parsed(NamedTuple):
    """What the parser extracted from a page, and where it stands there."""

    snapshot: Snapshot
    evidence: Evidence


def read_page(
    page: PageRef, fetched: FetchedPage, baseline: Baseline | None, now: datetime, *, conditional: bool
) -> Reading:
    """Parse the page, unless its bytes are the baseline's."""
    at = fetched.fetched_at
    if baseline and sha256(fetched.content).hexdigest() == baseline.content_sha256:
        return Reading(page, fetched, baseline.snapshot, at, now, conditional, evidence=baseline.evidence)
    try:
        snapshot, evidence = parse(fetched, page.kind)
        return Reading(page, fetched, snapshot, at, now, conditional, evidence=evidence)
    except ParseError as error:
        return Reading(page, fetched, unreadable(page.kind), at, now, conditional, str(error))


def parse(fetched: FetchedPage, kind: PageKind) -> Parsed:
    """Read a page. The reading engine is imported here, only when there is something to read."""
    from cmr_watch.reading import read

    return Parsed(*read(kind, fetched.content, fetched.charset, fetched.url))


def unreadable(kind: PageKind) -> Snapshot:
    """The empty and incomplete snapshot that is stored for a page that cannot be parsed."""
    return Snapshot(kind=kind, outline=Outline(complete=False, sections=()))


def with_current_parser(checks: Checks, baseline: Baseline | None) -> Baseline | None:
    """The baseline as the current parser reads it, so that an improved parser raises no alert."""
    if baseline is None or baseline.parser_version == PARSER_VERSION:
        return baseline
    stored = checks.snapshot(baseline.snapshot_id)
    try:
        snapshot, evidence = parse(stored.fetched, baseline.snapshot.kind)
    except ParseError:
        log.warning("the stored page of snapshot %s can no longer be parsed; keeping its reading", baseline.snapshot_id)
        return baseline
    known = known_after_reparse(baseline.known, baseline.snapshot, snapshot, baseline.read_at)
    return replace(baseline, snapshot=snapshot, known=known, evidence=evidence)
