"""Which events the calendar has, and which of them a reading changed. Pure.

An edition is one event under its key. A cut-off has no key on the page: its event is named after its call and the time
at which it was first seen, and keeps that name when the cut-off moves. Only events that differ from what follows from
the known editions and calls have to be stored; all others have the name that follows, and were never changed.

- A cut-off that is gone before its time was withdrawn; one whose time is over stays as it was.
- An edition whose days are gone keeps the last ones, and says that they no longer apply.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from cmr_watch import serialization
from cmr_watch.cutoff_diff import compare_cutoffs
from cmr_watch.merge_pages import is_same_cutoff
from cmr_watch.models.calendar import CalendarEvent, EventState
from cmr_watch.models.readings import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition

Events = dict[str, CalendarEvent]
"""Events by their UID."""


def events_of(known: Known, stored: Iterable[CalendarEvent]) -> tuple[CalendarEvent, ...]:
    """All events: of the known editions and cut-offs, then those of what is no longer known."""
    by_uid = {event.uid: event for event in stored}
    live = [_edition_event(entry, by_uid.get(entry.key)) for entry in known.editions]
    events = {event.uid: event for event in live if event is not None}
    for entry in known.calls:
        events.update((event.uid, event) for event in _cutoff_events(entry, by_uid))
    return (*events.values(), *(_unlisted(event) for uid, event in by_uid.items() if uid not in events))


def changed_events(
    before: Known, after: Known, stored: Sequence[CalendarEvent], at: datetime, *, are_mistakes: bool = False
) -> tuple[CalendarEvent, ...]:
    """The events to store, since what is known has changed.

    - `before`, `after`: what is known from all pages. `stored`: all events that were stored before.
    - `are_mistakes`: whether what is gone had been misread, so that it does not stay in the calendar if it is over.
    """
    change = _Change(before, after, {event.uid: event for event in events_of(before, stored)}, at, are_mistakes)
    following = {event.uid: event for event in events_of(after, stored)}
    return tuple(event for event in change.events() if not _is_equal(event, following.get(event.uid)))


# ── what is shown ────────────────────────────────────────────────────────────────────────────────────────────────────


def shown_edition(edition: Edition, last: Edition | None = None) -> Edition | None:
    """The facts of an edition that the calendar shows, with the last days if it has none; None without any days."""
    days = edition if edition.starts_on else last
    if days is None:
        return None
    return Edition(
        city=edition.city,
        region=edition.region,
        country=edition.country,
        country_code=edition.country_code,
        starts_on=days.starts_on,
        ends_on=days.ends_on,
        date_precision="day",
        section=None,
        status="save_the_date" if edition.status == "save_the_date" else "scheduled",
        url=edition.url,
        text=edition.text,
        venue=edition.venue,
        registration_url=edition.registration_url,
        registration_closes_on=edition.registration_closes_on,
    )


def shown_cutoff(call: CallNotice, cutoff: Cutoff) -> CallNotice:
    """The facts of a cut-off and its call that the calendar shows."""
    return CallNotice(
        status="open",
        hosting_years=call.hosting_years,
        cutoffs=(replace(cutoff, closed=False),),
        apply_url=call.apply_url,
        contact=call.contact,
    )


def cutoff_of(event: CalendarEvent) -> Cutoff | None:
    """The cut-off of an event; None if it is an edition."""
    return event.subject.cutoffs[0] if isinstance(event.subject, CallNotice) else None


# ── the events that follow from what is known ────────────────────────────────────────────────────────────────────────


def _edition_event(entry: KnownEdition, stored: CalendarEvent | None) -> CalendarEvent | None:
    last = stored.subject if stored and isinstance(stored.subject, Edition) else None
    subject = shown_edition(entry.edition, last)
    if subject is None:
        return None
    event = stored or CalendarEvent(entry.key, entry.key, subject, changed_at=entry.first_seen_at)
    return replace(event, subject=subject, state=_edition_state(entry), listed=True)


def _edition_state(entry: KnownEdition) -> EventState:
    edition = entry.edition
    if edition.status == "cancelled" or edition.status == "postponed":
        return edition.status
    if entry.gone == "withdrawn":
        return "withdrawn"
    return "planned" if edition.starts_on or edition.status == "held" else "undated"


def _cutoff_events(entry: KnownCall, stored: Mapping[str, CalendarEvent]) -> Iterator[CalendarEvent]:
    of_call = [event for event in stored.values() if event.key == entry.key and event.listed]
    by_time = {cutoff.at: event for event in of_call if (cutoff := cutoff_of(event))}
    for cutoff in _cutoffs(entry):
        subject = shown_cutoff(entry.call, cutoff)
        uid = default_uid(entry.key, cutoff.at)
        event = by_time.get(cutoff.at) or CalendarEvent(uid, entry.key, subject, changed_at=entry.first_seen_at)
        yield replace(event, subject=subject)


def _cutoffs(entry: KnownCall | None) -> tuple[Cutoff, ...]:
    """The cut-offs of a call, each time once."""
    return tuple({cutoff.at: cutoff for cutoff in entry.call.cutoffs}.values()) if entry else ()


def default_uid(call_key: str, at: datetime) -> str:
    """The UID of a cut-off that was never moved: `call-2024-2025-20240531T1600Z`."""
    return f"{call_key}-{at.astimezone(UTC):%Y%m%dT%H%MZ}"


def _unlisted(event: CalendarEvent) -> CalendarEvent:
    return replace(event, listed=False)


# ── what a reading changed ───────────────────────────────────────────────────────────────────────────────────────────


class _Change(NamedTuple):
    """A change of what is known, and the events before it."""

    before: Known
    after: Known
    events_before: Events
    at: datetime
    are_mistakes: bool

    def events(self) -> Iterator[CalendarEvent]:
        """All events after the change."""
        events = {event.uid: event for event in (*self._editions(), *self._cutoffs())}
        yield from events.values()
        for uid, event in self.events_before.items():
            if uid not in events:
                yield self._gone(event)

    def _editions(self) -> Iterator[CalendarEvent]:
        for entry in self.after.editions:
            old = self.events_before.get(entry.key)
            event = _edition_event(entry, old)
            if event is not None:
                yield self._counted(event, old)

    def _cutoffs(self) -> Iterator[CalendarEvent]:
        known_before = {entry.key: entry for entry in self.before.calls}
        for entry in self.after.calls:
            uids = self._uids(known_before.get(entry.key), entry)
            first_seen_at = self.at if entry.key in known_before else entry.first_seen_at
            for cutoff in _cutoffs(entry):
                uid = uids[cutoff.at]
                old = self.events_before.get(uid)
                subject = shown_cutoff(entry.call, cutoff)
                event = old or CalendarEvent(uid, entry.key, subject, changed_at=first_seen_at)
                state = self._cutoff_state(entry, cutoff, old)
                yield self._counted(replace(event, subject=subject, state=state, listed=True), old)

    def _uids(self, before: KnownCall | None, after: KnownCall) -> dict[datetime, str]:
        """The UID of each cut-off of a call, by its time: that of the same cut-off before, wherever it was."""
        of_call = [event for event in self.events_before.values() if event.key == after.key]
        by_time = _uids_by_time(of_call)
        uids = {at: by_time[old] for at, old in self._origins(before, after).items() if old in by_time}
        for cutoff in _cutoffs(after):
            if cutoff.at not in uids:
                free = [event for event in of_call if event.uid not in uids.values()]
                taken = {*self.events_before, *uids.values()}
                uids[cutoff.at] = _returning(cutoff, free) or _unused(default_uid(after.key, cutoff.at), taken)
        return uids

    def _origins(self, before: KnownCall | None, after: KnownCall) -> dict[datetime, datetime]:
        """The time before of each cut-off that was there before."""
        moves, _ = compare_cutoffs(_cutoffs(before), _cutoffs(after))
        times_before = {cutoff.at for cutoff in _cutoffs(before)}
        unchanged = {cutoff.at: cutoff.at for cutoff in _cutoffs(after) if cutoff.at in times_before}
        return {**unchanged, **{new.at: old.at for old, new in moves if old is not None}}

    def _cutoff_state(self, entry: KnownCall, cutoff: Cutoff, old: CalendarEvent | None) -> EventState:
        """The state while the time is still to come; what is over keeps its state."""
        is_back = old is not None and old.state == "withdrawn" and entry.gone is None
        if cutoff.at <= self.at:
            return old.state if old and not is_back else "planned"
        if cutoff.closed or entry.call.status == "closed":
            return "closed"
        return "withdrawn" if entry.gone else "planned"

    def _gone(self, event: CalendarEvent) -> CalendarEvent:
        """An event whose edition or cut-off is no longer known."""
        if not event.listed:
            return event
        cutoff = cutoff_of(event)
        is_withdrawn = event.is_on and (cutoff is None or self.are_mistakes or cutoff.at > self.at)
        gone = replace(event, state="withdrawn" if is_withdrawn else event.state, listed=False)
        return self._counted(gone, event)

    def _counted(self, event: CalendarEvent, old: CalendarEvent | None) -> CalendarEvent:
        """The event, with a higher sequence if what it shows has changed."""
        if old is None or _shown(event) == _shown(old):
            return event
        at = max(self.at, old.changed_at) if old.changed_at else self.at
        return replace(event, sequence=old.sequence + 1, changed_at=at)


def _uids_by_time(events: Iterable[CalendarEvent]) -> dict[datetime, str]:
    """The UIDs of the cut-offs that are known, by their times."""
    return {cutoff.at: event.uid for event in events if event.listed and (cutoff := cutoff_of(event))}


def _returning(cutoff: Cutoff, free: Sequence[CalendarEvent]) -> str | None:
    """The UID of the event that this cut-off had before it was gone."""
    for event in free:
        former = cutoff_of(event)
        if former and is_same_cutoff(former, cutoff):
            return event.uid
    return None


def _unused(uid: str, taken: Collection[str]) -> str:
    """The UID, with a number if another event has it: one that has moved away."""
    free, number = uid, 2
    while free in taken:
        free, number = f"{uid}-{number}", number + 1
    return free


def _shown(event: CalendarEvent) -> tuple[Any, ...]:
    """Everything that readers see, also what is no difference between two readings (`models.readings`)."""
    return event.state, serialization.side_to_row(event.subject)


def _is_equal(one: CalendarEvent, other: CalendarEvent | None) -> bool:
    return other is not None and one == other and _shown(one) == _shown(other)
