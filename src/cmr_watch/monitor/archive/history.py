"""What was announced when: the history of a page from copies of it. Pure.

The copies are compared as they were read, the oldest first, each with what was known before it. One that is not
believed is left out. Then what the copies knew takes the keys of what is known today, for keys never change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from cmr_watch.models import Change, Known, KnownCall, KnownEdition, Snapshot
from cmr_watch.monitor.call_diff import match_calls
from cmr_watch.monitor.diff import CONFIRMED_AFTER, compare
from cmr_watch.monitor.keys import Keys
from cmr_watch.monitor.match import match_editions
from cmr_watch.monitor.plausibility import reject_reason

Copy = tuple[datetime, Snapshot]
Entry = TypeVar("Entry", KnownEdition, KnownCall)


@dataclass(frozen=True, slots=True)
class History:
    """What changed, each with the time of the copy that showed it first; and what is known with it."""

    changes: tuple[tuple[datetime, Change], ...]
    known: Known


def history(copies: Iterable[Copy], today: Known, until: datetime | None) -> History:
    """The history up to `until`, when we began to look ourselves, joined to what is known today."""
    changes: list[tuple[datetime, Change]] = []
    known, last = Known(), None
    for at, snapshot in sorted(copies, key=lambda copy: copy[0]):
        if (until and at >= until) or reject_reason(known, last, snapshot, at):
            continue
        compared = compare(known, snapshot, at, CONFIRMED_AFTER)
        changes += [(at, change) for change in compared.changes]
        known, last = compared.known, snapshot
    names = _names(known, today, until)
    renamed = tuple((at, replace(change, key=names[change.key])) for at, change in changes)
    return History(renamed, _joined(known, today, names))


def _names(known: Known, today: Known, now: datetime | None) -> dict[str, str]:
    """Today's key of each that the copies knew; a new one for what nobody knows today."""
    lines = tuple(one.edition for one in known.editions)
    editions = {id(line): one.key for one, line in match_editions(today, Snapshot(editions=lines), now)}
    calls = match_calls(today.calls, [one.call for one in known.calls])
    keys = Keys([*(one.key for one in today.editions), *(one.key for one in today.calls)])
    names = {one.key: editions.get(id(one.edition)) or keys.edition(one.edition) for one in known.editions}
    for one in known.calls:
        found = calls.get(id(one.call))
        names[one.key] = found.key if found else keys.call(one.call)
    return names


def _joined(known: Known, today: Known, names: dict[str, str]) -> Known:
    return Known(_entries(known.editions, today.editions, names), _entries(known.calls, today.calls, names))


def _entries(old: Sequence[Entry], today: Sequence[Entry], names: dict[str, str]) -> tuple[Entry, ...]:
    """Today's as they are, but for when they were first seen; behind them what is listed no more."""
    first = {names[one.key]: one for one in old}
    entries = [_since(one, first.pop(one.key, None)) for one in today]
    entries += [_lost(one, key) for key, one in first.items()]
    return tuple(entries)


def _lost(one: Entry, key: str) -> Entry:
    return replace(one, key=key, gone=one.gone or "delisted")


def _since(one: Entry, other: Entry | None) -> Entry:
    """With the earlier of two times when it was first seen."""
    times = [entry.first_seen_at for entry in (one, other) if entry and entry.first_seen_at]
    return replace(one, first_seen_at=min(times, default=None))
