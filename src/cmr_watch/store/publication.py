"""When readers of the public site find changes as new: `changes.published`, the order of their publication.

- A number: the place in this order. It is the ID of the change, unless the change was held: releasing it takes the
  next number of the same sequence, so that it comes after everything that readers have seen.
- HISTORY: listed, but never new: what was derived from an archive is older than what readers have seen.
- NULL: not published, because it is held, or was discarded.

The caller holds Lock.CHANGES, so that the order of the numbers is that of the commits.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, text, update

from cmr_watch.store.schema import changes

HISTORY: Final = 0
_NEXT: Final = {
    "sqlite": "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'changes' RETURNING seq",
    "postgresql": "SELECT nextval(pg_get_serial_sequence('changes', 'id'))",
}


def publish_new(connection: Connection, change_id: int) -> None:
    """Publish a change that was just stored."""
    connection.execute(update(changes).where(changes.c.id == change_id).values(published=changes.c.id))


def publish_released(connection: Connection, change_ids: Iterable[int]) -> None:
    """Publish changes that were held, in this order, as newer than all others."""
    for change_id in change_ids:
        number = connection.execute(text(_NEXT[connection.dialect.name])).scalar_one()
        connection.execute(update(changes).where(changes.c.id == change_id).values(published=number))
