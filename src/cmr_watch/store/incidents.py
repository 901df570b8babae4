"""Incidents: problems that operators are notified of when they are opened and when they are resolved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, get_args

from sqlalchemy import Connection, and_, bindparam, func, or_, select, update

from cmr_watch.models.readings import PageKind
from cmr_watch.models.recipients import Incident, IncidentKind
from cmr_watch.store import readable
from cmr_watch.store.database import Database
from cmr_watch.store.schema import incidents, pages

PAGE_INCIDENTS: Final[tuple[IncidentKind, ...]] = ("fetch-failing", "reading-suspect", "reading-unusable")
"""The kinds that a plausible reading of the page resolves."""
SUSPECT_INCIDENTS: Final[tuple[IncidentKind, ...]] = ("reading-suspect", "reading-unusable")
REMINDED_AFTER: Final = timedelta(days=7)
_FLAPPING_WITHIN: Final = timedelta(days=1)
_OFTEN: Final = 2
"""How often a problem of a page is reported as a new one within a day."""
_is_open = incidents.c.resolved_at.is_(None)
UNNOTIFIED = or_(
    incidents.c.opened_notified_at.is_(None),
    and_(incidents.c.resolved_at.is_not(None), incidents.c.resolved_notified_at.is_(None)),
)
_WITH_PAGE = select(incidents, pages.c.kind.label("page")).outerjoin(pages, pages.c.url == incidents.c.subject)
_OPEN_KINDS = select(incidents.c.kind).where(incidents.c.subject == bindparam("about"), _is_open)
_RESOLVE = (
    update(incidents)
    .where(incidents.c.kind == bindparam("incident_kind"), incidents.c.subject == bindparam("about"), _is_open)
    .values(resolved_at=bindparam("now"))
)


def open_incident(
    database: Database, connection: Connection, kind: IncidentKind, subject: str, detail: str, now: datetime
) -> bool:
    """Open an incident in the caller's transaction; return False if it was already open."""
    row = {"kind": kind, "subject": subject, "detail": detail, "opened_at": now}
    if kind in PAGE_INCIDENTS:
        row |= _if_it_keeps_coming_back(connection, kind, subject, detail, now)
    statement = database.insert(incidents).values(row).on_conflict_do_nothing().returning(incidents.c.id)
    return connection.execute(statement).first() is not None


def _if_it_keeps_coming_back(
    connection: Connection, kind: IncidentKind, subject: str, detail: str, now: datetime
) -> dict[str, Any]:
    """Return what to change about an incident that has opened often within a day: the operator is notified once more.

    For example, a site with two servers, one of which has an old page, may send either page at each check.
    """
    recent = (incidents.c.kind == kind, incidents.c.subject == subject, incidents.c.opened_at > now - _FLAPPING_WITHIN)
    count = connection.execute(select(func.count()).select_from(incidents).where(*recent)).scalar_one()
    if count < _OFTEN:
        return {}
    words = f"comes back again and again ({count + 1} times within a day), which is not reported again: {detail}"
    return {"detail": words, "resolved_notified_at": now, "opened_notified_at": now if count > _OFTEN else None}


def is_open(connection: Connection, kind: IncidentKind, subject: str) -> bool:
    """Whether an incident is open."""
    which = (incidents.c.kind == kind, incidents.c.subject == subject, _is_open)
    return connection.execute(select(incidents.c.id).where(*which)).first() is not None


def open_kinds(connection: Connection, subject: str) -> frozenset[str]:
    """Return the kinds of the open incidents of a subject."""
    return frozenset(connection.execute(_OPEN_KINDS, {"about": subject}).scalars())


def open_among(connection: Connection, kind: IncidentKind, subjects: Collection[str]) -> frozenset[str]:
    """Return those of the subjects that have an open incident of this kind."""
    which = (incidents.c.kind == kind, _is_open, incidents.c.subject.in_(subjects))
    return frozenset(connection.execute(select(incidents.c.subject).where(*which)).scalars())


def open_subjects(connection: Connection, kind: IncidentKind) -> set[str]:
    """Return the subjects of the open incidents of a kind."""
    found = connection.execute(select(incidents).where(incidents.c.kind == kind, _is_open))
    return {row.subject for row in readable.rows(connection, incidents, found)}


def resolve_incidents(connection: Connection, subject: str, now: datetime, *kinds: IncidentKind) -> None:
    """Resolve the open incidents of these kinds in the caller's transaction."""
    for kind in kinds:
        connection.execute(_RESOLVE, {"about": subject, "incident_kind": kind, "now": now})


def record_event(connection: Connection, kind: IncidentKind, subject: str, detail: str, now: datetime) -> None:
    """Record something that happened and needs no resolution: the operator is notified of it once."""
    row = {"kind": kind, "subject": subject, "detail": detail, "opened_at": now}
    connection.execute(incidents.insert().values(**row, resolved_at=now, resolved_notified_at=now))


