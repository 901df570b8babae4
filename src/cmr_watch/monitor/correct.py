"""Corrects one misread line of a page: what the correction would change, and how to store it (ADR 17).

The stored page of the baseline is read again with the correction. Subscribers are notified of the difference only if
the operator wants it: otherwise the known entries are corrected silently, as when the parser has improved (B7).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cmr_watch.clock import Clock
from cmr_watch.exceptions import CorrectionRefused
from cmr_watch.models.corrections import Correction
from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import Change, CheckResult, Edition, Known, KnownEdition, PageRef, Snapshot
from cmr_watch.monitor.check import commit_plausible
from cmr_watch.monitor.compare_reading import compare_reading, without_duplicates
from cmr_watch.monitor.corrections import apply_correction, find_target, words_of
from cmr_watch.monitor.current_parser import with_current_parser
from cmr_watch.monitor.diff import known_after_reparse
from cmr_watch.monitor.layout import no_title, review_layout, with_expected_layout
from cmr_watch.monitor.match import is_same_place, match_editions, match_reading
from cmr_watch.monitor.page_reading import Reading, parse
from cmr_watch.places import is_same_city
from cmr_watch.store.check_records import Baseline, KnownAfterwards
from cmr_watch.store.checks import Checks
from cmr_watch.store.corrections import CorrectionEdit
from cmr_watch.store.snapshots import StoredSnapshot


@dataclass(frozen=True, slots=True)
class CorrectionPreview:
    """What a correction, or its end, would change: the reading before and after, and what `--notify` would report.

    `is_silent_only`: M1 would take the corrected line for another edition, so its change cannot be reported as one.
    """

    page: PageRef
    edit: CorrectionEdit
    before: Snapshot
    after: Snapshot
    evidence: Evidence
    changes: tuple[Change, ...]
    baseline: Baseline
    is_silent_only: bool = False


def preview_correction(
    page: PageRef, line: str, values: Mapping[str, str] | None, checks: Checks, clock: Clock
) -> CorrectionPreview:
    """What it would change to read a line of a page in this way. Stores nothing; CorrectionRefused if it cannot be."""
    baseline, stored = _baseline(page, checks)
    others = [one for one in checks.corrections.active(page.url) if words_of(one.line) != words_of(line)]
    replaced = [one.id for one in checks.corrections.active(page.url) if words_of(one.line) == words_of(line)]
    uncorrected = parse(stored.fetched, page.kind, others)
    target = find_target(uncorrected.snapshot, uncorrected.evidence, line)
    now = clock()
    new = Correction(page, target.text, values, now)
    after, evidence = apply_correction(uncorrected.snapshot, uncorrected.evidence, new)
    is_matched = True
    if target.record and target.record.startswith("editions") and values is not None:
        is_matched = _check_identity(baseline.known, uncorrected.snapshot, after, target.index, now)
    edit = CorrectionEdit(now, new, tuple(replaced))
    return replace(_preview(page, edit, baseline, after, evidence, checks, now), is_silent_only=not is_matched)


def preview_drop(correction: Correction, checks: Checks, clock: Clock) -> CorrectionPreview:
    """What it would change to end a correction. Stores nothing."""
    page, now = correction.page, clock()
    baseline, stored = _baseline(page, checks)
    others = [one for one in checks.corrections.active(page.url) if one.id != correction.id]
    after, evidence, _ = parse(stored.fetched, page.kind, others)
    edit = CorrectionEdit(now, ended=(correction.id,), reason="dropped")
    return _preview(page, edit, baseline, after, evidence, checks, now)


def store_correction(preview: CorrectionPreview, checks: Checks, *, notify: bool) -> CheckResult | None:
    """Store what a preview showed. With `notify`, its changes are recorded, for the subscribers; else None."""
    baseline, after = preview.baseline, preview.after
    if not notify:
        known = known_after_reparse(baseline.known, baseline.snapshot, after, baseline.read_at)
        afterwards = KnownAfterwards(known, (), preview.edit.at, preview.edit)
        checks.replace_reading(baseline.snapshot_id, after, preview.evidence, afterwards)
        return None
    checks.corrections.edit(preview.edit)
    reading = _reading(preview.page, after, preview.evidence, baseline, preview.edit.at)
    matching = match_reading(baseline.known, after, reading.at)
    review = review_layout(baseline.known, baseline.snapshot, matching, reading.at, no_title)
    return commit_plausible(reading, matching, baseline, checks, review)


def _baseline(page: PageRef, checks: Checks) -> tuple[Baseline, StoredSnapshot]:
    baseline = with_current_parser(checks, checks.baseline(page.url))
    if baseline is None:
        raise CorrectionRefused(f"there is no reading of {page.url} yet; to make one, run: cmr-watch check")
    return baseline, checks.snapshot(baseline.snapshot_id)


def _preview(
    page: PageRef,
    edit: CorrectionEdit,
    baseline: Baseline,
    after: Snapshot,
    evidence: Evidence,
    checks: Checks,
    now: datetime,
) -> CorrectionPreview:
    after = with_expected_layout(after, baseline.snapshot.outline.expected_layout)
    reading = _reading(page, after, evidence, baseline, now)
    compared = without_duplicates(compare_reading(reading, baseline.known, checks), reading, checks)
    return CorrectionPreview(page, edit, baseline.snapshot, after, evidence, compared.changes, baseline)


def _reading(page: PageRef, after: Snapshot, evidence: Evidence, baseline: Baseline, now: datetime) -> Reading:
    return Reading(page, None, after, baseline.read_at, now, conditional=True, evidence=evidence)


# ── another edition ──────────────────────────────────────────────────────────────────────────────────────────────────


def _check_identity(known: Known, before: Snapshot, after: Snapshot, index: int, now: datetime) -> bool:
    """Whether the line is still the same edition by M1; CorrectionRefused if the values would make another one of it.

    M1 keeps two countries, or two towns, apart: between readings it cannot know that it is the same line. So it is the
    same, too, if the days are, and only the country was misread, or a town without a known country.
    """
    old, new = before.editions[index], after.editions[index]
    others = (*after.editions[:index], *after.editions[index + 1 :])
    is_matched = bool(match_editions(Known((KnownEdition("old", old),)), Snapshot(editions=(new,)), now))
    has_same_days = old.starts_on is not None and old.starts_on == new.starts_on
    is_misread_place = has_same_days and (is_same_city(old.city, new.city) or old.country_code is None)
    if not (is_matched or is_misread_place):
        raise CorrectionRefused(f"this would make another edition of it: {_name(new)} instead of {_name(old)}")
    for other in others:
        if new.starts_on is not None and new.starts_on == other.starts_on and is_same_place(new, other):
            raise CorrectionRefused(f"{_name(new)} is another line of the page already")
    keys = _keys(known, before, now), _keys(known, after, now)
    key, new_key = keys[0].get(id(old)), keys[1].get(id(new))
    if key and new_key and key != new_key:
        raise CorrectionRefused(f"this would make another edition of it: the one known as {new_key}, not {key}")
    return is_matched


def _keys(known: Known, snapshot: Snapshot, now: datetime) -> dict[int, str]:
    return {id(line): entry.key for entry, line in match_editions(known, snapshot, now)}


def _name(edition: Edition) -> str:
    return ", ".join(filter(None, (edition.city, edition.country, str(edition.starts_on or edition.date_text or ""))))
