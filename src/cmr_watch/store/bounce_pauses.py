"""Soft bounces: after a temporary bounce, such as a full mailbox, delivery pauses, longer each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select

from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store import readable
from cmr_watch.store.database import Database
from cmr_watch.store.schema import delivery_pauses

PAUSES: Final = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""The pause after the first soft bounce in a row, the second, …; the last one repeats."""
RESET_AFTER: Final = timedelta(days=30)
"""How long after the end of the last pause the count starts again at one."""


class BouncePauses:
    """The mailboxes to which delivery is paused."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, address: str, now: datetime) -> datetime:
        """Count a soft bounce and pause delivery to its mailbox; return the end of the pause."""
        mailbox = mailbox_of(address)
        with self._database.write() as connection:
            found = connection.execute(select(delivery_pauses).where(delivery_pauses.c.mailbox == mailbox)).all()
            old = next(readable.rows(connection, delivery_pauses, found), None)
            count = old.soft_bounces if old and now - old.paused_until < RESET_AFTER else 0
            until = now + PAUSES[min(count, len(PAUSES) - 1)]
            values = {"soft_bounces": count + 1, "paused_until": until}
            statement = self._database.insert(delivery_pauses).values(mailbox=mailbox, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=[delivery_pauses.c.mailbox], set_=values))
        return until


def delay(database: Database, connection: Connection, address: str, until: datetime) -> datetime:
    """Pause delivery to a mailbox until a time, or longer if it is paused already; return the end of the pause."""
    which = delivery_pauses.c.mailbox == mailbox_of(address)
    paused_until = connection.execute(select(delivery_pauses.c.paused_until).where(which)).scalar()
    until = max(until, paused_until) if paused_until else until
    values = {"mailbox": mailbox_of(address), "soft_bounces": 0, "paused_until": until}
    statement = database.insert(delivery_pauses).values(**values)
    later = {"paused_until": until}
    connection.execute(statement.on_conflict_do_update(index_elements=[delivery_pauses.c.mailbox], set_=later))
    return until
