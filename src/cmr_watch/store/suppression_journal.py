"""The suppression journal: a file that records ended subscriptions and erased addresses outside the database.

After a restore, the journal is replayed, so that they are ended and erased again. It contains one JSON object per
line, with hashes instead of addresses (see installation.py). An entry is written before the database transaction
commits: if the process is killed between the two, the request to unsubscribe is still honoured.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import stat
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.os_errors import os_reason
from cmr_watch.store import erasure, installation, recipients
from cmr_watch.store.database import Database
from cmr_watch.store.schema import deliveries, subscriptions

log = logging.getLogger(__name__)

_BEGINNINGS: Final = (b"", b"{", b"\n", b"\0")
"""How a journal begins: with a line of JSON, unless it is empty, or a power cut has left a block of NULs."""

_POSITION = "journal"
_UNKNOWN_REASON = "ended before the database was restored"
EndedSubscriptions = Iterable[tuple[int, str]]
"""The IDs of subscriptions, and the hashes of their addresses."""


class SuppressionJournal:
    """The journal in a file. With `path=None`, nothing is recorded."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def record_ended(self, connection: Connection, ended: EndedSubscriptions, reason: str, now: datetime) -> None:
        """Record subscriptions that have ended, and why."""
        common = {"at": now.isoformat(), "reason": reason}
        self._append(connection, [{**common, "ended": number, "mark": hashed} for number, hashed in ended])

    def record_erased(self, connection: Connection, hashed: str, now: datetime) -> None:
        """Record the hash of an address that was erased."""
        self._append(connection, [{"at": now.isoformat(), "erased": hashed}])

    def replay(self, database: Database, now: datetime) -> int:
        """Apply the entries that the database does not contain, after a restore; return the number of entries read.

        The database stores the size of the file that it has seen, so usually a single query is enough.
        """
        size = self._size()
        if not size:
            return 0
        with database.read() as connection:
            if installation.read(connection, _POSITION) == str(size):
                return 0
        with database.write() as connection:
            installation.lock(connection)
            position = installation.read(connection, _POSITION) or ""
            entries = list(self._entries(int(position) if position.isdecimal() else 0))
            for entry in entries:
                _replay_entry(database, connection, entry)
            installation.write(connection, _POSITION, str(size))
            return len(entries)

    def _append(self, connection: Connection, entries: list[dict[str, Any]]) -> None:
        if self._path is None or not entries:
            return
        text = "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)
        installation.lock(connection)  # serialize writers, so that the position is that of the last one
        position = installation.read(connection, _POSITION) or "0"
        size_before = self._size()
        try:
            size = _append_lines(self._path, text.encode())
        except OSError as error:
            reason = os_reason(error)
            raise StoreUnavailable(f"the suppression journal {self._path} cannot be written: {reason}") from error
        if position == str(size_before):  # otherwise there are earlier entries still to be replayed
            installation.write(connection, _POSITION, str(size))

    def _size(self) -> int:
        try:
            return self._path.stat().st_size if self._path else 0
        except FileNotFoundError:
            return 0
        except OSError as error:
            raise StoreUnavailable(
                f"the suppression journal {self._path} cannot be read: {os_reason(error)}"
            ) from error

    def _unreadable(self, error: OSError) -> StoreUnavailable:
        return StoreUnavailable(f"the suppression journal {self._path} cannot be read: {os_reason(error)}")

    def _entries(self, position: int) -> Iterator[_Entry]:
        assert self._path is not None
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise StoreUnavailable(
                f"the suppression journal {self._path} cannot be read: {os_reason(error)}"
            ) from error
        if content[position - 1 : position] == b"\n":  # otherwise the file has been replaced: read it from the start
            content = content[position:]
        is_journal, has_damage = content[:1] in _BEGINNINGS, False
        for line in filter(bytes.strip, content.split(b"\n")):
            try:
                entry = _parse_entry(json.loads(line.strip(b"\0")))  # a power cut can leave a block of NULs
            except (ValueError, TypeError, KeyError, RecursionError):
                has_damage = True  # a process that is killed while writing a line changes nothing in the database
            else:
                is_journal = True
                yield entry
        if has_damage and is_journal:  # if it is another file, appending to it is refused with a sentence that says so
            log.warning("%s: left out a line that is incomplete or damaged", self._path)


class _Entry(NamedTuple):
    """One line. `ended` is the ID of a subscription, or None if its address was erased."""

    at: datetime
    address_hash: str
    ended: int | None
    reason: str


def _parse_entry(line: dict[str, Any]) -> _Entry:
    at = datetime.fromisoformat(line["at"])
    if "erased" in line:
        return _Entry(at, str(line["erased"]), None, "erased")
    return _Entry(at, str(line["mark"]), int(line["ended"]), str(line.get("reason", _UNKNOWN_REASON)))


def _append_lines(path: Path, text: bytes) -> int:
    """Append complete lines to the file; return its new size."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # with PostgreSQL, it may not exist yet
    # not blocking: opening a named pipe would wait for a reader
    flags = os.O_CREAT | os.O_APPEND | os.O_RDWR | os.O_NONBLOCK
    with os.fdopen(os.open(path, flags, 0o600), "a+b") as file:
        _require_journal(file)
        if file.seek(0, os.SEEK_END) and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
            text = b"\n" + text  # the last line is incomplete, as its writer was killed
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        return file.seek(0, os.SEEK_END)


def _require_journal(file: Any) -> None:
    """OSError if the open file is another one than a journal: nothing is appended to it."""
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        raise OSError(errno.EINVAL, "it is not a regular file")
    if os.pread(file.fileno(), 1, 0) not in _BEGINNINGS:
        raise OSError(errno.EINVAL, "it contains something else; choose another file in [database] journal")


def _replay_entry(database: Database, connection: Connection, entry: _Entry) -> None:
    if entry.ended is None:
        _erase(database, connection, entry)
        return
    # a newer subscription was requested after this one ended
    conditions = (recipients.ACTIVE, subscriptions.c.created_at <= entry.at, subscriptions.c.id == entry.ended)
    row = connection.execute(select(subscriptions).where(*conditions)).first()
    if row is not None and entry.address_hash in installation.address_hashes(connection, row.address):
        _end(connection, subscriptions.c.id == row.id, entry)
        recipients.replan(connection, [row.mailbox], entry.at)


def _end(connection: Connection, condition: Any, entry: _Entry) -> None:
    values = {"status": "ended", "ended_at": entry.at, "end_reason": entry.reason, "next_action_at": None}
    connection.execute(subscriptions.update().where(condition, recipients.ACTIVE).values(**values))


def _erase(database: Database, connection: Connection, entry: _Entry) -> None:
    hashes_of = installation.address_hasher(connection)
    stored = {
        row.mailbox
        for table in (subscriptions, deliveries)
        for row in connection.execute(_select_mailboxes(table))
        if isinstance(row.mailbox, str)
    }
    # the hash of an earlier version can match several: they were one mailbox then
    for mailbox in sorted(box for box in stored if entry.address_hash in hashes_of(box)) or [""]:
        is_newer = subscriptions.c.created_at > entry.at
        is_recipient = subscriptions.c.mailbox == mailbox
        newer = select(subscriptions.c.id).where(recipients.ACTIVE, is_recipient, is_newer)
        if connection.execute(newer).first() is not None:
            continue  # subscribed again after the erasure
        _end(connection, is_recipient, entry)
        recipients.replan(connection, [mailbox], entry.at)
        erasure.erase_by_hash(database, connection, entry.address_hash, mailbox, entry.at)


def _select_mailboxes(table: Any) -> Any:
    return select(table.c.mailbox).distinct()
