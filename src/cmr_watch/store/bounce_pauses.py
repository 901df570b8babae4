"""Soft bounces: a mailbox that is full or away is left in peace for a while, longer each time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from cmr_watch.models import mailbox_of
from cmr_watch.store.database import Database
from cmr_watch.store.schema import delivery_pauses

PAUSES: Final = (timedelta(hours=4), timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""After the first soft bounce, the second, …; the last one repeats."""
FORGOTTEN_AFTER: Final = timedelta(days=30)
"""A bounce that long after the last pause begins anew."""


class Bounces:
    """Mailboxes that are paused."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def pause(self, address: str, now: datetime) -> datetime:
        """Count one more soft bounce; until when nothing is sent there."""
        mailbox = mailbox_of(address)
        with self._database.write() as connection:
            old = connection.execute(select(delivery_pauses).where(delivery_pauses.c.mailbox == mailbox)).first()
            count = old.soft_bounces if old and now - old.paused_until < FORGOTTEN_AFTER else 0
            until = now + PAUSES[min(count, len(PAUSES) - 1)]
            values = {"soft_bounces": count + 1, "paused_until": until}
            statement = self._database.insert(delivery_pauses).values(mailbox=mailbox, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=[delivery_pauses.c.mailbox], set_=values))
        return until
