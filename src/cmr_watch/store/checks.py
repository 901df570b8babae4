"""What checks found: readings, the state of each page, and the changes between them.

`commit` is the heart: all that one check learned is written in one transaction, or nothing of it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, select, update

from cmr_watch import wire
from cmr_watch.models import (
    PARSER_VERSION,
    Change,
    CheckOutcome,
    Known,
    Page,
    PageKind,
    RecordedChange,
    Snapshot,
    Validators,
)
from cmr_watch.store import rows
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import IncidentKind, close_incident, open_incident
from cmr_watch.store.schema import calls, changes, checks, editions, pages, robots, snapshots
from cmr_watch.store.snapshots import (
    Kept,
    SnapshotRow,
    StoredSnapshot,
    keep,
    keep_suspect,
    list_snapshots,
    load_snapshot,
    newest_suspect,
)

log = logging.getLogger(__name__)

FAILURES_UNTIL_INCIDENT = 3

_CHANGES_LOCK = 0x636D7202  # any number, the same in every process
_GOOD = ("baseline", "changed", "unchanged")


@dataclass(frozen=True, slots=True)
class Baseline:
    """The last good reading of a page, which the next one is compared with.

    `read_at`: the last good reading, also an unchanged one; `full_read_at`: the last one from an unconditional GET.
    """

    revision: int
    snapshot_id: int
    fetched_at: datetime
    read_at: datetime
    full_read_at: datetime
    content_sha256: str
    parser_version: int
    validators: Validators
    snapshot: Snapshot
    known: Known


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """All that one check learned.

    `revision` is that of the baseline it compared with, None if there was none. `fetched` is None after a 304: the
    baseline's bytes are then the page's. `changes` come with their sentences; `silent` ones are told to nobody.
    """

    page_url: str
    page: PageKind
    checked_at: datetime
    outcome: CheckOutcome
    detail: str = ""
    revision: int | None = None
    fetched: Page | None = None
    snapshot: Snapshot | None = None
    known: Known | None = None
    changes: tuple[tuple[Change, str], ...] = ()
    conditional: bool = False
    silent: bool = False

    @property
    def read_at(self) -> datetime:
        """When the page said this."""
        return self.fetched.fetched_at if self.fetched else self.checked_at

    @property
    def compares(self) -> bool:
        """Whether it rests on the baseline that it was compared with."""
        return self.outcome in _GOOD or self.known is not None


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check that was made."""

    id: int
    page_url: str
    checked_at: datetime
    outcome: CheckOutcome
    detail: str


