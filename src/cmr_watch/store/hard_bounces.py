"""Hard bounces: addresses that are said to be dead, until their subscriptions end.

A rejection by a mail server during delivery counts immediately. A report that arrives by mail must be confirmed by a
second one, about a message that was sent at least a day before or after the first, because a server can be wrong for
some hours. Times are those at which the messages were sent, so a report that is read twice, or late, counts once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store import readable
from cmr_watch.store.bounce_pauses import delay
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import settle_unnotified
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.schema import hard_bounces, subscriptions
from cmr_watch.store.subscriptions import BOUNCED

CONFIRMED_AFTER: Final = timedelta(days=1)
FORGOTTEN_AFTER: Final = timedelta(days=365)
"""How long the first of two reports counts: messages can be rare. As long as the history is kept."""
BRAKE_PERIOD: Final = timedelta(days=1)
HELD_FOR: Final = timedelta(days=7)
"""How long a held ending waits for the operator; later failures start again."""


@dataclass(frozen=True, slots=True)
class DueEnding:
    """The address of a recipient whose subscriptions are due to end, since when, and what the server said."""

    address: str
    since: datetime
    reason: str


class HardBounces:
    """The addresses that are said to be dead."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record_rejection(self, address: str, reason: str, now: datetime) -> None:
        """Record that a mail server has rejected the address during delivery: its subscriptions are due to end.

        Not of an address that has none any more: it may have been erased meanwhile.
        """
        is_subscribed = select(subscriptions.c.id).where(ACTIVE, subscriptions.c.mailbox == mailbox_of(address))
        with self._database.write() as connection:
            if connection.execute(is_subscribed.limit(1)).first() is not None:
                self._store(connection, address, {"reason": reason, "noted_at": now, "confirmed_at": now})

    def record_report(self, address: str, sent_at: datetime, reason: str, now: datetime) -> datetime | None:
        """Record a report that came by mail, about a message sent at `sent_at`; return until when delivery is paused.

        None if it confirms an earlier one, so that the subscriptions are due to end.
        """
        with self._database.write() as connection:
            which = hard_bounces.c.mailbox == mailbox_of(address)
            found = connection.execute(select(hard_bounces).where(which)).all()
            first = next(readable.rows(connection, hard_bounces, found), None)
            apart = abs(sent_at - first.sent_at) if first and first.sent_at else FORGOTTEN_AFTER + CONFIRMED_AFTER
            if CONFIRMED_AFTER <= apart <= FORGOTTEN_AFTER:
                self._store(connection, address, {"reason": reason, "noted_at": now, "confirmed_at": now})
                return None
            if first and first.confirmed_at:
                return None
            if apart > FORGOTTEN_AFTER:
                self._store(connection, address, {"reason": reason, "noted_at": now, "sent_at": sent_at})
            return delay(self._database, connection, address, sent_at + CONFIRMED_AFTER)

    def due(self) -> tuple[DueEnding, ...]:
        """Return the endings that are due, including those that are held, in the order of their addresses."""
        address = func.min(subscriptions.c.address).label("address")
        statement = (
            select(hard_bounces.c.mailbox, address, hard_bounces.c.confirmed_at, hard_bounces.c.reason)
            .join(subscriptions, subscriptions.c.mailbox == hard_bounces.c.mailbox)
            .where(ACTIVE, hard_bounces.c.confirmed_at.is_not(None))
            .group_by(hard_bounces.c.mailbox, hard_bounces.c.confirmed_at, hard_bounces.c.reason)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(hard_bounces.c.mailbox))
            return tuple(readable.models(connection, hard_bounces, rows, _due_ending))

    def recent(self, now: datetime) -> tuple[int, int]:
        """Return how many recipients of mail have bounced off within the BRAKE_PERIOD, and how many there were."""
        is_ended = and_(subscriptions.c.end_reason == BOUNCED, subscriptions.c.ended_at > now - BRAKE_PERIOD)
        is_mail = subscriptions.c.address.not_like("%://%")
        count = select(func.count(subscriptions.c.mailbox.distinct()))
        with self._database.read() as connection:
            bounced = connection.execute(count.where(is_ended)).scalar_one()
            return bounced, connection.execute(count.where(is_mail, or_(ACTIVE, is_ended))).scalar_one()

    def hold(self, addresses: Iterable[str], now: datetime) -> None:
        """Pause delivery to these addresses. One incident for all replaces those of their failed deliveries."""
        with self._database.write() as connection:
            for address in addresses:
                delay(self._database, connection, address, now + BRAKE_PERIOD)
                settle_unnotified(connection, "delivery-failed", address, now)

    def forget_expired(self, now: datetime) -> None:
        """Forget held endings that were not confirmed again, and reports that were never confirmed."""
        with self._database.write() as connection:
            connection.execute(hard_bounces.delete().where(expired(now)))

    def _store(self, connection: Connection, address: str, values: dict[str, object]) -> None:
        statement = self._database.insert(hard_bounces).values(mailbox=mailbox_of(address), **values)
        connection.execute(statement.on_conflict_do_update(index_elements=[hard_bounces.c.mailbox], set_=values))


def _due_ending(row: Any) -> DueEnding:
    return DueEnding(row.address, row.confirmed_at, row.reason)


def expired(now: datetime) -> ColumnElement[bool]:
    """The condition for reports that were never confirmed, and endings that were held and not confirmed again."""
    is_unconfirmed = hard_bounces.c.confirmed_at.is_(None)
    is_old = and_(is_unconfirmed, hard_bounces.c.noted_at < now - FORGOTTEN_AFTER)
    return or_(is_old, hard_bounces.c.confirmed_at < now - HELD_FOR)
