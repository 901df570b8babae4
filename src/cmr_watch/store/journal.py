"""A file beside the database that remembers who must not be written to, also when the database comes back from a copy.

One JSON object a line; it names nobody: addresses stand there as marks (see installation.py). It is written before the
database commits, so that an end is remembered also when the machine stops between the two: somebody did ask for it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.models import mailbox_of
from cmr_watch.store import erasing, installation, people
from cmr_watch.store.database import Database
from cmr_watch.store.schema import subscriptions

_POSITION = "journal"
Ended = Iterable[tuple[int, str]]
"""The ids of subscriptions, and the marks of their addresses."""


class Journal:
    """The journal in a file; None: there is none, and nothing is remembered outside the database."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def ended(self, connection: Connection, ended: Ended, now: datetime) -> None:
        """Remember subscriptions that ended, by their ids and the marks of their addresses."""
        at = now.isoformat()
        self._append(connection, [{"at": at, "ended": number, "mark": mark} for number, mark in ended])

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
            entries = list(self._entries())
            for entry in entries:
                _again(database, connection, entry)
            installation.write(connection, _POSITION, str(size))
            return len(entries)

    def _append(self, connection: Connection, entries: list[dict[str, Any]]) -> None:
        if self._path is None or not entries:
            return
        text = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
        seen = installation.read(connection, _POSITION) or "0"
        begun = self._size()
        try:
            with os.fdopen(os.open(self._path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "a") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise StoreUnavailable(f"the journal {self._path} cannot be written: {error.strerror}") from error
        if seen == str(begun):  # otherwise there is something in it that this database has not seen yet
            installation.write(connection, _POSITION, str(begun + len(text.encode())))

    def _size(self) -> int:
        try:
            return self._path.stat().st_size if self._path else 0
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreUnavailable(f"the journal {self._path} cannot be read: {error.strerror}") from error

    def _entries(self) -> Iterator[dict[str, Any]]:
        assert self._path is not None
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # the machine stopped while it was written, and so before the database was
            if isinstance(entry, dict):
                yield entry


def _again(database: Database, connection: Connection, entry: dict[str, Any]) -> None:
    at = datetime.fromisoformat(str(entry["at"]))
    # who subscribed afterwards asked for it again
    conditions = [people.ACTIVE, subscriptions.c.created_at <= at]
    if "ended" in entry:
        conditions.append(subscriptions.c.id == entry["ended"])
    rows = connection.execute(select(subscriptions).where(*conditions)).all()
    wanted = entry.get("mark") or entry.get("erased")
    mine = [row for row in rows if installation.mark(connection, row.address) == wanted]
    for row in mine:
        values = {"status": "ended", "ended_at": at, "end_reason": "ended before this copy came back", "wake_at": None}
        connection.execute(subscriptions.update().where(subscriptions.c.id == row.id).values(**values))
    people.reexamine(connection, [row.mailbox for row in mine], at)
    if "erased" in entry:
        _erase_again(database, connection, str(wanted), [row.address for row in mine], at)


def _erase_again(database: Database, connection: Connection, mark: str, addresses: list[str], at: datetime) -> None:
    for mailbox in {mailbox_of(address) for address in addresses} or {""}:
        erasing.erase_marked(database, connection, mark, mailbox, at)
