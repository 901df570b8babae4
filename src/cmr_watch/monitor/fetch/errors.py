"""Helpers shared by all fetch modules: the transient error, and server text made safe to print."""

from __future__ import annotations

from cmr_watch.exceptions import FetchError


class TransientError(FetchError):
    """A failure worth retrying, but not before `retry_after` seconds."""

    is_transient = True

    def __init__(self, message: str = "", *, retry_after: float = 0.0, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.retry_after = retry_after

    def with_attempts(self, attempts: int) -> TransientError:
        """The same error, with the number of attempts added to its message if there was more than one."""
        message = f"{self} (tried {attempts} times)" if attempts > 1 else str(self)
        return TransientError(message, retry_after=self.retry_after, status=self.status)


def printable(text: str, limit: int = 80) -> str:
    """Text from a server, made safe for a log line or an e-mail: one line, ASCII, at most `limit` characters."""
    plain = "".join(character if " " <= character <= "~" else "?" for character in text[: limit + 1])
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
