"""Numbers of rows that are known outside the database, so that none may be used twice, not even after a restore.

The sequences of a restored database are those of the backup. Rows made after the backup have higher numbers: links in
mails, cursors and IDs in feeds name changes; the tokens in mails name subscriptions, and would unsubscribe the person
who has been given the number since, or mute something for that person.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, text

from cmr_watch.store.schema import changes, subscriptions

_BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Seconds since then have 9 digits until 2051, and fit into 32 bits until 2088."""
_KNOWN_OUTSIDE: Final = (changes.name, subscriptions.name)
_CURRENT: Final = {
    "sqlite": "SELECT max(seq) FROM sqlite_sequence WHERE name = '{table}'",
    "postgresql": "SELECT nextval(pg_get_serial_sequence('{table}', 'id'))",
}
_SET: Final = {
    "sqlite": (
        "DELETE FROM sqlite_sequence WHERE name = '{table}'",
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', :number)",
    ),
    "postgresql": ("SELECT setval(pg_get_serial_sequence('{table}', 'id'), :number)",),
}


def skip_used_numbers(connection: Connection, now: datetime) -> None:
    """Let the next numbers be ones that were never given, after a restore.

    No installation has had a change or a subscription every second, so the time in seconds is above all of them, and
    above those after an earlier restore.
    """
    for table in _KNOWN_OUTSIDE:
        _skip(connection, table, int((now - _BEGIN).total_seconds()))


def _skip(connection: Connection, table: str, number: int) -> None:
    name = connection.dialect.name
    current = connection.execute(text(_CURRENT[name].format(table=table))).scalar() or 0
    for statement in _SET[name]:
        values = {"number": max(current, number)} if ":number" in statement else {}
        connection.execute(text(statement.format(table=table)), values)
