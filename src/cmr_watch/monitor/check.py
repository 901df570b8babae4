"""One check of one page: fetch, read, judge, compare, commit. Puts the pure parts and the store in order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Protocol

from cmr_watch.exceptions import CmrWatchError, FetchError, ParseError
from cmr_watch.merge_pages import of_kind
from cmr_watch.models import (
    PARSER_VERSION,
    CheckOutcome,
    CheckResult,
    Known,
    Outline,
    Page,
    PageKind,
    Snapshot,
    Validators,
)
from cmr_watch.monitor.deduplicate import is_already_reported, with_shared_keys
from cmr_watch.monitor.diff import CONFIRMED_AFTER, Comparison, additions, adopt, compare, read_again
from cmr_watch.monitor.edition_page_diff import compare_edition_page
from cmr_watch.monitor.plausibility import reject_reason
from cmr_watch.render.drift import drift
from cmr_watch.render.sentences import sentence
from cmr_watch.store.check_records import Baseline, CheckRecord
from cmr_watch.store.checks import Checks

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
UNCONDITIONAL_AFTER: Final = timedelta(days=1)
"""At least this often the whole page is asked for: a server's validators can be wrong."""
_TRIES: Final = 5


class PageFetcher(Protocol):
    """The door to the page: None is “not modified”; FetchError says in one sentence what went wrong."""

    def fetch(self, url: str, validators: Validators | None) -> Page | None: ...


class NothingToAccept(CmrWatchError):
    """There is no suspect reading to accept."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What came of a fetch: the page (None after a 304), what it says, when, and why it could not be read at all."""

    page_url: str
    kind: PageKind
    page: Page | None
    snapshot: Snapshot
    at: datetime
    checked_at: datetime
    conditional: bool = False
    trouble: str | None = None


def check_page(page_url: str, kind: PageKind, fetcher: PageFetcher, checks: Checks, clock: Clock) -> CheckResult:
    """Check a page once. Whatever goes wrong with the page is a result; only the store's errors rise."""
    baseline = _today(checks, checks.baseline(page_url))
    now = clock()
    validators = _validators(baseline, now)
    try:
        page = fetcher.fetch(page_url, validators)
    except FetchError as error:
        return _not_read(CheckRecord(page_url, kind, now, "failed", detail=str(error)), checks, baseline)
    if page is None:
        reading = _not_modified(page_url, kind, baseline, clock())
    else:
        reading = _read(page_url, kind, page, baseline, clock(), conditional=validators is not None)
    return _settle(reading, baseline, checks)


def accept(page_url: str, kind: PageKind, checks: Checks, clock: Clock) -> CheckResult:
    """Make the newest suspect reading the baseline: the operator has looked. Its changes are told as any others.

    What it misses still needs a second reading before it counts as gone. NothingToAccept when no reading waits.
    """
    stored = checks.newest_suspect(page_url)
    if stored is None:
        raise NothingToAccept(f"There is no suspect reading of {page_url} to accept.")
    baseline = _today(checks, checks.baseline(page_url))
    reading = _read(page_url, kind, stored.page, None, clock(), conditional=False)
    if reading.trouble:
        raise NothingToAccept(f"The suspect reading of {page_url} cannot be read: {reading.trouble}")
    result = _commit_good(reading, baseline, checks)
    if result is None:
        raise NothingToAccept("Another check committed a newer reading meanwhile: look at it first.")
    return result


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _validators(baseline: Baseline | None, now: datetime) -> Validators | None:
    """Those of the last page read with success; None at least once a day."""
    if baseline is None or now - baseline.full_read_at >= UNCONDITIONAL_AFTER:
        return None
    validators = baseline.validators
    return validators if validators.etag or validators.last_modified else None


def _not_modified(page_url: str, kind: PageKind, baseline: Baseline | None, now: datetime) -> _Reading:
    """What the page said when it was read last, it says now."""
    assert baseline is not None, "only a conditional GET is answered with 304"
    return _Reading(page_url, kind, None, baseline.snapshot, now, now, conditional=True)


def _read(
    page_url: str, kind: PageKind, page: Page, baseline: Baseline | None, now: datetime, *, conditional: bool
) -> _Reading:
    """What the page says; the baseline's bytes are not read again."""
    if baseline and sha256(page.content).hexdigest() == baseline.content_sha256:
        return _Reading(page_url, kind, page, baseline.snapshot, page.fetched_at, now, conditional)
    try:
        return _Reading(page_url, kind, page, parse(page, kind), page.fetched_at, now, conditional)
    except ParseError as error:
        return _Reading(page_url, kind, page, unreadable(kind), page.fetched_at, now, conditional, str(error))


def parse(page: Page, kind: PageKind) -> Snapshot:
    """Read a page; the parser is loaded only when there is something to read."""
    from cmr_watch.monitor.parse import read

    return read(kind, page.content, page.charset, page.url)


def unreadable(kind: PageKind) -> Snapshot:
    """What a page says that cannot be read at all."""
    return Snapshot(page=kind, outline=Outline(complete=False, sections=()))


