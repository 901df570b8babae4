"""Copies of pages from an archive, and the history that they give. Nobody is ever told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from cmr_watch import serialization
from cmr_watch.models import Change, FetchedPage, Known, PageKind, Snapshot
from cmr_watch.store import page_state, row_mapping
from cmr_watch.store.checks import ARCHIVED
from cmr_watch.store.database import Database, inserted_id
from cmr_watch.store.schema import changes, checks, pages, snapshots
from cmr_watch.store.snapshots import ReadingToStore, insert_snapshot


@dataclass(frozen=True, slots=True)
class HistoricalChange:
    """A change of long ago: when a copy showed it, and what a person reads."""

    at: datetime
    change: Change


class ArchiveHistory:
    """The copies that were fetched, and what was made of them."""

    def __init__(self, database: Database, parser_version: int) -> None:
        self._database = database
        self._parser_version = parser_version

    def taken(self, page_url: str) -> frozenset[datetime]:
        """The times of the copies that are here already: nobody has to ask for them again."""
        with self._database.read() as connection:
            return frozenset(connection.execute(_of(page_url, snapshots.c.fetched_at)).scalars())

    def keep(self, page: FetchedPage, kind: PageKind, snapshot: Snapshot, source: str) -> None:
        """Keep a copy: `fetched_at` is the time that it shows, `source` its address in the archive."""
        reading = serialization.snapshot_to_dict(snapshot)
        kept = ReadingToStore(page.url, page.fetched_at, page, reading, self._parser_version)
        with self._database.write() as connection:
            row = {"url": page.url, "kind": kind, "revision": 0, "consecutive_failures": 0}
            connection.execute(self._database.insert(pages).values(row).on_conflict_do_nothing())
            insert_snapshot(self._database, connection, kept, ARCHIVED, source)

    def copies(self, page_url: str) -> tuple[tuple[datetime, Snapshot], ...]:
        """What each copy says, the oldest first."""
        columns = snapshots.c.fetched_at, snapshots.c.reading
        with self._database.read() as connection:
            found = connection.execute(_of(page_url, *columns).order_by(snapshots.c.fetched_at)).all()
        return tuple((row.fetched_at, serialization.snapshot_from_dict(row.reading)) for row in found)

    def write(self, page_url: str, known: Known, past: Iterable[HistoricalChange]) -> int:
        """Make the page's history this one, and what is known of it; how many changes were not there before."""
        with self._database.write() as connection:
            old = {_identity(row): row.check_id for row in connection.execute(_changes_of(page_url))}
            new = {(one.at, one.change.kind.value, one.change.key): one for one in past}
            _forget(connection, [check for key, check in old.items() if key not in new])
            fresh = [one for key, one in new.items() if key not in old]
            for one in fresh:
                _insert(connection, page_url, one)
            page_state.replace(connection, page_url, page_state.load(connection, page_url), known)
            return len(fresh)


def _of(page_url: str, *columns: Any) -> Any:
    return select(*columns).where(snapshots.c.page_url == page_url, snapshots.c.assessment == ARCHIVED)


def _changes_of(page_url: str) -> Any:
    joined = select(changes.c.check_id, changes.c.read_at, changes.c.kind, changes.c.key)
    archived = (changes.c.page_url == page_url, checks.c.outcome == ARCHIVED)
    return joined.join(checks, checks.c.id == changes.c.check_id).where(*archived)


def _identity(row: Any) -> tuple[datetime, str, str]:
    return row.read_at, row.kind, row.key


def _forget(connection: Connection, check_ids: list[int]) -> None:
    """What a copy that came to light later shows to have been otherwise."""
    connection.execute(delete(changes).where(changes.c.check_id.in_(check_ids)))
    connection.execute(delete(checks).where(checks.c.id.in_(check_ids)))


def _insert(connection: Connection, page_url: str, one: HistoricalChange) -> None:
    check = {"page_url": page_url, "checked_at": one.at, "outcome": ARCHIVED, "detail": "", "revision": 0}
    row = row_mapping.change_row(page_url, one.at, one.change)
    values = {**row, "check_id": inserted_id(connection, checks, check), "enqueued_at": one.at}
    inserted_id(connection, changes, values)
