"""A file beside the database that remembers who must not be written to, also when the database comes back from a copy.

One JSON object a line; it names nobody: addresses stand there as marks (see installation.py). It is written before the
database commits, so that an end is remembered also when the machine stops between the two: somebody did ask for it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store import erasure, installation, recipients
from cmr_watch.store.database import Database
from cmr_watch.store.schema import deliveries, subscriptions

_POSITION = "journal"
_UNKNOWN = "ended before this copy came back"
Ended = Iterable[tuple[int, str]]
"""The ids of subscriptions, and the marks of their addresses."""


class Journal:
    """The journal in a file; None: there is none, and nothing is remembered outside the database."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def ended(self, connection: Connection, ended: Ended, reason: str, now: datetime) -> None:
        """Remember subscriptions that ended, by their ids and the marks of their addresses, and why."""
        said = {"at": now.isoformat(), "reason": reason}
        self._append(connection, [{**said, "ended": number, "mark": mark} for number, mark in ended])

    def erased(self, connection: Connection, mark: str, now: datetime) -> None:
        """Remember an address that was erased."""
        self._append(connection, [{"at": now.isoformat(), "erased": mark}])

    def replay(self, database: Database, now: datetime) -> int:
        """End and erase again what a copy of the database does not know; how many entries were read.

        Mostly the database has seen the whole file, and one small query says so.
        """
        size = self._size()
        if not size:
            return 0
        with database.read() as connection:
            if installation.read(connection, _POSITION) == str(size):
                return 0
        with database.write() as connection:
            installation.lock(connection)
            entries = list(self._entries(int(installation.read(connection, _POSITION) or 0)))
            for entry in entries:
                _again(database, connection, entry)
            installation.write(connection, _POSITION, str(size))
            return len(entries)

    def _append(self, connection: Connection, entries: list[dict[str, Any]]) -> None:
        if self._path is None or not entries:
            return
        text = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
        installation.lock(connection)  # one writes after the other, and each knows what the last one has seen
        seen = installation.read(connection, _POSITION) or "0"
        begun = self._size()
        try:
            size = _append_line(self._path, text.encode())
        except OSError as error:
            raise StoreUnavailable(f"the journal {self._path} cannot be written: {error.strerror}") from error
        if seen == str(begun):  # otherwise there is something in it that this database has not seen yet
            installation.write(connection, _POSITION, str(size))

    def _size(self) -> int:
        try:
            return self._path.stat().st_size if self._path else 0
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreUnavailable(f"the journal {self._path} cannot be read: {error.strerror}") from error

    def _entries(self, seen: int) -> Iterator[_Entry]:
        assert self._path is not None
        try:
            written = self._path.read_bytes()
        except OSError as error:
            raise StoreUnavailable(f"the journal {self._path} cannot be read: {error.strerror}") from error
        if written[seen - 1 : seen] == b"\n":  # otherwise it is another file by now, and is read from its beginning
            written = written[seen:]
        for line in written.splitlines():
            try:
                yield _entry(json.loads(line))
            except (ValueError, TypeError, KeyError):
                continue  # the machine stopped while it was written, and so before the database was


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line. `ended` is the id of a subscription; None: its address was erased."""

    at: datetime
    mark: str
    ended: int | None
    reason: str


def _entry(line: dict[str, Any]) -> _Entry:
    at = datetime.fromisoformat(line["at"])
    if "erased" in line:
        return _Entry(at, str(line["erased"]), None, "erased")
    return _Entry(at, str(line["mark"]), int(line["ended"]), str(line.get("reason", _UNKNOWN)))


def _append_line(path: Path, text: bytes) -> int:
    """Add it as lines of their own; how long the file is then."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # with PostgreSQL nothing else may stand there
    with os.fdopen(os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600), "a+b") as file:
        if file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
            text = b"\n" + text  # the machine stopped inside the last one
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        return file.seek(0, os.SEEK_END)


def _again(database: Database, connection: Connection, entry: _Entry) -> None:
    if entry.ended is None:
        _erase_again(database, connection, entry)
        return
    # who subscribed afterwards asked for it again
    conditions = (recipients.ACTIVE, subscriptions.c.created_at <= entry.at, subscriptions.c.id == entry.ended)
    row = connection.execute(select(subscriptions).where(*conditions)).first()
    if row is not None and installation.mark(connection, row.address) == entry.mark:
        _end_again(connection, subscriptions.c.id == row.id, entry)
        recipients.replan(connection, [row.mailbox], entry.at)


def _end_again(connection: Connection, which: Any, entry: _Entry) -> None:
    values = {"status": "ended", "ended_at": entry.at, "end_reason": entry.reason, "next_action_at": None}
    connection.execute(subscriptions.update().where(which, recipients.ACTIVE).values(**values))


def _erase_again(database: Database, connection: Connection, entry: _Entry) -> None:
    named = (row.mailbox for table in (subscriptions, deliveries) for row in connection.execute(_mailboxes(table)))
    mailbox = next((box for box in named if installation.mark(connection, box) == entry.mark), "")
    later = subscriptions.c.created_at > entry.at
    mine = subscriptions.c.mailbox == mailbox
    if connection.execute(select(subscriptions.c.id).where(recipients.ACTIVE, mine, later)).first() is not None:
        return  # its reader asked for news again
    _end_again(connection, mine, entry)
    recipients.replan(connection, [mailbox], entry.at)
    erasure.erase_by_hash(database, connection, entry.mark, mailbox, entry.at)


def _mailboxes(table: Any) -> Any:
    return select(table.c.mailbox).distinct()