def _today(checks: Checks, baseline: Baseline | None) -> Baseline | None:
    """The baseline as today's parser reads it: compared with that, an improved parser alerts nobody."""
    if baseline is None or baseline.parser_version == PARSER_VERSION:
        return baseline
    stored = checks.snapshot(baseline.snapshot_id)
    try:
        snapshot = parse(stored.page, baseline.snapshot.page)
    except ParseError:
        log.warning("the stored page of snapshot %s can no longer be read; its old reading stays", baseline.snapshot_id)
        return baseline
    known = read_again(baseline.known, baseline.snapshot, snapshot, baseline.read_at)
    return replace(baseline, snapshot=snapshot, known=known)


# ── committing ───────────────────────────────────────────────────────────────────────────────────────────────────


def _settle(reading: _Reading, baseline: Baseline | None, checks: Checks) -> CheckResult:
    """Commit it. When the baseline has moved on, compare with that one, unless it is newer or a 304 was of the old."""
    for _ in range(_TRIES):
        result = _commit(reading, baseline, checks)
        if result:
            return result
        baseline = _today(checks, checks.baseline(reading.page_url))
        if reading.page is None or (baseline and reading.at < baseline.read_at):
            break
    detail = "another check committed a newer reading meanwhile"
    record = CheckRecord(reading.page_url, reading.kind, reading.checked_at, "dropped", detail=detail)
    return _not_read(record, checks, baseline)


def _commit(reading: _Reading, baseline: Baseline | None, checks: Checks) -> CheckResult | None:
    """Judge, compare, commit; None when the baseline has moved on."""
    known, last = (baseline.known, baseline.snapshot) if baseline else (Known(), None)
    doubted = reading.trouble or reject_reason(known, last, reading.snapshot, reading.at)
    if doubted:
        return _commit_suspect(reading, baseline, checks, doubted)
    return _commit_good(reading, baseline, checks)


def _commit_good(reading: _Reading, baseline: Baseline | None, checks: Checks) -> CheckResult | None:
    if baseline is None:
        known = _compared(reading, Known(), checks, adopting=True).known
        return _committed(_record(reading, None, "baseline", Comparison((), known)), checks, None)
    compared = _untold(_compared(reading, baseline.known, checks), reading.page_url, checks)
    outcome: CheckOutcome = "changed" if compared.changes else "unchanged"
    return _committed(_record(reading, baseline, outcome, compared), checks, baseline)


def _compared(reading: _Reading, known: Known, checks: Checks, *, adopting: bool = False) -> Comparison:
    """Each page is compared with its own last reading; what the others say gives keys and owners."""
    if reading.kind == "edition":
        listed = of_kind(checks.pages(), "initiative").editions
        return compare_edition_page(known, reading.snapshot, reading.at, listed, reading.page_url)
    if adopting:
        compared = Comparison((), adopt(known, reading.snapshot, reading.at))
    else:
        compared = compare(known, reading.snapshot, reading.at, CONFIRMED_AFTER)
    if len(compared.known.calls) == len(known.calls):
        return compared  # no call is new, so none needs a key
    others = of_kind(checks.pages(), "call" if reading.kind == "initiative" else "initiative")
    return with_shared_keys(known, compared, others.calls)


def _untold(compared: Comparison, page_url: str, checks: Checks) -> Comparison:
    """Without what another page has told already."""
    if not compared.changes:
        return compared
    told = checks.changes_on_other_pages(page_url, {change.key for change in compared.changes})
    return replace(compared, changes=tuple(one for one in compared.changes if not is_already_reported(one, told)))


def _commit_suspect(reading: _Reading, baseline: Baseline | None, checks: Checks, why: str) -> CheckResult | None:
    """Keep it aside. Nothing is removed or moved by it; a new edition that it names beyond doubt is still announced.

    What is known is committed even if nothing is added, so that a doubt about a page of yesterday's is dropped too.
    """
    compared = _added(reading, baseline)
    came = drift(baseline.snapshot if baseline else None, reading.snapshot)
    record = replace(_record(reading, baseline, "suspect", compared), detail=why, drift=came)
    return _committed(record if baseline else replace(record, known=None), checks, baseline)


def _added(reading: _Reading, baseline: Baseline | None) -> Comparison:
    """Only the list announces editions."""
    if baseline is None:
        return Comparison((), Known())
    if reading.kind != "initiative":
        return Comparison((), baseline.known)
    return additions(baseline.known, reading.snapshot, reading.at)


def _record(reading: _Reading, baseline: Baseline | None, outcome: CheckOutcome, compared: Comparison) -> CheckRecord:
    return CheckRecord(
        reading.page_url,
        reading.kind,
        reading.checked_at,
        outcome,
        revision=baseline.revision if baseline else None,
        fetched=reading.page,
        snapshot=reading.snapshot,
        known=compared.known,
        changes=tuple((change, sentence(change)) for change in compared.changes),
        conditional=reading.conditional,
    )


def _committed(record: CheckRecord, checks: Checks, baseline: Baseline | None) -> CheckResult | None:
    recorded = checks.commit(record)
    if recorded is None:
        return None
    return CheckResult(
        record.outcome,
        record.page_url,
        record.read_at,
        record.snapshot,
        recorded,
        record.detail,
        baseline.read_at if baseline else None,
        record.page,
    )


def _not_read(record: CheckRecord, checks: Checks, baseline: Baseline | None) -> CheckResult:
    result = _committed(record, checks, baseline)
    assert result is not None, "a check that compares nothing is always committed"
    return result
