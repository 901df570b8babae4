"""What a better parser was the first to read: stored as changes that are sent only once the operator agrees.

They belong to a check with the outcome REPARSED, which is not a check of the page; it is RELEASED afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update

from cmr_watch.models.readings import CallNotice, Change, Edition, RecordedChange
from cmr_watch.store import row_mapping
from cmr_watch.store.check_records import RELEASED, REPARSED, load_changes
from cmr_watch.store.database import Database, insert_returning_id
from cmr_watch.store.incidents import record_event
from cmr_watch.store.locks import Lock
from cmr_watch.store.publication import publish_new
from cmr_watch.store.schema import changes, checks

_MAX_FACTS: Final = 10
_MAX_TEXT: Final = 120


def record_newly_read(
    database: Database, connection: Connection, page_url: str, found: Sequence[Change], now: datetime
) -> None:
    """Store these changes in the caller's transaction, and list them to the operator."""
    if not found:
        return
    database.lock(connection, Lock.CHANGES)
    check = {"page_url": page_url, "checked_at": now, "outcome": REPARSED, "detail": "", "revision": 0}
    check_id = insert_returning_id(connection, checks, check)
    for change in found:
        row = {**row_mapping.change_row(page_url, now, change), "check_id": check_id, "enqueued_at": now}
        publish_new(connection, insert_returning_id(connection, changes, row))
    record_event(connection, "newly-read", page_url, "; ".join(_facts(found)), now)


def _facts(found: Sequence[Change]) -> Iterator[str]:
    """`edition.announced: “Charleroi, Belgium – 27-28 November 2024”`, `call.cutoff_added: 2024-05-31 18:00 UTC`."""
    for change in found[:_MAX_FACTS]:
        yield f"{change.kind.value}: {_fact(change)}"
    if len(found) > _MAX_FACTS:
        yield f"and {len(found) - _MAX_FACTS} more"


def _fact(change: Change) -> str:
    if change.cutoff_after:
        return f"{change.cutoff_after.at:%Y-%m-%d %H:%M} UTC"
    return f"“{change.after.text[:_MAX_TEXT]}”" if isinstance(change.after, Edition | CallNotice) else change.key


class NewlyRead:
    """The changes that wait for the operator."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> tuple[RecordedChange, ...]:
        """Return the changes that were not released, oldest first."""
        joined = select(changes).join(checks, checks.c.id == changes.c.check_id).where(checks.c.outcome == REPARSED)
        with self._database.read() as connection:
            return tuple(load_changes(connection, joined.order_by(changes.c.id)))

    def release(self, waiting: Sequence[RecordedChange], notify: Sequence[RecordedChange]) -> bool:
        """Hand over the changes in `notify` to the fan-out; none of those in `waiting` waits any longer.

        Return False, and do nothing, if another process has released any of them.
        """
        ids = [change.id for change in waiting]
        of_changes = checks.c.id.in_(select(changes.c.check_id).where(changes.c.id.in_(ids)))
        with self._database.write() as connection:
            pending = update(checks).where(of_changes, checks.c.outcome == REPARSED).values(outcome=RELEASED)
            if not connection.execute(pending).rowcount:
                return False
            due = changes.c.id.in_([change.id for change in notify])
            connection.execute(update(changes).where(due).values(enqueued_at=None))
            return True
