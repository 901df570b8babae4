"""Backups of an SQLite database, and how to restore one. PostgreSQL has pg_dump and pg_restore.

A backup is marked as such: once restored, by whatever means, it sends nothing that was pending until the operator
releases it (restore_quarantine.py). A backup is a single file, readable by its owner only, which gets its final name
once it has been verified. It contains a checksum of its rows (backup_checksum.py), which a restore compares.
"""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url

from cmr_watch import new_files
from cmr_watch.exceptions import ConfigError, SchemaError, StoreUnavailable
from cmr_watch.os_errors import os_reason
from cmr_watch.store import backup_checksum, restore_quarantine, sqlite
from cmr_watch.store.database import Database, upgrade
from cmr_watch.store.schema import REVISIONS, metadata

_TABLES: Final = frozenset(table.name for table in metadata.sorted_tables)
_BACKUP_NAME = re.compile(r"cmr-watch-\d{8}-\d{6}\.db")
_SIDECAR_SUFFIXES = ("-wal", "-shm", "-journal")
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_USE_POSTGRESQL_TOOLS = (
    "only an SQLite database can be backed up or restored with this command; for PostgreSQL, use pg_dump and"
    " pg_restore, then, before any other command, run: cmr-watch db hold"
)


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was created and verified: its size in bytes, and the number of rows by table."""

    path: Path
    size: int
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    """The schema revision of the backup, and the path under which the previous database was kept, if there was one."""

    revision: str
    kept: Path | None


def backup_name(now: datetime) -> str:
    """Return the file name of a scheduled backup. `prune_backups` removes only files with such names."""
    return f"cmr-watch-{now.astimezone(UTC):%Y%m%d-%H%M%S}.db"


def create_backup(database: Database, path: Path, *, force: bool = False) -> Backup:
    """Back up a live SQLite database: copy it, mark the copy as a backup, verify it, move it into place.

    ConfigError if the file already exists, unless `force` is set and it is an earlier backup.
    """
    if database.path is None:
        raise ConfigError(_USE_POSTGRESQL_TOOLS)
    with _store_errors(f"could not create the backup {path}"):
        _validate_target(database.path, path, force)
    with _store_errors(f"could not create the backup {path}"), new_files.partial_folder(path.parent) as folder:
        part = folder / path.name
        rows = _copy(database.path, part)
        _mark_as_backup(part)
        backup_checksum.store(part)
        _verify(part, rows)
        _read_revision(part, path)
        try:
            new_files.put_in_place(part, path, replace=force)
        except FileExistsError:
            raise ConfigError(f"{path} already exists; to replace it, use --force") from None
        return Backup(path, path.stat().st_size, rows)


def mark_restored(database: Database, at: datetime | None = None) -> None:
    """Mark a database as restored from a backup `at` a time, after a pg_restore or after a file was copied by hand."""
    with database.write() as connection:
        restore_quarantine.mark_restored(connection, at)


def restore(path: Path, url: str, now: datetime) -> Restored:
    """Replace the SQLite database at this URL with a backup. The previous database is kept under another name.

    - The backup itself is only read. It has the current schema or an older one, which is upgraded.
    - Whatever is pending in it is quarantined, even if it is a plain copy that `create_backup` did not make.
    - No other process may have the database open.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise ConfigError(_USE_POSTGRESQL_TOOLS)
    target = Path(parsed.database).resolve()
    _validate_source(path, target)
    with (
        _store_errors(f"could not restore the database from {path}"),
        new_files.partial_folder(target.parent) as folder,
    ):
        part = folder / target.name
        rows = _copy(path, part)
        revision = _read_revision(part, path)
        _verify(part, rows)
        backup_checksum.verify(part, path)
        upgrade(_url(part).render_as_string())
        _mark_as_backup(part, now)
        return Restored(revision, _replace_database(part, target, now))


def scheduled_backup(database: Database, folder: Path, keep: int, now: datetime) -> Backup:
    """Back up into a folder, and keep only the newest `keep` scheduled backups. ConfigError if it is not a folder."""
    if not folder.is_dir():  # it is not created: its name may be misspelt, or its disk not mounted
        raise ConfigError(f"[backup] folder: {folder} does not exist or is not a folder; create it first")
    copy = create_backup(database, folder / backup_name(now))
    prune_backups(folder, keep)
    return copy


