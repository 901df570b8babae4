"""Opening a database, transactions, and errors as readable messages.

- Read transactions see a single snapshot of the data.
- Write transactions begin IMMEDIATE on SQLite: a transaction that reads first and writes later fails at once if
  another one has written in between, whatever the busy_timeout (sqlite.org/lang_transaction.html). On PostgreSQL,
  each method locks the rows that it needs.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, ProgrammingError

from cmr_watch.clock import Clock
from cmr_watch.exceptions import ConfigError, DatabaseDamaged, SchemaError, StoreUnavailable
from cmr_watch.store import error_messages, foreign_wal, marker
from cmr_watch.store.engine import begin_to_write, create
from cmr_watch.store.locks import Lock
from cmr_watch.store.readable import UNREADABLE, UnreadableRows
from cmr_watch.store.schema import REVISION, REVISIONS, installation
from cmr_watch.store.sqlite import UsedFile

BASE = "base"
"""The revision of a database with an empty alembic_version table."""


class Database:
    """An engine and its transactions; close it after use. `name` describes the database in messages."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.name = _description(url)
        self.path = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        self.unreadable = UnreadableRows()
        self._file = UsedFile(self.path) if self.path else None
        self.engine = create(url, self._file).execution_options(**{UNREADABLE: self.unreadable})
        self._reader = self.engine
        if self.path is None:
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._snapshot: ContextVar[Connection | None] = ContextVar("snapshot", default=None)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Begin a read-only transaction, which sees a single snapshot; within `snapshot`, use that one."""
        shared = self._snapshot.get()
        if shared is not None:
            with self.store_errors():
                yield shared
            return
        with self.store_errors(), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let everything that is read in this block see a single snapshot, in one transaction instead of many.

        What is written meanwhile, in a transaction of its own, is not seen before the end of the block.
        """
        with self.read() as connection:
            token = self._snapshot.set(connection)
            try:
                yield
            finally:
                self._snapshot.reset(token)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Begin a write transaction, which is rolled back if the block raises."""
        with self.store_errors(), self.engine.connect() as connection, begin_to_write(connection):
            yield connection

    @contextmanager
    def store_errors(self) -> Iterator[None]:
        """Turn database errors into StoreUnavailable, except violated constraints: those are bugs."""
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            reason = error_messages.reason(error)
            # a database is often read-only because root created the file or its folder
            hint = _ownership_hint(self.path) if self.path and reason == error_messages.READ_ONLY else ""
            kind = DatabaseDamaged if reason == error_messages.DAMAGED else StoreUnavailable
            raise kind(f"{self.name} {reason}{hint}", advice=error_messages.advice(reason)) from error

    def close(self) -> None:
        """Close all connections. Another file may now take the place of an SQLite database."""
        self.engine.dispose()
        if self._file is not None:
            self._file.forget()

    def insert(self, table: Table) -> Any:
        """Return an INSERT that supports ON CONFLICT."""
        return insert_for(self.engine.dialect.name, table)

    def lock(self, connection: Connection, key: Lock) -> None:
        """Hold an advisory lock until the end of the transaction. On SQLite, write transactions never overlap."""
        if self.path is None:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})

    def try_lock(self, connection: Connection, key: Lock) -> bool:
        """Like `lock`, but return False at once if another transaction holds the lock."""
        if self.path is not None:
            return True
        return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": key}).scalar())

    def clock_offset(self, clock: Clock) -> timedelta:
        """Return how far the database's clock is ahead, so that all hosts agree on what is due and leased."""
        if self.path is not None:
            return timedelta(0)
        with self.store_errors(), self.engine.connect() as connection:
            local = clock()
            remote: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return remote - local

    def require_sound(self) -> None:
        """DatabaseDamaged if SQLite's quick check finds damage. PostgreSQL has checksums of its own."""
        if self.path is None:
            return
        with self.store_errors(), self.engine.connect() as connection:
            result = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        if result != "ok":
            what = " ".join(result.split())
            raise DatabaseDamaged(f"{self.name} is damaged ({what}); stop cmr-watch, and restore a backup")

    def require_writable(self) -> None:
        """StoreUnavailable if nothing can be written: the disk is full, or the database is read-only or locked."""
        row = {"name": f"write_test_{secrets.token_hex(8)}", "value": "x" * 4096}
        with self.write() as connection:
            connection.execute(installation.insert(), row)
            connection.execute(installation.delete().where(installation.c.name == row["name"]))

    def is_read_only(self) -> bool:
        """Whether the server, or the file's permissions, forbid writing. Nothing is written to find out."""
        if self.path is not None:
            return not os.access(self.path, os.W_OK)
        with self.read() as connection:
            return bool(connection.execute(text("SHOW transaction_read_only")).scalar() == "on")

    def revision(self) -> str | None:
        """Return the schema revision of the database; None if it has no tables."""
        with self.store_errors(), self.engine.connect() as connection:
            return _revision(connection, self.name)


