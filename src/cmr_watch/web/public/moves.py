"""What has just moved: said beside a new time for as long as people may still have the old one in mind. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.merge_pages import has_hour
from cmr_watch.models.readings import ChangeKind, Cutoff, Edition, RecordedChange
from cmr_watch.render.datetimes import clock_words, cutoff_day, day_range, day_words, full_short_day, without_year
from cmr_watch.render.i18n import _
from cmr_watch.web.public import words

RECENT: Final = timedelta(days=14)
"""Two weeks: who looks here less often plans from what the page says now."""
MOVES: Final = frozenset({ChangeKind.CALL_CUTOFF_MOVED, ChangeKind.EDITION_RESCHEDULED})


@dataclass(frozen=True, slots=True)
class Move:
    """From when it was moved, and when that was read. `path`: the change."""

    old: str
    on: str
    path: str


def is_recent(recorded: RecordedChange, now: datetime) -> bool:
    """Whether it was read within the last two weeks."""
    return recorded.read_at >= now - RECENT


def cutoff_move(cutoff: Cutoff, key: str, changes: Sequence[RecordedChange]) -> Move | None:
    """The last move of a cut-off of the call with this key; `changes` are newest first."""
    for recorded in changes:
        change = recorded.change
        old, new = change.cutoff_before, change.cutoff_after
        if change.kind in MOVES and change.key == key and old and new and new.at == cutoff.at:
            return _move(recorded, _old_cutoff(old.at, new.at))
    return None


def edition_move(edition: Edition, key: str, changes: Sequence[RecordedChange]) -> Move | None:
    """The last move of the edition with this key to the days that it has; `changes` are newest first."""
    for recorded in changes:
        old, new = recorded.change.before, recorded.change.after
        if recorded.change.kind not in MOVES or recorded.change.key != key:
            continue
        if not isinstance(old, Edition) or not isinstance(new, Edition) or new.starts_on != edition.starts_on:
            continue
        if old.starts_on and old.ends_on and new.starts_on:
            days = day_range(old.starts_on, old.ends_on)
            is_same_year = old.ends_on.year == new.starts_on.year and old.starts_on.year == old.ends_on.year
            return _move(recorded, without_year(days, old.ends_on.year) if is_same_year else days)
    return None


def _move(recorded: RecordedChange, old: str) -> Move:
    return Move(old, day_words(words.brussels(recorded.read_at).date()), f"/changes/{recorded.id}")


def _old_cutoff(old: datetime, new: datetime) -> str:
    """`Friday 18 December`, with its year if that differs; on the same day, `17:00`."""
    day, new_day = cutoff_day(old), cutoff_day(new)
    if day == new_day:
        return clock_words(words.brussels(old)) if has_hour(old) else _("the end of the day")
    return full_short_day(day, new_day)