def prune_backups(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest `keep` scheduled backups (see `backup_name`); return those removed."""
    if keep < 1:
        raise ValueError("at least one backup must be kept")
    with _store_errors(f"could not remove old backups in {folder}"):
        names = sorted(entry.name for entry in os.scandir(folder) if _is_scheduled_backup(entry))
        old = tuple(folder / name for name in names[:-keep])
        for path in old:
            path.unlink()
        return old


def _is_scheduled_backup(entry: os.DirEntry[str]) -> bool:
    return bool(_BACKUP_NAME.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False)


# ── validation ───────────────────────────────────────────────────────────────────────────────────────────────────


def _validate_target(database: Path, path: Path, force: bool) -> None:
    if path.resolve() in _database_files(database):
        raise ConfigError(f"{path} is the database itself; choose another name for the backup")
    if not force and os.path.lexists(path) and not path.is_dir():
        raise ConfigError(f"{path} already exists; to replace an earlier backup, use --force")
    new_files.require_new(path, "backup of cmr-watch", _is_backup)


def _is_backup(path: Path) -> bool:
    """Whether a file is a backup that was made by `create_backup`, and not a database that is or was in use."""
    if not path.stat().st_size:
        return False
    try:
        # immutable: it is not locked, and no file is created next to it
        with closing(sqlite.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            row = connection.execute("SELECT value FROM installation WHERE name = 'hold'").fetchone()
            return bool(row == ("copy",))
    except sqlite3.Error:
        return False


def _validate_source(path: Path, database: Path) -> None:
    if not path.is_file():
        raise ConfigError(f"{path} does not exist or is not a file")
    if path.resolve() in _database_files(database):
        raise ConfigError(f"{path} is the database itself, not a backup")
    if not database.parent.is_dir():
        raise ConfigError(f"{database.parent}, the folder of [database] url, does not exist; create it first")
    if database.exists() and not stat.S_ISREG(database.stat().st_mode):
        raise ConfigError(f"{database}, in [database] url, is not a regular file; choose another name")


def _database_files(database: Path) -> set[Path]:
    """Return the paths of the database and of the files that SQLite may keep next to it."""
    main = database.resolve()
    return {main, *(main.with_name(main.name + suffix) for suffix in _SIDECAR_SUFFIXES)}


# ── creating a backup ────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _store_errors(message: str) -> Iterator[None]:
    """Turn errors of SQLite and of the operating system into StoreUnavailable."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{message}: {error}") from error
    except OSError as error:
        raise StoreUnavailable(f"{message}: {os_reason(error)}") from error


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _copy(source: Path, part: Path) -> dict[str, int]:
    """Copy a consistent snapshot of the source; return the number of rows by table."""
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite.connect(uri, uri=True, isolation_level=None)) as old, closing(sqlite.connect(part)) as new:
        old.execute("BEGIN")  # count and copy the same snapshot
        rows = _count_rows(old)
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")  # no files next to the copy
    return rows


def _count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Count the rows of our tables that exist; an older schema has fewer."""
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    tables = [name for (name,) in names if name in _TABLES]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608


def _mark_as_backup(part: Path, restored_at: datetime | None = None) -> None:
    with closing(Database(_url(part))) as copy:
        mark_restored(copy, restored_at)
    with closing(sqlite.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _verify(part: Path, rows: Mapping[str, int]) -> None:
    """Read every database page of the copy, and check foreign keys and row counts."""
    with closing(sqlite.connect(part)) as connection:
        result = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        violation = connection.execute("PRAGMA foreign_key_check").fetchone()
        counted = _count_rows(connection)
    if result != "ok":
        raise StoreUnavailable(f"the copy is damaged: {' '.join(result.split())}")
    if violation is not None:
        raise StoreUnavailable("the copy is damaged: rows are missing")
    # `installation` differs by the mark, unless the source was a backup too
    if _without_installation(counted) != _without_installation(rows):
        raise StoreUnavailable("the copy is incomplete: its row counts differ from the original")


def _without_installation(rows: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in rows.items() if name != "installation"}


# ── restoring a backup ───────────────────────────────────────────────────────────────────────────────────────────


def _read_revision(part: Path, path: Path) -> str:
    """Return the schema revision of a copy; SchemaError, which names `path`, if it is not one that we know."""
    with closing(sqlite.connect(part)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            row = None
    if row is None:
        raise SchemaError(f"{path} is not a cmr-watch database")
    if row[0] not in REVISIONS:
        raise SchemaError(f"{path} was created by a newer version of cmr-watch (schema {row[0]})")
    return str(row[0])


def _replace_database(part: Path, target: Path, now: datetime) -> Path | None:
    """Replace the database while no other process can open it; return the path of the previous one."""
    _copy_ownership(part, target)
    with _exclusive_access(target):
        kept = _keep_previous(target, now)
        new_files.put_in_place(part, target, replace=True)
    return kept


def _copy_ownership(part: Path, target: Path) -> None:
    """Keep the owner, so that a restore by root does not lock out the service. Other users cannot change owners."""
    with suppress(OSError):
        owner = target.stat()
        os.chown(part, owner.st_uid, owner.st_gid)


@contextmanager
def _exclusive_access(target: Path) -> Iterator[None]:
    """Lock the database exclusively and merge its WAL. StoreUnavailable if another process has it open.

    A database too damaged to be locked can be replaced all the same.
    """
    if not target.exists():
        yield
        return
    with closing(sqlite.connect(target, timeout=1, isolation_level=None)) as connection:
        try:
            # leaving WAL mode needs the whole file, so it fails even if another connection is idle
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in _LOCKED:
                message = f"another process has the database {target} open; stop cmr-watch and try again"
                raise StoreUnavailable(message) from error
        yield


def _keep_previous(target: Path, now: datetime) -> Path | None:
    """Keep the current database under another name, which is returned; None if there is no database."""
    if not target.exists():
        return None
    kept = _unused_name(target, now)
    for suffix in _SIDECAR_SUFFIXES:  # present only if the database could not be read
        if (sidecar := target.with_name(target.name + suffix)).exists():
            os.replace(sidecar, kept.with_name(kept.name + suffix))
    try:
        os.link(target, kept)  # a second name, so that a database exists under the first one at all times
    except OSError:  # the file system has no hard links
        os.replace(target, kept)
    return kept


def _unused_name(target: Path, now: datetime) -> Path:
    name = f"{target.name}.replaced-{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    kept = target.with_name(name)
    return target.with_name(f"{name}-{secrets.token_hex(4)}") if os.path.lexists(kept) else kept
