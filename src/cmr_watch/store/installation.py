"""Named values of this installation, among them its secret key, and hashes of addresses made with the key."""

from __future__ import annotations

import hmac

from sqlalchemy import Connection, select

from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store.database import Database
from cmr_watch.store.schema import installation


def read(connection: Connection, name: str) -> str | None:
    """Return a value; None if it is not set."""
    return connection.execute(select(installation.c.value).where(installation.c.name == name)).scalar()


def write(connection: Connection, name: str, value: str | None) -> None:
    """Set a value, or remove it if it is None."""
    connection.execute(installation.delete().where(installation.c.name == name))
    if value is not None:
        connection.execute(installation.insert(), {"name": name, "value": value})


def lock(connection: Connection) -> None:
    """Lock the table's row `key` until the end of the transaction, to serialize access to the suppression journal."""
    connection.execute(select(installation.c.value).where(installation.c.name == "key").with_for_update())


def key(connection: Connection) -> bytes:
    """Return the secret key for tokens and address hashes. It is created with the schema and included in backups."""
    value = read(connection, "key")
    assert value is not None, "created by the migrations"
    return bytes.fromhex(value)


def address_hash(connection: Connection, address: str) -> str:
    """Return a keyed hash of an address: it identifies an erased address, but does not reveal it."""
    return hmac.digest(key(connection), b"address:" + mailbox_of(address).encode(), "sha256").hex()


class Installation:
    """The installation, for callers without a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key(self) -> bytes:
        """Return the secret key for tokens."""
        with self._database.read() as connection:
            return key(connection)
