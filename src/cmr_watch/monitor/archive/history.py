"""Reconstruct the history of a page from archived copies of it. Pure.

The copies are compared in order of time, each with what was known before it; suspect copies are skipped. The results
then take the keys under which the same editions and calls are known today, because keys never change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from cmr_watch.models.readings import Change, Known, KnownCall, KnownEdition, Snapshot
from cmr_watch.monitor.call_diff import match_calls
from cmr_watch.monitor.diff import CONFIRMED_AFTER, compare
from cmr_watch.monitor.keys import KeyGenerator
from cmr_watch.monitor.match import match_editions
from cmr_watch.monitor.plausibility import reject_reason

Copy = tuple[datetime, Snapshot]
"""The time at which the archive took the copy, and what the parser extracted from it."""

KnownItem = TypeVar("KnownItem", KnownEdition, KnownCall)


@dataclass(frozen=True, slots=True)
class History:
    """The changes, each with the time of the first copy that shows it, and what is known after them."""

    changes: tuple[tuple[datetime, Change], ...]
    known: Known


def build_history(copies: Iterable[Copy], current: Known, until: datetime | None) -> History:
    """The history before `until`, the time of our own first reading, merged into what is known today (`current`)."""
    changes: list[tuple[datetime, Change]] = []
    known, last = Known(), None
    for at, snapshot in sorted(copies, key=lambda copy: copy[0]):
        if (until and at >= until) or reject_reason(known, last, snapshot, at):
            continue
        compared = compare(known, snapshot, at, CONFIRMED_AFTER)
        changes += [(at, change) for change in compared.changes]
        known, last = compared.known, snapshot
    keys = _current_keys(known, current, until)
    renamed = tuple((at, replace(change, key=keys[change.key])) for at, change in changes)
    return History(renamed, _merge(known, current, keys))


# ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _current_keys(archived: Known, current: Known, now: datetime | None) -> dict[str, str]:
    """Maps each key of `archived` to the current key of the same edition or call; to a new one if there is none."""
    keys = KeyGenerator([*(edition.key for edition in current.editions), *(call.key for call in current.calls)])
    return _edition_keys(archived, current, now, keys) | _call_keys(archived, current, keys)


def _edition_keys(archived: Known, current: Known, now: datetime | None, keys: KeyGenerator) -> dict[str, str]:
    snapshot = Snapshot(editions=tuple(known.edition for known in archived.editions))
    matches = {id(edition): known.key for known, edition in match_editions(current, snapshot, now)}
    return {known.key: matches.get(id(known.edition)) or keys.for_edition(known.edition) for known in archived.editions}


def _call_keys(archived: Known, current: Known, keys: KeyGenerator) -> dict[str, str]:
    matches = match_calls(current.calls, [known.call for known in archived.calls])
    current_keys = {}
    for known in archived.calls:
        match = matches.get(id(known.call))
        current_keys[known.key] = match.key if match else keys.for_call(known.call)
    return current_keys


# ── what is known ────────────────────────────────────────────────────────────────────────────────────────────────


def _merge(archived: Known, current: Known, keys: dict[str, str]) -> Known:
    editions = _merge_items(archived.editions, current.editions, keys)
    return Known(editions, _merge_items(archived.calls, current.calls, keys))


def _merge_items(
    archived: Sequence[KnownItem], current: Sequence[KnownItem], keys: dict[str, str]
) -> tuple[KnownItem, ...]:
    """The current items with their earliest `first_seen_at`, then those that are known from the archive only."""
    by_key = {keys[item.key]: item for item in archived}
    merged = [_with_first_seen(item, by_key.pop(item.key, None)) for item in current]
    merged += [_delisted(item, key) for key, item in by_key.items()]
    return tuple(merged)


def _delisted(item: KnownItem, key: str) -> KnownItem:
    return replace(item, key=key, gone=item.gone or "delisted")


def _with_first_seen(item: KnownItem, archived: KnownItem | None) -> KnownItem:
    times = [each.first_seen_at for each in (item, archived) if each and each.first_seen_at]
    return replace(item, first_seen_at=min(times, default=None))
