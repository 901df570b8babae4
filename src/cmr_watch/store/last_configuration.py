"""Which configuration file was applied last: if no file is found, its subscriptions must not be taken for removed."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from cmr_watch.plural import counted
from cmr_watch.store import installation
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.schema import subscriptions

_FILE = "configuration"


class MissingConfiguration(NamedTuple):
    """No configuration file was read, although one was applied to this database before.

    `file` is its path, None if it is not known. `subscriptions` is the number of those from a file that are active.
    """

    file: str | None
    subscriptions: int

    def described(self, *, is_sending: bool) -> str:
        """What that means and what to do. `is_sending`: the environment configures a mail server, so mail is sent."""
        kept = f"{counted(self.subscriptions, 'subscription')} from it kept" if self.subscriptions else ""
        effects = ", ".join(filter(None, (kept, "" if is_sending else "nothing sent")))
        text = f"no configuration file was found, but {self.file or 'one'} was used before"
        ending = "; to end a subscription: cmr-watch subscriptions end ID" if self.subscriptions else ""
        return f"{text} ({effects or 'nothing changed'}); to use it: --config {self.file or 'FILE'}{ending}"


def remember(connection: Connection, file: str) -> None:
    """Record the file that is being applied."""
    installation.write(connection, _FILE, file)


def known(connection: Connection) -> str | None:
    """The file that was applied last, or None."""
    return installation.read(connection, _FILE)


def missing(connection: Connection) -> MissingConfiguration | None:
    """What is missing if no file has been read this time; None if none has ever been."""
    is_declared = (ACTIVE, subscriptions.c.name.is_not(None))
    count = connection.execute(select(func.count()).select_from(subscriptions).where(*is_declared)).scalar_one()
    file = known(connection)
    return MissingConfiguration(file, count) if file or count else None


def absolute(file: Path | None) -> str | None:
    """The path as it is recorded: valid in any folder."""
    return str(file.absolute()) if file else None
