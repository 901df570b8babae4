"""A delivery channel without a server: it accepts every message, except as scripted."""

from __future__ import annotations

from collections.abc import Callable

from cmr_watch.exceptions import LeaseLost
from cmr_watch.models.recipients import Message


class Sender:
    """`sent` are the accepted messages, `tried` the addresses of all attempts; `closed` counts the calls of `close`."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.tried: list[str] = []
        self.closed = 0
        self._actions: dict[str, Callable[[], None]] = {}

    def on(self, address: str, action: BaseException | Callable[[], None]) -> None:
        """Raise or call this before a message to the address is accepted."""

        def fail() -> None:
            assert isinstance(action, BaseException)
            raise action

        self._actions[address] = fail if isinstance(action, BaseException) else action

    def send(self, message: Message, is_ours: Callable[[], bool] = lambda: True) -> None:
        self.tried.append(message.address)
        if action := self._actions.get(message.address):
            action()
        if not is_ours():
            raise LeaseLost
        self.sent.append(message)

    def close(self) -> None:
        self.closed += 1
