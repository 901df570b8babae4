"""One fact on two pages: it is told once. Pure.

A change is news unless another page has already told the same value of the same fact. What another page merely said in
its silent first reading was not told to anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from cmr_watch.models import CallNotice, Change, ChangeKind, Edition, Known, KnownCall
from cmr_watch.monitor.call_diff import match_calls
from cmr_watch.monitor.diff import Comparison
from cmr_watch.monitor.keys import Keys
from cmr_watch.places import fold

K = ChangeKind
_Value = Callable[[Change], object]


def _status(change: Change) -> object:
    return change.after.status if change.after else None


def _days(change: Change) -> object:
    after = change.after
    return (after.starts_on, after.ends_on, after.period) if isinstance(after, Edition) else None


def _city(change: Change) -> object:
    return fold(change.after.city) if isinstance(change.after, Edition) else None


def _marks(change: Change) -> object:
    after = change.after
    return (after.hosting_years, _closed(after)) if isinstance(after, CallNotice) else None


def _closed(call: CallNotice) -> tuple[object, ...]:
    return tuple(cutoff.at for cutoff in call.cutoffs if cutoff.closed)


def _same(_: Change) -> object:
    return True


_CUTOFFS: Final = frozenset({K.CALL_CUTOFF_ADDED, K.CALL_CUTOFF_MOVED})
_FACTS: Final[tuple[tuple[frozenset[ChangeKind], _Value], ...]] = (
    (frozenset({K.CALL_ANNOUNCED, K.CALL_OPENED, K.CALL_CLOSED, K.CALL_WITHDRAWN}), _status),
    (frozenset({K.CALL_UPDATED}), _marks),
    (frozenset({K.EDITION_DATED, K.EDITION_RESCHEDULED}), _days),
    (frozenset({K.EDITION_RELOCATED}), _city),
    (frozenset({K.EDITION_CANCELLED, K.EDITION_POSTPONED, K.EDITION_REINSTATED}), _status),
    (frozenset({K.EDITION_SUMMARY_PUBLISHED}), _same),
)
"""Kinds that tell of the same fact, and its value."""


def is_already_reported(change: Change, told: Sequence[Change]) -> bool:
    """Whether a change says again what another page's change, `told` oldest first, has said."""
    same_key = [one for one in told if one.key == change.key]
    if change.kind in _CUTOFFS:
        return any(_names(one, change) for one in same_key)
    for kinds, value in _FACTS:
        if change.kind in kinds:
            last = next((one for one in reversed(same_key) if one.kind in kinds), None)
            return last is not None and value(last) == value(change)
    return False


def _names(told: Change, change: Change) -> bool:
    """Whether a cut-off was named by a change of the call, be it the one by which it was first seen."""
    at = change.cutoff_after.at if change.cutoff_after else None
    after = told.after
    return isinstance(after, CallNotice) and any(cutoff.at == at for cutoff in after.cutoffs)


# ── one call, one key ────────────────────────────────────────────────────────────────────────────────────────────


def with_shared_keys(before: Known, compared: Comparison, elsewhere: Sequence[KnownCall]) -> Comparison:
    """A call that is first seen on one page, and known from another, has the key that it has there."""
    known = {one.key for one in before.calls}
    fresh = [one for one in compared.known.calls if one.key not in known]
    if not fresh or not elsewhere:
        return compared
    names = _names_for(fresh, known, elsewhere)
    calls = tuple(replace(one, key=names.get(one.key, one.key)) for one in compared.known.calls)
    return Comparison(
        tuple(replace(change, key=names.get(change.key, change.key)) for change in compared.changes),
        replace(compared.known, calls=calls),
    )


def _names_for(fresh: Iterable[KnownCall], known: set[str], elsewhere: Sequence[KnownCall]) -> dict[str, str]:
    keys = Keys((*known, *(one.key for one in elsewhere)))
    names: dict[str, str] = {}
    for one in fresh:
        other = match_calls(elsewhere, [one.call]).get(id(one.call))
        is_free = other is not None and other.key not in known | set(names.values())
        names[one.key] = other.key if other and is_free else keys.call(one.call)
    return names
