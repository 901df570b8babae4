"""Erasing an address: it goes from every row, and a mark stays that says no more than “do not write there”."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from cmr_watch.models import mailbox_of
from cmr_watch.store.database import Database
from cmr_watch.store.installation import mark
from cmr_watch.store.schema import (
    changes,
    deliveries,
    delivery_pauses,
    digests,
    erased_addresses,
    incidents,
    matches,
    reminders,
    subscriptions,
)

_KEYED = (matches, reminders, digests, delivery_pauses)


def is_erased(connection: Connection, address: str) -> bool:
    """Whether this address was erased."""
    if connection.execute(select(erased_addresses.c.address_hash).limit(1)).first() is None:
        return False
    found = select(erased_addresses.c.address_hash).where(erased_addresses.c.address_hash == mark(connection, address))
    return connection.execute(found).first() is not None


def forget(connection: Connection, address: str) -> None:
    """Its reader asks for news again."""
    connection.execute(erased_addresses.delete().where(erased_addresses.c.address_hash == mark(connection, address)))


def erase(database: Database, connection: Connection, address: str, now: datetime) -> int:
    """Put the mark in place of the address; how many rows named it."""
    return erase_by_hash(database, connection, mark(connection, address), mailbox_of(address), now)


def erase_by_hash(database: Database, connection: Connection, its_mark: str, mailbox: str, now: datetime) -> int:
    """The same, with the mark at hand. Matches stay, under the mark: they keep changes from being told again."""
    there = {"address_hash": its_mark, "erased_at": now}
    connection.execute(database.insert(erased_addresses).values(there).on_conflict_do_nothing())
    blank = f"erased:{its_mark[:16]}"
    _blank_incidents(connection, mailbox, blank, now)
    named = 0
    for table, more in ((subscriptions, {"name": None}), (deliveries, {"last_error": None})):
        values = {"address": blank, "mailbox": blank, **more}
        named += connection.execute(update(table).where(table.c.mailbox == mailbox).values(**values)).rowcount
    for keyed in _KEYED:
        named += _rename(connection, keyed, mailbox, blank)
    _send_nothing(connection, blank, now)
    _step_back(connection, mailbox)
    return named


def _blank_incidents(connection: Connection, mailbox: str, blank: str, now: datetime) -> None:
    """Trouble with sending there is named by the address as somebody wrote it."""
    found = connection.execute(select(incidents).where(incidents.c.kind == "delivery-failed"))
    ids = [row.id for row in found if mailbox_of(row.subject) == mailbox]
    about = incidents.c.id.in_(ids)
    connection.execute(update(incidents).where(about, incidents.c.resolved_at.is_(None)).values(resolved_at=now))
    connection.execute(update(incidents).where(about).values(subject=blank, detail=""))


def _send_nothing(connection: Connection, blank: str, now: datetime) -> None:
    """Also what was set aside: it could be tried again. Whoever is sending just now writes nothing about it."""
    unsent = or_(deliveries.c.outcome.is_(None), deliveries.c.outcome == "failed")
    values = {"outcome": "cancelled", "done_at": now, "claim_token": None, "leased_until": None, "held_at": None}
    connection.execute(update(deliveries).where(deliveries.c.mailbox == blank, unsent).values(**values))


def _step_back(connection: Connection, mailbox: str) -> None:
    """A change that was spread as far as this mailbox goes on from the one before it."""
    before = select(func.max(subscriptions.c.mailbox)).where(subscriptions.c.mailbox < mailbox)
    reached = connection.execute(before).scalar()
    connection.execute(update(changes).where(changes.c.fan_out_cursor == mailbox).values(fan_out_cursor=reached))


def _rename(connection: Connection, table: Any, mailbox: str, blank: str) -> int:
    connection.execute(table.delete().where(table.c.mailbox == blank))  # of an earlier time that it was erased
    return connection.execute(update(table).where(table.c.mailbox == mailbox).values(mailbox=blank)).rowcount
