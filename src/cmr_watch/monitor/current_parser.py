"""Reads the stored page of a baseline again if its parser was an older one (READING B7, ADR 5)."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from cmr_watch.exceptions import ParseError
from cmr_watch.merge_pages import known_of_kind
from cmr_watch.models.readings import PARSER_VERSION, Change, Known, PageRef, Snapshot
from cmr_watch.monitor.compare_reading import without_duplicates
from cmr_watch.monitor.diff import Comparison, known_after_reparse
from cmr_watch.monitor.edition_page_diff import compare_edition_page
from cmr_watch.monitor.newly_read import is_ahead, newly_read
from cmr_watch.monitor.page_reading import Reading, parse
from cmr_watch.store.check_records import Baseline
from cmr_watch.store.checks import Checks
from cmr_watch.store.readable import UnreadableRow

log = logging.getLogger(__name__)


def with_current_parser(checks: Checks, baseline: Baseline | None) -> Baseline | None:
    """The baseline as the current parser reads it, so that an improved parser raises no alert.

    `newly_read`: what that parser is the first to read and is still ahead, for the operator.
    """
    if baseline is None or (baseline.parser_version == PARSER_VERSION and baseline.has_reading):
        return baseline
    if not baseline.has_reading:
        return _read_damaged(checks, baseline)
    stored = checks.stored_page(baseline.snapshot_id)
    try:
        corrections = checks.corrections.active(stored.url)
        snapshot, evidence, _ = parse(stored, baseline.snapshot.kind, corrections)
    except ParseError:
        log.warning("the stored page of snapshot %s can no longer be parsed; keeping its reading", baseline.snapshot_id)
        return baseline
    outline = replace(snapshot.outline, expected_layout=baseline.snapshot.outline.expected_layout)
    snapshot = replace(snapshot, outline=outline)
    known = known_after_reparse(baseline.known, baseline.snapshot, snapshot, baseline.read_at)
    page = PageRef(stored.url, snapshot.kind)
    news = facts_ahead(page, baseline, snapshot, known, checks, baseline.read_at)
    return baseline._replace(snapshot=snapshot, known=known, newly_read=news, evidence=evidence)


def _read_damaged(checks: Checks, baseline: Baseline) -> Baseline:
    """The baseline with what its stored page says, because the stored reading is damaged; UnreadableRow if both are."""
    stored = checks.stored_page(baseline.snapshot_id)
    corrections = checks.corrections.active(stored.url)
    try:
        snapshot, evidence, _ = parse(stored, baseline.snapshot.kind, corrections)
    except ParseError as error:
        raise UnreadableRow(f"the reading {baseline.snapshot_id} is damaged, and so is its page: {error}") from error
    return baseline._replace(snapshot=snapshot, evidence=evidence)


def facts_ahead(
    page: PageRef, baseline: Baseline, snapshot: Snapshot, known: Known, checks: Checks, now: datetime
) -> tuple[Change, ...]:
    """What `snapshot` says beyond the reading of the baseline and the other pages, if it is still ahead.

    `known`: what is known after it.
    """
    if page.kind == "edition":
        listed = known_of_kind(checks.known_pages(), "initiative").editions
        changes = compare_edition_page(baseline.known, snapshot, now, listed, page.url).changes
    else:
        changes = newly_read(baseline.known, known, now)
    ahead = tuple(change for change in changes if is_ahead(change, now))
    reading = Reading(page, None, snapshot, now, now)
    return without_duplicates(Comparison(ahead, known), reading, checks).changes
