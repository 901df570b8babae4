"""Erasing addresses: removed from every row; only a hash is kept, so that no more mail is sent there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store import readable
from cmr_watch.store.database import Database
from cmr_watch.store.installation import address_hash, address_hasher, address_hashes
from cmr_watch.store.schema import (
    bodies,
    changes,
    deliveries,
    delivery_pauses,
    digests,
    erased_addresses,
    hard_bounces,
    incidents,
    mail_requests,
    matches,
    mutes,
    outage_notices,
    reminders,
    signups,
    subscriptions,
)

PLACEHOLDER_PREFIX = "erased:"
ERASED = "erased"
"""Why the subscriptions of an address have ended that was erased on request, whatever had ended them before. It also
takes the place of each consent of an address that is no longer stored, as that names the network it came from."""
ADDRESS_INCIDENTS = ("delivery-failed", "subscription-ended", "complaint", "unsubscribe-request")
"""The kinds whose subject is an address."""
_TABLES_BY_MAILBOX = (matches, reminders, outage_notices, digests, delivery_pauses)


def is_erased(connection: Connection, address: str) -> bool:
    """Whether the address has been erased, and not subscribed again since."""
    if connection.execute(select(erased_addresses.c.address_hash).limit(1)).first() is None:
        return False
    is_hash = erased_addresses.c.address_hash.in_(address_hashes(connection, address))
    return connection.execute(select(erased_addresses.c.address_hash).where(is_hash)).first() is not None


def erased_addresses_in(connection: Connection) -> Callable[[str], bool]:
    """Return a function that says like `is_erased` of many addresses whether they have been erased."""
    hashes = frozenset(connection.execute(select(erased_addresses.c.address_hash)).scalars())
    hashes_of = address_hasher(connection)
    return lambda address: bool(hashes) and not hashes.isdisjoint(hashes_of(address))


def remove_hash(connection: Connection, address: str) -> None:
    """Remove the hash of an erased address, so that it can be subscribed again."""
    is_hash = erased_addresses.c.address_hash.in_(address_hashes(connection, address))
    connection.execute(erased_addresses.delete().where(is_hash))


def erase(database: Database, connection: Connection, address: str, now: datetime) -> int:
    """Erase an address and keep its hash; return the number of rows that contained it."""
    return erase_by_hash(database, connection, address_hash(connection, address), mailbox_of(address), now)


def erase_by_hash(
    database: Database,
    connection: Connection,
    hashed: str,
    mailbox: str,
    now: datetime,
    *,
    keeps_requests: bool = False,
) -> int:
    """Like `erase`, if the hash is known. Matches stay, under a placeholder, so that no change is announced again.

    `keeps_requests`: the erasure was not requested; the retention period of the address is over. Requests made on the
    site have a retention period of their own, and the reasons why the subscriptions ended are kept.
    """
    row = {"address_hash": hashed, "erased_at": now}
    connection.execute(database.insert(erased_addresses).values(row).on_conflict_do_nothing())
    placeholder = placeholder_of(hashed)
    _erase_incidents(connection, mailbox, placeholder, now)
    count = 0
    for table, cleared in (
        (subscriptions, {"name": None, "consent": ERASED}),
        (deliveries, {"last_error": None}),
    ):
        values = {"address": placeholder, "mailbox": placeholder, **cleared}
        count += connection.execute(update(table).where(table.c.mailbox == mailbox).values(**values)).rowcount
    if not keeps_requests:
        is_ended = (subscriptions.c.mailbox == placeholder, subscriptions.c.status == "ended")
        connection.execute(update(subscriptions).where(*is_ended).values(end_reason=ERASED))
    _delete_exports(connection, placeholder)
    for table in _TABLES_BY_MAILBOX:
        count += _replace_mailbox(connection, table, mailbox, placeholder)
    requests = () if keeps_requests else (signups, mail_requests)
    for table in (*requests, hard_bounces, mutes):
        count += connection.execute(table.delete().where(table.c.mailbox == mailbox)).rowcount
    _cancel_messages(connection, placeholder, now)
    _move_fan_out_cursors(connection, mailbox)
    return count


def placeholder_of(hashed: str) -> str:
    """The placeholder for an erased address with this hash."""
    return f"{PLACEHOLDER_PREFIX}{hashed[:16]}"


def _delete_exports(connection: Connection, placeholder: str) -> None:
    """Delete the texts of mails with the data of the address: all others hold nothing about it."""
    is_export = (deliveries.c.mailbox == placeholder, deliveries.c.purpose == "export")
    ids = select(deliveries.c.body_id).where(*is_export, deliveries.c.body_id.is_not(None))
    texts = connection.execute(ids).scalars().all()
    connection.execute(update(deliveries).where(*is_export).values(body_id=None))
    # two people of whom little is stored may have been sent the same text
    is_shared = select(deliveries.c.id).where(deliveries.c.body_id == bodies.c.id).exists()
    connection.execute(bodies.delete().where(bodies.c.id.in_(texts), ~is_shared))


def _erase_incidents(connection: Connection, mailbox: str, placeholder: str, now: datetime) -> None:
    """Resolve and erase the incidents of the address. Their subject is the address as written, not the mailbox."""
    kinds = (*ADDRESS_INCIDENTS, "row-unreadable")
    rows = connection.execute(select(incidents).where(incidents.c.kind.in_(kinds)))
    subjects = readable.rows(connection, incidents, rows)
    # a damaged row is named by its table and its key, which may be the mailbox
    ids = [row.id for row in subjects if mailbox == mailbox_of(row.subject) or mailbox in row.subject.split()]
    is_selected = incidents.c.id.in_(ids)
    connection.execute(update(incidents).where(is_selected, incidents.c.resolved_at.is_(None)).values(resolved_at=now))
    connection.execute(update(incidents).where(is_selected).values(subject=placeholder, detail=""))


def _cancel_messages(connection: Connection, placeholder: str, now: datetime) -> None:
    """Cancel messages that are pending, leased or failed: the last could be retried, a sender records no outcome."""
    is_unsent = or_(deliveries.c.outcome.is_(None), deliveries.c.outcome == "failed")
    values = {"outcome": "cancelled", "done_at": now, "claim_token": None, "leased_until": None, "held_at": None}
    connection.execute(update(deliveries).where(deliveries.c.mailbox == placeholder, is_unsent).values(**values))


def _move_fan_out_cursors(connection: Connection, mailbox: str) -> None:
    """Move the cursor of changes whose fan-out has stopped at this mailbox to the mailbox before it."""
    before = select(func.max(subscriptions.c.mailbox)).where(subscriptions.c.mailbox < mailbox)
    previous = connection.execute(before).scalar()
    connection.execute(update(changes).where(changes.c.fan_out_cursor == mailbox).values(fan_out_cursor=previous))


def _replace_mailbox(connection: Connection, table: Any, mailbox: str, placeholder: str) -> int:
    connection.execute(table.delete().where(table.c.mailbox == placeholder))  # left by an earlier erasure
    return connection.execute(update(table).where(table.c.mailbox == mailbox).values(mailbox=placeholder)).rowcount
