"""Recognises that a server has delivered an old copy of the page (READING B2, c)."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from cmr_watch.models.readings import KnownCall, KnownEdition, Snapshot
from cmr_watch.monitor.call_diff import match_calls
from cmr_watch.monitor.match import Matching
from cmr_watch.monitor.page_reading import Reading
from cmr_watch.monitor.recognition import listed_editions
from cmr_watch.store.check_records import Baseline
from cmr_watch.store.checks import Checks
from cmr_watch.store.snapshots import OlderReading

_REASON: Final = "the page is the same as an older one"
_BELIEVED_AFTER: Final = timedelta(minutes=30)
"""An unconditional GET with the same content, this much later, shows that the page was set back."""


def old_copy_reason(reading: Reading, baseline: Baseline, matching: Matching, checks: Checks) -> str | None:
    """Why a reading is probably an old copy: it equals an older one, and lacks what was first seen since."""
    missing = _missing_since(reading, baseline, matching)
    if not missing or _is_believed(reading, checks):
        return None
    for older in checks.plausible_before(reading.page.url, baseline.snapshot_id):
        lacking = [key for key, seen_at in missing.items() if seen_at > older.fetched_at]
        if lacking and _is_same(older, reading):
            return f"{_REASON}, of {older.fetched_at:%Y-%m-%d %H:%M} UTC, and lacks {', '.join(lacking)}"
    return None


def _is_same(older: OlderReading, reading: Reading) -> bool:
    if reading.fetched and sha256(reading.fetched.content).hexdigest() == older.content_sha256:
        return True
    return _content(older.snapshot) == _content(reading.snapshot)


def needs_full_reading(page_url: str, checks: Checks) -> bool:
    """Whether the last reading of the page was an old copy, so that only an unconditional GET says what is true."""
    last = checks.last_check(page_url)
    return last is not None and last.outcome == "suspect" and last.detail.startswith(_REASON)


def _is_believed(reading: Reading, checks: Checks) -> bool:
    """Whether an unconditional GET has returned the same content as an earlier one whose reading was suspect."""
    earlier = checks.newest_suspect(reading.page.url)
    if earlier is None or reading.conditional or not earlier.row.reason.startswith(_REASON):
        return False
    is_later = abs(reading.at - earlier.row.fetched_at) >= _BELIEVED_AFTER  # the clock may have been set back
    return is_later and _content(earlier.snapshot) == _content(reading.snapshot)


def _missing_since(reading: Reading, baseline: Baseline, matching: Matching) -> dict[str, datetime]:
    """The keys that the last good reading had and this one lacks, with the times when they were first seen."""
    known = baseline.known
    calls = match_calls(known.calls, reading.snapshot.calls).values()
    found = {*(edition.key for edition, _ in matching.pairs), *(call.key for call in calls)}
    if found.issuperset({*(edition.key for edition in known.editions), *(call.key for call in known.calls)}):
        return {}  # usually, so that the last good reading need not be matched again
    listed = listed_editions(known, baseline.snapshot, reading.at)
    on_page = match_calls(known.calls, baseline.snapshot.calls).values()
    entries: tuple[KnownEdition | KnownCall, ...] = (*listed, *on_page)
    return {entry.key: entry.first_seen_at for entry in entries if entry.key not in found and entry.first_seen_at}


def _content(snapshot: Snapshot) -> tuple[object, ...]:
    return snapshot.editions, snapshot.calls
