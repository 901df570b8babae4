"""Snapshots: readings, with the content of the pages from which they were extracted.

Content is stored compressed and once only. While a reading stays the same, so does its row, which references the
newest content that produced it. A newer parser adds a row for its reading of the same content, so that better parsing
causes no false alerts. The functions run in the transaction of their caller.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, func, select, update

from cmr_watch import serialization
from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import FetchedPage, PageKind, Snapshot, Validators
from cmr_watch.store import readable
from cmr_watch.store.database import Database, insert_returning_id
from cmr_watch.store.evidence import load_evidence, save_evidence
from cmr_watch.store.locks import Lock
from cmr_watch.store.schema import contents, pages, snapshots

Assessment = Literal["plausible", "suspect", "archived"]

"""Held while contents are stored or deleted: pages can share one."""
_COMPRESSION_LEVEL = 6
_MAX_OLDER = 200
_SNAPSHOT = select(snapshots).where(snapshots.c.id == bindparam("snapshot"))


class SnapshotRow(NamedTuple):
    """A snapshot without its content."""

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


class StoredSnapshot(NamedTuple):
    """A snapshot with the content of its page, and its evidence, if that is stored.

    The page has no validators: if it was suspect, it must not be the basis of a conditional request.
    """

    row: SnapshotRow
    snapshot: Snapshot
    fetched: FetchedPage
    evidence: Evidence | None = None


class OlderReading(NamedTuple):
    """A plausible reading before the baseline: when the page first had it, and the newest content that gave it."""

    fetched_at: datetime
    content_sha256: str
    snapshot: Snapshot


class ReadingToStore(NamedTuple):
    """A reading to store, as JSON.

    - `fetched`: None if it was extracted from the content of the baseline.
    - `evidence`: None if the page was not read again, because its content is the same.
    """

    page_url: str
    read_at: datetime
    fetched: FetchedPage | None
    reading: dict[str, Any]
    parser_version: int
    evidence: Evidence | None = None


def store_plausible(
    database: Database, connection: Connection, reading: ReadingToStore, baseline: Any
) -> tuple[int, Any]:
    """Store a plausible reading, in the row of the baseline if it is the same.

    Return the ID of its row, and the row as it is now if it is still that of the baseline, else None.
    """
    if baseline is None or not _is_same_reading(baseline, reading):
        return _insert(database, connection, reading, baseline, "plausible", ""), None
    if reading.evidence is not None:
        save_evidence(database, connection, int(baseline.id), reading.evidence)
    if reading.fetched is not None:
        baseline = _update_content(database, connection, baseline, reading.fetched)
    return int(baseline.id), baseline


def store_suspect(
    database: Database, connection: Connection, reading: ReadingToStore, baseline: Any, reason: str
) -> None:
    """Store a suspect reading with its reason, unless the newest one is the same."""
    newest = _newest_suspect_row(connection, reading.page_url)
    if newest is not None and newest.reason == reason and _is_same_reading(newest, reading):
        return
    _insert(database, connection, reading, baseline, "suspect", reason)


def insert_snapshot(
    database: Database, connection: Connection, reading: ReadingToStore, assessment: Assessment, reason: str
) -> int:
    """Store a reading, which must have content of its own; return its ID."""
    return _insert(database, connection, reading, None, assessment, reason)


def replace_reading(
    database: Database, connection: Connection, snapshot_id: int, reading: Snapshot, evidence: Evidence, version: int
) -> str:
    """Replace the reading of a snapshot by that of a parser of this version; return the URL of its page."""
    statement = update(snapshots).where(snapshots.c.id == snapshot_id).returning(snapshots.c.page_url)
    values = {"reading": serialization.snapshot_to_dict(reading), "parser_version": version}
    page_url: str = connection.execute(statement.values(values)).scalar_one()
    save_evidence(database, connection, snapshot_id, evidence)
    return page_url


def get_snapshot(connection: Connection, snapshot_id: int) -> Any:
    """Return the row of a snapshot, for `store_plausible` and `store_suspect`; None if there is none."""
    row = connection.execute(_SNAPSHOT, {"snapshot": snapshot_id}).first()
    return _usable(connection, row) if row else None


def _usable(connection: Connection, row: Any) -> Any:
    """Return a row, with defaults in place of an address or a charset that cannot be read: the page says them too."""
    values = dict(row._mapping)
    wrong = [name for name in ("final_url", "charset") if readable.wrong_column(snapshots, {name: values[name]})]
    if not wrong:
        return row
    readable.note(connection, snapshots, row, ValueError(f"{wrong[0]} is not valid"))
    defaults = {"final_url": values["page_url"], "charset": None}
    return _with(row, {name: defaults[name] for name in wrong})


def _with(row: Any, values: dict[str, Any]) -> Any:
    """Return a row with other values in some of its columns."""
    values = {**row._mapping, **values}
    return SimpleNamespace(**values, _mapping=values)


def list_snapshots(connection: Connection, page_url: str | None, limit: int) -> tuple[SnapshotRow, ...]:
    """Return the newest snapshots, oldest first."""
    statement = _with_baseline().order_by(snapshots.c.id.desc()).limit(limit)
    if page_url is not None:
        statement = statement.where(snapshots.c.page_url == page_url)
    found = reversed(connection.execute(statement).all())
    return tuple(readable.models(connection, snapshots, found, _snapshot_row))


def load_snapshot(connection: Connection, snapshot_id: int) -> StoredSnapshot:
    """Return a snapshot with its content; KeyError if there is none with this ID, UnreadableRow if it is damaged."""
    row = _row_of(connection, snapshot_id)
    snapshot = readable.model(connection, snapshots, row, reading_of)
    listed = readable.model(connection, snapshots, row, _snapshot_row)
    return StoredSnapshot(listed, snapshot, _page_of(connection, row), load_evidence(connection, row.id))


def load_page(connection: Connection, snapshot_id: int) -> FetchedPage:
    """Return the page of a snapshot; KeyError if there is none with this ID, UnreadableRow if it is damaged."""
    return _page_of(connection, _row_of(connection, snapshot_id))


def _row_of(connection: Connection, snapshot_id: int) -> Any:
    row = connection.execute(_with_baseline().where(snapshots.c.id == snapshot_id)).first()
    if row is None:
        raise KeyError(snapshot_id)
    return _usable(connection, row)


def _page_of(connection: Connection, row: Any) -> FetchedPage:
    return FetchedPage(
        url=row.page_url,
        final_url=row.final_url,
        content=content_of(connection, row.content_sha256),
        charset=row.charset,
        validators=Validators(),
        fetched_at=row.fetched_at,
    )


def newest_plausible(connection: Connection, page_url: str) -> int | None:
    """Return the ID of the newest plausible reading of a page; None if there is none."""
    of_page = (snapshots.c.page_url == page_url, snapshots.c.assessment == "plausible")
    return connection.execute(select(func.max(snapshots.c.id)).where(*of_page)).scalar()


def reading_of(row: Any) -> Snapshot:
    """Return the reading of a row."""
    return serialization.snapshot_from_dict(row.reading)


def plausible_before(connection: Connection, page_url: str, snapshot_id: int) -> Iterator[OlderReading]:
    """Yield the plausible readings of a page that are older than one of its snapshots, newest first."""
    older = (snapshots.c.page_url == page_url, snapshots.c.id < snapshot_id, snapshots.c.assessment == "plausible")
    statement = select(snapshots).where(*older).order_by(snapshots.c.id.desc()).limit(_MAX_OLDER)
    yield from readable.models(connection, snapshots, connection.execute(statement), _older_reading)


def _older_reading(row: Any) -> OlderReading:
    return OlderReading(row.fetched_at, row.content_sha256, reading_of(row))


def newest_suspect(connection: Connection, page_url: str) -> StoredSnapshot | None:
    """Return the newest suspect reading, unless a plausible one has followed it."""
    row = _newest_suspect_row(connection, page_url)
    try:
        return load_snapshot(connection, row.id) if row else None
    except readable.UnreadableRow:
        return None


def content_of(connection: Connection, digest: str) -> bytes:
    """Return the content with this SHA-256 digest; UnreadableRow if it is damaged."""
    row = connection.execute(select(contents).where(contents.c.sha256 == digest)).first()
    return readable.model(connection, contents, row or {"sha256": digest}, content_of_row).body


class _Content(NamedTuple):
    body: bytes


def content_of_row(row: Any) -> _Content:
    """Return the content of a row; ValueError if it has not the digest under which it is stored."""
    body = zlib.decompress(row.body)
    if sha256(body).hexdigest() != row.sha256:
        raise ValueError("body is not valid")
    return _Content(body)


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


def _is_same_reading(row: Any, reading: ReadingToStore) -> bool:
    return bool(row.reading == reading.reading and row.parser_version == reading.parser_version)


def _insert(
    database: Database,
    connection: Connection,
    reading: ReadingToStore,
    baseline: Any,
    assessment: Assessment,
    reason: str,
) -> int:
    if reading.fetched is not None:
        source = _source(reading.fetched)
        _store_content(database, connection, reading.fetched.content, source["content_sha256"])
    else:
        source = {name: getattr(baseline, name) for name in ("content_sha256", "final_url", "charset")}
    row = {
        "page_url": reading.page_url,
        "fetched_at": reading.read_at,
        "assessment": assessment,
        "reason": reason,
        "parser_version": reading.parser_version,
        "reading": reading.reading,
        **source,
    }
    snapshot_id = insert_returning_id(connection, snapshots, row)
    if reading.evidence is not None:
        save_evidence(database, connection, snapshot_id, reading.evidence)
    return snapshot_id


def _source(page: FetchedPage) -> dict[str, Any]:
    digest = sha256(page.content).hexdigest()
    return {"content_sha256": digest, "final_url": page.final_url, "charset": page.charset}


def _update_content(database: Database, connection: Connection, row: Any, page: FetchedPage) -> Any:
    """Make a snapshot reference the content of a page; return its row as it is then."""
    source = _source(page)
    if all(getattr(row, name) == value for name, value in source.items()):
        return row
    _store_content(database, connection, page.content, source["content_sha256"])
    connection.execute(update(snapshots).where(snapshots.c.id == row.id).values(source))
    unused = ~exists().where(snapshots.c.content_sha256 == row.content_sha256)
    connection.execute(delete(contents).where(contents.c.sha256 == row.content_sha256, unused))
    return _with(row, source)


def _store_content(database: Database, connection: Connection, content: bytes, digest: str) -> None:
    # until the commit: no other process may delete what it believes unused, or has it deleted by this one
    database.lock(connection, Lock.CONTENTS)
    if connection.execute(select(contents.c.size).where(contents.c.sha256 == digest)).first() is None:
        row = {"sha256": digest, "size": len(content), "body": zlib.compress(content, _COMPRESSION_LEVEL)}
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
