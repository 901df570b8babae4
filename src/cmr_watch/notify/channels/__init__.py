"""Delivery channels, and the protocol through which the outbox uses them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from cmr_watch.models.recipients import Message


def always_ours() -> bool:
    """For a message that no other process could send."""
    return True


class Sender(Protocol):
    """A delivery channel. It makes one attempt per call; retrying is up to the outbox."""

    def send(self, message: Message, is_ours: Callable[[], bool] = always_ours) -> None:
        """Return once the next system has accepted the message.

        `is_ours` is asked as late as possible whether the message is still leased to this process, which may have been
        frozen for a while. Raises LeaseLost if it is not, ChannelDown if the channel cannot be used at all,
        DeliveryError for any other failure.
        """

    def close(self) -> None:
        """Close open connections. May be called at any time, and more than once."""
