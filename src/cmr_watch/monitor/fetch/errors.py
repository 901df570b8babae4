"""Words that every part of fetching needs: the trouble that may pass, and how foreign text is shown."""

from __future__ import annotations

from cmr_watch.exceptions import FetchError


class TransientError(FetchError):
    """It may be over in a moment: worth another try, not before `retry_after` seconds.

    `status` is the server's, if it was one.
    """

    def __init__(self, message: str = "", *, retry_after: float = 0.0, status: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status

    def after(self, tries: int) -> TransientError:
        """The same, said when the last try has failed."""
        message = f"{self} (tried {tries} times)" if tries > 1 else str(self)
        return TransientError(message, retry_after=self.retry_after, status=self.status)


def shown(text: str, limit: int = 80) -> str:
    """What a server sent, fit for a sentence in a log or a mail: one line, ASCII, not long."""
    plain = "".join(character if " " <= character <= "~" else "?" for character in text[: limit + 1])
    return plain if len(plain) <= limit else plain[: limit - 1] + "…"
