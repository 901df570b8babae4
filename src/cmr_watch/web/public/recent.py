"""What the pages that show what is next read besides the overview."""

from __future__ import annotations

from typing import Final

from cmr_watch.models.readings import RecordedChange
from cmr_watch.store.public import ChangeFilter
from cmr_watch.web.public.moves import MOVES, RECENT
from cmr_watch.web.public.views import Visit

_MAX: Final = 200


def recent_moves(visit: Visit) -> tuple[RecordedChange, ...]:
    """The moves of the last two weeks, newest first."""
    return visit.store.changes(ChangeFilter(kinds=MOVES, since=visit.now - RECENT), _MAX)
