"""Connections to SQLite files: the only caller of `sqlite3.connect`.

sqlite3 decodes the messages of SQLite strictly. Those about a damaged schema quote it, and if the damage is not UTF-8,
it raises UnicodeDecodeError, without a code; here, that is the error of a damaged file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import quote

_LOG: Final = "cmr_watch_log"
_NOTHING: Final[Mapping[Any, Any]] = MappingProxyType({})
_Identity = tuple[int, int] | None
P = ParamSpec("P")
R = TypeVar("R")
_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, "SQLITE_CORRUPT", "the database schema is damaged")
_MOVED: Final = (sqlite3.SQLITE_READONLY_DBMOVED, "SQLITE_READONLY_DBMOVED", "the file was deleted or replaced")


def connect(path: Path | str, **options: Any) -> sqlite3.Connection:
    """Open a file like `sqlite3.connect`."""
    return sqlite3.connect(path, factory=Connection, **options)


def _readable(method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def call(*arguments: P.args, **options: P.kwargs) -> R:
        try:
            return method(*arguments, **options)
        except UnicodeDecodeError as error:
            raise _error(sqlite3.DatabaseError, *_DAMAGED) from error

    return call


def _error(kind: type[sqlite3.DatabaseError], code: int, name: str, message: str) -> sqlite3.DatabaseError:
    error = kind(message)
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    return error


class _Cursor(sqlite3.Cursor):
    execute = _readable(sqlite3.Cursor.execute)
    executemany = _readable(sqlite3.Cursor.executemany)
    fetchone = _readable(sqlite3.Cursor.fetchone)
    fetchmany = _readable(sqlite3.Cursor.fetchmany)
    fetchall = _readable(sqlite3.Cursor.fetchall)
    __next__ = _readable(sqlite3.Cursor.__next__)  # type: ignore[arg-type]


class Connection(sqlite3.Connection):
    """A connection whose errors are all of sqlite3. `will_write`: the transaction that begins now writes."""

    will_write = False
    execute = _readable(sqlite3.Connection.execute)
    executemany = _readable(sqlite3.Connection.executemany)
    commit = _readable(sqlite3.Connection.commit)
    rollback = _readable(sqlite3.Connection.rollback)
    backup = _readable(sqlite3.Connection.backup)

    def cursor(self, factory: Any = _Cursor) -> Any:
        """Return a new cursor; `execute`, too, returns one of this kind."""
        return super().cursor(factory)

    def begin(self) -> None:
        """Begin a transaction; with isolation_level=None, sqlite3 does not do so itself, so DDL can be rolled back."""
        self.execute("BEGIN IMMEDIATE" if self.will_write else "BEGIN").close()


class UsedFile:
    """A database file in use. SQLite goes on in a file that was deleted, moved away or replaced, until its last
    connection is closed; then all of it is lost (sqlite.org/howtocorrupt.html, §4.2). In WAL mode it never reports it.
    The same goes for its log, in which the newest transactions are.
    """

    def __init__(self, path: Path) -> None:
        self._path = str(path)
        self._log = f"{path}-wal"
        self._identity: _Identity = None

    def note(self, info: dict[Any, Any]) -> None:
        """Note what a connection has opened, the log in its `info`: SQLite keeps it as long as a connection is open.

        From the first connection on, the path must lead to this file.
        """
        info[_LOG] = _found(self._log)
        if self._identity is None:
            self._identity = _found(self._path)

    def forget(self) -> None:
        """After all connections were closed."""
        self._identity = None

    def require_same(self, info: Mapping[Any, Any] = _NOTHING) -> None:
        """sqlite3.OperationalError, with SQLite's own code for it, if the paths lead to other files, or to none."""
        is_other = self._identity is not None and _found(self._path) != self._identity
        log = info.get(_LOG)
        if is_other or (log is not None and _found(self._log) != log):
            raise _error(sqlite3.OperationalError, *_MOVED)

    def address(self) -> str:
        """The file as a URI. Once in use, SQLite must not create it again, if it is deleted at this moment."""
        mode = "rwc" if self._identity is None else "rw"
        return f"file:{quote(os.fsencode(os.path.abspath(self._path)))}?mode={mode}"


def _found(path: str) -> _Identity:
    # not by opening it: closing any descriptor of a file ends SQLite's locks on it
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
