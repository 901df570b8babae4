"""The events of the calendar that have changed, in the table `calendar_events`.

Whatever replaces what is known of a page calls `replace_known`, so that the events follow in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from cmr_watch import serialization
from cmr_watch.calendar_diff import changed_events, events_of
from cmr_watch.merge_pages import KnownPage, merge_pages
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.readings import CallNotice, Edition, Known
from cmr_watch.store import known_entries, readable
from cmr_watch.store.database import Database
from cmr_watch.store.known_entries import PageState
from cmr_watch.store.locks import Lock
from cmr_watch.store.schema import calendar_events


def replace_known(
    database: Database,
    connection: Connection,
    page_url: str,
    old: PageState,
    known: Known,
    at: datetime,
    *,
    are_mistakes: bool = False,
) -> bool:
    """Replace the state of a page in the caller's transaction, and the events that differ; return whether it differs.

    `are_mistakes`: whether entries that are no longer known had been misread.
    """
    if not known_entries.replace(connection, page_url, old, known):
        return False
    database.lock(connection, Lock.CALENDAR)
    pages = known_entries.load_pages(connection)
    before = merge_pages(_with_state(connection, pages, page_url, old.known()))
    stored = load_stored(connection)
    _store(connection, changed_events(before, merge_pages(pages), stored, at, are_mistakes=are_mistakes))
    return True


def _with_state(
    connection: Connection, pages: Iterable[KnownPage], page_url: str, known: Known
) -> tuple[KnownPage, ...]:
    """The states of all pages, with another one for this page, which has none now if nothing is known of it."""
    others = {entry.page.url: entry for entry in pages}
    for page in known_entries.load_refs(connection):
        if page.url == page_url:
            others[page_url] = KnownPage(page, known)
    return tuple(others.values())


def load_events(connection: Connection, known: Known) -> tuple[CalendarEvent, ...]:
    """Load all events. `known`: what is known from all pages."""
    return events_of(known, load_stored(connection))


def load_stored(connection: Connection) -> tuple[CalendarEvent, ...]:
    """Load the events that have changed."""
    rows = connection.execute(select(calendar_events).order_by(calendar_events.c.uid))
    return tuple(readable.models(connection, calendar_events, rows, _event))


def _store(connection: Connection, events: Iterable[CalendarEvent]) -> None:
    rows = [_row(event) for event in events]
    if rows:
        connection.execute(delete(calendar_events).where(calendar_events.c.uid.in_([row["uid"] for row in rows])))
        connection.execute(calendar_events.insert(), rows)


def _row(event: CalendarEvent) -> dict[str, Any]:
    return {
        "uid": event.uid,
        "key": event.key,
        "body": serialization.side_to_row(event.subject),
        "state": event.state,
        "sequence": event.sequence,
        "changed_at": event.changed_at,
        "listed": event.listed,
    }


def _event(row: Any) -> CalendarEvent:
    """Return an event from its row. ValueError if it could not be shown."""
    subject = serialization.side_from_row(row.body)
    if subject is None or not _is_complete(subject):
        raise ValueError("body is not valid")
    if row.sequence < 0:
        raise ValueError("sequence is not valid")
    return CalendarEvent(row.uid, row.key, subject, row.state, row.sequence, row.changed_at, row.listed)


def _is_complete(subject: Edition | CallNotice) -> bool:
    """Whether it has days, or exactly one cut-off."""
    return subject.starts_on is not None if isinstance(subject, Edition) else len(subject.cutoffs) == 1
