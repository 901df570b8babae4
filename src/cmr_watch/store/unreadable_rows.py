"""Reports rows that cannot be read to the operator."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from cmr_watch.models.recipients import IncidentKind
from cmr_watch.store import incidents
from cmr_watch.store.database import Database
from cmr_watch.store.installation import Installation

KIND: Final[IncidentKind] = "row-unreadable"
EXAMINED_AT: Final = "examined_at"
"""The name of the row of `installation` with the time of the last examination (examination.py)."""
_EXAMINED_EVERY: Final = timedelta(days=1)


def report(database: Database, now: datetime) -> None:
    """Open an incident for each row that could not be read."""
    if noted := database.unreadable.take():
        with database.write() as connection:
            open_incidents(database, connection, noted, now)


def was_examined(database: Database, now: datetime) -> bool:
    """Return whether the database was examined within the last day; if not, it is time (examination.py)."""
    examined_at = Installation(database).read_time(EXAMINED_AT)
    return examined_at is not None and abs(now - examined_at) < _EXAMINED_EVERY


def open_incidents(database: Database, connection: Connection, noted: Mapping[str, str], now: datetime) -> None:
    """Open an incident for each of these rows, with the reason, in the caller's transaction."""
    for subject, reason in noted.items():
        incidents.open_incident(database, connection, KIND, subject, reason, now)
