"""The mail channel. It imports SMTP when the first mail is due, because most runs send none."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cmr_watch.clock import Clock
from cmr_watch.exceptions import ConfigError, DeliveryError
from cmr_watch.models.recipients import Message
from cmr_watch.notify.channels import always_ours
from cmr_watch.notify.channels.mail_addresses import parse
from cmr_watch.notify.channels.settings import MailSettings, Security

if TYPE_CHECKING:
    from cmr_watch.notify.channels.smtp import SmtpConnection

__all__ = ["MailChannel", "MailSettings", "Security"]


class MailChannel:
    """Sends mails through one server. Raises ConfigError if an address in the settings is invalid."""

    def __init__(self, settings: MailSettings, clock: Clock) -> None:
        _check_address("The sender address", settings.sender)
        _check_address("The address for unsubscribe mails", settings.unsubscribe or settings.sender)
        self._settings = settings
        self._clock = clock
        self._connection: SmtpConnection | None = None

    def send(self, message: Message, is_ours: Callable[[], bool] = always_ours) -> None:
        """Return once the server has accepted the mail. Raises DeliveryError, or LeaseLost."""
        self._loaded().send(message, is_ours)

    def check(self) -> None:
        """Connect and log in, without sending anything. Raises ChannelDown."""
        self._loaded().check()

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._connection is not None:
            self._connection.close()

    def _loaded(self) -> SmtpConnection:
        if self._connection is None:
            from cmr_watch.notify.channels.smtp import SmtpConnection

            self._connection = SmtpConnection(self._settings, self._clock)
        return self._connection


def _check_address(name: str, address: str) -> None:
    try:
        parse(address)
    except DeliveryError as error:
        raise ConfigError(f"{name}: {error}") from None
