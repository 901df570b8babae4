"""smtplib's clients, with a limit to the length of a reply: a server that never ends one would take all memory."""

from __future__ import annotations

import smtplib
from typing import Any, Final

_MAX_REPLY: Final = 65_536
"""In bytes. A reply has lines of at most 512 octets (RFC 5321 §4.5.3.1.5), that to EHLO one for each extension."""


class _LimitedFile:
    """The file from which smtplib reads the lines of a reply; `left` is how much of it may still come."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.left = _MAX_REPLY

    def readline(self, size: int) -> bytes:
        """OSError if the reply is too long."""
        line: bytes = self._file.readline(size)
        self.left -= len(line)
        if self.left < 0:
            raise OSError("its reply is too long")
        return line

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class SmtpClient(smtplib.SMTP):
    """A client that does not use TLS from the start."""

    def getreply(self) -> tuple[int, bytes]:
        """Read a reply. SMTPServerDisconnected if it is too long, or if the connection is lost."""
        if self.sock is not None:
            file: Any = self.file if isinstance(self.file, _LimitedFile) else None
            self.file = file or _LimitedFile(self.file or self.sock.makefile("rb"))
            self.file.left = _MAX_REPLY
        return super().getreply()


class SmtpTlsClient(SmtpClient, smtplib.SMTP_SSL):
    """A client that uses TLS from the start."""
