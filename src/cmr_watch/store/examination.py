"""Looks for rows that cannot be read in the whole database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

from sqlalchemy import select

from cmr_watch.models.recipients import Body
from cmr_watch.store import (
    check_records,
    evidence,
    incidents,
    mail_requests,
    mute_rows,
    outages,
    plan_writer,
    readable,
    row_mapping,
    signups,
    snapshots,
)
from cmr_watch.store.database import Database
from cmr_watch.store.installation import Installation, is_valid_key
from cmr_watch.store.schema import metadata
from cmr_watch.store.unreadable_rows import EXAMINED_AT, KIND, open_incidents, report

_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class _Checked:
    """Represents a row without a model, whose values were checked."""


def examine(database: Database, now: datetime) -> int:
    """Read every row, report those that cannot be read, and return their number. Incidents of others are resolved.

    DatabaseDamaged if the file is damaged: then only a backup helps.

    This also finds rows that nothing else reads, for example because their time is no time and so never comes.
    """
    database.require_sound()
    Installation(database).write_time(EXAMINED_AT, now)
    report(database, now)
    with database.read() as connection:
        known = incidents.open_subjects(connection, KIND)
        for table in metadata.sorted_tables:
            found = connection.execution_options(yield_per=_BATCH).execute(select(table))
            decode = _DECODE.get(table.name, _checked)
            for row in readable.rows(connection, table, found):
                for _ in readable.models(connection, table, (row,), decode):
                    pass
    noted = database.unreadable.take()
    with database.write() as connection:
        open_incidents(database, connection, noted, now)
        for subject in known - noted.keys():
            incidents.resolve_incidents(connection, subject, now, KIND)
    return len(noted)


def _checked(_: Any) -> _Checked:
    return _Checked()


def _check_delivery(row: Any) -> _Checked:
    row_mapping.delivery(row, Body("", "", ""), ())
    return _Checked()


def _check_body(row: Any) -> _Checked:
    if plan_writer.digest(Body(row.subject, row.text, row.html, row.more_url)) != row.sha256:
        raise ValueError("sha256 is not valid")
    return _Checked()


def _check_installation(row: Any) -> _Checked:
    if not is_valid_key(row.name, row.value):
        raise ValueError("value is not valid")
    return _Checked()


def _check_incident(row: Any) -> Any:
    return incidents.incident_of(SimpleNamespace(_mapping={**row._mapping, "page": None}))


_DECODE: Final[Mapping[str, Callable[[Any], Any]]] = {
    "subscriptions": row_mapping.subscription,
    "signups": signups.signup_of,
    "mail_requests": mail_requests.request_of,
    "mutes": mute_rows.mute_of,
    "changes": row_mapping.recorded_change,
    "editions": row_mapping.known_edition,
    "calls": row_mapping.known_call,
    "deliveries": _check_delivery,
    "bodies": _check_body,
    "snapshots": snapshots.reading_of,
    "contents": snapshots.content_of_row,
    "evidence": evidence.evidence_of,
    "checks": check_records.check_row_of,
    "outages": outages.outage_of,
    "incidents": _check_incident,
    "installation": _check_installation,
}
