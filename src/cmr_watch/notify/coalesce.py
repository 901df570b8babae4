"""Coalesces pending changes into their net effect, so that no notification is out of date or self-cancelling. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cmr_watch.merge_pages import is_given
from cmr_watch.models.readings import CallNotice, ChangeKind, Cutoff, Edition, RecordedChange
from cmr_watch.places import is_same_city

K = ChangeKind
FIRST_SEEN: Final = frozenset({K.EDITION_ANNOUNCED, K.EDITION_LISTED})
DATES_AND_STATUS: Final = frozenset(
    {
        K.EDITION_DATED,
        K.EDITION_RESCHEDULED,
        K.EDITION_POSTPONED,
        K.EDITION_CANCELLED,
        K.EDITION_REINSTATED,
        K.EDITION_WITHDRAWN,
    }
)
"""Changes of dates and status, of which only the net effect is reported."""
CALLED_OFF: Final = frozenset({K.EDITION_CANCELLED, K.EDITION_POSTPONED})
MATERIALS: Final = frozenset({K.EDITION_SUMMARY_PUBLISHED, K.EDITION_MATERIALS_PUBLISHED})
STATUS_BY_KIND: Final = {K.CALL_ANNOUNCED: "announced", K.CALL_OPENED: "open", K.CALL_CLOSED: "closed"}
CALL_STATUS: Final = frozenset({*STATUS_BY_KIND, K.CALL_WITHDRAWN})
CLOSING: Final = frozenset({K.CALL_CLOSED, K.CALL_WITHDRAWN})
CUTOFFS: Final = frozenset({K.CALL_CUTOFF_ADDED, K.CALL_CUTOFF_MOVED})
_KIND_BY_STATUS: Final = {"cancelled": K.EDITION_CANCELLED, "postponed": K.EDITION_POSTPONED}

History = Sequence[RecordedChange]
"""The changes of one item (an edition or a call), in order of id."""


def coalesce(changes: Sequence[RecordedChange]) -> tuple[RecordedChange, ...]:
    """Return the net effect of changes that a recipient has not been notified of yet.

    - The changes of each item (an edition or a call) are coalesced in order of id; a single change is returned as is.
    - Changes that cancel each other out are removed; an item first seen in them is reported in its current state.
    - Each result takes the id and position of the last change that it replaces.
    """
    items: defaultdict[tuple[str, bool], list[RecordedChange]] = defaultdict(list)
    for recorded in _in_order(changes):
        items[recorded.change.key, recorded.change.kind.startswith("call.")].append(recorded)
    results = [_coalesce_item(history, is_call) for (_, is_call), history in items.items()]
    return tuple(_in_order(recorded for result in results for recorded in result))


def _coalesce_item(history: History, is_call: bool) -> Iterable[RecordedChange]:
    if len(history) == 1:
        return history
    return _coalesce_call(history) if is_call else _coalesce_edition(history)


def _in_order(changes: Iterable[RecordedChange]) -> list[RecordedChange]:
    return sorted(changes, key=lambda recorded: recorded.id)


def _of_kinds(history: History, kinds: Iterable[ChangeKind]) -> list[RecordedChange]:
    return [recorded for recorded in history if recorded.change.kind in kinds]


def _merge_by_kind(history: History) -> Iterator[RecordedChange]:
    """Merge all changes of the same kind into one."""
    for kind in dict.fromkeys(recorded.change.kind for recorded in history):
        yield _merge(_of_kinds(history, {kind}), kind)


def _merge(history: History, kind: ChangeKind) -> RecordedChange:
    """Merge changes into one that spans from the state before the first to the state after the last."""
    return _restate(history[-1], kind, history[0].change.before, history[-1].change.after)


def _restate(
    last: RecordedChange,
    kind: ChangeKind,
    before: Edition | CallNotice | None,
    after: Edition | CallNotice | None,
) -> RecordedChange:
    change = replace(last.change, kind=kind, before=before, after=after)
    return last if change == last.change else replace(last, change=change)


# ── editions ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _coalesce_edition(history: History) -> Iterable[RecordedChange]:
    first_seen = _of_kinds(history, FIRST_SEEN)
    # only a withdrawal that comes last counts: any later change implies that the edition is back
    if history[-1].change.kind is K.EDITION_WITHDRAWN:
        return () if first_seen else (_merge(history, K.EDITION_WITHDRAWN),)
    return _coalesce_first_seen(history, first_seen[0].change.kind) if first_seen else _coalesce_known(history)


def _coalesce_first_seen(history: History, kind: ChangeKind) -> Iterator[RecordedChange]:
    """Report the current state in one change, and separately what its sentence does not include."""
    after = _before_and_after(history)[1]
    assert after is not None, "a change that announces or lists an edition has an edition after it"
    separate = [recorded for recorded in history if _is_reported_separately(recorded, after)]
    merged = [recorded for recorded in history if recorded not in separate]
    yield _restate(merged[-1], K.EDITION_LISTED if after.section == "past" else kind, None, after)
    yield from _merge_by_kind(separate)


def _is_reported_separately(recorded: RecordedChange, after: Edition) -> bool:
    kind = recorded.change.kind
    return kind is K.EDITION_REGISTRATION_OPENED or (kind in MATERIALS and after.summary_url is None)


def _coalesce_known(history: History) -> Iterator[RecordedChange]:
    moves = _of_kinds(history, {K.EDITION_RELOCATED})
    net_place = list(_net_place(moves))
    yield from net_place
    others = [recorded for recorded in history if recorded.change.kind not in DATES_AND_STATUS | {K.EDITION_RELOCATED}]
    net_dates = list(_net_dates(_of_kinds(history, DATES_AND_STATUS)))
    if any(recorded.change.kind in CALLED_OFF for recorded in net_dates):
        others = [recorded for recorded in others if recorded.change.kind is not K.EDITION_REGISTRATION_OPENED]
    for recorded in [*net_dates, *_merge_by_kind(others)]:
        # if the moves cancelled out, changes made in between must not mention the other place
        yield _with_place_of(recorded, moves[-1].change.after) if moves and not net_place else recorded


def _with_place_of(recorded: RecordedChange, source: Edition | CallNotice | None) -> RecordedChange:
    place = {name: getattr(source, name) for name in ("city", "region", "country", "country_code")}
    before, after = (side and replace(side, **place) for side in (recorded.change.before, recorded.change.after))
    return _restate(recorded, recorded.change.kind, before, after)


def _net_dates(history: History) -> Iterable[RecordedChange]:
    """Return the net effect on dates and status: at most one change."""
    if history == _of_kinds(history, {K.EDITION_WITHDRAWN}):
        return ()
    before, after = _before_and_after(history)
    if len(history) == 1 or before is None or after is None:
        return history
    kind = _net_status_kind(history, before, after) or _net_dates_kind(before, after)
    return () if kind is None or _is_still_cancelled(before, after) else (_restate(history[-1], kind, before, after),)


def _is_still_cancelled(before: Edition, after: Edition) -> bool:
    """Whether it was cancelled before and after, so that a change of dates is irrelevant."""
    return before.status == after.status == "cancelled"


def _net_status_kind(history: History, before: Edition, after: Edition) -> ChangeKind | None:
    """Return the kind for the new status; None if the status is the same or new dates imply it."""
    kind = _KIND_BY_STATUS.get(after.status)
    if kind:
        return kind if before.status != after.status else None
    was_withdrawn = history[0].change.kind is K.EDITION_REINSTATED and before.status not in _KIND_BY_STATUS
    is_resumed = before.status == "postponed" and _dates(before) == _dates(after)
    is_back = was_withdrawn or before.status == "cancelled" or is_resumed
    return K.EDITION_REINSTATED if is_back else None


def _net_dates_kind(before: Edition, after: Edition) -> ChangeKind | None:
    if _dates(before) == _dates(after):
        return None
    is_dated = before.starts_on is None and after.starts_on is not None and before.status != "postponed"
    return K.EDITION_DATED if is_dated else K.EDITION_RESCHEDULED


def _dates(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on, edition.period


def _net_place(history: History) -> Iterable[RecordedChange]:
    before, after = _before_and_after(history)
    if len(history) < 2 or before is None or after is None:
        return history
    if is_same_city(before.city, after.city) and before.country_code == after.country_code:
        return ()
    return (_restate(history[-1], K.EDITION_RELOCATED, before, after),)


def _before_and_after(history: History) -> tuple[Edition | None, Edition | None]:
    """Return the edition before the first change and after the last; None where no change has one."""
    befores = (recorded.change.before for recorded in history if isinstance(recorded.change.before, Edition))
    afters = (recorded.change.after for recorded in reversed(history) if isinstance(recorded.change.after, Edition))
    return next(befores, None), next(afters, None)


# ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _coalesce_call(history: History) -> Iterator[RecordedChange]:
    states = _of_kinds(history, CALL_STATUS)
    last = states[-1].change.kind if states else None
    if last is K.CALL_WITHDRAWN:
        if states[0].change.before is not None:
            yield _restate(states[-1], last, history[0].change.before, None)
        return
    cutoffs = [] if last in CLOSING else _without_moved_to(_coalesce_cutoffs(_of_kinds(history, CUTOFFS)))
    for recorded in [*_net_call_status(states), *cutoffs, *_net_update(_of_kinds(history, {K.CALL_UPDATED}))]:
        yield _restate(recorded, recorded.change.kind, recorded.change.before, _current_notice(history, recorded))


def _current_notice(history: History, recorded: RecordedChange) -> CallNotice | None:
    """Return the latest notice of the page of a change, so that no change shows years or cut-offs that are out of date.

    - A notice on the list without cut-offs does not replace the call page's.
    - A notice without hosting years keeps the earlier ones, as in `monitor.call_diff`.
    """
    afters = (other.change.after for other in reversed(history) if other.page_url == recorded.page_url)
    notices = [after for after in afters if isinstance(after, CallNotice)]
    years = next((notice.hosting_years for notice in notices if notice.hosting_years), ())
    return replace(notices[0], hosting_years=years) if notices else None


def _net_call_status(states: History) -> Iterable[RecordedChange]:
    """Return the change from the first status to the last; nothing if they are the same."""
    if len(states) < 2:
        return states
    first, kind = states[0].change, states[-1].change.kind
    before = first.before.status if isinstance(first.before, CallNotice) else None
    was_withdrawn = before == STATUS_BY_KIND.get(first.kind)  # a withdrawn call returns with an unchanged status
    return () if before == STATUS_BY_KIND[kind] and not was_withdrawn else (_merge(states, kind),)


def _net_update(history: History) -> Iterable[RecordedChange]:
    if len(history) < 2:
        return history
    is_undone = history[0].change.before == history[-1].change.after
    return () if is_undone else (_merge(history, K.CALL_UPDATED),)


def _coalesce_cutoffs(history: History) -> History:
    """Merge the moves of each cut-off; repeat until no two changes concern the same cut-off."""
    chains: list[list[RecordedChange]] = []
    for recorded in history:
        chain = next((chain for chain in chains if _is_same_cutoff(chain[-1], recorded)), None)
        if chain:
            chain.append(recorded)
        else:
            chains.append([recorded])
    merged = _in_order(recorded for chain in chains for recorded in _net_cutoff(chain))
    return merged if len(merged) == len(history) else _coalesce_cutoffs(merged)


def _without_moved_to(history: History) -> list[RecordedChange]:
    """Leave out a cut-off that one page added if another page says that it is where a cut-off moved to."""
    moved = _of_kinds(history, {K.CALL_CUTOFF_MOVED})
    targets = [recorded.change.cutoff_after for recorded in moved if recorded.change.cutoff_after]
    return [recorded for recorded in history if not _is_added_among(recorded, targets)]


def _is_added_among(recorded: RecordedChange, cutoffs: Sequence[Cutoff]) -> bool:
    change = recorded.change
    is_added = change.kind is K.CALL_CUTOFF_ADDED and change.cutoff_after is not None
    return is_added and is_given(change.cutoff_after, cutoffs)  # type: ignore[arg-type]


def _is_same_cutoff(last: RecordedChange, recorded: RecordedChange) -> bool:
    """Whether `recorded` starts from the cut-off that `last` ended at; one added there again was removed in between."""
    end, start = last.change.cutoff_after, recorded.change.cutoff_before or recorded.change.cutoff_after
    return end is not None and start is not None and end.at == start.at


def _net_cutoff(chain: History) -> Iterable[RecordedChange]:
    if len(chain) == 1:
        return chain
    before, after = chain[0].change.cutoff_before, chain[-1].change.cutoff_after
    if before and after and before.at == after.at:
        return ()
    kind = K.CALL_CUTOFF_MOVED if before else K.CALL_CUTOFF_ADDED
    merged = _restate(chain[-1], kind, chain[0].change.before, chain[-1].change.after)
    change = replace(merged.change, cutoff_before=before, cutoff_after=after)
    return (replace(merged, change=change),)
