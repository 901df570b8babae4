"""Reads the mailbox that receives bounces and unsubscribe mails: a Maildir folder, or IMAP.

Processed mails are marked as seen. All others are left unread and unchanged. A mail that cannot be read is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from cmr_watch.exceptions import MailboxError
from cmr_watch.notify.channels.imap import Imap, Position
from cmr_watch.notify.channels.maildir import Maildir
from cmr_watch.notify.channels.settings import MailboxSettings, mailbox_settings

__all__ = ["Inbox", "MailboxError", "MailboxSettings", "Position", "mailbox_settings", "open_mailbox"]


class Inbox(Protocol):
    """The unseen mails of a mailbox. `unreadable` names those that could not be read or marked, and says why."""

    unreadable: list[str]

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """The key of each unseen mail and the part of it that matters, at most MAX_BYTES. Raises MailboxError."""

    def done(self, key: str) -> None:
        """Mark this mail as seen; do nothing if it no longer exists. Raises MailboxError."""


@contextmanager
def open_mailbox(settings: MailboxSettings, position: Position | None = None) -> Iterator[Inbox]:
    """Open the mailbox for the duration of the block. Raises MailboxError.

    On an IMAP server, only mails after the `position` are read, which is then moved.
    """
    if settings.maildir is not None:
        yield Maildir(settings.maildir)
        return
    inbox = Imap(settings, position)
    try:
        inbox.open()
        yield inbox
    finally:
        inbox.close()
