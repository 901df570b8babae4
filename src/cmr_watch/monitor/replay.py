"""Every stored page read again with today's parser: what would be different. Nobody is told of any of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cmr_watch.exceptions import ParseError
from cmr_watch.models import PARSER_VERSION, Snapshot
from cmr_watch.monitor.check import parse
from cmr_watch.monitor.diff import read_again
from cmr_watch.serialization import snapshot_to_dict
from cmr_watch.store.checks import Checks
from cmr_watch.store.snapshots import StoredSnapshot


@dataclass(frozen=True, slots=True)
class ReplayDifference:
    """A stored page that today's parser reads otherwise; `after` is None where it can no longer be read at all."""

    snapshot_id: int
    page_url: str
    fetched_at: datetime
    before: Snapshot
    after: Snapshot | None
    error: str = ""


def replay_pages(checks: Checks, clock: Callable[[], datetime], *, apply: bool) -> Iterator[ReplayDifference]:
    """The pages that are read otherwise, oldest first. `apply` writes the new reading down as it goes.

    What is known of a page is corrected with its baseline, keys and all else stay; what a page that can no longer be
    read has said stays as it is.
    """
    for number in checks.snapshot_ids():
        stored = checks.snapshot(number)
        found = _read_again(stored)
        if found is None:
            continue
        if apply and found.after is not None:
            _correct(checks, stored, found.after, clock)
        if found.error or _differs(found):
            yield found


def _read_again(stored: StoredSnapshot) -> ReplayDifference | None:
    """None where there is nothing to look at: today's parser has read it already."""
    row, before = stored.row, stored.snapshot
    if row.parser_version == PARSER_VERSION:
        return None
    about = (row.id, row.page_url, row.fetched_at, before)
    try:
        return ReplayDifference(*about, parse(stored.fetched, before.kind))
    except ParseError as error:
        return None if _was_unread(before) else ReplayDifference(*about, None, str(error))


def _was_unread(before: Snapshot) -> bool:
    return not (before.outline.complete or before.editions or before.calls)


def _differs(found: ReplayDifference) -> bool:
    """Whether it says anything else; the outline is no business of people."""
    assert found.after is not None
    before, after = snapshot_to_dict(found.before), snapshot_to_dict(found.after)
    return any(before[part] != after[part] for part in ("editions", "calls", "warnings"))


def _correct(checks: Checks, stored: StoredSnapshot, after: Snapshot, clock: Callable[[], datetime]) -> None:
    url = stored.row.page_url
    baseline = checks.baseline(url)
    known = None
    if baseline is not None and baseline.snapshot_id == stored.row.id:
        known = read_again(baseline.known, stored.snapshot, after, clock())
    checks.replace_reading(stored.row.id, after, known)
