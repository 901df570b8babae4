"""Plans what each recipient is sent, now or later. Pure. `relevance` decides which changes concern a subscription."""

from __future__ import annotations

from cmr_watch.notify.planning.context import planning_context
from cmr_watch.notify.planning.due_times import match_changes
from cmr_watch.notify.planning.recipient import plan

__all__ = ["match_changes", "plan", "planning_context"]
