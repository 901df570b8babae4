"""Waiting for the signals that ask a command to stop."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from types import TracebackType
from typing import ClassVar, Self


class StopSignals:
    """Handles SIGTERM and SIGINT while it is entered, in the main thread. `stop`: whether one has come.

    The interpreter writes a byte for each signal, and `wait` waits for that. With a `threading.Event` that a handler
    sets, a process might not end: a signal that comes right before a thread begins to wait for a lock does not end
    that wait, and `set` waits for the lock of the event, which the interrupted thread may hold.
    """

    numbers: ClassVar[tuple[signal.Signals, ...]] = (signal.SIGTERM, signal.SIGINT)

    def __init__(self) -> None:
        self.stop = False

    def handle(self, number: int, _frame: object) -> None:
        """Note that a signal has come."""
        self.stop = True

    def wait(self, seconds: float) -> None:
        """Wait for some seconds, or until a signal comes. Returns at once if one has asked to stop."""
        if self.stop:
            return
        self._reader.settimeout(seconds)
        with suppress(TimeoutError, BlockingIOError):  # the latter if there is no time to wait
            self._reader.recv(1024)

    def fork(self) -> int:
        """Fork like `os.fork`; the child waits for its own signals.

        They are blocked until the child is ready: the interpreter discards those that arrive while it starts there.
        """
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self.numbers)
        try:
            child = os.fork()
            if child == 0:
                self._close()
                self._open()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return child

    def __enter__(self) -> Self:
        self._open()
        self._previous = {number: signal.signal(number, self.handle) for number in self.numbers}
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._close()

    def _open(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._writer.setblocking(False)
        # if it is full, there is enough to read
        self._previous_descriptor = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def _close(self) -> None:
        signal.set_wakeup_fd(self._previous_descriptor)
        self._reader.close()
        self._writer.close()
