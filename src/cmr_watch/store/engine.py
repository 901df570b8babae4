"""The engines of SQLAlchemy: how connections are made, and how transactions begin."""

from __future__ import annotations

import sqlite3
import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, Transaction
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from cmr_watch.exceptions import ConfigError
from cmr_watch.store import sqlite
from cmr_watch.store.sqlite import UsedFile

_LOCK_TIMEOUT: Final = 5  # seconds

_TCP: Final = {
    "keepalives_idle": 60,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}
"""A connection that a firewall drops in silence ends after 90 s of silence, or after 30 s without an acknowledgement.

The defaults of Linux are two hours and a quarter, and about 15 minutes: postgresql.org/docs, “Database Connection
Control Functions”; tcp(7).
"""


def create(url: URL, file: UsedFile | None) -> Engine:
    """Return the engine of a database: an SQLite file, or without one PostgreSQL.

    ConfigError if the driver of PostgreSQL is missing.
    """
    if file is not None:
        return _sqlite_engine(url, file)
    try:
        return _postgresql_engine(url)
    except ModuleNotFoundError as error:
        raise ConfigError("PostgreSQL needs an additional package; run: pip install '.[postgres]'") from error


def begin_to_write(connection: Connection) -> Transaction:
    """Begin a transaction in which something is written: on SQLite, no other one can write from now on."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, sqlite.Connection):
        return connection.begin()
    driver.will_write = True
    try:
        return connection.begin()
    finally:
        driver.will_write = False  # it goes back to the pool, also if the transaction could not begin


def _sqlite_engine(url: URL, file: UsedFile) -> Engine:
    """An engine that uses one file, and never another one that has taken its place."""

    def open_file(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
        file.require_same()
        arguments[0] = file.address()
        options["uri"] = True

    def set_up(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        _set_up_sqlite(connection)
        file.note(record.info)

    def begin(connection: PoolProxiedConnection) -> None:
        file.require_same(connection.info)
        connection.driver_connection.begin()  # type: ignore[union-attr]

    options = {"timeout": _LOCK_TIMEOUT, "isolation_level": None, "factory": sqlite.Connection}
    engine = create_engine(url, connect_args=options)
    event.listen(engine, "do_connect", open_file)
    event.listen(engine, "connect", set_up)
    # no event of the engine: with a single one, SQLAlchemy looks for listeners at each step of each statement, which
    # is a third of what a small transaction takes
    engine.dialect.do_begin = begin  # type: ignore[method-assign, assignment]
    return engine


def _set_up_sqlite(connection: sqlite3.Connection) -> None:
    # text that is not UTF-8, which only damage can leave there, must not lose the other rows of a result
    connection.text_factory = _decode
    _enable_wal(connection)
    # the last one reads something, which opens the log
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "schema_version"):
        connection.execute(f"PRAGMA {pragma}").close()


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _enable_wal(connection: sqlite3.Connection) -> None:
    """Turn on write-ahead logging; if another process does so at the same moment, wait for it.

    SQLite does not wait itself, whatever the busy_timeout: both processes would wait for each other
    (sqlite.org/c3ref/busy_handler.html).
    """
    deadline = time.monotonic() + _LOCK_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() >= deadline:
                raise
        time.sleep(0.01)


def _postgresql_engine(url: URL) -> Engine:
    """An engine that tries each idle connection before it is used: the server, or something on the way, may have ended
    it, for example after an idle_session_timeout or a failover. What the URL sets takes precedence."""
    options = {"connect_timeout": _LOCK_TIMEOUT, **_TCP}
    engine = create_engine(
        url, pool_pre_ping=True, connect_args={name: options[name] for name in options if name not in url.query}
    )
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_postgresql(connection: Any, _record: object) -> None:
    from cmr_watch.store import postgres_times  # it needs the driver

    postgres_times.register(connection)
    # the second timeout: a suspended process must not keep its locks indefinitely
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{_LOCK_TIMEOUT}s'; SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()
