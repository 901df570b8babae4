"""Up to which mail the mailbox of returned mail was read, for each mailbox and its UIDVALIDITY."""

from __future__ import annotations

import json
from typing import Final

from cmr_watch.store import installation
from cmr_watch.store.database import Database

_NAME: Final = "mailbox"


class MailboxPosition:
    """The position in the mailbox that was read last. Another one, or another UIDVALIDITY, is read from the start."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, mailbox: str, validity: int) -> int:
        """The highest UID that was read; 0 if nothing is known of this mailbox, or if what is stored is damaged."""
        with self._database.read() as connection:
            stored = installation.read(connection, _NAME)
        try:
            known, known_validity, uid = json.loads(stored or "[]")
            return int(uid) if (known, known_validity) == (mailbox, validity) else 0
        except (ValueError, TypeError):
            return 0

    def save(self, mailbox: str, validity: int, uid: int) -> None:
        """Store the highest UID that was read."""
        with self._database.write() as connection:
            installation.write(connection, _NAME, json.dumps([mailbox, validity, uid]))
