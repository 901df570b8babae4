"""The days of the status page: how often the list was checked and read, and why not. Pure.

What an incident says to readers is a sentence for its kind: its detail is for the operator and never shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, Literal

from cmr_watch.clock import BRUSSELS
from cmr_watch.health import MAX_READING_AGE
from cmr_watch.models.readings import CheckOutcome
from cmr_watch.models.recipients import Incident, IncidentKind
from cmr_watch.render.i18n import N_, _, ngettext
from cmr_watch.store.check_records import PLAUSIBLE_OUTCOMES
from cmr_watch.store.public import CheckTime

DAYS: Final = 90
_HOUR: Final = timedelta(hours=1)
DayState = Literal["good", "some", "gap", "none", "before"]
"""`some` checks failed, or are missing; `gap`: all failed; `none`: there were none; `before` the first reading."""
STATE_WORDS: Final[dict[DayState, str]] = {
    "good": N_("Read at every check."),
    "some": N_("Read, but not at every check."),
    "gap": N_("Not read."),
    "none": N_("Not checked."),
    "before": N_("Before this service began."),
}
INCIDENT_SENTENCES: Final[dict[IncidentKind, str]] = {
    "fetch-failing": N_("The platform’s page could not be fetched."),
    "reading-suspect": N_("The platform’s page looked wrong, so nothing was taken from it."),
    "reading-unusable": N_("The platform’s page did not have the usual content, so nothing was taken from it."),
}
"""What the site says about an incident, by its kind."""
_OTHER_INCIDENT: Final = N_("There was a fault in this service.")
_KINDS: Final[dict[CheckOutcome, IncidentKind]] = {"failed": "fetch-failing", "suspect": "reading-suspect"}
"""A single check that fails opens no incident, and is explained by the same sentence."""
_NOT_RUNNING: Final = N_("This service was not running.")


@dataclass(frozen=True, slots=True)
class Day:
    """A day in Brussels. `readings`: the checks that succeeded. `reasons`: why others did not."""

    day: date
    state: DayState
    checks: int = 0
    readings: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def state_words(self) -> str:
        """The state as a sentence."""
        return _(STATE_WORDS[self.state])

    @property
    def sentences(self) -> tuple[str, ...]:
        """The day in words."""
        counted = ngettext("{number} check.", "{number} checks.", self.checks)
        return (self.state_words, *([counted] if self.checks else []), *self.reasons)


def days_of(
    checks: Iterable[CheckTime],
    incidents: Sequence[Incident],
    began_at: datetime | None,
    now: datetime,
    check_interval: timedelta,
) -> tuple[Day, ...]:
    """The last 90 days, today included, oldest first. `began_at`: the first reading."""
    today = now.astimezone(BRUSSELS).date()
    by_day: dict[date, list[CheckTime]] = {}
    for check in checks:
        by_day.setdefault(check.checked_at.astimezone(BRUSSELS).date(), []).append(check)
    began = began_at.astimezone(BRUSSELS).date() if began_at else today + timedelta(days=1)
    days = (today - timedelta(days=number) for number in reversed(range(DAYS)))
    made = (_day(day, by_day.get(day, []), _during(incidents, day, now), began, now) for day in days)
    limit = MAX_READING_AGE * check_interval
    return tuple(_with_silence(day, by_day.get(day.day, []), began_at or now, now, limit) for day in made)


def incident_sentence(kind: IncidentKind) -> str:
    """What the site says about an incident."""
    return _(INCIDENT_SENTENCES.get(kind, _OTHER_INCIDENT))


def _day(day: date, checks: Sequence[CheckTime], incidents: Sequence[Incident], began: date, now: datetime) -> Day:
    readings = sum(check.outcome in PLAUSIBLE_OUTCOMES for check in checks)
    if not checks and day < began:
        return Day(day, "before")
    if not checks and _has_just_begun(day, now):
        return Day(day, "good")
    state = _state(len(checks), readings, _judged(checks))
    return Day(day, state, len(checks), readings, () if state == "good" else _reasons(checks, incidents))


def _with_silence(day: Day, checks: Sequence[CheckTime], began_at: datetime, now: datetime, limit: timedelta) -> Day:
    """The day; if there was no check for longer than the limit, though the page was read, it has a gap."""
    begin = datetime.combine(day.day, time(), BRUSSELS)
    end = datetime.combine(day.day + timedelta(days=1), time(), BRUSSELS)
    times = [max(begin, began_at), *(check.checked_at for check in checks), min(end, now)]
    silence = max(after - before for before, after in pairwise(times))
    if not day.readings or silence <= limit:
        return day
    text = ngettext("There was no check for {number} hour.", "There was no check for {number} hours.", silence // _HOUR)
    return replace(day, state="some", reasons=(*day.reasons, text))


def _state(checks: int, readings: int, judged: int) -> DayState:
    if readings and readings == judged:
        return "good"
    return "some" if readings else "gap" if checks else "none"


def _judged(checks: Sequence[CheckTime]) -> int:
    """The checks that had a result: one is discarded if another process was faster."""
    return sum(check.outcome != "discarded" for check in checks)


def _has_just_begun(day: date, now: datetime) -> bool:
    """Whether this is today, and too early for a check to be missing."""
    local = now.astimezone(BRUSSELS)
    return day == local.date() and local.time() < time(6)


def _reasons(checks: Sequence[CheckTime], incidents: Sequence[Incident]) -> tuple[str, ...]:
    if incidents:
        return tuple(dict.fromkeys(incident_sentence(incident.kind) for incident in incidents))
    if not checks:
        return (_(_NOT_RUNNING),)
    outcomes = {check.outcome for check in checks}
    found = [incident_sentence(kind) for outcome, kind in _KINDS.items() if outcome in outcomes]
    return tuple(found) or (_(_OTHER_INCIDENT),)


def _during(incidents: Sequence[Incident], day: date, now: datetime) -> list[Incident]:
    begin = datetime.combine(day, time(), BRUSSELS)
    end = datetime.combine(day + timedelta(days=1), time(), BRUSSELS)
    return [one for one in incidents if one.opened_at < end and (one.resolved_at or now) >= begin]
