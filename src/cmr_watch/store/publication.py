"""When readers of the public site find changes as new: `changes.published`, the order of their publication.

- A number: the place in this order. It is the ID of the change, unless the change was held: releasing it takes the
  next number of the same sequence, so that it comes after everything that readers have seen.
- HISTORY: listed, but never new: what was derived from an archive is older than what readers have seen.
- NULL: not published, because it is held, or was discarded.

The caller holds Lock.CHANGES, so that the order of the numbers is that of the commits.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import Connection, text, update

from cmr_watch.store.schema import changes

HISTORY: Final = 0
_BEGIN: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Seconds since then have 9 digits until 2051, and fit into 32 bits until 2088."""
_NEXT: Final = {
    "sqlite": "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'changes' RETURNING seq",
    "postgresql": "SELECT nextval(pg_get_serial_sequence('changes', 'id'))",
}
_CURRENT: Final = {
    "sqlite": "SELECT max(seq) FROM sqlite_sequence WHERE name = 'changes'",
    "postgresql": "SELECT nextval(pg_get_serial_sequence('changes', 'id'))",
}
_SET: Final = {
    "sqlite": (
        "DELETE FROM sqlite_sequence WHERE name = 'changes'",
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', :number)",
    ),
    "postgresql": ("SELECT setval(pg_get_serial_sequence('changes', 'id'), :number)",),
}


def publish_new(connection: Connection, change_id: int) -> None:
    """Publish a change that was just stored."""
    connection.execute(update(changes).where(changes.c.id == change_id).values(published=changes.c.id))


def publish_released(connection: Connection, change_ids: Iterable[int]) -> None:
    """Publish changes that were held, in this order, as newer than all others."""
    for change_id in change_ids:
        number = connection.execute(text(_NEXT[connection.dialect.name])).scalar_one()
        connection.execute(update(changes).where(changes.c.id == change_id).values(published=number))


def skip_used_numbers(connection: Connection, now: datetime) -> None:
    """Let the next number be one that was never given, after a restore.

    The sequence is that of the backup. Links in mails, cursors and IDs in feeds that were made after the backup have
    higher numbers, and would name other changes. No installation has had a change every second, so the time in seconds
    is above all of them, and above those after an earlier restore.
    """
    name = connection.dialect.name
    current = connection.execute(text(_CURRENT[name])).scalar() or 0
    number = max(current, int((now - _BEGIN).total_seconds()))
    for statement in _SET[name]:
        connection.execute(text(statement), {"number": number} if ":number" in statement else {})
