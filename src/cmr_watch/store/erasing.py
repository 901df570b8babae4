"""Erasing an address: it goes from every row, and a mark stays that says no more than “do not write there”."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from cmr_watch.models import mailbox_of
from cmr_watch.store.database import Database
from cmr_watch.store.installation import mark
from cmr_watch.store.schema import deliveries, digests, erased, incidents, matches, pauses, reminders, subscriptions

_KEYED = (matches, reminders, digests, pauses)


def is_erased(connection: Connection, address: str) -> bool:
    """Whether this address was erased."""
    if connection.execute(select(erased.c.mark).limit(1)).first() is None:
        return False
    found = select(erased.c.mark).where(erased.c.mark == mark(connection, address))
    return connection.execute(found).first() is not None


def forget(connection: Connection, address: str) -> None:
    """Its reader asks for news again."""
    connection.execute(erased.delete().where(erased.c.mark == mark(connection, address)))


def erase(database: Database, connection: Connection, address: str, now: datetime) -> int:
    """Put the mark in place of the address; how many rows named it."""
    return erase_marked(database, connection, mark(connection, address), mailbox_of(address), now)


def erase_marked(database: Database, connection: Connection, its_mark: str, mailbox: str, now: datetime) -> int:
    """The same, with the mark at hand. Matches stay, under the mark: they keep changes from being told again."""
    there = {"mark": its_mark, "erased_at": now}
    connection.execute(database.insert(erased).values(there).on_conflict_do_nothing())
    blank = f"erased:{its_mark[:16]}"
    named = 0
    for table in (subscriptions, deliveries):
        values = {"address": blank, "mailbox": blank}
        named += connection.execute(update(table).where(table.c.mailbox == mailbox).values(**values)).rowcount
    for keyed in _KEYED:
        named += _rename(connection, keyed, mailbox, blank)
    about = incidents.c.subject.in_([mailbox])
    connection.execute(update(incidents).where(about).values(subject=blank, detail=""))
    connection.execute(update(deliveries).where(deliveries.c.mailbox == blank).values(last_error=None))
    return named


def _rename(connection: Connection, table: Any, mailbox: str, blank: str) -> int:
    connection.execute(table.delete().where(table.c.mailbox == blank))  # of an earlier time that it was erased
    return connection.execute(update(table).where(table.c.mailbox == mailbox).values(mailbox=blank)).rowcount
