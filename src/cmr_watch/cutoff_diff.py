"""Compares the cut-offs of a call: which ones are new, which ones moved, which ones were removed. Pure.

- A cut-off at the same time in both readings is unchanged.
- A removed and an added cut-off between the same unchanged neighbours, in date order, are one cut-off that moved.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from cmr_watch.models.readings import Cutoff

Move = tuple[Cutoff | None, Cutoff]
"""A cut-off before (None for a new one) and after."""


def compare_cutoffs(old: Sequence[Cutoff], new: Sequence[Cutoff]) -> tuple[list[Move], list[Cutoff]]:
    """The new and moved cut-offs, and those that were removed; both in date order."""
    unchanged = sorted({cutoff.at for cutoff in old} & {cutoff.at for cutoff in new})
    removed_by_gap, added_by_gap = _by_gap(old, unchanged), _by_gap(new, unchanged)
    moves: list[Move] = []
    removed: list[Cutoff] = []
    for gap in sorted(removed_by_gap.keys() | added_by_gap.keys()):
        origins = _pair(removed_by_gap[gap], added_by_gap[gap])
        moves += [(origins.get(cutoff.at), cutoff) for cutoff in added_by_gap[gap]]
        removed += [cutoff for cutoff in removed_by_gap[gap] if cutoff not in origins.values()]
    return moves, removed


def _by_gap(cutoffs: Sequence[Cutoff], unchanged: Sequence[datetime]) -> defaultdict[int, list[Cutoff]]:
    """The other cut-offs in date order, grouped by the number of unchanged ones before them."""
    gaps: defaultdict[int, list[Cutoff]] = defaultdict(list)
    others = {cutoff.at: cutoff for cutoff in cutoffs if cutoff.at not in unchanged}
    for at in sorted(others):
        gaps[bisect_left(unchanged, at)].append(others[at])
    return gaps


def _pair(removed: Sequence[Cutoff], added: Sequence[Cutoff]) -> dict[datetime, Cutoff]:
    """Maps the time of each moved cut-off to what it was before.

    If as many were removed as added, they are paired in date order; otherwise the nearest ones are paired first.
    """
    if len(removed) == len(added):
        return {after.at: before for before, after in zip(removed, added, strict=True)}
    candidates = sorted(
        (abs(before.at - after.at), old, new) for old, before in enumerate(removed) for new, after in enumerate(added)
    )
    pairs: dict[datetime, Cutoff] = {}
    paired: set[int] = set()
    for _, old, new in candidates:
        if old not in paired and added[new].at not in pairs:
            paired.add(old)
            pairs[added[new].at] = removed[old]
    return pairs
