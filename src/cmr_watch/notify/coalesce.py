"""What was undone before it was told is told truthfully, or not at all: pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from cmr_watch.models import CallNotice, ChangeKind, Edition, RecordedChange
from cmr_watch.places import same_city

K = ChangeKind
FIRST: Final = frozenset({K.EDITION_ANNOUNCED, K.EDITION_LISTED})
DAYS: Final = frozenset(
    {
        K.EDITION_DATED,
        K.EDITION_RESCHEDULED,
        K.EDITION_POSTPONED,
        K.EDITION_CANCELLED,
        K.EDITION_REINSTATED,
        K.EDITION_WITHDRAWN,
    }
)
"""Days and status: what is told of them is the net effect."""
MATERIALS: Final = frozenset({K.EDITION_SUMMARY_PUBLISHED, K.EDITION_MATERIALS_PUBLISHED})
CALL_STATUS: Final = {K.CALL_ANNOUNCED: "announced", K.CALL_OPENED: "open", K.CALL_CLOSED: "closed"}
CALL_STATES: Final = frozenset({*CALL_STATUS, K.CALL_WITHDRAWN})
ENDED: Final = frozenset({K.CALL_CLOSED, K.CALL_WITHDRAWN})
CUTOFFS: Final = frozenset({K.CALL_CUTOFF_ADDED, K.CALL_CUTOFF_MOVED})
_SAID: Final = {"cancelled": K.EDITION_CANCELLED, "postponed": K.EDITION_POSTPONED}

Own = Sequence[RecordedChange]
"""Changes of one noun, in order of id."""


def fold(changes: Sequence[RecordedChange]) -> tuple[RecordedChange, ...]:
    """What remains to be told of changes that somebody was not told of yet.

    - All facts of one noun are folded, in order of id; one that stands alone comes out as it is.
    - What ends where it began disappears; what was first seen here is told as it is now.
    - Each takes the place of the last change that was folded into it.
    """
    nouns: defaultdict[tuple[str, bool], list[RecordedChange]] = defaultdict(list)
    for one in _in_order(changes):
        nouns[one.change.key, one.change.kind.startswith("call.")].append(one)
    folded = [one for (_, is_call), own in nouns.items() for one in _noun(own, is_call)]
    return tuple(_in_order(folded))


def _noun(own: Own, is_call: bool) -> Iterable[RecordedChange]:
    if len(own) == 1:
        return own
    return _call(own) if is_call else _edition(own)


def _in_order(changes: Iterable[RecordedChange]) -> list[RecordedChange]:
    return sorted(changes, key=lambda one: one.id)


def _of(own: Own, kinds: Iterable[ChangeKind]) -> list[RecordedChange]:
    return [one for one in own if one.change.kind in kinds]


def _by_kind(own: Own) -> Iterator[RecordedChange]:
    """Several of a kind as one."""
    for kind in dict.fromkeys(one.change.kind for one in own):
        yield _spanning(_of(own, {kind}), kind)


def _spanning(own: Own, kind: ChangeKind) -> RecordedChange:
    """One change from where the first began to where the last ended, in the place of the last."""
    return _between(own[-1], kind, own[0].change.before, own[-1].change.after)


def _between(
    last: RecordedChange,
    kind: ChangeKind,
    before: Edition | CallNotice | None,
    after: Edition | CallNotice | None,
) -> RecordedChange:
    change = replace(last.change, kind=kind, before=before, after=after)
    return last if change == last.change else replace(last, change=change)


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _edition(own: Own) -> Iterable[RecordedChange]:
    first_seen = _of(own, FIRST)
    # only the very last word counts: whatever is read of an edition after it was withdrawn says that it is back
    if own[-1].change.kind is K.EDITION_WITHDRAWN:
        return () if first_seen else (_spanning(own, K.EDITION_WITHDRAWN),)
    return _first_seen(own, first_seen[0].change.kind) if first_seen else _facts(own)


def _first_seen(own: Own, kind: ChangeKind) -> Iterator[RecordedChange]:
    """One change that says how it is now; beside it what its sentence does not say."""
    after = _sides(own)[1]
    assert after is not None, "what is first seen is an edition"
    beside = [one for one in own if _stands_beside(one, after)]
    folded = [one for one in own if one not in beside]
    yield _between(folded[-1], K.EDITION_LISTED if after.section == "past" else kind, None, after)
    yield from _by_kind(beside)


def _stands_beside(one: RecordedChange, after: Edition) -> bool:
    kind = one.change.kind
    return kind is K.EDITION_REGISTRATION_OPENED or (kind in MATERIALS and after.summary_url is None)


def _facts(own: Own) -> Iterator[RecordedChange]:
    moves = _of(own, {K.EDITION_RELOCATED})
    places = list(_places(moves))
    yield from places
    others = [one for one in own if one.change.kind not in DAYS | {K.EDITION_RELOCATED}]
    for one in [*_days(_of(own, DAYS)), *_by_kind(others)]:
        # what happened while it stood elsewhere would name a place that nobody hears of
        yield _placed(one, moves[-1].change.after) if moves and not places else one


def _placed(one: RecordedChange, home: Edition | CallNotice | None) -> RecordedChange:
    place = {name: getattr(home, name) for name in ("city", "region", "country", "country_code")}
    before, after = (side and replace(side, **place) for side in (one.change.before, one.change.after))
    return _between(one, one.change.kind, before, after)


def _days(own: Own) -> Iterable[RecordedChange]:
    """The net effect on days and status."""
    if own == _of(own, {K.EDITION_WITHDRAWN}):
        return ()
    before, after = _sides(own)
    if len(own) == 1 or before is None or after is None:
        return own
    kind = _net_status(own, before, after) or _net_days(before, after)
    return () if kind is None or _is_moot(before, after) else (_between(own[-1], kind, before, after),)


def _is_moot(before: Edition, after: Edition) -> bool:
    """Cancelled it was, cancelled it is: on which days makes no difference."""
    return before.status == after.status == "cancelled"


def _net_status(own: Own, before: Edition, after: Edition) -> ChangeKind | None:
    """What its status became; None when that is what it was, or when new days tell it."""
    said = _SAID.get(after.status)
    if said:
        return said if before.status != after.status else None
    was_withdrawn = own[0].change.kind is K.EDITION_REINSTATED and before.status not in _SAID
    as_it_was = before.status == "postponed" and _when(before) == _when(after)
    back = was_withdrawn or before.status == "cancelled" or as_it_was
    return K.EDITION_REINSTATED if back else None


def _net_days(before: Edition, after: Edition) -> ChangeKind | None:
    if _when(before) == _when(after):
        return None
    dated = before.starts_on is None and after.starts_on is not None and before.status != "postponed"
    return K.EDITION_DATED if dated else K.EDITION_RESCHEDULED


def _when(edition: Edition) -> tuple[object, ...]:
    return edition.starts_on, edition.ends_on, edition.period


def _places(own: Own) -> Iterable[RecordedChange]:
    before, after = _sides(own)
    if len(own) < 2 or before is None or after is None:
        return own
    if same_city(before.city, after.city) and before.country_code == after.country_code:
        return ()
    return (_between(own[-1], K.EDITION_RELOCATED, before, after),)


def _sides(own: Own) -> tuple[Edition | None, Edition | None]:
    """How it was before the first of them, and how the last of them left it."""
    befores = (one.change.before for one in own if isinstance(one.change.before, Edition))
    afters = (one.change.after for one in reversed(own) if isinstance(one.change.after, Edition))
    return next(befores, None), next(afters, None)


# ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _call(own: Own) -> Iterator[RecordedChange]:
    states = _of(own, CALL_STATES)
    last = states[-1].change.kind if states else None
    if last is K.CALL_WITHDRAWN:
        if states[0].change.before is not None:
            yield _between(states[-1], last, own[0].change.before, None)
        return
    yield from (_current(one, _latest(own, one.page_url)) for one in _status(states))
    if last not in ENDED:
        yield from _cutoffs(_of(own, CUTOFFS))
    yield from _updated(_of(own, {K.CALL_UPDATED}))


def _latest(own: Own, page_url: str) -> Edition | CallNotice | None:
    """What a page says now: a notice that names no cut-offs takes away none of the call page's."""
    return next((one.change.after for one in reversed(own) if one.page_url == page_url), None)


