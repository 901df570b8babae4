"""A database, opened: transactions, and every fault as one plain sentence.

- Reading: one snapshot of the data for the whole block.
- Writing: SQLite begins IMMEDIATE, for a read that turns into a write fails at once when another wrote in between,
  whatever busy_timeout says (sqlite.org/lang_transaction.html); PostgreSQL locks rows as each method asks.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError, ProgrammingError

from cmr_watch.clock import Clock
from cmr_watch.exceptions import ConfigError, SchemaError, StoreUnavailable
from cmr_watch.store import error_messages
from cmr_watch.store.schema import REVISION, REVISIONS

BASE = "base"
"""The revision of a database that knows of revisions and has reached none."""

_LOCK_TIMEOUT = 5
_MIGRATION_LOCK = 0x636D7201  # any number, the same in every process


class Database:
    """The engine, and its transactions. To be closed."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.name = _name(url)
        self.path = Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None
        self.engine = _engine(url)
        self._reader = self.engine
        if self.path is None:
            self._reader = self.engine.execution_options(isolation_level="REPEATABLE READ")
        self._writer = self.engine.execution_options(cmr_watch_begin="BEGIN IMMEDIATE")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and sees one moment."""
        with self.plain_errors(), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that writes: all of the block, or nothing when it raises."""
        with self.plain_errors(), self._writer.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def plain_errors(self) -> Iterator[None]:
        """What the database says as StoreUnavailable. A broken constraint is a mistake of ours and stays one."""
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            words = error_messages.reason(error)
            # "is read-only" is often no more than a file or a folder that was made by root
            owner = _ownership(self.path) if self.path and words == error_messages.READ_ONLY else ""
            raise StoreUnavailable(f"{self.name} {words}{owner}") from error

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()

    def insert(self, table: Table) -> Any:
        """An INSERT that knows ON CONFLICT, which both engines spell alike and SQLAlchemy keeps in their dialects."""
        if self.path is not None:
            from sqlalchemy.dialects import sqlite

            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)

    def serialize(self, connection: Connection, lock: int) -> None:
        """Wait until no other transaction holds this lock. SQLite has one writer at a time anyway."""
        if self.path is None:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})

    def try_lock(self, connection: Connection, lock: int) -> bool:
        """Whether no other transaction holds this lock; then it is ours until the end of this one."""
        if self.path is not None:
            return True  # SQLite has one writer at a time anyway
        return bool(connection.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock}).scalar())

    def ahead(self, clock: Clock) -> timedelta:
        """How far the database's clock is ahead of this one: several hosts then agree on what is due and leased."""
        if self.path is not None:
            return timedelta(0)
        with self.plain_errors(), self.engine.connect() as connection:
            here = clock()
            there: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return there - here

    def revision(self) -> str | None:
        """Which schema the database has, by one SELECT. None: it has no tables at all."""
        with self.plain_errors(), self.engine.connect() as connection:
            return _revision(connection, self.name)


