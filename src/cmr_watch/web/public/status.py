"""Status: whether the page is read as it should be, and for 90 days every gap with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from cmr_watch.clock import BRUSSELS
from cmr_watch.health import MAX_READING_AGE
from cmr_watch.models.recipients import Incident
from cmr_watch.render.datetimes import day_and_time, day_range, full_day
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.render.joining import labelled
from cmr_watch.serialization import instant
from cmr_watch.store.public import Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.json_reply import json_reply
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.status_days import DAYS, Day, DayState, days_of, incident_sentence
from cmr_watch.web.public.views import Reply, SiteFacts, Visit

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
HEIGHTS: Final[dict[DayState, int]] = {"good": 40, "some": 28, "gap": 14, "none": 6, "before": 2}
"""Of a bar, so that the states differ in more than their colour."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in the chart. `x`, `y`, `height`: in its own units, 10 for a day, 40 high. `title`: in words."""

    x: int
    y: int
    height: int
    state: DayState
    title: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Days that follow each other, on which the same is missing for the same reason."""

    days: str
    first: date
    last: date
    state: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The page.

    - `is_well`: whether the page is being read. `headline`: the same as a sentence.
    - `problems`: what is wrong now. `frequency`: how often the page is checked. `summary`: of the 90 days.
    """

    is_well: bool
    headline: str
    problems: tuple[str, ...]
    frequency: str
    read_at: datetime | None
    summary: str
    bars: tuple[Bar, ...]
    gaps: tuple[Gap, ...]
    first: date
    last: date


def status(visit: Visit) -> Reply:
    """The page."""
    days, checked_at = _days(visit)
    return page(visit, "status.html", status=status_page(days, checked_at, visit.overview, visit.site, visit.now))


def status_json(visit: Visit) -> Reply:
    """The same as data."""
    days, checked_at = _days(visit)
    return json_reply(
        status_data(days, status_page(days, checked_at, visit.overview, visit.site, visit.now), visit.site)
    )


def status_page(
    days: tuple[Day, ...], checked_at: datetime | None, overview: Overview, site: SiteFacts, now: datetime
) -> StatusPage:
    """What the page says of these days. `checked_at`: the last check, whatever came of it; None if it is older."""
    fresh = words.freshness(overview.read_at, now, site.check_interval)
    of_list = [incident for incident in overview.incidents if incident.subject == site.page_url]
    is_idle = fresh.is_old and _is_long_ago(checked_at, site, now)
    return StatusPage(
        is_well=fresh.read_at is not None and not fresh.is_old and not of_list,
        headline=_idle(checked_at or overview.read_at) if is_idle else _headline(fresh, bool(of_list)),
        problems=_problems(is_idle, of_list),
        frequency="" if is_idle else frequency(site.check_interval),
        read_at=overview.read_at,
        summary=_summary(days),
        bars=tuple(_bar(number, day) for number, day in enumerate(days)),
        gaps=gaps(days),
        first=days[0].day,
        last=days[-1].day,
    )


def frequency(interval: timedelta) -> str:
    """How often the page is checked."""
    if interval >= _HOUR and interval % _HOUR == timedelta():
        return ngettext(
            "The page is checked every hour.", "The page is checked every {number} hours.", interval // _HOUR
        )
    minutes = max(1, interval // _MINUTE)
    return ngettext("The page is checked every minute.", "The page is checked every {number} minutes.", minutes)


def gaps(days: tuple[Day, ...]) -> tuple[Gap, ...]:
    """The days on which something is missing, the newest first; those that belong together as one."""
    runs: list[list[Day]] = []
    for day in days:
        if day.state not in ("some", "gap", "none"):
            continue
        last = runs[-1][-1] if runs else None
        is_next = last is not None and day.day - last.day == timedelta(days=1)
        if last is not None and is_next and (last.state, last.reasons) == (day.state, day.reasons):
            runs[-1].append(day)
        else:
            runs.append([day])
    return tuple(_gap(run[0], run[-1]) for run in reversed(runs))


def status_data(days: tuple[Day, ...], made: StatusPage, site: SiteFacts) -> dict[str, Any]:
    """The status as JSON."""
    return {
        "is_well": made.is_well,
        "headline": made.headline,
        "problems": made.problems,
        "page_url": site.page_url,
        "read_at": instant(made.read_at) if made.read_at else None,
        "check_interval_minutes": int(site.check_interval / _MINUTE),
        "days": [
            {
                "day": day.day.isoformat(),
                "state": day.state,
                "checks": day.checks,
                "readings": day.readings,
                "reasons": day.reasons,
            }
            for day in days
        ],
    }


def _days(visit: Visit) -> tuple[tuple[Day, ...], datetime | None]:
    """The days, and the time of the last check in them."""
    first = words.brussels(visit.now).date() - timedelta(days=DAYS - 1)
    since = datetime.combine(first, time(), BRUSSELS)
    checks, incidents = visit.store.check_times(since), visit.store.page_incidents(since)
    of_list = [incident for incident in incidents if incident.subject == visit.site.page_url]
    checked_at = checks[-1].checked_at if checks else None
    return days_of(checks, of_list, visit.overview.began_at, visit.now, visit.site.check_interval), checked_at


def _is_long_ago(checked_at: datetime | None, site: SiteFacts, now: datetime) -> bool:
    return checked_at is None or now - checked_at > MAX_READING_AGE * site.check_interval


def _idle(at: datetime | None) -> str:
    """There was no attempt, so the cause is not that the page cannot be read."""
    if at is None:
        return _("The page is not being checked")
    return _("The page has not been checked since {time}").format(time=day_and_time(at, BRUSSELS))


def _problems(is_idle: bool, incidents: Iterable[Incident]) -> tuple[str, ...]:
    if is_idle:
        return (_("This service is not running as it should. What its pages say may be out of date."),)
    return tuple(dict.fromkeys(incident_sentence(incident.kind) for incident in incidents))


def _headline(fresh: words.Freshness, has_incident: bool) -> str:
    if fresh.read_at is None:
        return _("Nothing has been read yet")
    if has_incident or fresh.is_old:
        return _("The page cannot be read at the moment")
    return _("All is working")


def _summary(days: tuple[Day, ...]) -> str:
    watched = [day for day in days if day.state != "before"]
    if not watched:
        return _("Not started yet.")
    read = sum(day.readings > 0 for day in watched)
    text = ngettext(
        "The page was read on {read} of {number} day.", "The page was read on {read} of {number} days.", len(watched)
    )
    return text.format(read=read)


def _bar(number: int, day: Day) -> Bar:
    height = HEIGHTS[day.state]
    return Bar(number * 10, 40 - height, height, day.state, labelled(full_day(day.day), " ".join(day.sentences)))


def _gap(first: Day, last: Day) -> Gap:
    return Gap(day_range(first.day, last.day), first.day, last.day, last.state_words, last.reasons)
