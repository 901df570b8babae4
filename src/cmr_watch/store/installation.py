"""What this installation keeps about itself: its key, made once, and what a mark made with it says."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, select

from cmr_watch.models import mailbox_of
from cmr_watch.store.database import Database
from cmr_watch.store.schema import installation


def read(connection: Connection, name: str) -> str | None:
    """A value, if it is there."""
    return connection.execute(select(installation.c.value).where(installation.c.name == name)).scalar()


def write(connection: Connection, name: str, value: str | None) -> None:
    """Keep a value, or drop it."""
    connection.execute(installation.delete().where(installation.c.name == name))
    if value is not None:
        connection.execute(installation.insert(), {"name": name, "value": value})


def lock(connection: Connection) -> None:
    """Wait until no other transaction holds it; then it is ours until the end of this one."""
    connection.execute(select(installation.c.value).where(installation.c.name == "key").with_for_update())


def key(connection: Connection) -> bytes:
    """The secret that tokens and marks are made with: made with the schema, and travels with copies."""
    found = read(connection, "key")
    assert found is not None, "the schema brings it"
    return bytes.fromhex(found)


def mark(connection: Connection, address: str) -> str:
    """What stays of an address that was erased: enough to know it again, not enough to find it."""
    return hmac.digest(key(connection), b"address:" + mailbox_of(address).encode(), "sha256").hex()


class Installation:
    """The installation, for those who hold no transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key(self) -> bytes:
        """The secret that tokens are made with."""
        with self._database.read() as connection:
            return key(connection)
