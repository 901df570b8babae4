"""Named values of this installation, among them its secret key, and hashes of addresses made with the key."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, select

from cmr_watch.models.recipients import mailbox_of
from cmr_watch.store import readable
from cmr_watch.store.database import Database, insert_for
from cmr_watch.store.former_spellings import former_spellings
from cmr_watch.store.schema import installation

CHECKSUM: Final = "checksum"
"""The name of the checksum of a backup, which is removed when it is restored or first used."""
_KEYS: Final = ("key", "key_copy")
_KEY: Final = re.compile("[0-9a-f]{64}")
_NAMED: Final = select(installation).where(installation.c.name == bindparam("wanted"))


def read(connection: Connection, name: str) -> str | None:
    """Return a value; None if it is not set, or cannot be read."""
    found = connection.execute(_NAMED, {"wanted": name}).all()
    return next((str(row.value) for row in readable.rows(connection, installation, found)), None)


def is_valid_key(name: str, value: str) -> bool:
    """Whether a value of this name is valid, if it is a key."""
    return name not in _KEYS or _KEY.fullmatch(value) is not None


def read_time(connection: Connection, name: str) -> datetime | None:
    """Return a value that is a time; None if it is not set, or is not a time."""
    value = read(connection, name)
    try:
        at = datetime.fromisoformat(value) if value else None
    except ValueError:
        at = None
    if value and (at is None or at.tzinfo is None):
        readable.note(connection, installation, {"name": name}, ValueError("value is not valid"))
        return None
    return at


def write(connection: Connection, name: str, value: str | None) -> None:
    """Set a value, or remove it if it is None. Another process may do so at the same moment."""
    if value is None:
        connection.execute(installation.delete().where(installation.c.name == name))
    else:
        statement = insert_for(connection.dialect.name, installation).values(name=name, value=value)
        overwrite = {"value": value}
        connection.execute(statement.on_conflict_do_update(index_elements=[installation.c.name], set_=overwrite))


def lock(connection: Connection) -> None:
    """Lock the table's row `key` until the end of the transaction, to serialize access to the suppression journal."""
    connection.execute(select(installation.c.value).where(installation.c.name == "key").with_for_update())


def key(connection: Connection) -> bytes:
    """Return the secret key for tokens and address hashes. It is created with the schema and included in backups.

    It is stored twice: without it nothing can be sent, and with another one no recipient could unsubscribe, and no
    erased address would be known.
    """
    for name in _KEYS:
        value = read(connection, name) or ""
        if is_valid_key(name, value):
            return bytes.fromhex(value)
        if value:
            readable.note(connection, installation, {"name": name}, ValueError("value is not valid"))
    raise readable.UnreadableRow("the key of this installation cannot be read: restore a backup")


def address_hash(connection: Connection, address: str) -> str:
    """Return a keyed hash of an address: it identifies an erased address, but does not reveal it."""
    return _hash(key(connection), "mailbox", mailbox_of(address))


def address_hashes(connection: Connection, address: str) -> frozenset[str]:
    """Return all hashes that an address can have: the current one, and those made by earlier versions."""
    return address_hasher(connection)(address)


def address_hasher(connection: Connection) -> Callable[[str], frozenset[str]]:
    """Return a function that hashes addresses like `address_hashes`."""
    secret = key(connection)
    return lambda address: frozenset(
        (
            _hash(secret, "mailbox", mailbox_of(address)),
            *(_hash(secret, "address", spelling) for spelling in former_spellings(address)),
        )
    )


def _hash(secret: bytes, purpose: str, value: str) -> str:
    return hmac.digest(secret, f"{purpose}:{value}".encode(), "sha256").hex()


class Installation:
    """The installation, for callers without a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep_both_keys(self) -> None:
        """Store the key twice, if one of them is damaged, or if the database is from an earlier version."""
        with self._database.read() as connection:
            missing = [name for name in _KEYS if not is_valid_key(name, read(connection, name) or "")]
        if missing:
            with self._database.write() as connection:
                secret = key(connection).hex()
                for name in missing:
                    write(connection, name, secret)

    def read_time(self, name: str) -> datetime | None:
        """Return a value that is a time; None if it is not set, or is not a time."""
        with self._database.read() as connection:
            return read_time(connection, name)

    def write_time(self, name: str, at: datetime) -> None:
        """Set a value that is a time."""
        with self._database.write() as connection:
            write(connection, name, at.isoformat())

    def key(self) -> bytes:
        """Return the secret key for tokens."""
        with self._database.read() as connection:
            return key(connection)
