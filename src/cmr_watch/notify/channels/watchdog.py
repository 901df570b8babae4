"""Deadlines for blocking calls: one thread serves many of them, where `threading.Timer` would start one for each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_REPEAT_AFTER: Final = 0.1  # seconds; a socket that was still being opened at the deadline is aborted on the next call


class Watchdog:
    """Calls `abort` from its own thread, repeatedly, while a block runs past its deadline; never after the block ends.

    The thread sleeps while blocks end in time. It exits when it wakes up and no block is running.
    """

    def __init__(self, abort: Callable[[], None]) -> None:
        self._abort = abort
        self._wakeup = threading.Condition()
        self.has_expired = False
        """Whether the last block ran past its deadline."""
        self._deadline: float | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Abort the block if it takes longer than this. Every block of one watchdog must have the same limit."""
        with self._wakeup:
            self._deadline = time.monotonic() + seconds
            self.has_expired = False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._wakeup:
                self._deadline = None

    def stop(self) -> None:
        """Let the thread exit. The next block starts a new one."""
        with self._wakeup:
            self._wakeup.notify_all()

    def _run(self) -> None:
        with self._wakeup:
            while self._deadline is not None:
                remaining = self._deadline - time.monotonic()
                if remaining <= 0:
                    self.has_expired = True
                    self._abort()
                self._wakeup.wait(remaining if remaining > 0 else _REPEAT_AFTER)
            self._thread = None
