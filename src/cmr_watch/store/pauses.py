"""Pauses: until then nothing is sent to a recipient, except what the recipient asks for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from cmr_watch.models.recipients import Subscription
from cmr_watch.store import recipients
from cmr_watch.store.database import Database
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.schema import subscriptions
from cmr_watch.store.subscriptions import select_subscriptions


class Pauses:
    """Begins and ends pauses. A recipient pauses as a whole, whatever the number of subscriptions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, subscription_id: int, until: datetime | None, now: datetime) -> tuple[Subscription, ...]:
        """Pause the recipient of a subscription until then, or end the pause (None); return the active subscriptions.

        Messages that are not sent yet are planned again: what is still true comes after the pause.
        """
        mailbox = select(subscriptions.c.mailbox).where(subscriptions.c.id == subscription_id).scalar_subquery()
        with self._database.write() as connection:
            recipients.lock_planning(self._database, connection)
            return pause_where(connection, subscriptions.c.mailbox == mailbox, until, now)


def pause_where(
    connection: Connection, condition: Any, until: datetime | None, now: datetime
) -> tuple[Subscription, ...]:
    """Pause the recipients of the active subscriptions that meet the condition, in the caller's transaction."""
    statement = update(subscriptions).where(ACTIVE, condition).values(paused_until=until)
    rows = connection.execute(statement.returning(subscriptions.c.id, subscriptions.c.mailbox)).all()
    if not rows:
        return ()
    recipients.replan(connection, {row.mailbox for row in rows}, now)
    return select_subscriptions(connection, subscriptions.c.id.in_([row.id for row in rows]))