def insert_for(dialect: str, table: Table) -> Any:
    """Return an INSERT that supports ON CONFLICT, for which SQLAlchemy has a class per dialect."""
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)


def insert_returning_id(connection: Connection, table: Table, row: dict[str, Any]) -> int:
    """Insert a row and return its ID."""
    key = connection.execute(table.insert(), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def open_database(url: str, *, begin_new: bool = False) -> Database:
    """Open a database, and create the schema if it is empty.

    DatabaseDamaged if it is gone or empty although there was one, unless `begin_new` is set, or if it was replaced but
    its log was left. SchemaError if the schema
    is older or newer than this version's, StoreUnavailable if the database cannot be used.
    """
    with ExitStack() as stack:
        database = Database(_parse_url(url))
        stack.callback(database.close)
        revision = _first_revision(database, begin_new=begin_new)
        if revision is None:
            revision = _migrate(database)
        if revision != REVISION:
            raise _mismatch(database.name, revision)
        if database.path is not None:
            marker.write_marker(database.path)
        stack.pop_all()
    return database


def _first_revision(database: Database, *, begin_new: bool = False) -> str | None:
    """Create the file of the database, if it is new, and return its schema revision; None if it has no tables."""
    if database.path is None:
        return database.revision()
    if not begin_new:
        marker.require_present(database.path)
    _create_file(database.path, database.name)
    foreign_wal.require_none(database.path)
    revision = database.revision()
    if revision is None and not begin_new:
        marker.require_not_emptied(database.path)
    return revision


def upgrade(url: str) -> tuple[str, str]:
    """Upgrade a database to the current schema; return the old and new revisions. SQLite files are backed up first."""
    database = Database(_parse_url(url))
    with ExitStack() as stack:
        stack.callback(database.close)
        revision = _first_revision(database)
        if revision is not None and revision not in (BASE, *REVISIONS):
            raise _mismatch(database.name, revision)
        return revision or BASE, revision if revision == REVISION else _migrate(database)


def _migrate(database: Database) -> str:
    # imported late: alembic takes 100 ms to load and is rarely needed
    from cmr_watch.store import migrate

    with database.write() as connection:
        database.lock(connection, Lock.MIGRATION)
        # another process may have upgraded it in the meantime
        revision = _revision(connection, database.name)
        if revision == REVISION:
            return revision
        if database.path is not None and revision is not None:
            migrate.back_up(database.path, revision)
        migrate.to_head(connection)
    return REVISION


def _revision(connection: Connection, name: str) -> str | None:
    try:
        with connection.begin_nested():
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, ProgrammingError) as error:
        if not _is_missing_table(error):
            raise
        tables = inspect(connection).get_table_names()
        if "alembic_version" in tables:
            # another process has created the tables since the first look
            return _revision(connection, name)
        if tables:
            advice = "Choose another file or database in [database] url."
            raise SchemaError(f"{name} contains the tables of another program", advice=advice) from error
        return None
    return BASE if revision is None else str(revision)


def _is_missing_table(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "42P01" or "no such table" in str(error.orig)


def _mismatch(name: str, revision: str) -> SchemaError:
    if revision in (BASE, *REVISIONS):
        message = f"{name} has an older schema ({revision}, this version needs {REVISION}); run: cmr-watch db upgrade"
        return SchemaError(message, advice="Run: cmr-watch db upgrade")
    message = f"{name} was created by a newer version of cmr-watch (schema {revision}, this version needs {REVISION})"
    return SchemaError(message, advice="Install the newer version of cmr-watch, or restore a backup.")


# ── URLs and files ───────────────────────────────────────────────────────────────────────────────────────────────


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # do not quote the URL: it may contain a password
        raise ConfigError(
            "the database URL is invalid; expected sqlite:///file or postgresql://user@host/name"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise ConfigError(f"a database URL must be sqlite:///file or postgresql://user@host/name, not {backend}://")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError("an SQLite database must be a file; expected sqlite:///file")
    return parsed


def _description(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    return f"the PostgreSQL database {url.database or ''} on {url.host or 'this machine'}"


def _create_file(path: Path, name: str) -> None:
    # readable by the owner only, as it contains addresses and webhook keys; SQLite gives the WAL file the same mode
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():  # opening a named pipe would wait for a writer
            raise StoreUnavailable(f"{name} cannot be opened: it is not a regular file")
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as error:
        hint = _ownership_hint(path) if isinstance(error, PermissionError) else ""
        raise StoreUnavailable(f"{name} cannot be opened: {error.strerror}{hint}") from error


def _ownership_hint(path: Path) -> str:
    """Return how to fix the owner, to append to a message, if the file or its folder belongs to another user."""
    folder = next((folder for folder in path.parents if os.path.isdir(folder)), path)
    user = os.geteuid()
    for place in (path, folder):
        if os.path.exists(place) and not os.access(place, os.W_OK) and (owner := place.stat().st_uid) != user:
            return f"; {place} belongs to user {owner}, but cmr-watch runs as user {user}: run chown {user} {place}"
    return ""
