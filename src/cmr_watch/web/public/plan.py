"""Working back from a cut-off: when to ask for the letter of support, to have it, and to apply. Pure.

The steps are events that move with the cut-off. Their lead times are in the address of the calendar, and in their UIDs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from cmr_watch.calendar_diff import cutoff_of
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.render.datetimes import cutoff_day, day_words
from cmr_watch.render.i18n import N_, _, ngettext
from cmr_watch.web.public.calendar import Entry
from cmr_watch.web.public.calendar_entries import entry_of
from cmr_watch.web.public.views import BadRequest, SiteFacts

MAX_DAYS: Final = 365
_DAYS: Final = re.compile(r"[0-9]{1,3}")
_NINE: Final = timedelta(hours=9)
"""The hour of the reminder, on the day itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step towards an application. `days`: how long before the cut-off it is suggested."""

    name: str
    title: str
    label: str
    days: int


STEPS: Final = (
    Step("ask", N_("Ask the regional authority for a letter of support"), N_("Ask for the letter of support"), 42),
    Step("letter", N_("Have the letter of support in hand"), N_("Have the letter in hand"), 14),
    Step("submit", N_("Submit the application to host an edition"), N_("Submit the application"), 2),
)
"""Suggested days: a letter of support can take weeks, and a form that is sent in on the last day may fail."""
NAMES: Final = tuple(step.name for step in STEPS)


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step on its day. `days`: before the cut-off."""

    step: Step
    days: int
    day: date
    is_over: bool


def lead_times(query: Mapping[str, str]) -> dict[str, int]:
    """The days before the cut-off, by the name of the step. BadRequest if there are none, or too many."""
    given = {name: query[name] for name in NAMES if name in query}
    if not given:
        raise BadRequest(_("Give at least one number of days: ask, letter or submit."))
    if any(not _DAYS.fullmatch(value) or int(value) > MAX_DAYS for value in given.values()):
        raise BadRequest(_("The days before a cut-off must be a number from 0 to {max}.").format(max=MAX_DAYS))
    return {name: int(value) for name, value in given.items()}


def planned_steps(event: CalendarEvent, leads: Mapping[str, int], now: datetime) -> tuple[PlannedStep, ...]:
    """The steps on their days, in the order in which they are due."""
    cutoff = cutoff_of(event)
    if cutoff is None:
        return ()
    end, today = cutoff_day(cutoff.at), cutoff_day(now)
    steps = (
        PlannedStep(step, leads[step.name], day := end - timedelta(days=leads[step.name]), day < today)
        for step in STEPS
        if step.name in leads
    )
    return tuple(sorted(steps, key=lambda planned: planned.day))


def plan_entries(event: CalendarEvent, leads: Mapping[str, int], site: SiteFacts, now: datetime) -> tuple[Entry, ...]:
    """The steps and the cut-off itself, as events. If the cut-off is cancelled, so are they."""
    cutoff = entry_of(event, site, now)
    return (*(_entry(planned, cutoff, event) for planned in planned_steps(event, leads, now)), cutoff)


def _entry(planned: PlannedStep, cutoff: Entry, event: CalendarEvent) -> Entry:
    title, end = _(planned.step.title), cutoff_of(event)
    when = ngettext("{number} day before the cut-off", "{number} days before the cut-off", planned.days)
    day = _("Cut-off on {day}.").format(day=day_words(cutoff_day(end.at))) if end else ""
    return replace(
        cutoff,
        uid=f"{cutoff.uid}-{planned.step.name}-{planned.days}",
        summary=title if event.is_on else _("Cancelled: {event}").format(event=title),
        description="\n".join((f"{when}. {day}", cutoff.description)),
        start=planned.day,
        end=planned.day,
        alarms=(_NINE,) if event.is_on and not planned.is_over else (),
    )
