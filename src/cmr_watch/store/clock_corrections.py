"""Notices that the clock was ahead and has been corrected, and undoes what would wait until the wrong time comes.

A machine without a battery, or whose time server is wrong, may believe for some minutes that it is years later. What it
schedules then (a retry, a digest, a lease) would be due in years. How far the clock ever was is therefore stored: if it
is earlier now, everything that waits for a time is planned again, as what should be sent at once is only late then.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, update

from cmr_watch.store import installation, recipients
from cmr_watch.store.database import Database
from cmr_watch.store.schema import circuit_breakers, deliveries, delivery_pauses, matches, rounds

log = logging.getLogger(__name__)

_LATEST: Final = "latest_time"
"""The name of the row of `installation` with the latest time, to the hour."""
_TOLERANCE: Final = timedelta(hours=1)


def note_time(database: Database, now: datetime) -> None:
    """Note what the clock says. If it has been set back by hours, make everything due that waits for a later time."""
    with database.read() as connection:
        latest = installation.read_time(connection, _LATEST)
    if latest is None or abs(now - latest) > _TOLERANCE:
        with database.write() as connection:
            installation.write(connection, _LATEST, now.isoformat())
            if latest and now < latest:
                log.warning("the clock was set back from %s or later; what is waiting is planned again", latest)
                _plan_again(database, connection, now)


def _plan_again(database: Database, connection: Connection, now: datetime) -> None:
    recipients.plan_all_again(database, connection, now)
    is_waiting = (matches.c.settled_at.is_(None), matches.c.held_at.is_(None))
    for column, values in ((matches.c.due_at, {}), (matches.c.matched_at, {"matched_at": now})):
        later = update(matches).where(*is_waiting, column > now)
        connection.execute(later.values(due_at=now, digest_period=None, **values))
    is_pending = (deliveries.c.outcome.is_(None), deliveries.c.held_at.is_(None))
    for column in (deliveries.c.due_at, deliveries.c.leased_until):
        connection.execute(update(deliveries).where(*is_pending, column > now).values({column: now}))
    connection.execute(update(rounds).where(rounds.c.leased_until > now).values(leased_until=now))
    connection.execute(delivery_pauses.delete().where(delivery_pauses.c.paused_until > now))
    connection.execute(circuit_breakers.delete().where(circuit_breakers.c.open_until > now))
