"""What checks found: readings, the state of each page, and the changes between them.

`commit` is the heart: all that one check learned is written in one transaction, or nothing of it.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from cmr_watch import serialization
from cmr_watch.merge_pages import KnownPage
from cmr_watch.models import (
    PARSER_VERSION,
    Change,
    IncidentKind,
    Known,
    LastFetch,
    PageRef,
    RecordedChange,
    Snapshot,
    Validators,
)
from cmr_watch.store import page_state, recipients, restore_quarantine, row_mapping
from cmr_watch.store.check_records import (
    GOOD,
    Baseline,
    CheckRecord,
    CheckRow,
    CommitEffects,
    StoredPage,
    baseline_of,
    insert_change,
    insert_check,
    load_stored_page,
)
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import open_incident, resolve_incidents
from cmr_watch.store.schema import changes, checks, pages, robots, snapshots
from cmr_watch.store.snapshots import (
    ReadingToStore,
    SnapshotRow,
    StoredSnapshot,
    keep,
    keep_suspect,
    list_snapshots,
    load_snapshot,
    newest_suspect,
)

log = logging.getLogger(__name__)

ARCHIVED: Final = "archived"
"""The outcome of what was never a check of ours: a copy from an archive."""
FAILURES_UNTIL_INCIDENT = 3
"""Checks in a row, unless the operator wishes otherwise."""

_PAGE = select(pages).where(pages.c.url == bindparam("page"))
_LOCKED_PAGE = _PAGE.with_for_update()
_UPDATE_PAGE = update(pages).where(pages.c.url == bindparam("page"))

_CHANGES_LOCK = 0x636D7202  # any number, the same in every process


class Checks:
    """The pages: what they say, what is known of them, what changed."""

    def __init__(
        self, database: Database, parser_version: int = PARSER_VERSION, patience: int = FAILURES_UNTIL_INCIDENT
    ) -> None:
        self._database = database
        self._patience = patience
        self._parser_version = parser_version
        self._stored: dict[str, StoredPage] = {}

    # ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────

    def baseline(self, page_url: str) -> Baseline | None:
        """What the next reading of a page is compared with. None: there was no good reading yet."""
        with self._database.read() as connection:
            page = connection.execute(_PAGE, {"page": page_url}).first()
            if page is None or page.baseline_id is None:
                return None
            return baseline_of(page, self._load(connection, page))

    def commit(self, record: CheckRecord) -> tuple[RecordedChange, ...] | None:
        """Write what a check learned. None, and nothing written: the baseline is another by now, compare again.

        - baseline, changed, unchanged: a good reading, the baseline from now on; troubles of the page are over.
        - suspect: kept beside the baseline, which stays; an incident. Additions read from it are known from then on.
        - failed: counted; the third in a row is an incident.
        - dropped: it was made, and that is all.
        """
        with self._database.write() as connection:
            page = self._lock_page(connection, record)
            if record.compares and record.revision != (page.revision if page.baseline_id else None):
                return None
            check_id = insert_check(connection, record, page.revision)
            stored = self._load(connection, page)
            written = self._write(connection, record, page, stored)
            replaced = record.known is not None and page_state.replace(
                connection, record.page.url, stored.state, record.known
            )
            recorded = self._insert_changes(connection, record, check_id)
            self._tell_others(connection, record, stored, replaced)
        if written.holds_at and not replaced:
            self._stored[record.page.url] = replace(stored, at=written.holds_at)
        if written.incident:
            log.debug("%s: %s: %s", written.incident, record.page.url, record.detail)
        return recorded

    def _tell_others(self, connection: Connection, record: CheckRecord, stored: StoredPage, replaced: bool) -> None:
        """What a reading means to those who wait for one: reminders, and what a restore holds back."""
        if replaced and record.known is not None and record.known.calls != stored.known.calls:
            recipients.wake_for_calls(connection, record.checked_at)
        if record.outcome in GOOD and restore_quarantine.waits_for_reading(connection, record.page.url):
            restore_quarantine.end_reading(connection, record.page.url)

    def _lock_page(self, connection: Connection, record: CheckRecord) -> Any:
        page = connection.execute(_LOCKED_PAGE, {"page": record.page.url}).first()
        if page is None:
            new = {"url": record.page.url, "kind": record.page.kind, "revision": 0, "consecutive_failures": 0}
            connection.execute(self._database.insert(pages).values(new).on_conflict_do_nothing())
            page = connection.execute(_LOCKED_PAGE, {"page": record.page.url}).one()
        return page

    def _load(self, connection: Connection, page: Any) -> StoredPage:
        # what belongs to a revision never changes, so it is read once; mostly the next revision is the same again
        stored = self._stored.get(page.url)
        at = (page.revision, page.baseline_id, page.read_at)
        if stored is None or stored.at != at:
            self._stored[page.url] = stored = load_stored_page(connection, page, at)
        return stored

    def _write(self, connection: Connection, record: CheckRecord, page: Any, stored: StoredPage) -> CommitEffects:
        if record.outcome in GOOD:
            return self._write_good(connection, record, page, stored)
        if record.outcome == "suspect":
            return self._write_suspect(connection, record, page, stored)
        if record.outcome == "failed":
            return self._write_failed(connection, record, page)
        return CommitEffects()

    def _write_good(self, connection: Connection, record: CheckRecord, page: Any, stored: StoredPage) -> CommitEffects:
        full = page.full_read_at is None or not record.conditional
        validators = record.fetched.validators if record.fetched else Validators(page.etag, page.last_modified)
        baseline_id, moved = keep(self._database, connection, self._kept(record, stored), stored.baseline)
        values = {
            "page": record.page.url,
            "revision": page.revision + 1,
            "baseline_id": baseline_id,
            "etag": validators.etag,
            "last_modified": validators.last_modified,
            "read_at": record.read_at,
            "full_read_at": record.read_at if full else page.full_read_at,
            "consecutive_failures": 0,
        }
        connection.execute(_UPDATE_PAGE, values)
        resolve_incidents(connection, record.page.url, record.checked_at, "fetch-failing", "reading-suspect")
        return CommitEffects(holds_at=None if moved else (page.revision + 1, baseline_id, record.read_at))

    def _write_suspect(
        self, connection: Connection, record: CheckRecord, page: Any, stored: StoredPage
    ) -> CommitEffects:
        keep_suspect(self._database, connection, self._kept(record, stored), stored.baseline, record.detail)
        raised = 1 if record.known is not None else 0
        values = {"page": record.page.url, "consecutive_failures": 0, "revision": page.revision + raised}
        connection.execute(_UPDATE_PAGE, values)
        return self._open(connection, "reading-suspect", record)

    def _write_failed(self, connection: Connection, record: CheckRecord, page: Any) -> CommitEffects:
        failures = page.consecutive_failures + 1
        connection.execute(_UPDATE_PAGE, {"page": record.page.url, "consecutive_failures": failures})
        if failures < self._patience:
            return CommitEffects()
        return self._open(connection, "fetch-failing", record)

    def _open(self, connection: Connection, kind: IncidentKind, record: CheckRecord) -> CommitEffects:
        detail = ". ".join(filter(None, (record.detail, record.drift)))
        news = open_incident(self._database, connection, kind, record.page.url, detail, record.checked_at)
        return CommitEffects(incident=kind if news else None)

    def _kept(self, record: CheckRecord, stored: StoredPage) -> ReadingToStore:
        if record.snapshot is not None and record.snapshot is stored.snapshot:
            reading = stored.baseline.reading
        else:
            reading = serialization.snapshot_to_dict(record.snapshot or Snapshot(kind=record.page.kind))
        return ReadingToStore(record.page.url, record.read_at, record.fetched, reading, self._parser_version)

    def _insert_changes(self, connection: Connection, record: CheckRecord, check_id: int) -> tuple[RecordedChange, ...]:
        if not record.changes:
            return ()
        # ids in the order of commits: a subscription hears of those after the last that it could see
        self._database.serialize(connection, _CHANGES_LOCK)
        held_at = record.checked_at if restore_quarantine.waits_for_reading(connection, record.page.url) else None
        return tuple(insert_change(connection, record, check_id, held_at, change) for change in record.changes)

    # ── several pages ────────────────────────────────────────────────────────────────────────────────────────────

    def pages(self) -> tuple[KnownPage, ...]:
        """What is known of each page."""
        with self._database.read() as connection:
            return page_state.load_pages(connection)

    def changes_on_other_pages(self, page_url: str, keys: Collection[str]) -> tuple[Change, ...]:
        """The changes of these editions and calls that other pages told, oldest first."""
        told = select(changes).join(checks, checks.c.id == changes.c.check_id).where(checks.c.outcome != ARCHIVED)
        others = told.where(changes.c.page_url != page_url, changes.c.key.in_(keys))
        with self._database.read() as connection:
            found = connection.execute(others.order_by(changes.c.id)).all()
        return tuple(row_mapping.recorded_change(row).change for row in found)

    def last_fetches(self) -> tuple[LastFetch, ...]:
        """When each page was asked for last, and whether it failed then."""
        own = checks.alias()
        newest = select(func.max(own.c.id)).where(own.c.page_url == pages.c.url, own.c.outcome != ARCHIVED)
        joined = select(pages.c.url, pages.c.kind, checks.c.checked_at, checks.c.outcome).join_from(
            pages, checks, checks.c.id == newest.scalar_subquery()
        )
        with self._database.read() as connection:
            found = connection.execute(joined.order_by(pages.c.url)).all()
        return tuple(LastFetch(PageRef(row.url, row.kind), row.checked_at, row.outcome == "failed") for row in found)

    # ── looking at it ────────────────────────────────────────────────────────────────────────────────────────────

    def content(self, snapshot_id: int) -> bytes:
        """The raw page of a snapshot."""
        return self.snapshot(snapshot_id).fetched.content

    def snapshots(self, page_url: str | None = None, limit: int = 50) -> tuple[SnapshotRow, ...]:
        """The newest snapshots, oldest first."""
        with self._database.read() as connection:
            return list_snapshots(connection, page_url, limit)

    def snapshot(self, snapshot_id: int) -> StoredSnapshot:
        """One snapshot, whole. KeyError: there is none with this id."""
        with self._database.read() as connection:
            return load_snapshot(connection, snapshot_id)

    def snapshot_ids(self) -> tuple[int, ...]:
        """All that are kept, oldest first."""
        with self._database.read() as connection:
            return tuple(connection.execute(select(snapshots.c.id).order_by(snapshots.c.id)).scalars())

    def correct(self, snapshot_id: int, reading: Snapshot, known: Known | None) -> None:
        """Put a better reading of the same page in the place of a snapshot's; with `known`, what is known with it."""
        values = {"reading": serialization.snapshot_to_dict(reading), "parser_version": self._parser_version}
        with self._database.write() as connection:
            which = update(snapshots).where(snapshots.c.id == snapshot_id).returning(snapshots.c.page_url)
            page_url = connection.execute(which.values(values)).scalar_one()
            if known is not None:
                page_state.replace(connection, page_url, page_state.load(connection, page_url), known)
                # whoever compares with what was known must look again
                revision = pages.c.revision + 1
                connection.execute(update(pages).where(pages.c.url == page_url).values(revision=revision))
        self._stored.pop(page_url, None)

    def newest_suspect(self, page_url: str) -> StoredSnapshot | None:
        """The last suspect reading, if no good one came after it."""
        with self._database.read() as connection:
            return newest_suspect(connection, page_url)

    def known(self, page_url: str | None = None) -> Known:
        """What is known of one page, or of all."""
        with self._database.read() as connection:
            return page_state.load(connection, page_url).known() if page_url else page_state.load_all(connection)

    def changes(
        self, since_id: int | None = None, since: datetime | None = None, limit: int | None = None
    ) -> tuple[RecordedChange, ...]:
        """The changes after an id, or read at or after a time, oldest first; with a limit, the newest of them."""
        # what came from an archive has a young id and an old date
        statement = select(changes).order_by(changes.c.read_at.desc(), changes.c.id.desc()).limit(limit)
        if since_id is not None:
            statement = statement.where(changes.c.id > since_id)
        if since is not None:
            statement = statement.where(changes.c.read_at >= since)
        with self._database.read() as connection:
            return tuple(row_mapping.recorded_change(row) for row in reversed(connection.execute(statement).all()))

    def read_at(self, page_url: str) -> datetime | None:
        """The last good reading of a page."""
        with self._database.read() as connection:
            page = connection.execute(_PAGE, {"page": page_url}).first()
        return page.read_at if page else None

    def first_read_at(self, page_url: str) -> datetime | None:
        """When a page was read with success for the first time."""
        good = (checks.c.page_url == page_url, checks.c.outcome == "baseline")
        with self._database.read() as connection:
            found: datetime | None = connection.execute(select(func.min(checks.c.checked_at)).where(*good)).scalar()
        return found

    def last_check(self, page_url: str) -> CheckRow | None:
        """The last check of a page, whatever came of it."""
        of_page = select(checks).where(checks.c.page_url == page_url, checks.c.outcome != ARCHIVED)
        statement = of_page.order_by(checks.c.id.desc()).limit(1)
        with self._database.read() as connection:
            row = connection.execute(statement).first()
        return CheckRow(row.id, row.page_url, row.checked_at, row.outcome, row.detail) if row else None

    # ── robots.txt, so that each process need not ask again ──────────────────────────────────────────────────────

    def cached_robots(self, host: str) -> tuple[str | None, int, datetime] | None:
        """A host's robots.txt as it was fetched last: text, status, time."""
        with self._database.read() as connection:
            row = connection.execute(select(robots).where(robots.c.host == host)).first()
        return (row.text, row.status, row.fetched_at) if row else None

    def save_robots(self, host: str, text: str | None, status: int, fetched_at: datetime) -> None:
        """Keep a host's robots.txt."""
        values = {"text": text, "status": status, "fetched_at": fetched_at}
        statement = self._database.insert(robots).values(host=host, **values)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=[robots.c.host], set_=values))
