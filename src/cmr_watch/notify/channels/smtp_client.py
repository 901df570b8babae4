"""smtplib's clients, with a limit to the length of a reply: a server that never ends one would take all memory.

smtplib says that the connection was closed, whatever it was that kept it from reading a reply; these clients do not.
"""

from __future__ import annotations

import smtplib
from typing import Any, Final

_MAX_REPLY: Final = 65_536
"""In bytes. A reply has lines of at most 512 octets (RFC 5321 §4.5.3.1.5), that to EHLO one for each extension."""


class ReplyTooLong(OSError):
    """A reply is longer than the limit. Its text follows the name of the server."""

    def __str__(self) -> str:
        return "sent a reply that is too long"


class _LimitedFile:
    """The file from which smtplib reads the lines of a reply; `left` is how much of it may still come."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.left = _MAX_REPLY

    def readline(self, size: int) -> bytes:
        """ReplyTooLong, if it is."""
        line: bytes = self._file.readline(size)
        self.left -= len(line)
        if self.left < 0:
            raise ReplyTooLong
        return line

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SmtpClient(smtplib.SMTP):
    """A client that does not use TLS from the start."""

    def command(self, line: str) -> tuple[int, bytes]:
        """Send a line as it is, with valid addresses in it, and read the reply. smtplib would parse them once more.

        As UTF-8, which only SMTPUTF8 allows beyond ASCII (RFC 6531 §3.1).
        """
        self.send(f"{line}\r\n".encode())
        return self.getreply()

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply. ReplyTooLong, TimeoutError, or what else was the reason that it could not be read."""
        if self.sock is not None:
            file: Any = self.file if isinstance(self.file, _LimitedFile) else None
            self.file = file or _LimitedFile(self.file or self.sock.makefile("rb"))
            self.file.left = _MAX_REPLY
        try:
            return super().getreply()
        except smtplib.SMTPServerDisconnected as error:
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
        except smtplib.SMTPResponseException:  # a single line is too long
            raise ReplyTooLong from None


class SmtpTlsClient(SmtpClient, smtplib.SMTP_SSL):
    """A client that uses TLS from the start."""
