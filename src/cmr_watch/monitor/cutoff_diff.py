"""Which cut-off of a call became which. Pure.

The equal ones stay. Between the same neighbours, in date order, a gone one and a new one are one that moved.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from cmr_watch.models import Cutoff

Move = tuple[Cutoff | None, Cutoff]
"""What it was before, if it was anything, and what it is now."""


def cutoff_moves(old: Sequence[Cutoff], new: Sequence[Cutoff]) -> tuple[list[Move], list[Cutoff]]:
    """What is new among the cut-offs, each with the one that it moved from if any; and those that are gone."""
    stay = sorted({cutoff.at for cutoff in old} & {cutoff.at for cutoff in new})
    gone, come = _by_gap(old, stay), _by_gap(new, stay)
    moves: list[Move] = []
    dropped: list[Cutoff] = []
    for gap in sorted(gone.keys() | come.keys()):
        was = _paired(gone[gap], come[gap])
        moves += [(was.get(cutoff.at), cutoff) for cutoff in come[gap]]
        dropped += [cutoff for cutoff in gone[gap] if cutoff not in was.values()]
    return moves, dropped


def _by_gap(cutoffs: Sequence[Cutoff], stay: Sequence[datetime]) -> defaultdict[int, list[Cutoff]]:
    """Those that do not stay, in date order, by the number of staying ones before them."""
    gaps: defaultdict[int, list[Cutoff]] = defaultdict(list)
    once = {cutoff.at: cutoff for cutoff in cutoffs if cutoff.at not in stay}
    for at in sorted(once):
        gaps[bisect_left(stay, at)].append(once[at])
    return gaps


def _paired(gone: Sequence[Cutoff], come: Sequence[Cutoff]) -> dict[datetime, Cutoff]:
    """New instant → the cut-off that it moved from: in date order where their numbers agree, else the nearest first."""
    if len(gone) == len(come):
        return {after.at: before for before, after in zip(gone, come, strict=True)}
    rated = sorted((abs(before.at - after.at), b, a) for b, before in enumerate(gone) for a, after in enumerate(come))
    pairs: dict[datetime, Cutoff] = {}
    used: set[int] = set()
    for _, b, a in rated:
        if b not in used and come[a].at not in pairs:
            used.add(b)
            pairs[come[a].at] = gone[b]
    return pairs
