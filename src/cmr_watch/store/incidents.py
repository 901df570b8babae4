"""Trouble for the operator: a row with a beginning, and an end that is still NULL while it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from cmr_watch.models import Incident, IncidentKind
from cmr_watch.store.database import Database
from cmr_watch.store.schema import incidents

_open = incidents.c.resolved_at.is_(None)
UNNOTIFIED = or_(
    incidents.c.opened_notified_at.is_(None),
    and_(incidents.c.resolved_at.is_not(None), incidents.c.resolved_notified_at.is_(None)),
)
_CLOSE = (
    update(incidents)
    .where(incidents.c.kind == bindparam("which"), incidents.c.subject == bindparam("about"), _open)
    .values(resolved_at=bindparam("now"))
)


def open_incident(
    database: Database, connection: Connection, kind: IncidentKind, subject: str, detail: str, now: datetime
) -> bool:
    """Open one in the caller's transaction. False: it was open already, and the operator knows."""
    row = {"kind": kind, "subject": subject, "detail": detail, "opened_at": now}
    statement = database.insert(incidents).values(row).on_conflict_do_nothing().returning(incidents.c.id)
    return connection.execute(statement).first() is not None


def resolve_incidents(connection: Connection, subject: str, now: datetime, *kinds: IncidentKind) -> None:
    """Close those of these kinds that are open, in the caller's transaction."""
    for kind in kinds:
        connection.execute(_CLOSE, {"about": subject, "which": kind, "now": now})


class Incidents:
    """What the operator is to look at."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unresolved(self) -> tuple[Incident, ...]:
        """Those that still last, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(incidents).where(_open).order_by(incidents.c.id))
            return tuple(_incident(row) for row in rows)

    def unnotified(self) -> tuple[Incident, ...]:
        """Those whose beginning or end the operator was not told yet, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(incidents).where(UNNOTIFIED).order_by(incidents.c.id))
            return tuple(_incident(row) for row in rows)

    def open(self, kind: IncidentKind, subject: str, detail: str, now: datetime) -> bool:
        """Open one. False: it was open already."""
        with self._database.write() as connection:
            return open_incident(self._database, connection, kind, subject, detail, now)

    def resolve(self, kind: IncidentKind, subject: str, now: datetime) -> None:
        """Close it, if it is open."""
        with self._database.write() as connection:
            resolve_incidents(connection, subject, now, kind)


def mark_notified(connection: Connection, told: Sequence[Incident], now: datetime) -> bool:
    """Mark that the operator was told of these as they are, in the caller's transaction. False: somebody else did."""
    marked = 0
    for incident in told:
        values = {
            "opened_notified_at": incident.opened_notified_at or now,
            "resolved_notified_at": now if incident.resolved_at else None,
        }
        which = and_(
            incidents.c.id == incident.id,
            UNNOTIFIED,
            incidents.c.resolved_at.is_not_distinct_from(incident.resolved_at),
        )
        marked += connection.execute(update(incidents).where(which).values(values)).rowcount
    return marked == len(told)


def _incident(row: Any) -> Incident:
    return Incident(**row._mapping)
