"""Matches notices with known calls, and finds what changed in them. Pure.

A notice and a known call are the same call if one of these rules applies, in this order:

1. they are equal;
2. their hosting years overlap;
3. only one call is known, and it or the notice has no hosting years (calls that are gone count only if all are);
4. one notice and one call that is not gone are left, and either has no hosting years.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.cutoff_diff import compare_cutoffs
from cmr_watch.models.readings import CallNotice, CallStatus, Change, ChangeKind, Cutoff, KnownCall
from cmr_watch.monitor.keys import KeyGenerator
from cmr_watch.monitor.upcoming import is_absence_confirmed

_KIND_OF_STATUS: Final[dict[CallStatus, ChangeKind]] = {
    "announced": ChangeKind.CALL_ANNOUNCED,
    "open": ChangeKind.CALL_OPENED,
    "closed": ChangeKind.CALL_CLOSED,
}


def compare_calls(
    known: Sequence[KnownCall],
    notices: Sequence[CallNotice],
    now: datetime | None,
    confirmed_after: timedelta | None,
    *,
    proves_absence: bool = True,
) -> tuple[tuple[Change, ...], tuple[KnownCall, ...]]:
    """The changes, and the calls that are known after them. For the parameters, see `diff.compare`.

    Without `proves_absence`, a call without a notice is not missing, unless there is a new call in its place.
    """
    matches = match_calls(known, notices)
    keys = KeyGenerator(entry.key for entry in known)
    changes: list[Change] = []
    seen: dict[str, KnownCall] = {}
    for notice in notices:
        entry = matches.get(id(notice))
        if entry is None:
            entry = KnownCall(keys.for_call(notice), notice, now)
            changes.append(first_change_of_call(entry))
        else:
            changes += changes_of_call(entry, notice, now)
        seen[entry.key] = replace(entry, call=notice, missing_since=None, gone=None)
    has_new_call = len(matches) < len(notices)
    for entry in [entry for entry in known if entry.key not in seen]:
        if proves_absence or has_new_call:
            change, seen[entry.key] = _missing_call(entry, has_new_call, now, confirmed_after)
            changes += change
        else:
            seen[entry.key] = _without_absence(entry)
    return tuple(changes), tuple(seen.values())


def _without_absence(entry: KnownCall) -> KnownCall:
    """The call after a reading that lacks it and proves nothing: its absence is interrupted (READING B1)."""
    return replace(entry, missing_since=None) if entry.gone is None else entry


# ── matching ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_Rule = Callable[[KnownCall, CallNotice], bool]


def match_calls(known: Sequence[KnownCall], notices: Sequence[CallNotice]) -> dict[int, KnownCall]:
    """Maps `id(notice)` to the known call, for each notice of a known call."""
    matches: dict[int, KnownCall] = {}
    _apply_rule(_is_equal, matches, known, notices)
    _apply_rule(_has_common_year, matches, known, notices)
    not_gone = [entry for entry in known if entry.gone is None]
    if len(not_gone or known) == 1:
        _apply_rule(_lacks_years, matches, not_gone or known, notices)
    _match_last_pair(matches, not_gone, notices)
    return matches


def _apply_rule(
    rule: _Rule, matches: dict[int, KnownCall], known: Sequence[KnownCall], notices: Sequence[CallNotice]
) -> None:
    """Add the pairs that match by a rule, one to one, the most similar first."""
    pairs = [(entry, notice) for entry in known for notice in notices if rule(entry, notice)]
    taken = {entry.key for entry in matches.values()}
    for entry, notice in sorted(pairs, key=lambda pair: _dissimilarity(*pair)):
        if id(notice) not in matches and entry.key not in taken:
            taken.add(entry.key)
            matches[id(notice)] = entry


def _match_last_pair(
    matches: dict[int, KnownCall], not_gone: Sequence[KnownCall], notices: Sequence[CallNotice]
) -> None:
    """Match what is left if it is one call and one notice."""
    taken = {entry.key for entry in matches.values()}
    remaining_calls = [entry for entry in not_gone if entry.key not in taken]
    remaining_notices = [notice for notice in notices if id(notice) not in matches]
    if len(remaining_calls) == len(remaining_notices) == 1:
        _apply_rule(_lacks_years, matches, remaining_calls, remaining_notices)


def _is_equal(entry: KnownCall, notice: CallNotice) -> bool:
    return entry.call == notice


def _has_common_year(entry: KnownCall, notice: CallNotice) -> bool:
    return not set(entry.call.hosting_years).isdisjoint(notice.hosting_years)


def _lacks_years(entry: KnownCall, notice: CallNotice) -> bool:
    """Whether at least one of the two has no hosting years, so that they cannot contradict each other."""
    return not (entry.call.hosting_years and notice.hosting_years)


def _dissimilarity(entry: KnownCall, notice: CallNotice) -> tuple[bool, bool, bool]:
    """Sort key: calls that are not gone come first, then equal years, then equal status."""
    has_other_years = entry.call.hosting_years != notice.hosting_years
    return entry.gone is not None, has_other_years, entry.call.status != notice.status


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _missing_call(
    entry: KnownCall, has_new_call: bool, now: datetime | None, confirmed_after: timedelta | None
) -> tuple[list[Change], KnownCall]:
    """The change, if any, and the new state of a call without a notice.

    - gone already: nothing;
    - a new call appeared in the same reading: replaced by it, without a change;
    - absence not confirmed: still known, without a change;
    - closed: delisted, without a change;
    - otherwise: withdrawn.
    """
    if entry.gone:
        return [], entry
    missing = replace(entry, missing_since=entry.missing_since or now)
    if has_new_call:
        return [], replace(missing, gone="delisted")
    if not is_absence_confirmed(entry.missing_since, now, confirmed_after):
        return [], missing
    if entry.call.status == "closed":
        return [], replace(missing, gone="delisted")
    return [Change(ChangeKind.CALL_WITHDRAWN, entry.key, entry.call, None)], replace(missing, gone="withdrawn")


def first_change_of_call(entry: KnownCall) -> Change:
    """The change of a call that is seen for the first time."""
    return Change(_KIND_OF_STATUS[entry.call.status], entry.key, None, entry.call)


def changes_of_call(entry: KnownCall, new: CallNotice, now: datetime | None) -> list[Change]:
    """The changes of a known call whose notice now is `new`.

    - another status, or back after a withdrawal: one change, which includes its years, cut-offs and links;
    - otherwise each cut-off that was added or moved;
    - and one update for other years, or for cut-offs that were marked or removed.
    """
    old = entry.call
    if old.status != new.status or entry.gone == "withdrawn":
        return [Change(_KIND_OF_STATUS[new.status], entry.key, old, new)]
    moves, removed = compare_cutoffs(old.cutoffs, new.cutoffs)
    changes = []
    for before, after in moves:
        kind = ChangeKind.CALL_CUTOFF_MOVED if before else ChangeKind.CALL_CUTOFF_ADDED
        changes.append(Change(kind, entry.key, old, new, before, after))
    if _has_other_years(old, new) or _has_marked_cutoff(old, new) or _has_lost_cutoff(old, new, removed, now):
        changes.append(Change(ChangeKind.CALL_UPDATED, entry.key, old, new))
    return changes


def _has_lost_cutoff(old: CallNotice, new: CallNotice, removed: Sequence[Cutoff], now: datetime | None) -> bool:
    """Whether an open cut-off was removed before its time. If the call was closed, that says so already."""
    has_closed = new.status == "closed" != old.status
    return not has_closed and any(not cutoff.closed and (now is None or cutoff.at > now) for cutoff in removed)


def _has_other_years(old: CallNotice, new: CallNotice) -> bool:
    """Whether hosting years were changed, or added without a change of status. Removed years are not a change."""
    if not old.hosting_years:
        return bool(new.hosting_years) and old.status == new.status
    return bool(new.hosting_years) and old.hosting_years != new.hosting_years


def _has_marked_cutoff(old: CallNotice, new: CallNotice) -> bool:
    """Whether an unchanged cut-off was marked as closed, reopened, tentative or confirmed."""
    before = {cutoff.at: cutoff for cutoff in old.cutoffs}
    return any(before.get(cutoff.at, cutoff) != cutoff for cutoff in new.cutoffs)
