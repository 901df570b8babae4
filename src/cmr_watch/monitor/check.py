"""Checks one page: fetch, parse, assess plausibility, compare, commit. Orchestrates the pure modules and the store."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol

from cmr_watch.clock import Clock
from cmr_watch.exceptions import FetchError, ParseError
from cmr_watch.models.readings import CheckOutcome, CheckResult, FetchedPage, Known, PageRef, Validators
from cmr_watch.monitor.acceptable import refusal
from cmr_watch.monitor.compare_reading import compare_reading, first_comparison, without_duplicates
from cmr_watch.monitor.current_parser import with_current_parser
from cmr_watch.monitor.diff import Comparison, compare_suspect
from cmr_watch.monitor.lapsed import known_as_misread
from cmr_watch.monitor.layout import LayoutReview, TitleOf, no_title, review_layout, with_expected_layout
from cmr_watch.monitor.match import Matching, match_reading
from cmr_watch.monitor.old_copy import needs_full_reading, old_copy_reason
from cmr_watch.monitor.outline_difference import describe_difference
from cmr_watch.monitor.page_reading import Reading, parse, read_page
from cmr_watch.monitor.plausibility import assess
from cmr_watch.store.check_records import Baseline, CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.rounds import Round

log = logging.getLogger(__name__)

UNCONDITIONAL_AFTER: Final = timedelta(days=1)
"""The most time between two unconditional GETs, because a server's validators can be wrong."""
_MAX_COMMITS: Final = 5
"""How often a reading is compared again because the baseline has changed, before it is discarded."""


class PageFetcher(Protocol):
    """Fetches a page. Returns None for “not modified”; raises FetchError with a one-sentence reason."""

    def fetch(self, url: str, validators: Validators | None) -> FetchedPage | None: ...


def check_page(
    page: PageRef,
    fetcher: PageFetcher,
    checks: Checks,
    clock: Clock,
    round_: Round | None = None,
    title_of: TitleOf = no_title,
) -> CheckResult:
    """Check a page once, as part of a round if one is given.

    `title_of` is asked for the pages that unknown lines link to, if the section headings have changed. Problems with
    the page are returned as a result; only StoreError is raised.
    """
    with checks.in_one_snapshot():
        baseline = with_current_parser(checks, checks.baseline(page.url))
        now = clock()
        validators = _validators(baseline, now)
        if validators and needs_full_reading(page.url, checks):
            validators = None
    try:
        fetched = fetcher.fetch(page.url, validators)
    except FetchError as error:
        failure = CheckRecord(page, now, "failed", detail=str(error), round_=round_)
        return _commit_without_reading(failure, checks, baseline)
    if fetched is None:
        reading = _not_modified(page, baseline, clock())
    else:
        reading = _read(page, fetched, baseline, checks, clock(), conditional=validators is not None)
    return _commit_with_retries(reading._replace(round_=round_), baseline, checks, title_of)


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _read(
    page: PageRef, fetched: FetchedPage, baseline: Baseline | None, checks: Checks, now: datetime, *, conditional: bool
) -> Reading:
    corrections = partial(checks.corrections.active, page.url)
    return read_page(page, fetched, baseline, now, conditional=conditional, corrections=corrections)


def _validators(baseline: Baseline | None, now: datetime) -> Validators | None:
    """The validators of the last plausible reading; None at least once a day, for an unconditional GET."""
    if baseline is None or abs(now - baseline.full_read_at) >= UNCONDITIONAL_AFTER:
        return None
    validators = baseline.validators
    return validators if validators.etag or validators.last_modified else None


def _not_modified(page: PageRef, baseline: Baseline | None, now: datetime) -> Reading:
    """The reading after a 304 response: the baseline's snapshot is still current."""
    assert baseline is not None, "only a conditional GET is answered with 304"
    return Reading(page, None, baseline.snapshot, now, now, conditional=True, evidence=baseline.evidence)


# ── committing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _commit_with_retries(reading: Reading, baseline: Baseline | None, checks: Checks, title_of: TitleOf) -> CheckResult:
    """Commit the reading. If the baseline has changed meanwhile, compare with the new one.

    The reading is discarded when the new baseline is more recent, or when a 304 referred to the old one.
    """
    for _ in range(_MAX_COMMITS):
        result = _commit(reading, baseline, checks, title_of)
        if result:
            return result
        baseline = with_current_parser(checks, checks.baseline(reading.page.url))
        if reading.fetched is None or (baseline and reading.at < baseline.read_at):
            break
        reading = _read_again(reading, reading.fetched, baseline, checks)
    detail = "another check stored a newer reading in the meantime"
    record = CheckRecord(reading.page, reading.checked_at, "discarded", detail=detail, round_=reading.round_)
    return _commit_without_reading(record, checks, baseline)


