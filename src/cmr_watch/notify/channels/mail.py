"""Mail: a channel that loads SMTP when the first mail is due, for most runs have none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from cmr_watch.exceptions import ConfigError, DeliveryError
from cmr_watch.models import Message
from cmr_watch.notify.channels.mail_addresses import parse
from cmr_watch.notify.channels.settings import MailSettings, Security

if TYPE_CHECKING:
    from cmr_watch.notify.channels.smtp import Line

__all__ = ["MailChannel", "MailSettings", "Security"]


class MailChannel:
    """Sends mails through one server."""

    def __init__(self, settings: MailSettings, clock: Callable[[], datetime]) -> None:
        _check("The sender of mails", settings.sender)
        _check("The address to unsubscribe at", settings.unsubscribe or settings.sender)
        self._settings = settings
        self._clock = clock
        self._line: Line | None = None

    def send(self, message: Message) -> None:
        """Return when the server has taken the mail."""
        self._loaded().send(message)

    def check(self) -> None:
        """Connect and log in, send nothing; raises ChannelDown."""
        self._loaded().check()

    def close(self) -> None:
        """Say goodbye, if there is a connection."""
        if self._line is not None:
            self._line.close()

    def _loaded(self) -> Line:
        if self._line is None:
            from cmr_watch.notify.channels.smtp import Line

            self._line = Line(self._settings, self._clock)
        return self._line


def _check(what: str, address: str) -> None:
    try:
        parse(address)
    except DeliveryError as error:
        raise ConfigError(f"{what}: {error}") from None
