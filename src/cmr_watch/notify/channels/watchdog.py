"""Cuts what takes too long: one thread for many jobs, for a `threading.Timer` each would cost a thread each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_AGAIN: Final = 0.1  # seconds; what was being opened at the deadline is there to be cut a little later


class Watchdog:
    """Calls `cut` from a thread of its own while a job is past its deadline; never after the job has ended.

    The thread sleeps through jobs that end in time, and goes when it wakes and there is none.
    """

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._changed = threading.Condition()
        self._until: float | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def watching(self, seconds: float) -> Iterator[None]:
        """Do not let what is inside take longer than this; all jobs of one watchdog are given the same time."""
        with self._changed:
            self._until = time.monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._changed:
                self._until = None

    def dismiss(self) -> None:
        """Let the thread go. The next job gets a new one."""
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        with self._changed:
            while self._until is not None:
                left = self._until - time.monotonic()
                if left <= 0:
                    self._cut()
                self._changed.wait(left if left > 0 else _AGAIN)
            self._thread = None
