"""Which call is it, and what changed in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from cmr_watch.models import CallNotice, Change, ChangeKind, Cutoff, KnownCall
from cmr_watch.monitor.match import confirmed

K = ChangeKind
_BY_STATUS: Final = {"announced": K.CALL_ANNOUNCED, "open": K.CALL_OPENED, "closed": K.CALL_CLOSED}


def compare_calls(
    known: Sequence[KnownCall], notices: Sequence[CallNotice], now: datetime | None, confirmed_after: timedelta | None
) -> tuple[tuple[Change, ...], tuple[KnownCall, ...]]:
    """Changes of the calls, and the calls known from now on."""
    found = _matched(known, notices)
    changes: list[Change] = []
    seen: dict[str, KnownCall] = {}
    for notice in notices:
        one = found.get(id(notice))
        if one is None:
            one = KnownCall(_new_key(notice, (*known, *seen.values())), notice, now)
            changes.append(Change(_BY_STATUS[notice.status], one.key, None, notice))
        else:
            changes += _changed(one, notice)
        seen[one.key] = replace(one, call=notice, missing_since=None, gone=None)
    replaced = len(found) < len(notices)
    for one in known:
        if one.key not in seen:
            change, seen[one.key] = _missing(one, replaced, now, confirmed_after)
            changes += change
    return tuple(changes), tuple(seen.values())


# ── which call is it? ────────────────────────────────────────────────────────────────────────────────────────────


def _matched(known: Sequence[KnownCall], notices: Sequence[CallNotice]) -> dict[int, KnownCall]:
    """Notice → call: years that overlap, or one without years when only one call is known. Best fit first."""
    alone = sum(one.gone is None for one in known) == 1
    rated = [
        (_fit(one, notice), k, n)
        for k, one in enumerate(known)
        for n, notice in enumerate(notices)
        if _same(one, notice, alone=alone)
    ]
    found: dict[int, KnownCall] = {}
    taken: set[int] = set()
    for _, k, n in sorted(rated):
        if k not in taken and id(notices[n]) not in found:
            taken.add(k)
            found[id(notices[n])] = known[k]
    return found


def _same(one: KnownCall, notice: CallNotice, *, alone: bool) -> bool:
    old, new = set(one.call.hosting_years), set(notice.hosting_years)
    return bool(old & new) or (alone and one.gone is None and not (old and new))


def _fit(one: KnownCall, notice: CallNotice) -> tuple[bool, bool, bool]:
    same_years = one.call.hosting_years == notice.hosting_years
    return one.gone is not None, not same_years, one.call.status != notice.status


def _new_key(notice: CallNotice, taken: Iterable[KnownCall]) -> str:
    stem = "-".join(["call", *map(str, notice.hosting_years)])
    keys = {one.key for one in taken}
    return (
        stem if stem not in keys else next(key for n in range(2, len(keys) + 3) if (key := f"{stem}-{n}") not in keys)
    )


# ── what changed? ────────────────────────────────────────────────────────────────────────────────────────────────


def _missing(
    one: KnownCall, replaced: bool, now: datetime | None, confirmed_after: timedelta | None
) -> tuple[list[Change], KnownCall]:
    """A call that is not there: silent when it was closed or another stands in its place, else withdrawn once confirmed."""
    if one.gone:
        return [], one
    waiting = replace(one, missing_since=one.missing_since or now)
    if replaced:
        return [], replace(waiting, gone="delisted")
    if not confirmed(one.missing_since, now, confirmed_after):
        return [], waiting
    if one.call.status == "closed":
        return [], replace(waiting, gone="delisted")
    return [Change(K.CALL_WITHDRAWN, one.key, one.call, None)], replace(waiting, gone="withdrawn")


def _changed(one: KnownCall, new: CallNotice) -> list[Change]:
    old = one.call
    changes = []
    if old.status != new.status or one.gone == "withdrawn":
        changes.append(Change(_BY_STATUS[new.status], one.key, old, new))
    moves, dropped = _cutoff_moves(old.cutoffs, new.cutoffs)
    for before, after in moves:
        kind = K.CALL_CUTOFF_MOVED if before else K.CALL_CUTOFF_ADDED
        changes.append(Change(kind, one.key, old, new, before, after))
    ended = new.status == "closed" != old.status
    if old.hosting_years != new.hosting_years or _marked(old, new) or (dropped and not ended):
        changes.append(Change(K.CALL_UPDATED, one.key, old, new))
    return changes


def _marked(old: CallNotice, new: CallNotice) -> bool:
    """Whether a cut-off that stayed was marked: closed, reopened, tentative or sure."""
    before = {cutoff.at: cutoff for cutoff in old.cutoffs}
    return any(before.get(cutoff.at, cutoff) != cutoff for cutoff in new.cutoffs)


_Move = tuple[Cutoff | None, Cutoff]


def _cutoff_moves(old: Sequence[Cutoff], new: Sequence[Cutoff]) -> tuple[list[_Move], bool]:
    """What is new among the cut-offs, each with the one that it moved from if any; and whether an open one was dropped.

    The equal ones stay; between the same neighbours, in date order, a gone one and a new one are one that moved.
    """
    stay = {cutoff.at for cutoff in old} & {cutoff.at for cutoff in new}
    gone = [(cutoff, True) for cutoff in old if cutoff.at not in stay]
    come = [(cutoff, False) for cutoff in new if cutoff.at not in stay]
    ordered = sorted(gone + come, key=lambda row: row[0].at)
    moves: list[_Move] = []
    dropped = False
    for _, rows in groupby(ordered, key=lambda row: sum(at < row[0].at for at in stay)):
        gap = list(rows)
        before, after = [c for c, left in gap if left], [c for c, left in gap if not left]
        paired = _nearest(before, after)
        moves += [(paired.get(cutoff.at), cutoff) for cutoff in after]
        moved = {cutoff.at for cutoff in paired.values()}
        dropped = dropped or any(not cutoff.closed and cutoff.at not in moved for cutoff in before)
    return moves, dropped


def _nearest(before: list[Cutoff], after: list[Cutoff]) -> dict[datetime, Cutoff]:
    """New instant → the cut-off that it moved from: in date order where their numbers agree, else the nearest first."""
    if len(before) == len(after):
        return {new.at: old for old, new in zip(before, after, strict=True)}
    rated = sorted((abs(old.at - new.at), o, n) for o, old in enumerate(before) for n, new in enumerate(after))
    pairs: dict[datetime, Cutoff] = {}
    used: set[int] = set()
    for _, o, n in rated:
        if o not in used and after[n].at not in pairs:
            used.add(o)
            pairs[after[n].at] = before[o]
    return pairs
