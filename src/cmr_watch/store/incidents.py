"""Trouble for the operator: a row with a beginning, and an end that is still NULL while it lasts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, select, update

from cmr_watch.models import Incident
from cmr_watch.store.database import Database
from cmr_watch.store.schema import incidents

IncidentKind = Literal["source-failing", "reading-suspect", "delivery-set-aside"]

_open = incidents.c.closed_at.is_(None)
_CLOSE = (
    update(incidents)
    .where(incidents.c.kind.in_(bindparam("kinds", expanding=True)), incidents.c.subject == bindparam("about"), _open)
    .values(closed_at=bindparam("now"))
)


def open_incident(
    database: Database, connection: Connection, kind: IncidentKind, subject: str, detail: str, now: datetime
) -> bool:
    """Open one in the caller's transaction. False: it was open already, and the operator knows."""
    row = {"kind": kind, "subject": subject, "detail": detail, "opened_at": now}
    statement = database.insert(incidents).values(row).on_conflict_do_nothing().returning(incidents.c.id)
    return connection.execute(statement).first() is not None


def close_incidents(connection: Connection, subject: str, now: datetime, *kinds: IncidentKind) -> None:
    """Close those of these kinds that are open, in the caller's transaction."""
    connection.execute(_CLOSE, {"about": subject, "kinds": kinds, "now": now})


class Incidents:
    """What the operator is to look at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open_ones(self) -> tuple[Incident, ...]:
        """Those that still last, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(incidents).where(_open).order_by(incidents.c.id))
            return tuple(_incident(row) for row in rows)


def _incident(row: Any) -> Incident:
    return Incident(**row._mapping)
