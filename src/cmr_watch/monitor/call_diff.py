"""Which call is it, and what changed in it. Pure.

Two notices are the same call when their hosting years overlap, or one has none and only one call is known. Before that
a notice is what says exactly the same; after it, one notice and one call that are left are the same unless their years
differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.models import CallNotice, Change, ChangeKind, Cutoff, KnownCall
from cmr_watch.monitor.cutoff_diff import cutoff_moves
from cmr_watch.monitor.edition_dates import confirmed
from cmr_watch.monitor.keys import Keys

K = ChangeKind
_BY_STATUS: Final = {"announced": K.CALL_ANNOUNCED, "open": K.CALL_OPENED, "closed": K.CALL_CLOSED}


def compare_calls(
    known: Sequence[KnownCall], notices: Sequence[CallNotice], now: datetime | None, confirmed_after: timedelta | None
) -> tuple[tuple[Change, ...], tuple[KnownCall, ...]]:
    """Changes of the calls, and the calls known from now on."""
    found = match_calls(known, notices)
    keys = Keys(one.key for one in known)
    changes: list[Change] = []
    seen: dict[str, KnownCall] = {}
    for notice in notices:
        one = found.get(id(notice))
        if one is None:
            one = KnownCall(keys.call(notice), notice, now)
            changes.append(Change(_BY_STATUS[notice.status], one.key, None, notice))
        else:
            changes += _changed(one, notice, now)
        seen[one.key] = replace(one, call=notice, missing_since=None, gone=None)
    replaced = len(found) < len(notices)
    for one in known:
        if one.key not in seen:
            change, seen[one.key] = _missing(one, replaced, now, confirmed_after)
            changes += change
    return tuple(changes), tuple(seen.values())


# ── which call is it? ────────────────────────────────────────────────────────────────────────────────────────────

_Rule = Callable[[KnownCall, CallNotice], bool]


def match_calls(known: Sequence[KnownCall], notices: Sequence[CallNotice]) -> dict[int, KnownCall]:
    """The call of each notice that was known, by the notice's id."""
    found: dict[int, KnownCall] = {}
    _find(found, known, notices, _says_the_same)
    _find(found, known, notices, _years_overlap)
    listed = [one for one in known if one.gone is None]
    if len(listed or known) == 1:
        _find(found, listed or known, notices, _years_may_agree)
    _find_last(found, listed, notices)
    return found


def _find(found: dict[int, KnownCall], known: Sequence[KnownCall], notices: Sequence[CallNotice], rule: _Rule) -> None:
    """Add what a rule finds, one to one, the best fit first."""
    pairs = [(one, notice) for one in known for notice in notices if rule(one, notice)]
    taken = {one.key for one in found.values()}
    for one, notice in sorted(pairs, key=lambda pair: _fit(*pair)):
        if id(notice) not in found and one.key not in taken:
            taken.add(one.key)
            found[id(notice)] = one


def _find_last(found: dict[int, KnownCall], listed: Sequence[KnownCall], notices: Sequence[CallNotice]) -> None:
    """Add the one that is left on each side."""
    taken = {one.key for one in found.values()}
    left_known = [one for one in listed if one.key not in taken]
    left = [notice for notice in notices if id(notice) not in found]
    if len(left_known) == len(left) == 1:
        _find(found, left_known, left, _years_may_agree)


def _says_the_same(one: KnownCall, notice: CallNotice) -> bool:
    return one.call == notice


def _years_overlap(one: KnownCall, notice: CallNotice) -> bool:
    return not set(one.call.hosting_years).isdisjoint(notice.hosting_years)


def _years_may_agree(one: KnownCall, notice: CallNotice) -> bool:
    return not (one.call.hosting_years and notice.hosting_years)


def _fit(one: KnownCall, notice: CallNotice) -> tuple[bool, bool, bool]:
    same_years = one.call.hosting_years == notice.hosting_years
    return one.gone is not None, not same_years, one.call.status != notice.status


# ── what changed? ────────────────────────────────────────────────────────────────────────────────────────────────


def _missing(
    one: KnownCall, replaced: bool, now: datetime | None, confirmed_after: timedelta | None
) -> tuple[list[Change], KnownCall]:
    """A call that is not there: silent when it was closed or a new one is there, else withdrawn once confirmed."""
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


def _changed(one: KnownCall, new: CallNotice, now: datetime | None) -> list[Change]:
    old = one.call
    moves, dropped = cutoff_moves(old.cutoffs, new.cutoffs)
    changes = []
    if old.status != new.status or one.gone == "withdrawn":
        changes.append(Change(_BY_STATUS[new.status], one.key, old, new))
    for before, after in moves:
        kind = K.CALL_CUTOFF_MOVED if before else K.CALL_CUTOFF_ADDED
        changes.append(Change(kind, one.key, old, new, before, after))
    if _other_years(old, new) or _marked(old, new) or _missed(old, new, dropped, now):
        changes.append(Change(K.CALL_UPDATED, one.key, old, new))
    return changes


def _missed(old: CallNotice, new: CallNotice, dropped: Sequence[Cutoff], now: datetime | None) -> bool:
    """Whether a cut-off that was ahead is gone: not one that is over, nor all of them with the call."""
    ended = new.status == "closed" != old.status
    return not ended and any(not cutoff.closed and (now is None or cutoff.at > now) for cutoff in dropped)


def _other_years(old: CallNotice, new: CallNotice) -> bool:
    """Years that are left out are no other ones, and those that come with a new status are told by it."""
    if not old.hosting_years:
        return bool(new.hosting_years) and old.status == new.status
    return bool(new.hosting_years) and old.hosting_years != new.hosting_years


def _marked(old: CallNotice, new: CallNotice) -> bool:
    """Whether a cut-off that stayed was marked: closed, reopened, tentative or sure."""
    before = {cutoff.at: cutoff for cutoff in old.cutoffs}
    return any(before.get(cutoff.at, cutoff) != cutoff for cutoff in new.cutoffs)
