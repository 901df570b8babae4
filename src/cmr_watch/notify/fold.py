"""What was undone before it was told is told truthfully, or not at all: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from cmr_watch.models import CallNotice, ChangeKind, Edition, RecordedChange
from cmr_watch.render.sentences import sentence

K = ChangeKind
FIRST: Final = frozenset({K.EDITION_ANNOUNCED, K.EDITION_LISTED})
DAYS: Final = frozenset({K.EDITION_DATED, K.EDITION_RESCHEDULED})
STATES: Final = frozenset({K.EDITION_POSTPONED, K.EDITION_CANCELLED, K.EDITION_REINSTATED, K.EDITION_WITHDRAWN})
MATERIALS: Final = frozenset({K.EDITION_SUMMARY_PUBLISHED, K.EDITION_MATERIALS_PUBLISHED})
CALL_STATES: Final = frozenset({K.CALL_ANNOUNCED, K.CALL_OPENED, K.CALL_CLOSED, K.CALL_WITHDRAWN})
CUTOFFS: Final = frozenset({K.CALL_CUTOFF_ADDED, K.CALL_CUTOFF_MOVED})


def fold(changes: Sequence[RecordedChange]) -> tuple[RecordedChange, ...]:
    """What remains to be told of changes that somebody was not told of yet, each noun's facts in their order."""
    by_key: defaultdict[str, list[RecordedChange]] = defaultdict(list)
    for recorded in sorted(changes, key=lambda one: one.id):
        by_key[recorded.change.key].append(recorded)
    folded = [one for own in by_key.values() for one in (_noun(own) if len(own) > 1 else own)]
    return tuple(sorted(folded, key=lambda one: one.id))


def _noun(own: list[RecordedChange]) -> Iterator[RecordedChange]:
    is_call = own[0].change.kind.startswith("call.")
    yield from _call(own) if is_call else _edition(own)


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _edition(own: list[RecordedChange]) -> Iterator[RecordedChange]:
    if own[-1].change.kind is K.EDITION_WITHDRAWN or _last_state(own) is K.EDITION_WITHDRAWN:
        if own[0].change.kind not in FIRST:
            yield _spanning(own, K.EDITION_WITHDRAWN)
        return
    if own[0].change.kind in FIRST:
        yield _first_seen(own)
        return
    yield from _facts(own)


def _last_state(own: list[RecordedChange]) -> ChangeKind | None:
    return next((one.change.kind for one in reversed(own) if one.change.kind in STATES), None)


def _first_seen(own: list[RecordedChange]) -> RecordedChange:
    """One change that says how it is now: its sentence tells status and summary."""
    latest = own[-1].change.after
    past = isinstance(latest, Edition) and latest.section == "past"
    return _spanning(own, K.EDITION_LISTED if past else own[0].change.kind, before=False)


def _facts(own: list[RecordedChange]) -> Iterator[RecordedChange]:
    moving = [one for one in own if one.change.kind in DAYS | STATES]
    yield from _moving(moving)
    for kind in dict.fromkeys(one.change.kind for one in own if one.change.kind not in DAYS | STATES):
        same = [one for one in own if one.change.kind is kind]
        together = _together(same)
        if together is not None:
            yield together


def _moving(moving: list[RecordedChange]) -> Iterator[RecordedChange]:
    """Days and status: the net effect, in the words of the last state, or of the last days where none holds."""
    if len(moving) < 2:
        yield from moving
        return
    first, last = moving[0].change.before, moving[-1].change.after
    if isinstance(first, Edition) and isinstance(last, Edition) and _standing(first) == _standing(last):
        return
    state = _last_state(moving)
    holds = state in (K.EDITION_POSTPONED, K.EDITION_CANCELLED)
    undone = state is K.EDITION_REINSTATED and moving[0].change.kind in STATES - {K.EDITION_REINSTATED}
    days = [one.change.kind for one in moving if one.change.kind in DAYS]
    kind = state if (holds or not days) and not undone and state else (days or [K.EDITION_RESCHEDULED])[0]
    yield _spanning(moving, kind)


def _standing(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on, edition.period, edition.status


def _together(same: list[RecordedChange]) -> RecordedChange | None:
    """Several of one kind as one; None when they end where they began."""
    if len(same) == 1:
        return same[0]
    if same[0].change.before == same[-1].change.after:
        return None
    return _spanning(same, same[-1].change.kind)


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _call(own: list[RecordedChange]) -> Iterator[RecordedChange]:
    states = [one for one in own if one.change.kind in CALL_STATES]
    status = _call_status(states)
    ended = bool(states) and states[-1].change.kind in (K.CALL_CLOSED, K.CALL_WITHDRAWN)
    if status is not None:
        yield status
    if ended:
        return
    yield from _cutoffs([one for one in own if one.change.kind in CUTOFFS])
    updated = [one for one in own if one.change.kind is K.CALL_UPDATED]
    if updated and (together := _together(updated)) is not None:
        yield together


def _call_status(states: list[RecordedChange]) -> RecordedChange | None:
    if len(states) < 2:
        return states[0] if states else None
    first, kind = states[0].change.before, states[-1].change.kind
    if first is None and kind is K.CALL_WITHDRAWN:
        return None
    last = states[-1].change.after
    if isinstance(first, CallNotice) and isinstance(last, CallNotice) and first.status == last.status:
        return None
    return _spanning(states, kind)


def _cutoffs(own: list[RecordedChange]) -> Iterator[RecordedChange]:
    """Follow each cut-off from where it first stood to where it stands now."""
    chains: list[list[RecordedChange]] = []
    for one in own:
        before = one.change.cutoff_before
        chain = next((c for c in chains if before and c[-1].change.cutoff_after == before), None)
        if chain is None:
            chains.append([one])
        else:
            chain.append(one)
    for chain in chains:
        first, last = chain[0].change, chain[-1].change
        if len(chain) == 1:
            yield chain[0]
        elif first.cutoff_before is None or first.cutoff_before != last.cutoff_after:
            whole = _spanning(chain, first.kind)
            change = replace(whole.change, cutoff_before=first.cutoff_before, cutoff_after=last.cutoff_after)
            yield replace(whole, change=change, sentence=sentence(change))


def _spanning(own: list[RecordedChange], kind: ChangeKind, *, before: bool = True) -> RecordedChange:
    """One change from where the first began to where the last ended, in the place of the last."""
    first, last = own[0].change, own[-1]
    change = replace(last.change, kind=kind, before=first.before if before else None)
    if change == last.change:
        return last
    return replace(last, change=change, sentence=sentence(change))
