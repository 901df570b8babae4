"""Checks one page: fetch, parse, assess plausibility, compare, commit. Orchestrates the pure modules and the store."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol

from cmr_watch.clock import Clock
from cmr_watch.exceptions import CmrWatchError, FetchError, ParseError
from cmr_watch.merge_pages import known_of_kind
from cmr_watch.models import (
    PARSER_VERSION,
    Change,
    CheckOutcome,
    CheckResult,
    FetchedPage,
    Known,
    KnownCall,
    KnownEdition,
    Outline,
    PageKind,
    PageRef,
    Snapshot,
    Validators,
)
from cmr_watch.monitor.acceptable import refusal
from cmr_watch.monitor.deduplicate import late_cutoffs, unreported, with_shared_keys
from cmr_watch.monitor.diff import (
    CONFIRMED_AFTER,
    Comparison,
    compare,
    compare_suspect,
    known_after_reparse,
    merge_reading,
)
from cmr_watch.monitor.edition_page_diff import compare_edition_page
from cmr_watch.monitor.outline_difference import describe_difference
from cmr_watch.monitor.plausibility import reject_reason
from cmr_watch.store.check_records import Baseline, CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.rounds import Round
from cmr_watch.store.snapshots import SnapshotRow

log = logging.getLogger(__name__)

UNCONDITIONAL_AFTER: Final = timedelta(days=1)
"""The most time between two unconditional GETs, because a server's validators can be wrong."""
_MAX_COMMITS: Final = 5
"""How often a reading is compared again because the baseline has changed, before it is discarded."""


class PageFetcher(Protocol):
    """Fetches a page. Returns None for “not modified”; raises FetchError with a one-sentence reason."""

    def fetch(self, url: str, validators: Validators | None) -> FetchedPage | None: ...


class NothingToAccept(CmrWatchError):
    """There is no quarantined reading to accept."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A fetched page, and what the parser extracted from it.

    - `fetched`: None after a 304 response.
    - `at`: when the page was fetched. For an accepted reading, that is earlier than `checked_at`.
    - `error`: why it could not be parsed; None if it could.
    """

    page: PageRef
    fetched: FetchedPage | None
    snapshot: Snapshot
    at: datetime
    checked_at: datetime
    conditional: bool = False
    error: str | None = None
    round_: Round | None = None


def check_page(
    page: PageRef, fetcher: PageFetcher, checks: Checks, clock: Clock, round_: Round | None = None
) -> CheckResult:
    """Check a page once, as part of a round if one is given.

    Problems with the page are returned as a result; only StoreError is raised.
    """
    baseline = _with_current_parser(checks, checks.baseline(page.url))
    now = clock()
    validators = _validators(baseline, now)
    try:
        fetched = fetcher.fetch(page.url, validators)
    except FetchError as error:
        failure = CheckRecord(page, now, "failed", detail=str(error), round_=round_)
        return _commit_without_reading(failure, checks, baseline)
    if fetched is None:
        reading = _not_modified(page, baseline, clock())
    else:
        reading = _read(page, fetched, baseline, clock(), conditional=validators is not None)
    return _commit_with_retries(replace(reading, round_=round_), baseline, checks)


def accept(page: PageRef, checks: Checks, clock: Clock) -> CheckResult:
    """Make the newest suspect reading the baseline, as the operator has decided. Its changes are announced as usual.

    An entry that it lacks counts as gone only when it is missing from a second reading. Raises NothingToAccept if
    there is no quarantined reading, if it can no longer be parsed, or if a newer reading was stored meanwhile.
    """
    _, reading = _suspect_reading(page, checks, clock)
    baseline = _with_current_parser(checks, checks.baseline(page.url))
    result = _commit_plausible(reading, baseline, checks)
    if result is None:
        raise NothingToAccept("Another check has stored a newer reading in the meantime. Check that one first.")
    return result


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _validators(baseline: Baseline | None, now: datetime) -> Validators | None:
    """The validators of the last plausible reading; None at least once a day, for an unconditional GET."""
    if baseline is None or now - baseline.full_read_at >= UNCONDITIONAL_AFTER:
        return None
    validators = baseline.validators
    return validators if validators.etag or validators.last_modified else None


def _not_modified(page: PageRef, baseline: Baseline | None, now: datetime) -> _Reading:
    """The reading after a 304 response: the baseline's snapshot is still current."""
    assert baseline is not None, "only a conditional GET is answered with 304"
    return _Reading(page, None, baseline.snapshot, now, now, conditional=True)


def _read(
    page: PageRef, fetched: FetchedPage, baseline: Baseline | None, now: datetime, *, conditional: bool
) -> _Reading:
    """Parse the page, unless its bytes are the baseline's."""
    at = fetched.fetched_at
    if baseline and sha256(fetched.content).hexdigest() == baseline.content_sha256:
        return _Reading(page, fetched, baseline.snapshot, at, now, conditional)
    try:
        return _Reading(page, fetched, parse(fetched, page.kind), at, now, conditional)
    except ParseError as error:
        return _Reading(page, fetched, unreadable(page.kind), at, now, conditional, str(error))


