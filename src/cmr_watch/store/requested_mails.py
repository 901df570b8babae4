"""Mails that are requested on the site for an address: a request writes a row, and its mail is written later.

So no response reveals whether an address is known, and a hundred requests for one address cause one mail. Rows that
get no mail are deleted. The token in a mail is random, and only its hash is kept.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, func, select, update

from cmr_watch.models.recipients import TOKEN_SLOT, Message, Purpose, mailbox_of
from cmr_watch.store import plan_writer, readable
from cmr_watch.store.database import Database
from cmr_watch.store.locks import Lock

MAX_PER_HOUR: Final = 200
"""Mails of one kind, of the whole installation."""
ONCE_PER: Final = timedelta(days=1)
"""An address gets one mail of a kind within this time."""
MAX_WAITING: Final = 5_000
"""Requests that may be pending: as many as the mails of a day, so that no request is pending for longer."""
_BATCH: Final = 500
_MAX_BATCHES: Final = 20
"""In one go: deliveries wait meanwhile."""
_LETTERS: Final = string.ascii_lowercase + "234567"  # 5 bits each


class Request(Protocol):
    """A row that may cause a mail."""

    @property
    def id(self) -> int: ...

    @property
    def address(self) -> str: ...


R = TypeVar("R", bound=Request)


@dataclass(frozen=True, slots=True)
class MailKind(Generic[R]):
    """One kind of mail.

    - `of_kind`: its rows of the table.
    - `is_refused`: whether none is sent to an address.
    - `inbox_of`: where the mail to a mailbox arrives, which gets one mail a day.
    """

    table: Table
    of_kind: ColumnElement[bool]
    decode: Callable[[Any], R]
    purpose: Purpose
    lock: Lock
    is_refused: Callable[[Connection, str], bool]
    inbox_of: Callable[[str], str] = str

    def load(self, connection: Connection, *conditions: Any) -> Sequence[R]:
        """The oldest requests that meet the conditions, in order."""
        return self._load(connection, self.table.c.id, *conditions)

    def load_waiting(self, connection: Connection) -> Sequence[R]:
        """The requests that wait for their mail: the first of each network, then the second of each, and so on."""
        return self._load(connection, self._turn, self._is_waiting)

    def delete_surplus(self, connection: Connection) -> None:
        """Delete what is too much to wait, in the same order: a flood from many networks must not fill the disk."""
        kept = select(self.table.c.id).where(self.of_kind, self._is_waiting).order_by(self._turn, self.table.c.id)
        is_surplus = self.table.c.id.not_in(kept.limit(MAX_WAITING))
        connection.execute(self.table.delete().where(self.of_kind, self._is_waiting, is_surplus))

    @property
    def _is_waiting(self) -> ColumnElement[bool]:
        return self.table.c.mailed_at.is_(None)

    @property
    def _turn(self) -> ColumnElement[int]:
        return func.row_number().over(partition_by=self.table.c.network, order_by=self.table.c.id)

    def _load(self, connection: Connection, order: Any, *conditions: Any) -> Sequence[R]:
        statement = select(self.table).where(self.of_kind, *conditions).order_by(order, self.table.c.id).limit(_BATCH)
        return tuple(readable.models(connection, self.table, connection.execute(statement), self.decode))


def new_token() -> str:
    """A random token of 210 bits. It begins with a letter, so it never looks like one that unsubscribes."""
    return "c" + "".join(secrets.choice(_LETTERS) for _ in TOKEN_SLOT[1:])


def hash_of(token: str) -> str:
    """What is stored of a token: a person who reads the database can do nothing with it."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def write_mails(
    database: Database, kind: MailKind[R], write: Callable[[Connection, R, str], Message], now: datetime
) -> int:
    """Write the mails of the requests that wait for theirs into the outbox; return their number.

    Of several for one address, the newest counts. None is written to an address that is refused, nor twice a day to
    the same inbox. As mails per hour are limited, networks take turns: one that asks for a thousand delays no other.
    """
    if not _is_any_waiting(database, kind):
        return 0
    total = 0
    for _ in range(_MAX_BATCHES):
        with database.write() as connection:
            if not database.try_lock(connection, kind.lock):
                break
            waiting = kind.load_waiting(connection)
            wanted = _wanted(connection, kind, waiting, now)
            dropped = {request.id for request in waiting} - {request.id for request in wanted}
            connection.execute(kind.table.delete().where(kind.table.c.id.in_(dropped)))
            allowed = max(0, MAX_PER_HOUR - _count_mailed(connection, kind, now - timedelta(hours=1), now))
            _write(database, connection, kind, write, wanted[:allowed], now)
            kind.delete_surplus(connection)
        total += len(wanted[:allowed])
        if len(waiting) < _BATCH or len(wanted) > allowed:
            break
    return total


def _write(
    database: Database,
    connection: Connection,
    kind: MailKind[R],
    write: Callable[[Connection, R, str], Message],
    requests: Sequence[R],
    now: datetime,
) -> None:
    for request in requests:
        token = new_token()
        values = {"mailed_at": now, "token_hash": hash_of(token)}
        connection.execute(update(kind.table).where(kind.table.c.id == request.id).values(values))
        plan_writer.insert_message(database, connection, write(connection, request, token), kind.purpose, now)


def _wanted(connection: Connection, kind: MailKind[R], waiting: Sequence[R], now: datetime) -> list[R]:
    """Those of the requests that get a mail, in the order in which networks take turns."""
    mailed = _inboxes_mailed(connection, kind, now - ONCE_PER, now)
    newest: dict[str, R] = {}
    for request in sorted(waiting, key=lambda one: one.id):
        newest[kind.inbox_of(mailbox_of(request.address))] = request
    ids = {
        one.id for inbox, one in newest.items() if inbox not in mailed and not kind.is_refused(connection, one.address)
    }
    return [request for request in waiting if request.id in ids]


def _is_any_waiting(database: Database, kind: MailKind[Any]) -> bool:
    statement = select(kind.table.c.id).where(kind.table.c.mailed_at.is_(None), kind.of_kind).limit(1)
    with database.read() as connection:
        return connection.execute(statement).first() is not None


def _inboxes_mailed(connection: Connection, kind: MailKind[Any], since: datetime, now: datetime) -> frozenset[str]:
    """Where mails of this kind went since a time."""
    statement = select(kind.table.c.mailbox).where(*_is_mailed(kind, since, now))
    return frozenset(map(kind.inbox_of, connection.execute(statement).scalars()))


def _count_mailed(connection: Connection, kind: MailKind[Any], since: datetime, now: datetime) -> int:
    statement = select(func.count()).select_from(kind.table).where(*_is_mailed(kind, since, now))
    return connection.execute(statement).scalar_one()


def _is_mailed(kind: MailKind[Any], since: datetime, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Whether a request got its mail since a time. Those from the future were mailed by a clock that was wrong."""
    return kind.of_kind, kind.table.c.mailed_at > since, kind.table.c.mailed_at <= now
