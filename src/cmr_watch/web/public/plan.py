"""Working back from a cut-off: when to ask for the letter of support, to have it, and to apply. Pure.

The steps are events that move with the cut-off. Their lead times are in the address of the calendar, and in their UIDs;
so is the day on which the plan was made, so that a step that was late then stays on that day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final
from urllib.parse import quote

from cmr_watch.calendar_diff import cutoff_of
from cmr_watch.clock import BRUSSELS
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.readings import CallNotice
from cmr_watch.render.datetimes import cutoff_day, deadline, full_day
from cmr_watch.render.i18n import N_, _, local_path, ngettext
from cmr_watch.render.sanitize import safe_link
from cmr_watch.web.public.calendar import Entry
from cmr_watch.web.public.calendar_entries import entry_of
from cmr_watch.web.public.views import BadRequest, SiteFacts

MAX_DAYS: Final = 365
_DAYS: Final = re.compile(r"[0-9]{1,3}")
_DAY: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_NINE: Final = timedelta(hours=9)
"""The hour of the reminder, on the day itself."""
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Step:
    """A step towards an application. `days`: how long before the cut-off it is suggested. `late`: if that is over."""

    name: str
    title: str
    label: str
    late: str
    days: int


STEPS: Final = (
    Step(
        "ask",
        N_("Ask the regional authority for a letter of support"),
        N_("Ask for the letter of support"),
        N_("Ask today"),
        42,
    ),
    Step(
        "letter",
        N_("Have the letter of support in hand"),
        N_("Have the letter in hand"),
        N_("Get the letter today"),
        14,
    ),
    Step(
        "submit", N_("Submit the application to host an edition"), N_("Submit the application"), N_("Submit today"), 2
    ),
)
"""Suggested days: a letter of support can take weeks, and a form that is sent in on the last day may fail."""
NAMES: Final = tuple(step.name for step in STEPS)
QUERY: Final = ("cutoff", *NAMES, "from")
"""What the address of a plan has. `from`: the day on which it was made."""
_ORDER: Final = {
    ("ask", "letter"): N_("In this plan you would have the letter before you ask for it."),
    ("letter", "submit"): N_("In this plan you would submit the application before you have the letter."),
    ("ask", "submit"): N_("In this plan you would submit the application before you ask for the letter."),
}


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step on its day.

    - `wanted`: the day as chosen, which may be on a weekend or over. `days`: from the day until the cut-off.
    - `is_late`: the wanted day was over when the plan was made. `is_over`: the day itself is over.
    """

    step: Step
    lead: int
    days: int
    day: date
    wanted: date
    is_late: bool
    is_over: bool

    @property
    def note(self) -> str:
        """How long before the cut-off it is, and why not on the day that was chosen."""
        if self.is_late:
            return _("{day} is already past").format(day=full_day(self.wanted))
        before = ngettext("{number} day before", "{number} days before", self.days)
        if self.days == self.lead:
            return before
        moved = ngettext("{number} day before is at a weekend", "{number} days before is at a weekend", self.lead)
        return f"{before} ({moved})"


def lead_times(query: Mapping[str, str]) -> dict[str, int]:
    """The days before the cut-off, by the name of the step.

    BadRequest if there are none, or too many, or if a step would come before one that it needs.
    """
    given = {name: query[name] for name in NAMES if name in query}
    if not given:
        raise BadRequest(_("Give at least one number of days: ask, letter or submit."))
    if any(not _DAYS.fullmatch(value) or int(value) > MAX_DAYS for value in given.values()):
        raise BadRequest(_("The days before a cut-off must be a number from 0 to {max}.").format(max=MAX_DAYS))
    return _in_order({name: int(value) for name, value in given.items()})


def _in_order(leads: dict[str, int]) -> dict[str, int]:
    for first, second in pairwise(leads):
        if leads[first] < leads[second]:
            raise BadRequest(_(_ORDER[first, second]))
    return leads


def made_on(query: Mapping[str, str]) -> date | None:
    """The day on which a plan was made; None if its address does not say. BadRequest if it is not a day."""
    given = query.get("from")
    if given is None:
        return None
    try:
        return date.fromisoformat(given if _DAY.fullmatch(given) else "")
    except ValueError:
        raise BadRequest(_("The day must be written as 2026-11-28.")) from None


def planned_steps(
    event: CalendarEvent, leads: Mapping[str, int], now: datetime, made: date | None = None
) -> tuple[PlannedStep, ...]:
    """The steps on their days, in their order. What was late when the plan was made is on the day of the plan."""
    cutoff = cutoff_of(event)
    if cutoff is None:
        return ()
    end, today = cutoff_day(cutoff.at), cutoff_day(now)
    return tuple(_planned(step, leads[step.name], end, today, made) for step in STEPS if step.name in leads)


def _planned(step: Step, lead: int, end: date, today: date, made: date | None) -> PlannedStep:
    wanted = end - timedelta(days=lead)
    day = working_day(wanted)
    is_late = made is not None and day < made <= end
    if made is not None and is_late:
        day = made
    return PlannedStep(step, lead, (end - day).days, day, wanted, is_late, day < today)


def working_day(day: date) -> date:
    """The day itself, or the Friday before a weekend: authorities do not work then."""
    return day - timedelta(days=max(0, day.weekday() - _SATURDAY + 1))


def plan_entries(
    event: CalendarEvent, leads: Mapping[str, int], site: SiteFacts, now: datetime, made: date | None = None
) -> tuple[Entry, ...]:
    """The steps and the cut-off itself, as events. If the cut-off is cancelled, so are they."""
    cutoff, letter = entry_of(event, site, now), letter_path(event, leads)
    steps = planned_steps(event, leads, now, made)
    return (
        *(_entry(planned, cutoff, event, "\n".join(_notes(planned, event, site, letter))) for planned in steps),
        cutoff,
    )


def _entry(planned: PlannedStep, cutoff: Entry, event: CalendarEvent, description: str) -> Entry:
    title = _(planned.step.title)
    return replace(
        cutoff,
        uid=f"{cutoff.uid}-{planned.step.name}-{planned.lead}",
        summary=title if event.is_on else _("Cancelled: {event}").format(event=title),
        description=description,
        start=planned.day,
        end=planned.day,
        alarms=(_NINE,) if event.is_on and not planned.is_over else (),
    )


def _notes(planned: PlannedStep, event: CalendarEvent, site: SiteFacts, letter: str) -> Iterator[str]:
    """What the step is for. The notes of the cut-off itself would speak of another day than that of this event."""
    end, call = cutoff_of(event), event.subject
    if end and isinstance(call, CallNotice):
        yield _("For the cut-off on {cutoff}.").format(cutoff=deadline(end.at, BRUSSELS))
        if planned.step.name == "submit" and (apply := safe_link(call.apply_url)):
            yield _("Apply: {url}").format(url=apply)
    if planned.step.name == "ask" and site.url:
        yield _("A request to copy and send: {url}").format(url=site.url + local_path(letter))
    if site.url:
        yield _("Details and changes: {url}").format(url=site.url + local_path(f"/calls/{quote(event.key)}"))
    yield _("An unofficial service. What counts is the platform’s own page: {url}").format(url=site.page_url)


def letter_path(event: CalendarEvent, leads: Mapping[str, int]) -> str:
    """The request for the letter, for this cut-off and for the day by which the plan needs the letter."""
    days = f"&letter={leads['letter']}" if "letter" in leads else ""
    return f"/letter?cutoff={quote(event.uid)}{days}"
