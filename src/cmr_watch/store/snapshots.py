"""Readings and the raw pages that gave them. Each function takes part in its caller's transaction.

A page's bytes are kept compressed, once per content. A reading is kept once for as long as it stays the same: its row
then points to the newest bytes that gave it. A newer parser reads those again, so that what it reads better is
compared with itself and alerts nobody.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, exists, select, update

from cmr_watch import serialization
from cmr_watch.models import FetchedPage, PageKind, Snapshot, Validators
from cmr_watch.store.database import Database, inserted_id
from cmr_watch.store.schema import contents, pages, snapshots

Assessment = Literal["plausible", "suspect", "archived"]

_LEVEL = 6
_SNAPSHOT = select(snapshots).where(snapshots.c.id == bindparam("snapshot"))


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A snapshot as a list shows it."""

    id: int
    page_url: str
    fetched_at: datetime
    assessment: Assessment
    reason: str
    is_baseline: bool
    content_sha256: str
    parser_version: int
    editions: int
    calls: int
    warnings: int
    kind: PageKind = "initiative"


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot with its raw page; the page has no validators, for it was not necessarily read with success."""

    row: SnapshotRow
    snapshot: Snapshot
    fetched: FetchedPage


@dataclass(frozen=True, slots=True)
class ReadingToStore:
    """A reading to keep, as stored JSON; without a page, the baseline's bytes gave it."""

    page_url: str
    read_at: datetime
    fetched: FetchedPage | None
    reading: dict[str, Any]
    parser_version: int


def keep(database: Database, connection: Connection, kept: ReadingToStore, old: Any) -> tuple[int, bool]:
    """Keep a good reading; its id, and whether anything is other than before.

    The row of the old baseline is used again when it says the same.
    """
    if old is None or not _says_the_same(old, kept):
        return _insert(database, connection, kept, old, "plausible", ""), True
    return int(old.id), kept.fetched is not None and _move_to(database, connection, old, kept.fetched)


def keep_suspect(database: Database, connection: Connection, kept: ReadingToStore, baseline: Any, reason: str) -> None:
    """Keep a suspect reading with its reason, once while the page goes on saying it."""
    newest = _newest_suspect_row(connection, kept.page_url)
    if newest is not None and newest.reason == reason and _says_the_same(newest, kept):
        return
    _insert(database, connection, kept, baseline, "suspect", reason)


def insert_snapshot(
    database: Database, connection: Connection, kept: ReadingToStore, assessment: Assessment, reason: str
) -> int:
    """Keep a reading as one of its own; its id."""
    return _insert(database, connection, kept, None, assessment, reason)


def get_snapshot(connection: Connection, snapshot_id: int) -> Any:
    """The row of a snapshot, for `keep` and `keep_suspect`."""
    return connection.execute(_SNAPSHOT, {"snapshot": snapshot_id}).one()


def list_snapshots(connection: Connection, page_url: str | None, limit: int) -> tuple[SnapshotRow, ...]:
    """The newest snapshots, oldest first."""
    statement = _with_baseline().order_by(snapshots.c.id.desc()).limit(limit)
    if page_url is not None:
        statement = statement.where(snapshots.c.page_url == page_url)
    return tuple(_snapshot_row(row) for row in reversed(connection.execute(statement).all()))


def load_snapshot(connection: Connection, snapshot_id: int) -> StoredSnapshot:
    """One snapshot, whole."""
    row = connection.execute(_with_baseline().where(snapshots.c.id == snapshot_id)).first()
    if row is None:
        raise KeyError(snapshot_id)
    page = FetchedPage(
        url=row.page_url,
        final_url=row.final_url,
        content=content_of(connection, row.content_sha256),
        charset=row.charset,
        validators=Validators(),
        fetched_at=row.fetched_at,
    )
    return StoredSnapshot(_snapshot_row(row), serialization.snapshot_from_dict(row.reading), page)


def newest_suspect(connection: Connection, page_url: str) -> StoredSnapshot | None:
    """The last suspect reading, if no good one came after it."""
    row = _newest_suspect_row(connection, page_url)
    return load_snapshot(connection, row.id) if row else None


def content_of(connection: Connection, digest: str) -> bytes:
    """The bytes of a page."""
    return zlib.decompress(connection.execute(select(contents.c.body).where(contents.c.sha256 == digest)).scalar_one())


def _newest_suspect_row(connection: Connection, page_url: str) -> Any:
    newer = (pages.c.read_at.is_(None)) | (snapshots.c.fetched_at > pages.c.read_at)
    statement = (
        select(snapshots)
        .join_from(snapshots, pages, pages.c.url == snapshots.c.page_url)
        .where(snapshots.c.page_url == page_url, snapshots.c.assessment == "suspect", newer)
        .order_by(snapshots.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).first()


def _says_the_same(old: Any, kept: ReadingToStore) -> bool:
    return bool(old.reading == kept.reading and old.parser_version == kept.parser_version)


def _insert(
    database: Database, connection: Connection, kept: ReadingToStore, baseline: Any, assessment: Assessment, reason: str
) -> int:
    if kept.fetched is not None:
        source = _source(kept.fetched)
        _keep_content(database, connection, kept.fetched.content, source["content_sha256"])
    else:
        source = {name: getattr(baseline, name) for name in ("content_sha256", "final_url", "charset")}
    row = {
        "page_url": kept.page_url,
        "fetched_at": kept.read_at,
        "assessment": assessment,
        "reason": reason,
        "parser_version": kept.parser_version,
        "reading": kept.reading,
        **source,
    }
    return inserted_id(connection, snapshots, row)


def _source(page: FetchedPage) -> dict[str, Any]:
    digest = sha256(page.content).hexdigest()
    return {"content_sha256": digest, "final_url": page.final_url, "charset": page.charset}


def _move_to(database: Database, connection: Connection, old: Any, page: FetchedPage) -> bool:
    source = _source(page)
    if all(getattr(old, name) == value for name, value in source.items()):
        return False
    _keep_content(database, connection, page.content, source["content_sha256"])
    connection.execute(update(snapshots).where(snapshots.c.id == old.id).values(source))
    unused = ~exists().where(snapshots.c.content_sha256 == old.content_sha256)
    connection.execute(delete(contents).where(contents.c.sha256 == old.content_sha256, unused))
    return True


def _keep_content(database: Database, connection: Connection, content: bytes, digest: str) -> None:
    if connection.execute(select(contents.c.size).where(contents.c.sha256 == digest)).first() is None:
        row = {"sha256": digest, "size": len(content), "body": zlib.compress(content, _LEVEL)}
        connection.execute(database.insert(contents).values(row).on_conflict_do_nothing())


def _with_baseline() -> Any:
    return select(snapshots, pages.c.baseline_id).join_from(snapshots, pages, pages.c.url == snapshots.c.page_url)


def _snapshot_row(row: Any) -> SnapshotRow:
    return SnapshotRow(
        id=row.id,
        page_url=row.page_url,
        fetched_at=row.fetched_at,
        assessment=row.assessment,
        reason=row.reason,
        is_baseline=row.id == row.baseline_id,
        content_sha256=row.content_sha256,
        parser_version=row.parser_version,
        editions=len(row.reading["editions"]),
        calls=len(row.reading["calls"]),
        warnings=len(row.reading["warnings"]),
        kind=row.reading["page"],
    )