def report_again(
    database: Database, connection: Connection, kind: IncidentKind, subject: str, detail: str, now: datetime
) -> None:
    """Open an incident with this detail in place of the one that is open; without a detail, only end that one.

    The operator is notified of the detail, but not that the former incident is over.
    """
    which = (incidents.c.kind == kind, incidents.c.subject == subject, _is_open)
    notified_at = func.coalesce(incidents.c.opened_notified_at, now)
    values = {"opened_notified_at": notified_at, "resolved_at": now, "resolved_notified_at": now}
    connection.execute(update(incidents).where(*which).values(values))
    if detail:
        open_incident(database, connection, kind, subject, detail, now)


def remind_of(connection: Connection, kind: IncidentKind, subject: str, detail: str, now: datetime) -> None:
    """Record an event of this kind, once, if the page's reading has been suspect for REMINDED_AFTER."""
    of_page = (incidents.c.subject == subject, incidents.c.kind.in_(SUSPECT_INCIDENTS), _is_open)
    since = readable.time_of(connection.execute(select(func.min(incidents.c.opened_at)).where(*of_page)).scalar())
    if since is None or now - since < REMINDED_AFTER:
        return
    reminder = (incidents.c.subject == subject, incidents.c.kind == kind, incidents.c.opened_at >= since)
    if connection.execute(select(incidents.c.id).where(*reminder)).first() is None:
        record_event(connection, kind, subject, detail, now)


def settle_unnotified(connection: Connection, kind: IncidentKind, subject: str, now: datetime) -> str:
    """Resolve an incident silently if the operator does not know of it yet; return its detail, empty if none."""
    which = (incidents.c.kind == kind, incidents.c.subject == subject, _is_open)
    values = {"opened_notified_at": now, "resolved_at": now, "resolved_notified_at": now}
    statement = update(incidents).where(*which, incidents.c.opened_notified_at.is_(None)).values(**values)
    return "; ".join(connection.execute(statement.returning(incidents.c.detail)).scalars())


class Incidents:
    """The incidents, open and resolved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unresolved(self) -> tuple[Incident, ...]:
        """Return the open incidents, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_WITH_PAGE.where(_is_open).order_by(incidents.c.id))
            return tuple(readable.models(connection, incidents, rows, incident_of))

    def unnotified(self) -> tuple[Incident, ...]:
        """Return the incidents of whose opening or resolution the operators have not been notified, oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(_WITH_PAGE.where(UNNOTIFIED).order_by(incidents.c.id))
            return tuple(readable.models(connection, incidents, rows, incident_of))

    def open(self, kind: IncidentKind, subject: str, detail: str, now: datetime) -> bool:
        """Open an incident; return False if it was already open."""
        with self._database.write() as connection:
            return open_incident(self._database, connection, kind, subject, detail, now)

    def record_once(
        self, kind: IncidentKind, subject: str, detail: str, now: datetime, within: timedelta | None = None
    ) -> None:
        """Record an event, unless it has been recorded before, or `within` this time."""
        which = [incidents.c.kind == kind, incidents.c.subject == subject]
        which += [incidents.c.opened_at > now - within] if within else []
        with self._database.write() as connection:
            if connection.execute(select(incidents.c.id).where(*which)).first() is None:
                record_event(connection, kind, subject, detail, now)

    def resolve(self, kind: IncidentKind, subject: str, now: datetime) -> None:
        """Resolve an incident, if it is open; if not, nothing is written."""
        with self._database.read() as connection:
            if not is_open(connection, kind, subject):
                return
        with self._database.write() as connection:
            resolve_incidents(connection, subject, now, kind)


def mark_notified(connection: Connection, reported: Sequence[Incident], now: datetime) -> bool:
    """Record in the caller's transaction that the operators are notified of the incidents in their present state.

    Return False if another process has already reported any of them: the caller must then roll back.
    """
    marked = 0
    for incident in reported:
        values = {
            "opened_notified_at": incident.opened_notified_at or now,
            "resolved_notified_at": now if incident.resolved_at else incidents.c.resolved_notified_at,
        }
        is_unchanged = and_(
            incidents.c.id == incident.id,
            UNNOTIFIED,
            incidents.c.resolved_at.is_not_distinct_from(incident.resolved_at),
        )
        marked += connection.execute(update(incidents).where(is_unchanged).values(values)).rowcount
    return marked == len(reported)


def incident_of(row: Any) -> Incident:
    """Return an incident from its row."""
    values = dict(row._mapping)
    if values["page"] not in get_args(PageKind):
        values["page"] = None  # no page, or its row is damaged
    return Incident(**values)
