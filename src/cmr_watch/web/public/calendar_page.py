"""Calendar: what can be put into a calendar and how, the calendars themselves, and a plan back from a cut-off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import quote, urlencode

from cmr_watch.calendar_diff import cutoff_of
from cmr_watch.clock import BRUSSELS
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.readings import CallNotice, Edition
from cmr_watch.render.countries import alphabetical, country_words
from cmr_watch.render.datetimes import cutoff_row
from cmr_watch.render.i18n import N_, _
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name, place, place_and_days
from cmr_watch.web.public import words
from cmr_watch.web.public.calendar import CONTENT_TYPE, Entry
from cmr_watch.web.public.calendar_entries import cutoffs_of, editions_of, entry_of
from cmr_watch.web.public.filters import wanted_country
from cmr_watch.web.public.plan import NAMES, QUERY, lead_times, made_on, plan_entries
from cmr_watch.web.public.plan_page import PLAN_PATH, DayField, Plan, day_fields, plan_of, problem_of
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.views import BadRequest, NotFound, PublicRoute, Reply, Visit

EDITIONS_PATH: Final = "/calendar/editions.ics"
CUTOFFS_PATH: Final = "/calendar/cutoffs.ics"
_TOPICS: Final = {"editions": N_("editions"), "calls": N_("cut-offs")}
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_WAY_ON: Final = "/calendar"


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar to subscribe to. `address`: with https, and `webcal`, if the public address is known."""

    name: str
    path: str
    address: str
    webcal: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of a form."""

    value: str
    words: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True)
class CalendarPage:
    """What the page shows.

    - `single`: the editions to come that have days, each with the path of its file.
    - `problem`: what is wrong with the days that were chosen; then there is no plan.
    """

    feeds: tuple[Feed, ...]
    country: Feed | None
    countries: tuple[Choice, ...]
    single: tuple[Choice, ...]
    undated: tuple[str, ...]
    cutoffs: tuple[Choice, ...]
    fields: tuple[DayField, ...]
    plan: Plan | None
    plan_feed: Feed | None
    problem: str


# ── the files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def editions_file(visit: Visit) -> Reply:
    """The calendar of the editions; of those in a country, if the query names one."""
    _require_topic(visit, "editions")
    country = wanted_country(visit.query)
    events = editions_of(visit.store.calendar_events(), country)
    return _file(visit, _editions_name(country), EDITIONS_PATH, events)


def cutoffs_file(visit: Visit) -> Reply:
    """The calendar of the cut-offs. They are the same for all countries, so one in the query is only checked."""
    _require_topic(visit, "calls")
    wanted_country(visit.query)
    return _file(visit, _("Clusters meet Regions: cut-offs"), CUTOFFS_PATH, cutoffs_of(visit.store.calendar_events()))


def edition_file(visit: Visit) -> Reply:
    """One edition, to be added once. NotFound if there is none with this key, or if it has no days."""
    key = visit.parameters["key"]
    event = next((event for event in editions_of(visit.store.calendar_events()) if event.key == key), None)
    if event is None:
        raise NotFound(
            _("There is no edition with this name that has days."), (_WAY_ON, _("See what the calendar has"))
        )
    entry = entry_of(event, visit.site, visit.now)
    return _download(_written(entry.summary, (entry,)), f"{key}.ics")


def plan_file(visit: Visit) -> Reply:
    """The steps towards an application, by days before a cut-off. NotFound if there is no such cut-off."""
    leads = lead_times(visit.query)
    event = _cutoff(visit)
    entries = plan_entries(event, leads, visit.site, visit.now, made_on(visit.query))
    source = _source(visit, PLAN_PATH, QUERY)
    return Reply(_written(_("Clusters meet Regions: my application"), entries, source), CONTENT_TYPE)


def _file(visit: Visit, name: str, path: str, events: Iterable[CalendarEvent]) -> Reply:
    entries = [entry_of(event, visit.site, visit.now) for event in events]
    source = _source(visit, path, ("country",) if path == EDITIONS_PATH else ())
    return Reply(_written(name, entries, source), CONTENT_TYPE)


def _written(name: str, entries: Iterable[Entry], source: str = "") -> bytes:
    # loaded with the first file: icalendar is a third of what a site loads
    from cmr_watch.web.public.calendar_file import calendar_file

    return calendar_file(name, entries, source)


def _source(visit: Visit, path: str, names: Sequence[str]) -> str:
    """The address from which a client may update the calendar; empty without a public address."""
    if not visit.site.url:
        return ""
    query = urlencode({name: visit.query[name] for name in names if name in visit.query})
    return f"{visit.absolute(path)}?{query}" if query else visit.absolute(path)


def _download(body: bytes, name: str) -> Reply:
    return Reply(
        body,
        CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{_UNSAFE.sub("-", name)}"'},
    )


def _require_topic(visit: Visit, own: str) -> None:
    """The topic that a calendar has is in its path: another one in the query is a mistake, not an empty calendar."""
    topic = visit.query.get("topic", own)
    if topic == own:
        return
    if topic not in _TOPICS:
        raise BadRequest(_("The topic must be editions or calls: nothing else has a date."))
    raise BadRequest(_("This calendar has only the {topic}.").format(topic=_(_TOPICS[own])))


def _editions_name(country: str | None) -> str:
    if country is None:
        return _("Clusters meet Regions: editions")
    return _("Clusters meet Regions: editions in {country}").format(country=country_words(country))


def _cutoff(visit: Visit) -> CalendarEvent:
    wanted = visit.query.get("cutoff")
    if wanted is None:
        raise BadRequest(_("Choose a cut-off."))
    for event in cutoffs_of(visit.store.calendar_events()):
        if event.uid == wanted:
            return event
    raise NotFound(_("There is no such cut-off."), (_WAY_ON, _("Choose a cut-off")))


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def calendar(visit: Visit) -> Reply:
    """The page; with a country or a plan, if the query asks for one. If the plan is not possible, it says why."""
    shown = calendar_page(visit, visit.store.calendar_events())
    reply = page(visit, "calendar.html", shown=shown)
    return replace(reply, status=HTTPStatus.BAD_REQUEST) if shown.problem else reply


def calendar_page(visit: Visit, events: Sequence[CalendarEvent]) -> CalendarPage:
    """What the page shows."""
    query, country = visit.query, wanted_country(visit.query)
    ahead = [event for event in events if event.is_on and _is_ahead(event, visit)]
    cutoffs = cutoffs_of(ahead)
    problem = problem_of(query) if "cutoff" in query else ""
    plan = plan_of(_cutoff(visit), query, cutoffs, visit.now) if "cutoff" in query and not problem else None
    return CalendarPage(
        feeds=(
            _feed(visit, _("All cut-offs to apply as a host"), CUTOFFS_PATH),
            _feed(visit, _("All editions"), EDITIONS_PATH),
        ),
        country=_country_feed(visit, country) if country else None,
        countries=_countries(visit, country),
        single=tuple(map(_single, editions_of(ahead))),
        undated=_undated(visit),
        cutoffs=_choices(cutoffs, query.get("cutoff")),
        fields=day_fields(query),
        plan=plan,
        plan_feed=_feed(visit, _("Your dates as a calendar"), plan.path) if plan else None,
        problem=problem,
    )


def _is_ahead(event: CalendarEvent, visit: Visit) -> bool:
    cutoff = cutoff_of(event)
    if cutoff:
        return cutoff.at > visit.now
    edition = event.subject
    last = isinstance(edition, Edition) and (edition.ends_on or edition.starts_on)
    return bool(last and last >= words.brussels(visit.now).date())


def _feed(visit: Visit, name: str, path: str) -> Feed:
    address = visit.absolute(path)
    scheme, found, rest = visit.absolute(path).partition("://")
    return Feed(name, path, address if found else "", f"webcal://{rest}" if found and scheme else "")


def _country_feed(visit: Visit, code: str) -> Feed:
    name = _("Editions in {country}").format(country=country_words(code))
    return _feed(visit, name, f"{EDITIONS_PATH}?{urlencode({'country': code})}")


def _countries(visit: Visit, chosen: str | None) -> tuple[Choice, ...]:
    codes = {entry.edition.country_code for entry in visit.overview.known.editions if entry.edition.country_code}
    choices = (Choice(code, country_words(code), code == chosen) for code in codes)
    return tuple(sorted(choices, key=lambda choice: alphabetical(choice.words)))


def _single(event: CalendarEvent) -> Choice:
    subject = event.subject
    assert isinstance(subject, Edition)
    return Choice(f"/calendar/editions/{quote(event.key)}.ics", clean(place_and_days(subject), 120))


def _undated(visit: Visit) -> tuple[str, ...]:
    """The editions to come without days, which no calendar can show."""
    editions = (entry.edition for entry in visit.overview.known.editions if entry.gone is None)
    waiting = (one for one in editions if one.status in ("scheduled", "save_the_date") and not one.starts_on)
    return tuple(clean(place_and_days(one) if one.period else place(one), 120) for one in waiting)


def _choices(events: Sequence[CalendarEvent], chosen: str | None) -> tuple[Choice, ...]:
    """The cut-offs, with the name of their call where there are several calls."""
    has_names = len({event.key for event in events}) > 1
    return tuple(Choice(event.uid, _choice_words(event, has_names), event.uid == chosen) for event in events)


def _choice_words(event: CalendarEvent, has_name: bool) -> str:
    call = event.subject
    assert isinstance(call, CallNotice)
    (cutoff,) = call.cutoffs
    at = cutoff_row(cutoff.at, BRUSSELS)
    if cutoff.tentative:
        at = _("{cutoff}, to be confirmed").format(cutoff=at)
    return f"{at} – {call_name(call)}" if has_name else at


ROUTES: Final = (
    PublicRoute("/calendar", calendar, accepts=("country", "cutoff", *NAMES)),
    PublicRoute(EDITIONS_PATH, editions_file, accepts=("country", "topic")),
    PublicRoute(CUTOFFS_PATH, cutoffs_file, accepts=("country", "topic")),
    PublicRoute("/calendar/editions/{key}.ics", edition_file),
    PublicRoute(PLAN_PATH, plan_file, accepts=QUERY),
)