def inserted_id(connection: Connection, table: Table, row: dict[str, Any]) -> int:
    """Insert a row; the id that it got."""
    key = connection.execute(table.insert(), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def open_database(url: str) -> Database:
    """A database with today's schema.

    - Empty: it is made.
    - Older or newer than this program: SchemaError.
    - Not to be reached, opened or read: StoreUnavailable.
    """
    with ExitStack() as stack:
        database = Database(_parsed(url))
        stack.callback(database.close)
        if database.path is not None:
            _make_file(database.path, database.name)
        revision = database.revision()
        if revision is None:
            revision = _migrate(database)
        if revision != REVISION:
            raise _mismatch(database.name, revision)
        stack.pop_all()
    return database


def upgrade(url: str) -> tuple[str, str]:
    """Bring a database to today's schema; which one it had, and which it has. A SQLite file is copied first."""
    database = Database(_parsed(url))
    with ExitStack() as stack:
        stack.callback(database.close)
        if database.path is not None:
            _make_file(database.path, database.name)
        revision = database.revision()
        if revision is not None and revision not in (BASE, *REVISIONS):
            raise _mismatch(database.name, revision)
        return revision or BASE, revision if revision == REVISION else _migrate(database)


def _migrate(database: Database) -> str:
    # imported late: alembic costs 100 ms, and only a new or an old database needs it
    from cmr_watch.store import migrate

    with database.write() as connection:
        database.serialize(connection, _MIGRATION_LOCK)
        # another process may have been here since we looked
        revision = _revision(connection, database.name)
        if revision == REVISION:
            return revision
        if database.path is not None and revision is not None:
            migrate.copy(database.path, revision)
        migrate.to_head(connection)
    return REVISION


def _revision(connection: Connection, name: str) -> str | None:
    try:
        with connection.begin_nested():
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except (OperationalError, ProgrammingError) as error:
        if not _is_missing_table(error):
            raise
        if inspect(connection).get_table_names():
            advice = "Choose another file or database in [database] url."
            raise SchemaError(f"{name} holds the tables of another program", advice=advice) from error
        return None
    return BASE if found is None else str(found)


def _is_missing_table(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == "42P01" or "no such table" in str(error.orig)


def _mismatch(name: str, revision: str) -> SchemaError:
    if revision in (BASE, *REVISIONS):
        words = f"{name} has an older schema ({revision}, this version needs {REVISION}); run: cmr-watch db upgrade"
        return SchemaError(words, advice="Run: cmr-watch db upgrade")
    words = f"{name} belongs to a newer version of cmr-watch (schema {revision}, this one knows {REVISION})"
    return SchemaError(words, advice="Install the newer cmr-watch, or restore the database copy.")


# ── addresses and engines ────────────────────────────────────────────────────────────────────────────────────────


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # the address itself stays out of the sentence: there may be a password in it
        raise ConfigError(
            "the database's address is wrong: write sqlite:///file or postgresql://user@host/name"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise ConfigError(f"a database must be sqlite:///file or postgresql://user@host/name, not {backend}://")
    if backend == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise ConfigError("an SQLite database must be a file: sqlite:///file")
    return parsed


def _name(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return f"the database {url.database}"
    return f"the PostgreSQL database {url.database or ''} on {url.host or 'this machine'}"


def _engine(url: URL) -> Engine:
    try:
        if url.get_backend_name() == "sqlite":
            return _sqlite_engine(url)
        return _postgresql_engine(url)
    except ModuleNotFoundError as error:
        raise ConfigError("PostgreSQL needs one more package; run: pip install '.[postgres]'") from error


def _sqlite_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _LOCK_TIMEOUT, "isolation_level": None})
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # isolation_level=None: the driver begins nothing by itself, so that DDL is in the transaction as well
    connection.exec_driver_sql(connection.get_execution_options().get("cmr_watch_begin", "BEGIN"))


def _postgresql_engine(url: URL) -> Engine:
    engine = create_engine(url, connect_args={"connect_timeout": _LOCK_TIMEOUT})
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_postgresql(connection: Any, _record: object) -> None:
    # the second: a frozen process must not hold its rows for ever
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}s'; SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()


def _make_file(path: Path, name: str) -> None:
    # addresses and the keys of web hooks are in it: nobody else may read it, nor the WAL, which takes on its mode
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as error:
        owner = _ownership(path) if isinstance(error, PermissionError) else ""
        raise StoreUnavailable(f"{name} cannot be opened: {error.strerror}{owner}") from error


def _ownership(path: Path) -> str:
    """The end of a sentence: whose the file or its folder is, when it is somebody else's and not ours to write to."""
    folder = next((folder for folder in path.parents if os.path.isdir(folder)), path)
    for place in (path, folder):
        if os.path.exists(place) and not os.access(place, os.W_OK) and place.stat().st_uid != os.geteuid():
            whose, ours = f"{place} belongs to user {place.stat().st_uid}", os.geteuid()
            return f"; {whose}, but cmr-watch runs as user {ours}: give it away with chown {ours}"
    return ""
