"""What is the same for all recipients. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from cmr_watch.models.planning import PlanningContext
from cmr_watch.models.readings import ChangeKind, Known, RecordedChange
from cmr_watch.models.recipients import OpenCutoff
from cmr_watch.notify.relevance import open_items


def planning_context(known: Known | None, changes: Iterable[RecordedChange], now: datetime) -> PlanningContext:
    """Return what is the same for all recipients, without outages.

    `changes`: all changes that open a call, or add or move a cut-off, oldest first.
    """
    if known is None:
        return PlanningContext()
    opened: dict[str, datetime] = {}
    moved: dict[tuple[str, datetime], tuple[datetime, datetime | None]] = {}
    for recorded in changes:
        change = recorded.change
        if change.kind is ChangeKind.CALL_OPENED:
            opened[change.key] = recorded.read_at
        if change.cutoff_after:
            before = change.cutoff_before.at if change.cutoff_before else None
            moved[change.key, change.cutoff_after.at] = recorded.read_at, before
    return PlanningContext(
        tuple(_open_cutoffs(known, moved, opened)),
        open_items(known, now),
        {entry.key: entry for entry in known.calls if not entry.gone},
        {entry.key: entry for entry in known.editions if not entry.gone},
    )


def _open_cutoffs(
    known: Known, moved: Mapping[tuple[str, datetime], tuple[datetime, datetime | None]], opened: Mapping[str, datetime]
) -> Iterator[OpenCutoff]:
    for entry in known.calls:
        if entry.gone or entry.call.status != "open":
            continue
        for cutoff in entry.call.cutoffs:
            first_known = opened.get(entry.key, entry.first_seen_at)  # what an opened call says is part of that news
            since, before = moved.get((entry.key, cutoff.at), (first_known, None))
            yield OpenCutoff(entry.key, entry.call, cutoff, since, before, entry.conflicting_notice)
