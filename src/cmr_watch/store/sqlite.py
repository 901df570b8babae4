"""Connections to SQLite files: the only caller of `sqlite3.connect`.

sqlite3 decodes the messages of SQLite strictly. Those about a damaged schema quote it, and if the damage is not UTF-8,
it raises UnicodeDecodeError, without a code; here, that is the error of a damaged file.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar
from urllib.parse import quote

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
    """A connection whose errors are all of sqlite3."""

    execute = _readable(sqlite3.Connection.execute)
    executemany = _readable(sqlite3.Connection.executemany)
    commit = _readable(sqlite3.Connection.commit)
    rollback = _readable(sqlite3.Connection.rollback)
    backup = _readable(sqlite3.Connection.backup)

    def cursor(self, factory: Any = _Cursor) -> Any:
        """Return a new cursor; `execute`, too, returns one of this kind."""
        return super().cursor(factory)


class UsedFile:
    """A database file in use. SQLite goes on in a file that was deleted, moved away or replaced, until its last
    connection is closed; then all of it is lost (sqlite.org/howtocorrupt.html, §4.2). In WAL mode it never reports it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._identity: tuple[int, int] | None = None

    def note(self) -> None:
        """After a connection was opened: from the first one on, the path must lead to this file."""
        if self._identity is None:
            self._identity = self._found()

    def forget(self) -> None:
        """After all connections were closed."""
        self._identity = None

    def require_same(self) -> None:
        """sqlite3.OperationalError, with SQLite's own code for it, if the path leads to another file, or to none."""
        if self._identity is not None and self._found() != self._identity:
            raise _error(sqlite3.OperationalError, *_MOVED)

    def address(self) -> str:
        """The file as a URI. Once in use, SQLite must not create it again, if it is deleted at this moment."""
        mode = "rwc" if self._identity is None else "rw"
        return f"file:{quote(os.fsencode(os.path.abspath(self._path)))}?mode={mode}"

    def _found(self) -> tuple[int, int] | None:
        # not by opening it: closing any descriptor of a file ends SQLite's locks on it
        try:
            found = os.stat(self._path)
        except OSError:
            return None
        return found.st_dev, found.st_ino
