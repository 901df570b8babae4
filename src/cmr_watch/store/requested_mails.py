"""Mails that somebody asks for on the site, in the name of an address: a request writes a row, its mail comes later.

So nobody learns from an answer whether an address is known, and a hundred requests for one address cause one mail. Rows
that get no mail are deleted. The token in a mail is random, and only its hash is kept.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select, update

from cmr_watch.models.recipients import TOKEN_SLOT, Message, Purpose, mailbox_of
from cmr_watch.store import plan_writer, readable
from cmr_watch.store.database import Database
from cmr_watch.store.locks import Lock

MAX_PER_HOUR: Final = 200
"""Mails of one kind, of the whole installation."""
ONCE_PER: Final = timedelta(days=1)
"""An address gets one mail of a kind within this time."""
_BATCH: Final = 500
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
    """One kind of mail. `of_kind`: its rows of the table. `is_refused`: whether none is sent to an address."""

    table: Table
    of_kind: ColumnElement[bool]
    decode: Callable[[Any], R]
    purpose: Purpose
    lock: Lock
    is_refused: Callable[[Connection, str], bool]

    def load(self, connection: Connection, *conditions: Any) -> Sequence[R]:
        """The oldest requests that meet the conditions, in order."""
        statement = select(self.table).where(self.of_kind, *conditions).order_by(self.table.c.id).limit(_BATCH)
        return tuple(readable.models(connection, self.table, connection.execute(statement), self.decode))


def new_token() -> str:
    """A random token of 210 bits. It begins with a letter, so it never looks like one that unsubscribes."""
    return "c" + "".join(secrets.choice(_LETTERS) for _ in TOKEN_SLOT[1:])


def hash_of(token: str) -> str:
    """What is stored of a token: whoever reads the database can do nothing with it."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def write_mails(
    database: Database, kind: MailKind[R], write: Callable[[Connection, R, str], Message], now: datetime
) -> int:
    """Write the mails of the requests that wait for theirs into the outbox; return their number.

    Of several for one address, the newest counts. None is written to an address that is refused, nor twice a day to
    the same one.
    """
    if not _is_any_waiting(database, kind):
        return 0
    with database.write() as connection:
        if not database.try_lock(connection, kind.lock):
            return 0
        waiting = kind.load(connection, kind.table.c.mailed_at.is_(None))
        newest = {mailbox_of(request.address): request for request in waiting}
        wanted = [one for box, one in newest.items() if not _is_unwanted(connection, kind, one.address, box, now)]
        dropped = {request.id for request in waiting} - {request.id for request in wanted}
        connection.execute(kind.table.delete().where(kind.table.c.id.in_(dropped)))
        written = wanted[: max(0, MAX_PER_HOUR - _count_mailed(connection, kind, now - timedelta(hours=1), now))]
        for request in written:
            token = new_token()
            values = {"mailed_at": now, "token_hash": hash_of(token)}
            connection.execute(update(kind.table).where(kind.table.c.id == request.id).values(values))
            plan_writer.insert_message(database, connection, write(connection, request, token), kind.purpose, now)
        return len(written)


def _is_any_waiting(database: Database, kind: MailKind[Any]) -> bool:
    statement = select(kind.table.c.id).where(kind.table.c.mailed_at.is_(None), kind.of_kind).limit(1)
    with database.read() as connection:
        return connection.execute(statement).first() is not None


def _is_unwanted(connection: Connection, kind: MailKind[Any], address: str, mailbox: str, now: datetime) -> bool:
    if kind.is_refused(connection, address):
        return True
    return _count_mailed(connection, kind, now - ONCE_PER, now, kind.table.c.mailbox == mailbox) > 0


def _count_mailed(connection: Connection, kind: MailKind[Any], since: datetime, now: datetime, *conditions: Any) -> int:
    """How many requests got their mail since a time. Those from the future were mailed by a clock that was wrong."""
    is_recent = and_(kind.table.c.mailed_at > since, kind.table.c.mailed_at <= now)
    statement = select(func.count()).select_from(kind.table).where(is_recent, kind.of_kind, *conditions)
    return connection.execute(statement).scalar_one()
