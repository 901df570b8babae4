"""Copies of pages from a web archive, and the history derived from them. This history causes no notifications."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update

from cmr_watch import serialization
from cmr_watch.models.readings import Change, FetchedPage, Known, PageKind, Snapshot
from cmr_watch.store import known_entries, readable, row_mapping
from cmr_watch.store.calendar_events import replace_known
from cmr_watch.store.check_records import ARCHIVED
from cmr_watch.store.database import Database, insert_returning_id
from cmr_watch.store.publication import HISTORY
from cmr_watch.store.schema import changes, checks, pages, snapshots
from cmr_watch.store.snapshots import ReadingToStore, insert_snapshot

_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HistoricalChange:
    """A change from before the first check, and the time of the first archived copy that shows it."""

    at: datetime
    change: Change


class ArchiveHistory:
    """The archived copies of pages, and the changes derived from them."""

    def __init__(self, database: Database, parser_version: int) -> None:
        self._database = database
        self._parser_version = parser_version

    def stored_times(self, page_url: str) -> frozenset[datetime]:
        """Return the times of the copies that are already stored and need not be fetched again."""
        with self._database.read() as connection:
            times = connection.execute(_select_copies(page_url, snapshots.c.fetched_at)).scalars()
            return frozenset(filter(None, map(readable.time_of, times)))

    def store_copy(self, page: FetchedPage, kind: PageKind, snapshot: Snapshot, source: str) -> None:
        """Store a copy. `page.fetched_at` is when the archive captured it, `source` its URL in the archive."""
        reading = ReadingToStore(
            page.url, page.fetched_at, page, serialization.snapshot_to_dict(snapshot), self._parser_version
        )
        with self._database.write() as connection:
            row = {"url": page.url, "kind": kind, "revision": 0, "consecutive_failures": 0}
            connection.execute(self._database.insert(pages).values(row).on_conflict_do_nothing())
            insert_snapshot(self._database, connection, reading, ARCHIVED, source)

    def load_copies(self, page_url: str) -> tuple[tuple[datetime, Snapshot], ...]:
        """Return the capture time and the reading of each copy, oldest first."""
        columns = snapshots.c.id, snapshots.c.fetched_at, snapshots.c.reading
        with self._database.read() as connection:
            rows = connection.execute(_select_copies(page_url, *columns).order_by(snapshots.c.fetched_at)).all()
            copies = readable.models(connection, snapshots, rows, _copy)
            return tuple((copy.at, copy.snapshot) for copy in copies)

    def replace_history(self, page_url: str, known: Known, past: Iterable[HistoricalChange]) -> int:
        """Replace the derived history and the known state of a page; return the number of changes added."""
        with self._database.write() as connection:
            old = {_identity(row): row.check_id for row in connection.execute(_select_changes(page_url))}
            new = {(entry.at, entry.change.kind.value, entry.change.key): entry for entry in past}
            _delete_changes(connection, [check_id for key, check_id in old.items() if key not in new])
            added = [entry for key, entry in new.items() if key not in old]
            for entry in added:
                _insert_change(connection, page_url, entry)
            state = known_entries.load(connection, page_url)
            if replace_known(self._database, connection, page_url, state, known, _last_read_at(connection)):
                # other processes keep what is known of a page at one revision
                connection.execute(update(pages).where(pages.c.url == page_url).values(revision=pages.c.revision + 1))
            return len(added)


@dataclass(frozen=True, slots=True)
class _Copy:
    at: datetime
    snapshot: Snapshot


def _copy(row: Any) -> _Copy:
    return _Copy(row.fetched_at, serialization.snapshot_from_dict(row.reading))


def _last_read_at(connection: Connection) -> datetime:
    """When any page was last read: the time of what is known, which the copies only add to."""
    return readable.time_of(connection.execute(select(func.max(pages.c.read_at))).scalar()) or _LONG_AGO


def _select_copies(page_url: str, *columns: Any) -> Any:
    return select(*columns).where(snapshots.c.page_url == page_url, snapshots.c.assessment == ARCHIVED)


def _select_changes(page_url: str) -> Any:
    joined = select(changes.c.check_id, changes.c.read_at, changes.c.kind, changes.c.key)
    conditions = (changes.c.page_url == page_url, checks.c.outcome == ARCHIVED)
    return joined.join(checks, checks.c.id == changes.c.check_id).where(*conditions)


def _identity(row: Any) -> tuple[datetime, str, str]:
    return row.read_at, row.kind, row.key


def _delete_changes(connection: Connection, check_ids: list[int]) -> None:
    """Delete changes that a copy found later contradicts."""
    connection.execute(delete(changes).where(changes.c.check_id.in_(check_ids)))
    connection.execute(delete(checks).where(checks.c.id.in_(check_ids)))


def _insert_change(connection: Connection, page_url: str, entry: HistoricalChange) -> None:
    check = {"page_url": page_url, "checked_at": entry.at, "outcome": ARCHIVED, "detail": "", "revision": 0}
    row = row_mapping.change_row(page_url, entry.at, entry.change)
    check_id = insert_returning_id(connection, checks, check)
    connection.execute(changes.insert(), {**row, "check_id": check_id, "enqueued_at": entry.at, "published": HISTORY})
