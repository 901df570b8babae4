"""The words of the events in the calendar. Pure. They go by what the store keeps of each event (`calendar_diff`).

A difference in what is shown must raise the sequence of the event, so nothing else goes into it, except what the
configuration says and whether its time is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from urllib.parse import quote

from cmr_watch.calendar_diff import cutoff_of
from cmr_watch.clock import BRUSSELS
from cmr_watch.merge_pages import has_hour
from cmr_watch.models.calendar import CalendarEvent, EventState
from cmr_watch.models.readings import CallNotice, Cutoff, Edition
from cmr_watch.places import is_online
from cmr_watch.render.countries import country_of
from cmr_watch.render.datetimes import clock_words, cutoff_day, day_words, deadline
from cmr_watch.render.i18n import N_, _, local_path
from cmr_watch.render.sanitize import clean, safe_link
from cmr_watch.render.sentences import place, years
from cmr_watch.web.public import words
from cmr_watch.web.public.calendar import Entry, Status
from cmr_watch.web.public.views import SiteFacts

MAX_QUOTE: Final = 400
MAX_PLACE: Final = 200
_DAY: Final = timedelta(days=1)
TIMED_ALARMS: Final = (-7 * _DAY, -_DAY)
"""Before a cut-off whose hour is known."""
DAY_ALARMS: Final = (-7 * _DAY + timedelta(hours=9), -_DAY + timedelta(hours=9))
"""At nine in the morning, a week and a day before the day of a cut-off."""

_LABELS: Final[dict[EventState, str]] = {
    "cancelled": N_("Cancelled: {event}"),
    "postponed": N_("Postponed: {event}"),
    "undated": N_("No longer on these days: {event}"),
    "withdrawn": N_("Removed from the page: {event}"),
    "closed": N_("Closed: {event}"),
}
_NOTES: Final[dict[EventState, str]] = {
    "cancelled": N_("The page says that this edition is cancelled."),
    "postponed": N_("The page says that this edition is postponed. It does not take place on these days."),
    "undated": N_("The page no longer gives these days."),
    "withdrawn": N_("The page no longer says this."),
    "closed": N_("The page says that no more applications are accepted."),
}


def editions_of(events: Iterable[CalendarEvent], country: str | None = None) -> list[CalendarEvent]:
    """The editions, oldest first; those of a country, if one is given."""
    found = [(event.subject, event) for event in events]
    editions = [(edition, event) for edition, event in found if isinstance(edition, Edition)]
    wanted = [(edition, event) for edition, event in editions if country in (None, edition.country_code)]
    return [event for _, event in sorted(wanted, key=lambda pair: (pair[0].starts_on or date.min, pair[1].uid))]


def cutoffs_of(events: Iterable[CalendarEvent]) -> list[CalendarEvent]:
    """The cut-offs, oldest first."""
    found = [(cutoff, event) for event in events if (cutoff := cutoff_of(event))]
    return [event for _, event in sorted(found, key=lambda pair: (pair[0].at, pair[1].uid))]


def entry_of(event: CalendarEvent, site: SiteFacts, now: datetime) -> Entry:
    """The event as it is shown."""
    if isinstance(event.subject, Edition):
        return _edition_entry(event, event.subject, site)
    return _cutoff_entry(event, event.subject, site, now)


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _edition_entry(event: CalendarEvent, edition: Edition, site: SiteFacts) -> Entry:
    start = edition.starts_on or date.min  # an event has days
    name = _("Clusters meet Regions: {place}").format(place=clean(place(edition), MAX_PLACE))
    path = f"/editions/{quote(event.key)}"
    return Entry(
        uid=event.uid,
        summary=_labelled(event, _("{event} (save the date)").format(event=name) if _is_unsure(edition) else name),
        description=_joined(*_edition_notes(event, edition), *_ending(path, edition.text, site)),
        start=start,
        end=edition.ends_on or start,
        stamp=_stamp(event, start),
        location=_location(edition),
        url=_address(path, edition.url, site),
        status=_status(event, is_unsure=_is_unsure(edition)),
        sequence=event.sequence,
    )


def _is_unsure(edition: Edition) -> bool:
    return edition.status == "save_the_date"


def _edition_notes(event: CalendarEvent, edition: Edition) -> Iterator[str]:
    if not event.is_on:
        yield _(_NOTES[event.state])
        return
    if _is_unsure(edition):
        yield _("The page asks to save the date: the details are not final.")
    if register := safe_link(edition.registration_url):
        if edition.registration_closes_on:
            day = day_words(edition.registration_closes_on)
            yield _("Register until {day}: {url}").format(day=day, url=register)
        else:
            yield _("Register: {url}").format(url=register)


def _location(edition: Edition) -> str:
    if is_online(edition.city):
        return _("Online")
    venue, town = clean(edition.venue or "", MAX_PLACE), clean(place(edition), MAX_PLACE)
    if not venue:
        return town
    country = clean(country_of(edition) or "", MAX_PLACE)
    rest = country if edition.city and edition.city.casefold() in venue.casefold() else town
    return ", ".join(filter(None, (venue, "" if rest.casefold() in venue.casefold() else rest)))


# ── cut-offs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _cutoff_entry(event: CalendarEvent, call: CallNotice, site: SiteFacts, now: datetime) -> Entry:
    (cutoff,) = call.cutoffs
    is_timed = has_hour(cutoff.at)
    path = f"/calls/{quote(event.key)}"
    return Entry(
        uid=event.uid,
        summary=_labelled(event, cutoff_name(call, cutoff)),
        description=_joined(*_cutoff_notes(event, call, cutoff), *_ending(path, cutoff.text, site)),
        start=cutoff.at if is_timed else cutoff_day(cutoff.at),
        end=None if is_timed else cutoff_day(cutoff.at),
        stamp=_stamp(event, cutoff_day(cutoff.at)),
        url=_address(path, call.apply_url, site),
        status=_status(event, is_unsure=cutoff.tentative),
        sequence=event.sequence,
        alarms=_alarms(is_timed) if event.is_on and cutoff.at > now else (),
    )


def cutoff_name(call: CallNotice, cutoff: Cutoff) -> str:
    """`Cut-off to apply as a host in 2027–2028`, followed by the hour, and by `to be confirmed` if the page says so."""
    name = _("Cut-off to apply as a host")
    if call.hosting_years:
        name = _("Cut-off to apply as a host in {years}").format(years=years(call))
    if has_hour(cutoff.at):
        name = _("{name}, {hour} Brussels time").format(name=name, hour=clock_words(words.brussels(cutoff.at)))
    return _("{name} (to be confirmed)").format(name=name) if cutoff.tentative else name


def _cutoff_notes(event: CalendarEvent, call: CallNotice, cutoff: Cutoff) -> Iterator[str]:
    if not event.is_on:
        yield _(_NOTES[event.state])
        return
    until = deadline(cutoff.at, BRUSSELS)
    yield _("Applications to host a “Clusters meet Regions” workshop are accepted until {cutoff}.").format(cutoff=until)
    if not has_hour(cutoff.at):
        yield _("The page gives no hour.")
    if cutoff.tentative:
        yield _("The page says that this cut-off is still to be confirmed.")
    if apply := safe_link(call.apply_url):
        yield _("Apply: {url}").format(url=apply)
    if call.contact:
        yield _("Questions: {address}").format(address=clean(call.contact, MAX_PLACE))


def _alarms(is_timed: bool) -> tuple[timedelta, ...]:
    return TIMED_ALARMS if is_timed else DAY_ALARMS


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _labelled(event: CalendarEvent, name: str) -> str:
    """Many clients show a cancelled event like any other, so its name says it too."""
    return name if event.is_on else _(_LABELS[event.state]).format(event=name)


def _status(event: CalendarEvent, *, is_unsure: bool) -> Status:
    if not event.is_on:
        return "CANCELLED"
    return "TENTATIVE" if is_unsure else "CONFIRMED"


def _stamp(event: CalendarEvent, day: date) -> datetime:
    """When the event last changed; if it is unknown since when it has been there, its own day."""
    return event.changed_at or datetime.combine(day, time(), UTC)


def _ending(path: str, text: str, site: SiteFacts) -> Iterator[str]:
    if shown := clean(text, MAX_QUOTE):
        yield _("The page says: “{quote}”").format(quote=shown)
    if site.url:
        yield _("Details and changes: {url}").format(url=site.url + local_path(path))
    yield _("An unofficial service. What counts is the platform’s own page: {url}").format(url=site.page_url)


def _joined(*notes: str) -> str:
    return "\n".join(notes)


def _address(path: str, original: str | None, site: SiteFacts) -> str:
    """The page of this site, if its public address is known; else that of the platform."""
    return site.url + local_path(path) if site.url else safe_link(original) or site.page_url
