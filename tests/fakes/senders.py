"""A way out that needs no server: it takes every message, except where a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable

from cmr_watch.models import Message


class Sender:
    """`sent` are the messages that it took. `on` has it raise, or do anything else, before it takes one."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.tried: list[str] = []
        self.closed = 0
        self._acts: dict[str, Callable[[], None]] = {}

    def on(self, address: str, act: BaseException | Callable[[], None]) -> None:
        """What happens when a message to this address comes."""

        def fail() -> None:
            assert isinstance(act, BaseException)
            raise act

        self._acts[address] = fail if isinstance(act, BaseException) else act

    def send(self, message: Message) -> None:
        self.tried.append(message.address)
        if act := self._acts.get(message.address):
            act()
        self.sent.append(message)

    def close(self) -> None:
        self.closed += 1
