"""Copies of an SQLite database, and how one comes back. PostgreSQL has its own tools for both, and the same hold.

The quarantine is written into the copy, so a restored copy sends nothing until it is released, however it was restored
(restore_quarantine.py). A backup is one file, readable by its owner only, and appears under its name only once checked.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import URL, make_url

from cmr_watch.exceptions import ConfigError, SchemaError, StoreUnavailable
from cmr_watch.store import restore_quarantine
from cmr_watch.store.database import Database, upgrade
from cmr_watch.store.schema import REVISIONS, metadata

COUNTED: Final = tuple(table.name for table in metadata.sorted_tables)
"""The tables whose rows are counted in the copy and in what was copied."""

_MADE = re.compile(r"cmr-watch-\d{8}-\d{6}\.db")
_BESIDE = ("-wal", "-shm", "-journal")
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_WITH_ITS_OWN_TOOLS = (
    "a PostgreSQL database is copied with pg_dump and brought back with pg_restore; afterwards, before anything else,"
    " run: cmr-watch db hold"
)


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy that was made and checked: its size in bytes, and how many rows each table has."""

    path: Path
    size: int
    rows: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Restored:
    """The schema that the copy had, and under which name the database before it is kept, if there was one."""

    revision: str
    kept: Path | None


def name_at(now: datetime) -> str:
    """What a copy that is made regularly is called; `prune` removes only such."""
    return f"cmr-watch-{now.astimezone(UTC):%Y%m%d-%H%M%S}.db"


def make(database: Database, path: Path, *, force: bool = False) -> Copy:
    """Copy an SQLite database while others work with it, write the hold into the copy, check it, put it in place.

    A file that is there stays, and it is a ConfigError, unless `force`.
    """
    if database.path is None:
        raise ConfigError(_WITH_ITS_OWN_TOOLS)
    _refuse(database.path, path, force)
    with _plain_errors(f"no copy of the database could be made as {path}"), _workshop(path) as folder:
        part = folder / path.name
        rows = _copy(database.path, part)
        _write_hold(part)
        _check(part, rows)
        _revision(part, path)
        _put(part, path, force)
        return Copy(path, path.stat().st_size, rows)


def hold(database: Database) -> None:
    """Say in a database that it is a copy that came back: after a pg_restore, or after a file was put back by hand."""
    with database.write() as connection:
        restore_quarantine.mark_restored(connection)


def restore(path: Path, url: str, now: datetime) -> Restored:
    """Put a copy in the place of the SQLite database at this address, which is kept under another name.

    - The copy is read, never changed. It is one of ours, of this or an older schema, and brought to today's.
    - It holds what waits in it, also when it was not `make` that made it.
    - Nobody else may have the database open.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise ConfigError(_WITH_ITS_OWN_TOOLS)
    target = Path(parsed.database).resolve()
    _refuse_source(path, target)
    with _plain_errors(f"{path} could not be put in place of the database"), _workshop(target) as folder:
        part = folder / target.name
        rows = _copy(path, part)
        revision = _revision(part, path)
        _check(part, rows)
        upgrade(_url(part).render_as_string())
        _write_hold(part)
        return Restored(revision, _exchange(part, target, now))


def prune(folder: Path, keep: int) -> tuple[Path, ...]:
    """Remove all but the newest copies of those that are called as `name_at` says; which were removed."""
    if keep < 1:
        raise ValueError("at least one copy is kept")
    with _plain_errors(f"old copies in {folder} could not be removed"):
        made = sorted(entry.name for entry in os.scandir(folder) if _is_made(entry))
        old = tuple(folder / name for name in made[:-keep])
        for path in old:
            path.unlink()
        return old


def _is_made(entry: os.DirEntry[str]) -> bool:
    return bool(_MADE.fullmatch(entry.name)) and entry.is_file(follow_symlinks=False)


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────


def _refuse(database: Path, path: Path, force: bool) -> None:
    if path.resolve() in _files_of(database):
        raise ConfigError(f"{path} is the database itself: choose another name for its copy")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: name a file in it")
    if not force and os.path.lexists(path):
        raise ConfigError(f"{path} is there already, and stays; --force replaces it")


def _refuse_source(path: Path, database: Path) -> None:
    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    if path.resolve() in _files_of(database):
        raise ConfigError(f"{path} is the database itself, not a copy of it")


def _files_of(database: Path) -> set[Path]:
    whole = database.resolve()
    return {whole, *(whole.with_name(whole.name + end) for end in _BESIDE)}


# ── a copy is made ───────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _plain_errors(what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{what}: {error}") from error
    except OSError as error:
        raise StoreUnavailable(f"{what}: {error.strerror or error}") from error


@contextmanager
def _workshop(path: Path) -> Iterator[Path]:
    """A folder beside it, for its owner only: what is made in there can be put in place by one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _copy(source: Path, part: Path) -> dict[str, int]:
    """Copy what the source says at one moment; how many rows each table had then."""
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    uri = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as old, closing(sqlite3.connect(part)) as new:
        old.execute("BEGIN")  # what is counted and what is copied is then the same moment
        rows = _count(old)
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")  # one file, nothing beside it
    return rows


