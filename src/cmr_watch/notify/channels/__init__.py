"""Delivery channels, and the protocol through which the outbox uses them."""

from __future__ import annotations

from typing import Protocol

from cmr_watch.models.recipients import Message


class Sender(Protocol):
    """A delivery channel. It makes one attempt per call; retrying is up to the outbox."""

    def send(self, message: Message) -> None:
        """Return once the next system has accepted the message.

        Raises ChannelDown if the channel cannot be used at all, DeliveryError for any other failure.
        """

    def close(self) -> None:
        """Close open connections. May be called at any time, and more than once."""
