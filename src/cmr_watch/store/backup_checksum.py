"""The checksum of a backup: of all its rows and of its schema.

SQLite's own check finds pages that are not well-formed, but not a changed letter in a row. The checksum is in the
backup itself, so it cannot be lost when the file is moved; it is removed when the backup is restored or first used.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store import sqlite
from cmr_watch.store.installation import CHECKSUM

_IS_OTHER: Final = f"name <> '{CHECKSUM}'"


def store(path: Path) -> None:
    """Store the checksum of a database in it."""
    with closing(sqlite.connect(path)) as connection, connection:
        _delete(connection)
        row = (CHECKSUM, _checksum(connection))
        connection.execute("INSERT INTO installation (name, value) VALUES (?, ?)", row)


def verify(copy: Path, path: Path) -> None:
    """Compare the checksum of a copy of the backup `path` with what it contains, and remove it.

    StoreUnavailable if they differ. A backup of an earlier version, or one that was in use, has none.
    """
    with closing(sqlite.connect(copy)) as connection, connection:
        stored = _stored(connection)
        if stored is not None and stored != _checksum_if_readable(connection):
            raise StoreUnavailable(f"{path} is damaged: its content does not match its checksum; use another backup")
        if stored is not None:
            _delete(connection)


def _stored(connection: sqlite3.Connection) -> str | None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'installation'").fetchone() is None:
        return None
    row = connection.execute("SELECT value FROM installation WHERE name = ?", (CHECKSUM,)).fetchone()
    return str(row[0]) if row else None


def _delete(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM installation WHERE name = ?", (CHECKSUM,))


def _checksum_if_readable(connection: sqlite3.Connection) -> str | None:
    """The checksum; None where the name of a table or a column is damaged, which sqlite3 cannot decode."""
    try:
        return _checksum(connection)
    except sqlite3.DatabaseError:
        return None


def _checksum(connection: sqlite3.Connection) -> str:
    connection.text_factory = _Text
    digest = hashlib.sha256()
    try:
        schema = connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
        ).fetchall()
        for row in schema:
            _add(digest, row)
        for name in (bytes(row[1]).decode() for row in schema if bytes(row[0]) == b"table"):
            where = f" WHERE {_IS_OTHER}" if name == "installation" else ""
            _add(digest, (name.encode(),))
            for row in connection.execute(f'SELECT rowid, * FROM "{name}"{where} ORDER BY rowid'):  # noqa: S608
                _add(digest, row)
    finally:
        connection.text_factory = str
    return digest.hexdigest()


class _Text(bytes):
    """Text as it is stored, which may not be UTF-8 if it is damaged; unlike a BLOB."""

    __slots__ = ()


def _add(digest: Any, row: tuple[Any, ...]) -> None:
    """Add a row, so that no other row adds the same."""
    for value in row:
        content = bytes(value) if isinstance(value, bytes) else repr(value).encode()
        digest.update(f"{type(value).__name__} {len(content)} ".encode())
        digest.update(content)