class Checks:
    """The pages: what they say, what is known of them, what changed."""

    def __init__(self, database: Database, parser_version: int = PARSER_VERSION) -> None:
        self._database = database
        self._parser_version = parser_version

    # ── comparing ────────────────────────────────────────────────────────────────────────────────────────────────

    def baseline(self, page_url: str) -> Baseline | None:
        """What the next reading of a page is compared with. None: there was no good reading yet."""
        statement = (
            select(pages, snapshots)
            .join_from(pages, snapshots, snapshots.c.id == pages.c.baseline_id)
            .where(pages.c.url == page_url)
        )
        with self._database.read() as connection:
            row = connection.execute(statement).first()
            return _baseline(row, _known(connection, page_url)) if row else None

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
            check_id = _insert_check(connection, record, page.revision)
            incident = self._write(connection, record, page)
            recorded = self._write_state(connection, record, check_id)
        if incident:
            log.warning("%s: %s: %s", incident, record.page_url, record.detail)
        return recorded

    def _lock_page(self, connection: Connection, record: CheckRecord) -> Any:
        statement = select(pages).where(pages.c.url == record.page_url).with_for_update()
        page = connection.execute(statement).first()
        if page is None:
            new = {"url": record.page_url, "kind": record.page, "revision": 0, "failures": 0}
            connection.execute(self._database.insert(pages).values(new).on_conflict_do_nothing())
            page = connection.execute(statement).one()
        return page

    def _write(self, connection: Connection, record: CheckRecord, page: Any) -> IncidentKind | None:
        if record.outcome in _GOOD:
            self._write_good(connection, record, page)
        elif record.outcome == "suspect":
            return self._write_suspect(connection, record, page)
        elif record.outcome == "failed":
            return self._write_failed(connection, record, page)
        return None

    def _write_good(self, connection: Connection, record: CheckRecord, page: Any) -> None:
        values = {
            "revision": page.revision + 1,
            "baseline_id": keep(self._database, connection, self._kept(record), page.baseline_id),
            "read_at": record.read_at,
            "failures": 0,
        }
        if record.fetched:
            values["etag"] = record.fetched.validators.etag
            values["last_modified"] = record.fetched.validators.last_modified
        if page.full_read_at is None or not record.conditional:
            values["full_read_at"] = record.read_at
        _update_page(connection, record, values)
        for kind in ("source-failing", "reading-suspect"):
            close_incident(connection, kind, record.page_url, record.checked_at)

    def _write_suspect(self, connection: Connection, record: CheckRecord, page: Any) -> IncidentKind | None:
        keep_suspect(self._database, connection, self._kept(record), page, record.detail)
        raised = 1 if record.known is not None else 0
        _update_page(connection, record, {"failures": 0, "revision": page.revision + raised})
        return self._open(connection, "reading-suspect", record)

    def _write_failed(self, connection: Connection, record: CheckRecord, page: Any) -> IncidentKind | None:
        failures = page.failures + 1
        _update_page(connection, record, {"failures": failures})
        return self._open(connection, "source-failing", record) if failures >= FAILURES_UNTIL_INCIDENT else None

    def _open(self, connection: Connection, kind: IncidentKind, record: CheckRecord) -> IncidentKind | None:
        news = open_incident(self._database, connection, kind, record.page_url, record.detail, record.checked_at)
        return kind if news else None

    def _kept(self, record: CheckRecord) -> Kept:
        reading = wire.snapshot_to_dict(record.snapshot or Snapshot(page=record.page))
        return Kept(record.page_url, record.read_at, record.fetched, reading, self._parser_version)

    def _write_state(self, connection: Connection, record: CheckRecord, check_id: int) -> tuple[RecordedChange, ...]:
        if record.known is not None:
            _replace(connection, editions, record.page_url, rows.known_rows(record.page_url, record.known.editions))
            _replace(connection, calls, record.page_url, rows.known_rows(record.page_url, record.known.calls))
        if not record.changes:
            return ()
        # ids in the order of commits: a subscription hears of those after the last that it could see
        self._database.serialize(connection, _CHANGES_LOCK)
        return tuple(_insert_change(connection, record, check_id, *told) for told in record.changes)

    # ── looking at it ────────────────────────────────────────────────────────────────────────────────────────────

    def content(self, snapshot_id: int) -> bytes:
        """The raw page of a snapshot."""
        return self.snapshot(snapshot_id).page.content

    def snapshots(self, page_url: str | None = None, limit: int = 50) -> tuple[SnapshotRow, ...]:
        """The newest snapshots, oldest first."""
        with self._database.read() as connection:
            return list_snapshots(connection, page_url, limit)

    def snapshot(self, snapshot_id: int) -> StoredSnapshot:
        """One snapshot, whole. KeyError: there is none with this id."""
        with self._database.read() as connection:
            return load_snapshot(connection, snapshot_id)

    def newest_suspect(self, page_url: str) -> StoredSnapshot | None:
        """The last suspect reading, if no good one came after it."""
        with self._database.read() as connection:
            return newest_suspect(connection, page_url)

    def known(self, page_url: str | None = None) -> Known:
        """What is known of one page, or of all."""
        with self._database.read() as connection:
            return _known(connection, page_url)

    def changes(
        self, since_id: int | None = None, since: datetime | None = None, limit: int | None = None
    ) -> tuple[RecordedChange, ...]:
        """The changes after an id, or read at or after a time, oldest first; with a limit, the newest of them."""
        statement = select(changes).order_by(changes.c.id.desc()).limit(limit)
        if since_id is not None:
            statement = statement.where(changes.c.id > since_id)
        if since is not None:
            statement = statement.where(changes.c.read_at >= since)
        with self._database.read() as connection:
            return tuple(rows.recorded_change(row) for row in reversed(connection.execute(statement).all()))

    def last_check(self, page_url: str) -> CheckRow | None:
        """The last check of a page, whatever came of it."""
        statement = select(checks).where(checks.c.page_url == page_url).order_by(checks.c.id.desc()).limit(1)
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


def _baseline(row: Any, known: Known) -> Baseline:
    return Baseline(
        revision=row.revision,
        snapshot_id=row.baseline_id,
        fetched_at=row.fetched_at,
        read_at=row.read_at,
        full_read_at=row.full_read_at,
        content_sha256=row.content_sha256,
        parser_version=row.parser_version,
        validators=Validators(row.etag, row.last_modified),
        snapshot=wire.snapshot_from_dict(row.reading),
        known=known,
    )


def _known(connection: Connection, page_url: str | None) -> Known:
    return rows.known(_state(connection, editions, page_url), _state(connection, calls, page_url))


def _state(connection: Connection, table: Table, page_url: str | None) -> Sequence[Any]:
    statement = select(table).order_by(table.c.page_url, table.c.position)
    if page_url is not None:
        statement = statement.where(table.c.page_url == page_url)
    return connection.execute(statement).all()


def _replace(connection: Connection, table: Table, page_url: str, new: dict[str, dict[str, Any]]) -> None:
    """Make the state `new`, touching only the rows that differ: mostly none."""
    old = {row.key: dict(row._mapping) for row in _state(connection, table, page_url)}
    differing = [key for key in old.keys() | new.keys() if old.get(key) != new.get(key)]
    if not differing:
        return
    connection.execute(delete(table).where(and_(table.c.page_url == page_url, table.c.key.in_(differing))))
    added = [row for key, row in new.items() if key in differing]
    if added:
        connection.execute(table.insert(), added)


def _insert_check(connection: Connection, record: CheckRecord, revision: int) -> int:
    statement = checks.insert().values(
        page_url=record.page_url,
        checked_at=record.checked_at,
        outcome=record.outcome,
        detail=record.detail,
        revision=revision,
    )
    return int(connection.execute(statement.returning(checks.c.id)).scalar_one())


def _update_page(connection: Connection, record: CheckRecord, values: dict[str, Any]) -> None:
    connection.execute(update(pages).where(pages.c.url == record.page_url).values(values))


def _insert_change(
    connection: Connection, record: CheckRecord, check_id: int, change: Change, sentence: str
) -> RecordedChange:
    row = {
        **rows.change_row(record.page_url, record.read_at, change, sentence),
        "check_id": check_id,
        "enqueued_at": record.checked_at if record.silent else None,
    }
    inserted = connection.execute(changes.insert().values(row).returning(changes.c.id)).scalar_one()
    return RecordedChange(inserted, change, sentence, record.page_url, record.read_at)