def _count(connection: sqlite3.Connection) -> dict[str, int]:
    """Of our tables, those that are there: an older schema has fewer."""
    named = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    ours = [name for (name,) in named if name in COUNTED]
    return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in ours}  # noqa: S608


def _write_hold(part: Path) -> None:
    with closing(Database(_url(part))) as copied:
        hold(copied)
    with closing(sqlite3.connect(part)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _check(part: Path, rows: Mapping[str, int]) -> None:
    """Read every page of the copy: whole, no row that points to nothing, as many rows as there were."""
    with closing(sqlite3.connect(part)) as connection:
        said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        dangling = connection.execute("PRAGMA foreign_key_check").fetchone()
        counted = _count(connection)
    if said != "ok" or dangling is not None:
        raise StoreUnavailable(
            f"the copy is damaged: {' '.join(said.split()) if dangling is None else 'rows are lost'}"
        )
    # the hold is one row of `installation`, and it was there before if this was a copy already
    if _but_for_hold(counted) != _but_for_hold(rows):
        raise StoreUnavailable("the copy does not have as many rows as the database")


def _but_for_hold(rows: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in rows.items() if name != "installation"}


def _put(part: Path, path: Path, force: bool) -> None:
    _sync(part)
    if not force:
        # the name is taken first: a file that somebody has put there meanwhile stays
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    os.replace(part, path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    """Until it is on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


# ── a copy comes back ────────────────────────────────────────────────────────────────────────────────────────────


def _revision(part: Path, path: Path) -> str:
    with closing(sqlite3.connect(part)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            found = None
    if found is None:
        raise SchemaError(f"{path} is no database of cmr-watch")
    if found[0] not in REVISIONS:
        raise SchemaError(f"{path} belongs to a newer version of cmr-watch (schema {found[0]})")
    return str(found[0])


def _exchange(part: Path, target: Path, now: datetime) -> Path | None:
    """The present database gets another name, the copy its name, while nobody can open either."""
    _sync(part)
    _give_to_owner(part, target)
    with _alone(target):
        kept = _put_aside(target, now)
        os.replace(part, target)
        _sync(target.parent)
    return kept


def _give_to_owner(part: Path, target: Path) -> None:
    """Who restores as root must not lock the service out; anybody else can only keep what is made."""
    with suppress(OSError):
        owner = target.stat()
        os.chown(part, owner.st_uid, owner.st_gid)


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Nobody else has it open, and what stands beside it was written into it. One that is damaged is no hindrance."""
    if not target.exists():
        yield
        return
    with closing(sqlite3.connect(target, timeout=1, isolation_level=None)) as connection:
        try:
            # leaving WAL mode asks for the whole file, also from those that only have it open
            connection.execute("PRAGMA journal_mode = DELETE").fetchone()
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF in _LOCKED:
                words = f"another process has the database {target} open: stop cmr-watch first, and try again"
                raise StoreUnavailable(words) from error
        yield


def _put_aside(target: Path, now: datetime) -> Path | None:
    if not target.exists():
        return None
    kept = _free(target, now)
    for end in _BESIDE:  # they are there only where the database could not be read
        if (beside := target.with_name(target.name + end)).exists():
            os.replace(beside, kept.with_name(kept.name + end))
    try:
        os.link(target, kept)  # a second name: under the first there is a database all the time
    except OSError:  # not every file system has links
        os.replace(target, kept)
    return kept


def _free(target: Path, now: datetime) -> Path:
    name = f"{target.name}.replaced-{now.astimezone(UTC):%Y%m%d-%H%M%S}"
    kept = target.with_name(name)
    return target.with_name(f"{name}-{secrets.token_hex(4)}") if os.path.lexists(kept) else kept
