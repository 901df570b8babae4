"""The events of the calendar: one for each edition that has days, and one for each cut-off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cmr_watch.models.readings import CallNotice, Edition

EventState = Literal["planned", "cancelled", "postponed", "undated", "withdrawn", "closed"]
"""`undated`: an edition whose days are no longer given. `closed`: a cut-off that ended before its time.

`withdrawn`: an edition that was withdrawn, or a cut-off that was removed from the page before its time.
"""


@dataclass(frozen=True, slots=True)
class CalendarEvent:
    """One event. Whoever has it in a calendar finds it again by its UID, and takes the highest sequence (RFC 5545).

    - `uid`: of the edition or the cut-off, for as long as it exists, whatever its days; without a domain.
    - `key`: of the edition or the call.
    - `subject`: the edition with its days (the last ones, if it has none any more), or the call with this cut-off
      alone; both with nothing but the facts that the calendar shows (`calendar_diff`).
    - `sequence`: how often what is shown has changed; `changed_at`: when it was first shown or last changed.
    - `listed`: whether the edition or the cut-off is still known. What is over stays in the calendar.
    """

    uid: str
    key: str
    subject: Edition | CallNotice
    state: EventState = "planned"
    sequence: int = 0
    changed_at: datetime | None = None
    listed: bool = True

    @property
    def is_on(self) -> bool:
        """Whether it takes place, or applies, as shown."""
        return self.state == "planned"