def parse(fetched: FetchedPage, kind: PageKind) -> Snapshot:
    """Parse a page. The parser is imported here, only when there is something to parse."""
    from cmr_watch.monitor.parse import read

    return read(kind, fetched.content, fetched.charset, fetched.url)


def unreadable(kind: PageKind) -> Snapshot:
    """The empty and incomplete snapshot that is stored for a page that cannot be parsed."""
    return Snapshot(kind=kind, outline=Outline(complete=False, sections=()))


def _with_current_parser(checks: Checks, baseline: Baseline | None) -> Baseline | None:
    """The baseline as the current parser reads it, so that an improved parser raises no alert."""
    if baseline is None or baseline.parser_version == PARSER_VERSION:
        return baseline
    stored = checks.snapshot(baseline.snapshot_id)
    try:
        snapshot = parse(stored.fetched, baseline.snapshot.kind)
    except ParseError:
        log.warning("the stored page of snapshot %s can no longer be parsed; keeping its reading", baseline.snapshot_id)
        return baseline
    known = known_after_reparse(baseline.known, baseline.snapshot, snapshot, baseline.read_at)
    return replace(baseline, snapshot=snapshot, known=known)


# ── committing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _commit_with_retries(reading: _Reading, baseline: Baseline | None, checks: Checks) -> CheckResult:
    """Commit the reading. If the baseline has changed meanwhile, compare with the new one.

    The reading is discarded when the new baseline is more recent, or when a 304 referred to the old one.
    """
    for _ in range(_MAX_COMMITS):
        result = _commit(reading, baseline, checks)
        if result:
            return result
        baseline = _with_current_parser(checks, checks.baseline(reading.page.url))
        if reading.fetched is None or (baseline and reading.at < baseline.read_at):
            break
    detail = "another check stored a newer reading in the meantime"
    record = CheckRecord(reading.page, reading.checked_at, "discarded", detail=detail, round_=reading.round_)
    return _commit_without_reading(record, checks, baseline)


def _commit(reading: _Reading, baseline: Baseline | None, checks: Checks) -> CheckResult | None:
    """Assess, compare and commit; None when the baseline has changed meanwhile."""
    known, last = (baseline.known, baseline.snapshot) if baseline else (Known(), None)
    reason = reading.error or reject_reason(known, last, reading.snapshot, reading.at)
    if reason:
        return _commit_suspect(reading, baseline, checks, reason)
    return _commit_plausible(reading, baseline, checks)


def _commit_plausible(reading: _Reading, baseline: Baseline | None, checks: Checks) -> CheckResult | None:
    if baseline is None:
        known = _first_known(reading, checks)
        compared = Comparison(tuple(_late_cutoffs(reading, known, checks)), known)
        return _store(_record(reading, None, "baseline", compared), checks, None)
    compared = _without_duplicates(_compare(reading, baseline.known, checks), reading, checks)
    outcome: CheckOutcome = "changed" if compared.changes else "unchanged"
    return _store(_record(reading, baseline, outcome, compared), checks, baseline)


def _first_known(reading: _Reading, checks: Checks) -> Known:
    """What is known after the first reading of a page, which announces nothing of its own."""
    if reading.page.kind == "edition":
        return _compare(reading, Known(), checks).known
    merged = Comparison((), merge_reading(Known(), reading.snapshot, reading.at))
    return _with_shared_keys(reading, Known(), merged, checks).known


def _compare(reading: _Reading, known: Known, checks: Checks) -> Comparison:
    """Compare with what is known from the same page. An edition's page also needs the list, to find its edition."""
    if reading.page.kind == "edition":
        listed = known_of_kind(checks.known_pages(), "initiative").editions
        return compare_edition_page(known, reading.snapshot, reading.at, listed, reading.page.url)
    compared = compare(known, reading.snapshot, reading.at, CONFIRMED_AFTER)
    return _with_shared_keys(reading, known, compared, checks)


def _with_shared_keys(reading: _Reading, known: Known, compared: Comparison, checks: Checks) -> Comparison:
    """With the keys that new calls have on the list, or on the call pages."""
    if len(compared.known.calls) == len(known.calls):
        return compared  # no new calls, so the other pages need not be loaded
    others = known_of_kind(checks.known_pages(), "call" if reading.page.kind == "initiative" else "initiative")
    return with_shared_keys(known, compared, others.calls)


def _late_cutoffs(reading: _Reading, known: Known, checks: Checks) -> Iterator[Change]:
    """The cut-offs on the first reading of a call page whose call was announced, without them, in an earlier round."""
    in_round = {change.key for change in checks.changes_in_round(reading.round_)}
    keys = {entry.key for entry in known.calls} - in_round
    reported = checks.changes_on_other_pages(reading.page.url, keys)
    for entry in known.calls:
        if entry.key in keys:
            yield from late_cutoffs(entry.key, entry.call, reported, reading.at)


