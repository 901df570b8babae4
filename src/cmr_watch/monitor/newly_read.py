"""What a better parser is the first to read on a page that was read before (READING B7). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Edition, Known, RecordedChange
from cmr_watch.monitor.call_diff import changes_of_call, first_change_of_call
from cmr_watch.monitor.deduplicate import is_already_reported
from cmr_watch.monitor.diff import first_change
from cmr_watch.monitor.edition_diff import changed_facts
from cmr_watch.monitor.upcoming import is_upcoming

K: Final = ChangeKind
_OF_EDITIONS: Final = frozenset(
    {
        *(K.EDITION_ANNOUNCED, K.EDITION_DATED, K.EDITION_RESCHEDULED, K.EDITION_RELOCATED),
        *(K.EDITION_POSTPONED, K.EDITION_CANCELLED, K.EDITION_REINSTATED, K.EDITION_REGISTRATION_OPENED),
    }
)
_OF_CALLS: Final = frozenset({K.CALL_ANNOUNCED, K.CALL_OPENED})
_OF_CUTOFFS: Final = frozenset({K.CALL_CUTOFF_ADDED, K.CALL_CUTOFF_MOVED})


def newly_read(before: Known, after: Known, now: datetime) -> tuple[Change, ...]:
    """What differs for each key between what was known and what is known now that the same page was parsed again."""
    return (*_of_calls(before, after, now), *_of_editions(before, after, now))


def still_news(waiting: Iterable[RecordedChange], now: datetime) -> tuple[RecordedChange, ...]:
    """Those that are still ahead, each fact once, whichever pages it was read on."""
    kept: list[RecordedChange] = []
    for recorded in waiting:
        elsewhere = [other.change for other in kept if other.page_url != recorded.page_url]
        if is_ahead(recorded.change, now) and not is_already_reported(recorded.change, elsewhere):
            kept.append(recorded)
    return tuple(kept)


def is_ahead(change: Change, now: datetime) -> bool:
    """Whether it is about an edition, a call or a cut-off still to come. What is gone or over is no such fact."""
    after = change.after
    if isinstance(after, Edition):
        return change.kind in _OF_EDITIONS and is_upcoming(after, now)
    if not isinstance(after, CallNotice):
        return False
    if change.kind in _OF_CALLS:
        return not after.cutoffs or any(_is_cutoff_ahead(cutoff, now) for cutoff in after.cutoffs)
    return change.kind in _OF_CUTOFFS and change.cutoff_after is not None and _is_cutoff_ahead(change.cutoff_after, now)


def _is_cutoff_ahead(cutoff: Cutoff, now: datetime) -> bool:
    return not cutoff.closed and cutoff.at > now


def _of_editions(before: Known, after: Known, now: datetime) -> Iterator[Change]:
    known = {entry.key: entry for entry in before.editions}
    for entry in after.editions:
        if entry.key not in known:
            yield first_change(entry, now)
        elif entry.edition != known[entry.key].edition:
            yield from changed_facts(known[entry.key], entry.edition, now)


def _of_calls(before: Known, after: Known, now: datetime) -> Iterator[Change]:
    known = {entry.key: entry for entry in before.calls}
    for entry in after.calls:
        if entry.key not in known:
            yield first_change_of_call(entry)
        elif entry.call != known[entry.key].call:
            yield from changes_of_call(known[entry.key], entry.call, now)
