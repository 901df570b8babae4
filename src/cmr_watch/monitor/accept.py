"""Accepts a suspect reading as the baseline, or shows what that would do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from cmr_watch.clock import Clock
from cmr_watch.exceptions import CmrWatchError
from cmr_watch.models.readings import Change, CheckResult, Known, KnownCall, KnownEdition, PageRef, Snapshot
from cmr_watch.monitor.acceptable import refusal
from cmr_watch.monitor.check import commit_plausible
from cmr_watch.monitor.compare_reading import compare_reading, without_duplicates
from cmr_watch.monitor.current_parser import with_current_parser
from cmr_watch.monitor.diff import CONFIRMED_AFTER
from cmr_watch.monitor.layout import with_expected_layout
from cmr_watch.monitor.match import match_reading
from cmr_watch.monitor.page_reading import Reading, read_page
from cmr_watch.store.checks import Checks
from cmr_watch.store.snapshots import SnapshotRow


class NothingToAccept(CmrWatchError):
    """There is no quarantined reading to accept."""


def accept(page: PageRef, checks: Checks, clock: Clock) -> CheckResult:
    """Make the newest suspect reading the baseline, as the operator has decided. Its changes are announced as usual.

    If there is none, but the list has other section headings, the lines that were held because of them are announced.

    An entry that it lacks counts as gone only when it is missing from a second reading. Raises NothingToAccept if
    there is no quarantined reading, if it can no longer be parsed, or if a newer reading was stored meanwhile.
    """
    _, reading = _reading_to_accept(page, checks, clock)
    baseline = with_current_parser(checks, checks.baseline(page.url))
    matching = match_reading(baseline.known if baseline else Known(), reading.snapshot, reading.at)
    result = commit_plausible(reading, matching, baseline, checks)
    if result is None:
        raise NothingToAccept("Another check has stored a newer reading in the meantime. Check that one first.")
    return result


@dataclass(frozen=True, slots=True)
class AcceptPreview:
    """What `accept` would do: the reading, its changes, and what it lacks.

    - `baseline`: the snapshot that it would replace.
    - `missing`: the entries that it lacks. They are gone if the next reading lacks them too.
    - `later`: the changes that the next check would then report of them.
    """

    row: SnapshotRow
    snapshot: Snapshot
    baseline: Snapshot | None
    changes: tuple[Change, ...] = ()
    missing: tuple[KnownEdition | KnownCall, ...] = ()
    later: tuple[Change, ...] = ()


def preview_accept(page: PageRef, checks: Checks, clock: Clock) -> AcceptPreview:
    """Compute what `accept` would do, without committing anything. Raises NothingToAccept where `accept` does."""
    row, reading = _reading_to_accept(page, checks, clock)
    baseline = with_current_parser(checks, checks.baseline(page.url))
    if baseline is None:
        return AcceptPreview(row, reading.snapshot, None)
    compared = without_duplicates(compare_reading(reading, baseline.known, checks), reading, checks)
    missing = _newly_missing(baseline.known, compared.known)
    later = _changes_of_missing(missing, compared.known, reading, checks)
    return AcceptPreview(row, reading.snapshot, baseline.snapshot, compared.changes, missing, later)


def _changes_of_missing(
    missing: tuple[KnownEdition | KnownCall, ...], known: Known, reading: Reading, checks: Checks
) -> tuple[Change, ...]:
    """The changes of the missing entries if the next reading is the same as the accepted one."""
    again = reading._replace(at=reading.at + CONFIRMED_AFTER)
    keys = {entry.key for entry in missing}
    compared = without_duplicates(compare_reading(again, known, checks), again, checks)
    return tuple(change for change in compared.changes if change.key in keys)


def _newly_missing(before: Known, after: Known) -> tuple[KnownEdition | KnownCall, ...]:
    old: list[KnownEdition | KnownCall] = [*before.editions, *before.calls]
    new: list[KnownEdition | KnownCall] = [*after.editions, *after.calls]
    missing = {entry.key for entry in old if entry.missing_since}
    return tuple(entry for entry in new if entry.missing_since and not entry.gone and entry.key not in missing)


def _reading_to_accept(page: PageRef, checks: Checks, clock: Clock) -> tuple[SnapshotRow, Reading]:
    """The newest suspect reading; without one, the last good one, if its section headings are not accepted yet."""
    baseline = with_current_parser(checks, checks.baseline(page.url))
    if baseline is None or baseline.snapshot.outline.expected_layout is None or checks.newest_suspect(page.url):
        return _suspect_reading(page, checks, clock)
    stored = checks.snapshot(baseline.snapshot_id)
    snapshot, evidence = with_expected_layout(baseline.snapshot, None), baseline.evidence or stored.evidence
    return stored.row, Reading(page, None, snapshot, baseline.read_at, clock(), True, evidence=evidence)


def _suspect_reading(page: PageRef, checks: Checks, clock: Clock) -> tuple[SnapshotRow, Reading]:
    """The newest suspect reading, parsed again; NothingToAccept if there is none, or none that can be a baseline."""
    stored = checks.newest_suspect(page.url)
    if stored is None:
        raise NothingToAccept(f"There is no suspect reading of {page.url} to accept.")
    corrections = partial(checks.corrections.active, page.url)
    reading = read_page(page, stored.fetched, None, clock(), conditional=False, corrections=corrections)
    if reading.error:
        raise NothingToAccept(f"The suspect reading of {page.url} cannot be parsed: {reading.error}")
    if why := refusal(page, reading.snapshot, checks.known_pages):
        reason, advice = why
        raise NothingToAccept(f"The suspect reading of {page.url} {reason}, so it cannot become the baseline. {advice}")
    return stored.row, reading


def why_not_acceptable(page: PageRef, checks: Checks, clock: Clock) -> str | None:
    """Why `accept` would refuse the newest suspect reading of a page, as a sentence; None if it would not."""
    try:
        _suspect_reading(page, checks, clock)
    except NothingToAccept as error:
        return str(error)
    return None
