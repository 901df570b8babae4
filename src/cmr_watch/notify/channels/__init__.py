"""The ways out: what the outbox asks of each."""

from __future__ import annotations

from typing import Protocol

from cmr_watch.models import Message


class Sender(Protocol):
    """A way out. It never tries twice by itself: when to try again is decided elsewhere."""

    def send(self, message: Message) -> None:
        """Return when the next system has said yes; else raise DeliveryError, or ChannelDown when nobody is there."""

    def close(self) -> None:
        """Let go of what is held open. May be called at any time, and more than once."""
