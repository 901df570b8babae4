"""A plan back from a cut-off, as the page shows it: its steps, and what to do if one of them is late. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import urlencode

from cmr_watch.calendar_diff import cutoff_of
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.readings import CallNotice
from cmr_watch.render.datetimes import cutoff_day, day_words, full_day
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.render.joining import labelled
from cmr_watch.web.public import words
from cmr_watch.web.public.calendar_entries import cutoff_name
from cmr_watch.web.public.plan import NAMES, STEPS, PlannedStep, lead_times, letter_path, planned_steps
from cmr_watch.web.public.views import BadRequest

PLAN_PATH: Final = "/calendar/plan.ics"


@dataclass(frozen=True, slots=True)
class DayField:
    """A field for the days before the cut-off."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do if a plan begins in the past. `other_path`: a plan for a later cut-off; empty if there is none."""

    fact: str
    action: str
    other: str = ""
    other_path: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan back from a cut-off. `title`: the cut-off. `path`: of its calendar. `letter_path`: of the request."""

    title: str
    day: str
    steps: tuple[PlannedStep, ...]
    advice: Advice | None
    path: str
    letter_path: str


def day_fields(query: Mapping[str, str]) -> tuple[DayField, ...]:
    """The fields, with what was chosen, or else with what is suggested."""
    is_chosen = "cutoff" in query or any(name in query for name in NAMES)
    return tuple(
        DayField(step.name, _(step.label), query.get(step.name, "" if is_chosen else str(step.days))) for step in STEPS
    )


def problem_of(query: Mapping[str, str]) -> str:
    """What is wrong with the days that were chosen; empty if nothing is."""
    try:
        lead_times(query)
    except BadRequest as error:
        return str(error)
    return ""


def plan_of(event: CalendarEvent, query: Mapping[str, str], ahead: Sequence[CalendarEvent], now: datetime) -> Plan:
    """The plan, as made today. `ahead`: the cut-offs that are still to come, the next one first."""
    leads, cutoff, call = lead_times(query), cutoff_of(event), event.subject
    assert cutoff is not None
    assert isinstance(call, CallNotice)
    today = cutoff_day(now)
    steps = planned_steps(event, leads, now, today)
    begun = {"from": today.isoformat()} if any(step.is_late for step in steps) else {}
    return Plan(
        title=cutoff_name(call, cutoff),
        day=words.full_cutoff(cutoff.at),
        steps=steps,
        advice=_advice(event, leads, ahead, now),
        path=f"{PLAN_PATH}?{urlencode({'cutoff': event.uid, **leads, **begun})}",
        letter_path=letter_path(event, leads),
    )


def _advice(
    event: CalendarEvent, leads: Mapping[str, int], ahead: Sequence[CalendarEvent], now: datetime
) -> Advice | None:
    cutoff, today = cutoff_of(event), cutoff_day(now)
    assert cutoff is not None
    late = [step for step in planned_steps(event, leads, now, today) if step.is_late]
    if cutoff.at > now and not late:
        return None
    if cutoff.at <= now:
        fact, action = _("This cut-off has passed."), ""
    else:
        before = ngettext("{number} day before was {day}.", "{number} days before was {day}.", late[0].lead)
        fact = before.format(day=full_day(late[0].wanted))
        action = labelled(_(late[0].step.late), _left(cutoff_day(cutoff.at), today))
    return Advice(fact, action, *_other(event, leads, ahead, now))


def _left(day: date, today: date) -> str:
    left = (day - today).days
    return ngettext("{number} day is left.", "{number} days are left.", left) if left else _("the cut-off is today.")


def _other(
    event: CalendarEvent, leads: Mapping[str, int], ahead: Sequence[CalendarEvent], now: datetime
) -> tuple[str, str]:
    """The first cut-off for which no step is late, and the plan for it."""
    today = cutoff_day(now)
    for other in ahead:
        cutoff = cutoff_of(other)
        if cutoff and other.uid != event.uid and not any(s.is_late for s in planned_steps(other, leads, now, today)):
            day = day_words(cutoff_day(cutoff.at))
            path = f"/calendar?{urlencode({'cutoff': other.uid, **leads})}#plan"
            return _("Plan for {day} instead").format(day=day), path
    return "", ""
