"""What is the same for all recipients. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from cmr_watch.models import Known, OpenCutoff, PlanningContext, RecordedChange
from cmr_watch.notify.relevance import open_items


def planning_context(known: Known | None, moves: Iterable[RecordedChange], now: datetime) -> PlanningContext:
    """Return what is the same for all recipients, without outages.

    `moves`: all changes that add or move a cut-off, oldest first.
    """
    if known is None:
        return PlanningContext()
    moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]] = {}
    for recorded in moves:
        change = recorded.change
        if change.cutoff_after:
            before = change.cutoff_before.at if change.cutoff_before else None
            moved[change.key, change.cutoff_after.at] = recorded.read_at, before
    return PlanningContext(
        tuple(_open_cutoffs(known, moved)),
        open_items(known, now),
        {entry.key: entry for entry in known.calls if not entry.gone},
        {entry.key: entry for entry in known.editions if not entry.gone},
    )


def _open_cutoffs(
    known: Known, moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]]
) -> Iterator[OpenCutoff]:
    for entry in known.calls:
        if entry.gone or entry.call.status != "open":
            continue
        for cutoff in entry.call.cutoffs:
            since, before = moved.get((entry.key, cutoff.at), (entry.first_seen_at, None))
            yield OpenCutoff(entry.key, entry.call, cutoff, since, before)
