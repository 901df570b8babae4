"""Parses all stored pages again with the current parser, and yields the differences. Sends no notifications."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cmr_watch.clock import Clock
from cmr_watch.exceptions import ParseError
from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import PARSER_VERSION, PageRef, Snapshot
from cmr_watch.monitor.current_parser import facts_ahead
from cmr_watch.monitor.diff import known_after_reparse
from cmr_watch.monitor.page_reading import parse
from cmr_watch.serialization import snapshot_to_dict
from cmr_watch.store.check_records import KnownAfterwards
from cmr_watch.store.checks import Checks
from cmr_watch.store.snapshots import StoredSnapshot


@dataclass(frozen=True, slots=True)
class ReplayDifference:
    """A stored page that the current parser reads differently.

    `after` is None, and `error` the reason, if it can no longer be parsed.
    """

    snapshot_id: int
    page_url: str
    fetched_at: datetime
    before: Snapshot
    after: Snapshot | None
    evidence: Evidence | None = None
    error: str = ""


def replay_pages(checks: Checks, clock: Clock, *, apply: bool) -> Iterator[ReplayDifference]:
    """Yield the pages that are read differently, oldest first. `apply` stores each new reading before it is yielded.

    For a baseline, the known state of its page is corrected too; keys do not change. The stored reading of a page that
    can no longer be parsed is kept.
    """
    for snapshot_id in checks.snapshot_ids():
        stored = checks.snapshot(snapshot_id)
        reparsed = _reparse(stored, checks)
        if reparsed is None:
            continue
        if apply and reparsed.after is not None and reparsed.evidence is not None:
            _store(checks, stored, reparsed.after, reparsed.evidence, clock)
        if reparsed.error or _has_differences(reparsed):
            yield reparsed


def _reparse(stored: StoredSnapshot, checks: Checks) -> ReplayDifference | None:
    """The new reading; None if the page was parsed by the current parser, or could not be parsed before either."""
    row, before = stored.row, stored.snapshot
    if row.parser_version == PARSER_VERSION:
        return None
    common = (row.id, row.page_url, row.fetched_at, before)
    try:
        read = parse(stored.fetched, before.kind, checks.corrections.active(row.page_url))
        return ReplayDifference(*common, read.snapshot, read.evidence)
    except ParseError as error:
        return None if _is_unreadable(before) else ReplayDifference(*common, None, error=str(error))


def _is_unreadable(snapshot: Snapshot) -> bool:
    """Whether it is the empty snapshot of a page that could not be parsed (`check.unreadable`)."""
    return not (snapshot.outline.complete or snapshot.editions or snapshot.calls)


def _has_differences(reparsed: ReplayDifference) -> bool:
    """Whether the content differs. The outline is used only by the plausibility check, and does not count."""
    assert reparsed.after is not None
    before, after = snapshot_to_dict(reparsed.before), snapshot_to_dict(reparsed.after)
    return any(before[part] != after[part] for part in ("editions", "calls", "warnings"))


def _store(checks: Checks, stored: StoredSnapshot, after: Snapshot, evidence: Evidence, clock: Clock) -> None:
    baseline = checks.baseline(stored.row.page_url)
    if baseline is None or baseline.snapshot_id != stored.row.id:
        checks.replace_reading(stored.row.id, after, evidence)
        return
    now = clock()
    known = known_after_reparse(baseline.known, stored.snapshot, after, now)
    page = PageRef(stored.row.page_url, after.kind)
    news = facts_ahead(page, baseline, after, known, checks, now)
    checks.replace_reading(stored.row.id, after, evidence, KnownAfterwards(known, news, now))
