"""Avoids announcing the same fact from two pages (ADR 8). Pure.

A change is not announced if another page has already announced the same value of the same fact. What another page said
in its first reading does not count, because no one was notified of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from cmr_watch.merge_pages import is_given
from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Edition, Known, KnownCall
from cmr_watch.monitor.call_diff import match_calls
from cmr_watch.monitor.diff import Comparison
from cmr_watch.monitor.keys import KeyGenerator
from cmr_watch.places import fold

_Value = Callable[[Change], object]


def _status(change: Change) -> object:
    return change.after.status if change.after else None


def _dates(change: Change) -> object:
    after = change.after
    return (after.starts_on, after.ends_on, after.period) if isinstance(after, Edition) else None


def _city(change: Change) -> object:
    return fold(change.after.city) if isinstance(change.after, Edition) else None


def _years_and_closed_cutoffs(change: Change) -> object:
    after = change.after
    if not isinstance(after, CallNotice):
        return None
    return after.hosting_years, tuple(cutoff.at for cutoff in after.cutoffs if cutoff.closed)


def _always_equal(_: Change) -> object:
    return True


_CUTOFF_KINDS: Final = frozenset({ChangeKind.CALL_CUTOFF_ADDED, ChangeKind.CALL_CUTOFF_MOVED})
_CALL_STATUS_KINDS: Final = frozenset(
    {ChangeKind.CALL_ANNOUNCED, ChangeKind.CALL_OPENED, ChangeKind.CALL_CLOSED, ChangeKind.CALL_WITHDRAWN}
)
_OPENING_KINDS: Final = frozenset({ChangeKind.CALL_ANNOUNCED, ChangeKind.CALL_OPENED})
_EDITION_STATUS_KINDS: Final = frozenset(
    {ChangeKind.EDITION_CANCELLED, ChangeKind.EDITION_POSTPONED, ChangeKind.EDITION_REINSTATED}
)
_FACTS: Final[tuple[tuple[frozenset[ChangeKind], _Value], ...]] = (
    (_CALL_STATUS_KINDS, _status),
    (frozenset({ChangeKind.CALL_UPDATED}), _years_and_closed_cutoffs),
    (frozenset({ChangeKind.EDITION_DATED, ChangeKind.EDITION_RESCHEDULED}), _dates),
    (frozenset({ChangeKind.EDITION_RELOCATED}), _city),
    (_EDITION_STATUS_KINDS, _status),
    (frozenset({ChangeKind.EDITION_SUMMARY_PUBLISHED}), _always_equal),
)
"""The change kinds that report the same fact, and the value of that fact. Other kinds are never suppressed."""


def unreported(
    changes: Iterable[Change], reported: Sequence[Change], in_round: Sequence[Change], now: datetime
) -> Iterator[Change]:
    """The changes of a page that still have to be announced.

    `reported`: the changes of other pages, oldest first. `in_round`: those of them found in the same round.

    - A call that was first seen, opened or closed in this round: its other changes are part of that one.
    - What another page has announced is not announced again.
    - If that announcement, in an earlier round, could not name the cut-offs, they are announced together.
    """
    for change in changes:
        if _is_part_of_event(change, in_round):
            continue
        if not is_already_reported(change, reported):
            yield change
        elif change.kind in _OPENING_KINDS and isinstance(change.after, CallNotice):
            yield from late_cutoffs(change.key, change.after, reported, now)


def is_on_call_page(change: Change, call_pages: Mapping[str, CallNotice]) -> bool:
    """Whether the call page already says what changed on the list: a cut-off that it gives, or still gives."""
    before, after, page = change.before, change.after, call_pages.get(change.key)
    if page is None:
        return False
    if change.kind in _CUTOFF_KINDS:
        return change.cutoff_after is not None and is_given(change.cutoff_after, page.cutoffs)
    return change.kind is ChangeKind.CALL_UPDATED and _has_only_dropped_cutoffs(before, after, page)


def _has_only_dropped_cutoffs(
    before: Edition | CallNotice | None, after: Edition | CallNotice | None, page: CallNotice
) -> bool:
    if not isinstance(before, CallNotice) or not isinstance(after, CallNotice):
        return False
    lost = [cutoff for cutoff in before.cutoffs if not is_given(cutoff, after.cutoffs)]
    has_same_rest = before.hosting_years == after.hosting_years and not any(cutoff.closed for cutoff in after.cutoffs)
    return bool(lost) and has_same_rest and all(is_given(cutoff, page.cutoffs) for cutoff in lost)


def beyond_the_list(compared: Comparison, listed: Iterable[KnownCall], now: datetime) -> Comparison:
    """The comparison of a new call page: if the list has said that the call is open, only its cut-offs are new."""
    notices = {entry.key: entry.call for entry in listed if not entry.gone}
    changes = (each for change in compared.changes for each in _beyond(change, notices.get(change.key), now))
    return replace(compared, changes=tuple(changes))


def _beyond(change: Change, notice: CallNotice | None, now: datetime) -> Iterator[Change]:
    after = change.after
    if notice is None or not isinstance(after, CallNotice) or notice.status != after.status:
        yield change
    elif ahead := _unreported_cutoffs(after, [notice], now):
        yield Change(ChangeKind.CALL_CUTOFF_ADDED, change.key, notice, after, None, ahead[0])


def late_cutoffs(key: str, notice: CallNotice, reported: Sequence[Change], now: datetime) -> Iterator[Change]:
    """One change for all open cut-offs still ahead of a call that was announced without them; none otherwise."""
    of_call = [change for change in reported if change.key == key]
    notices = [change.after for change in of_call if isinstance(change.after, CallNotice)]
    was_announced = any(change.kind in _CALL_STATUS_KINDS for change in of_call)
    ahead = _unreported_cutoffs(notice, notices, now)
    if was_announced and notices and notice.status != "closed" and ahead:
        yield Change(ChangeKind.CALL_CUTOFF_ADDED, key, notices[-1], notice, None, ahead[0])


def _unreported_cutoffs(notice: CallNotice, reported: Iterable[CallNotice], now: datetime) -> list[Cutoff]:
    known = [cutoff for earlier in reported for cutoff in earlier.cutoffs]
    ahead = (cutoff for cutoff in notice.cutoffs if not cutoff.closed and cutoff.at > now)
    return [cutoff for cutoff in ahead if not is_given(cutoff, known)]


def _is_part_of_event(change: Change, in_round: Sequence[Change]) -> bool:
    """Whether the call's status changed in this round, so that its other facts are part of that change.

    Another status is not: the page of a call that the list announces can already be open.
    """
    if not change.kind.startswith("call."):
        return False
    events = [one for one in in_round if one.key == change.key and one.kind in _CALL_STATUS_KINDS]
    is_other_status = change.kind in _CALL_STATUS_KINDS and all(_status(one) != _status(change) for one in events)
    return bool(events) and not is_other_status


def is_already_reported(change: Change, reported: Sequence[Change]) -> bool:
    """Whether a change of another page has announced the same value. `reported` is in order, oldest first."""
    same_key = [earlier for earlier in reported if earlier.key == change.key]
    if change.kind is ChangeKind.CALL_CUTOFF_MOVED:  # that the old cut-off no longer applies is news as well
        return any(earlier.kind is change.kind and _has_cutoff(earlier, change) for earlier in same_key)
    if change.kind is ChangeKind.CALL_CUTOFF_ADDED:
        return any(_has_cutoff(earlier, change) for earlier in same_key)
    for kinds, value in _FACTS:
        if change.kind in kinds:
            latest = next((earlier for earlier in reversed(same_key) if earlier.kind in kinds), None)
            return latest is not None and (value(latest) == value(change) or _was_closed(latest, change))
    return False


def _was_closed(latest: Change, change: Change) -> bool:
    """Whether the notice of a call is gone that another page has reported as closed: it goes silently."""
    return latest.kind is ChangeKind.CALL_CLOSED and change.kind is ChangeKind.CALL_WITHDRAWN


def _has_cutoff(earlier: Change, change: Change) -> bool:
    """Whether the new cut-off was part of an earlier change of the call, such as its announcement."""
    new, after = change.cutoff_after, earlier.after
    return new is not None and isinstance(after, CallNotice) and is_given(new, after.cutoffs)


# ── one key for each call ────────────────────────────────────────────────────────────────────────────────────────────


def with_shared_keys(before: Known, compared: Comparison, on_other_pages: Sequence[KnownCall]) -> Comparison:
    """The comparison, with new calls renamed to the keys that they have on other pages."""
    known = {entry.key for entry in before.calls}
    new_calls = [entry for entry in compared.known.calls if entry.key not in known]
    if not new_calls or not on_other_pages:
        return compared
    keys = _shared_keys(new_calls, known, on_other_pages)
    calls = tuple(replace(entry, key=keys.get(entry.key, entry.key)) for entry in compared.known.calls)
    return Comparison(
        tuple(replace(change, key=keys.get(change.key, change.key)) for change in compared.changes),
        replace(compared.known, calls=calls),
    )


def _shared_keys(
    new_calls: Iterable[KnownCall], known: set[str], on_other_pages: Sequence[KnownCall]
) -> dict[str, str]:
    """Maps the key of each new call to its key on another page, or else to one that no other call has."""
    generator = KeyGenerator((*known, *(entry.key for entry in on_other_pages)))
    keys: dict[str, str] = {}
    for entry in new_calls:
        match = match_calls(on_other_pages, [entry.call]).get(id(entry.call))
        is_free = match is not None and match.key not in known | set(keys.values())
        keys[entry.key] = match.key if match and is_free else generator.for_call(entry.call)
    return keys