def _current(one: RecordedChange, latest: Edition | CallNotice | None) -> RecordedChange:
    """Beside the status stand the cut-offs as they are now: nobody is told of a date that has moved since."""
    if latest is None or latest == one.change.after:
        return one
    change = replace(one.change, after=latest)
    return replace(one, change=change)


def _status(states: Own) -> Iterable[RecordedChange]:
    """The last status with where it came from; nothing when that is the same."""
    if len(states) < 2:
        return states
    first, kind = states[0].change, states[-1].change.kind
    was = first.before.status if isinstance(first.before, CallNotice) else None
    was_withdrawn = was == CALL_STATUS.get(first.kind)  # it became what it was: that is how it comes back
    return () if was == CALL_STATUS[kind] and not was_withdrawn else (_spanning(states, kind),)


def _updated(own: Own) -> Iterable[RecordedChange]:
    if len(own) < 2:
        return own
    undone = own[0].change.before == own[-1].change.after
    return () if undone else (_spanning(own, K.CALL_UPDATED),)


def _cutoffs(own: Own) -> Own:
    """Each cut-off from where it first stood to where it stands now; again, until no two are about the same one."""
    chains: list[list[RecordedChange]] = []
    for one in own:
        chain = next((chain for chain in chains if _goes_on(chain[-1], one)), None)
        if chain:
            chain.append(one)
        else:
            chains.append([one])
    folded = _in_order(one for chain in chains for one in _moved(chain))
    return folded if len(folded) == len(own) else _cutoffs(folded)


def _goes_on(last: RecordedChange, one: RecordedChange) -> bool:
    """Whether that is about the cut-off that stood there; one that is added again where it stood was away between."""
    stood, begins = last.change.cutoff_after, one.change.cutoff_before or one.change.cutoff_after
    return stood is not None and begins is not None and stood.at == begins.at


def _moved(chain: Own) -> Iterable[RecordedChange]:
    if len(chain) == 1:
        return chain
    before, after = chain[0].change.cutoff_before, chain[-1].change.cutoff_after
    if before and after and before.at == after.at:
        return ()
    kind = K.CALL_CUTOFF_MOVED if before else K.CALL_CUTOFF_ADDED
    whole = _between(chain[-1], kind, chain[0].change.before, chain[-1].change.after)
    change = replace(whole.change, cutoff_before=before, cutoff_after=after)
    return (replace(whole, change=change),)