def _read_again(reading: Reading, fetched: FetchedPage, baseline: Baseline | None, checks: Checks) -> Reading:
    """The reading with the corrections that hold now: one may have been made meanwhile."""
    now, conditional = reading.checked_at, reading.conditional
    again = _read(reading.page, fetched, baseline, checks, now, conditional=conditional)
    return again._replace(round_=reading.round_)


def _commit(reading: Reading, baseline: Baseline | None, checks: Checks, title_of: TitleOf) -> CheckResult | None:
    """Assess, compare and commit; None when the baseline has changed meanwhile."""
    known, last = (baseline.known, baseline.snapshot) if baseline else (Known(), None)
    matching = match_reading(known, reading.snapshot, reading.at)
    reason = reading.error or assess(known, last, matching, reading.at, reading.page.url)
    if baseline and not reason:
        reason = old_copy_reason(reading, baseline, matching, checks)
    if reason:
        return _commit_suspect(reading, matching, baseline, checks, reason)
    baseline, matching = _as_misread(reading, matching, baseline, checks)
    review = review_layout(known, last, matching, reading.at, title_of) if last else LayoutReview()
    return commit_plausible(reading, matching, baseline, checks, review)


def _as_misread(
    reading: Reading, matching: Matching, baseline: Baseline | None, checks: Checks
) -> tuple[Baseline | None, Matching]:
    """The baseline and the matching, if corrections end with this reading: their lines may be misread again."""
    if baseline is None or not reading.lapsed:
        return baseline, matching
    ended = {lapsed.correction.id for lapsed in reading.lapsed}
    others = [one for one in checks.corrections.active(reading.page.url) if one.id not in ended]
    try:
        misread = parse(checks.stored_page(baseline.snapshot_id), reading.page.kind, others).snapshot
    except ParseError:
        return baseline, matching
    known = known_as_misread(baseline.known, baseline.snapshot, misread, reading.snapshot, reading.at)
    return baseline._replace(known=known), match_reading(known, reading.snapshot, reading.at)


def commit_plausible(
    reading: Reading,
    matching: Matching,
    baseline: Baseline | None,
    checks: Checks,
    review: LayoutReview = LayoutReview(),  # noqa: B008
) -> CheckResult | None:
    """Compare a plausible or accepted reading, and commit it. By default, its heading layout is accepted as well."""
    if baseline is None:
        return _store(_record(reading, None, "baseline", first_comparison(reading, checks)), checks, None)
    compared = compare_reading(reading, baseline.known, checks, review.applied_to(matching))
    compared = without_duplicates(compared, reading, checks)
    outcome: CheckOutcome = "changed" if compared.changes else "unchanged"
    reading = reading._replace(snapshot=with_expected_layout(reading.snapshot, review.expected))
    record = _record(reading, baseline, outcome, compared)
    record = record._replace(layout_notice=review.notice, has_known_layout=review.expected is None)
    return _store(record, checks, baseline)


def _commit_suspect(
    reading: Reading, matching: Matching, baseline: Baseline | None, checks: Checks, reason: str
) -> CheckResult | None:
    """Quarantine the reading. It changes nothing that is known; only new editions are announced from it.

    The known entries are committed even if none is added, so that a comparison with an outdated baseline is detected.
    """
    compared = _compare_suspect(reading, matching, baseline)
    difference = describe_difference(baseline.snapshot if baseline else None, reading.snapshot)
    acceptable = not (reading.error or refusal(reading.page, reading.snapshot, checks.known_pages))
    record = _record(reading, baseline, "suspect", compared)
    record = record._replace(detail=reason, drift=difference, acceptable=acceptable)
    return _store(record if baseline else record._replace(known=None), checks, baseline)


def _compare_suspect(reading: Reading, matching: Matching, baseline: Baseline | None) -> Comparison:
    """The new editions, if the page is the list: no other page announces editions."""
    if baseline is None:
        return Comparison((), Known())
    if reading.page.kind != "initiative":
        return Comparison((), baseline.known)
    return compare_suspect(baseline.known, baseline.snapshot, matching, reading.at, baseline.read_at)


def _record(reading: Reading, baseline: Baseline | None, outcome: CheckOutcome, compared: Comparison) -> CheckRecord:
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
        newly_read=baseline.newly_read if baseline else (),
        evidence=reading.evidence,
        lapsed=reading.lapsed,
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
        layout_notice=record.layout_notice,
    )


def _commit_without_reading(record: CheckRecord, checks: Checks, baseline: Baseline | None) -> CheckResult:
    result = _store(record, checks, baseline)
    assert result is not None, "a check without a comparison is always committed"
    return result