def _without_duplicates(compared: Comparison, reading: _Reading, checks: Checks) -> Comparison:
    """Without the changes that another page has already reported, or that are part of one of this round."""
    if not compared.changes:
        return compared
    reported = checks.changes_on_other_pages(reading.page.url, {change.key for change in compared.changes})
    in_round = checks.changes_in_round(reading.round_)
    return replace(compared, changes=tuple(unreported(compared.changes, reported, in_round, reading.at)))


def _commit_suspect(reading: _Reading, baseline: Baseline | None, checks: Checks, reason: str) -> CheckResult | None:
    """Quarantine the reading. It changes nothing that is known; only new editions are announced from it.

    The known entries are committed even if none is added, so that a comparison with an outdated baseline is detected.
    """
    compared = _compare_suspect(reading, baseline)
    difference = describe_difference(baseline.snapshot if baseline else None, reading.snapshot)
    acceptable = not (reading.error or refusal(reading.page, reading.snapshot, checks.known_pages))
    record = _record(reading, baseline, "suspect", compared)
    record = replace(record, detail=reason, drift=difference, acceptable=acceptable)
    return _store(record if baseline else replace(record, known=None), checks, baseline)


def _compare_suspect(reading: _Reading, baseline: Baseline | None) -> Comparison:
    """The new editions, if the page is the list: no other page announces editions."""
    if baseline is None:
        return Comparison((), Known())
    if reading.page.kind != "initiative":
        return Comparison((), baseline.known)
    return compare_suspect(baseline.known, reading.snapshot, reading.at)


def _record(reading: _Reading, baseline: Baseline | None, outcome: CheckOutcome, compared: Comparison) -> CheckRecord:
    return CheckRecord(
        reading.page,
        reading.checked_at,
        outcome,
        revision=baseline.revision if baseline else None,
        fetched=reading.fetched,
        snapshot=reading.snapshot,
        known=compared.known,
        changes=compared.changes,
        conditional=reading.conditional,
        round_=reading.round_,
    )


def _store(record: CheckRecord, checks: Checks, baseline: Baseline | None) -> CheckResult | None:
    """Commit the record; None if the baseline has changed meanwhile."""
    changes = checks.commit(record)
    if changes is None:
        return None
    return CheckResult(
        record.outcome,
        record.page,
        record.read_at,
        record.snapshot,
        changes,
        record.detail,
        baseline.read_at if baseline else None,
        acceptable=record.outcome == "suspect" and record.acceptable,
    )


def _commit_without_reading(record: CheckRecord, checks: Checks, baseline: Baseline | None) -> CheckResult:
    result = _store(record, checks, baseline)
    assert result is not None, "a check without a comparison is always committed"
    return result


# ── preview of accept ────────────────────────────────────────────────────────────────────────────────────────────


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
    row, reading = _suspect_reading(page, checks, clock)
    baseline = _with_current_parser(checks, checks.baseline(page.url))
    if baseline is None:
        return AcceptPreview(row, reading.snapshot, None)
    compared = _without_duplicates(_compare(reading, baseline.known, checks), reading, checks)
    missing = _newly_missing(baseline.known, compared.known)
    later = _changes_of_missing(missing, compared.known, reading, checks)
    return AcceptPreview(row, reading.snapshot, baseline.snapshot, compared.changes, missing, later)


def _changes_of_missing(
    missing: tuple[KnownEdition | KnownCall, ...], known: Known, reading: _Reading, checks: Checks
) -> tuple[Change, ...]:
    """The changes of the missing entries if the next reading is the same as the accepted one."""
    again = replace(reading, at=reading.at + CONFIRMED_AFTER)
    keys = {entry.key for entry in missing}
    compared = _without_duplicates(_compare(again, known, checks), again, checks)
    return tuple(change for change in compared.changes if change.key in keys)


def _newly_missing(before: Known, after: Known) -> tuple[KnownEdition | KnownCall, ...]:
    old: list[KnownEdition | KnownCall] = [*before.editions, *before.calls]
    new: list[KnownEdition | KnownCall] = [*after.editions, *after.calls]
    missing = {entry.key for entry in old if entry.missing_since}
    return tuple(entry for entry in new if entry.missing_since and not entry.gone and entry.key not in missing)


def _suspect_reading(page: PageRef, checks: Checks, clock: Clock) -> tuple[SnapshotRow, _Reading]:
    """The newest suspect reading, parsed again; NothingToAccept if there is none, or none that can be a baseline."""
    stored = checks.newest_suspect(page.url)
    if stored is None:
        raise NothingToAccept(f"There is no suspect reading of {page.url} to accept.")
    reading = _read(page, stored.fetched, None, clock(), conditional=False)
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
