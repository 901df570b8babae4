"""Things that die at a marked point: from then on nothing they do reaches anything, as after SIGKILL."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from sqlalchemy import Connection

from cmr_watch.models import Message
from cmr_watch.notify.channels import Sender
from cmr_watch.store.database import Database

POINTS: Final = (
    "after the fetch",
    "inside the commit",
    "after the commit",
    "after the enqueue",
    "at the claim",
    "at connect",
    "inside DATA",
    "after the 250",
)
"""Where a life may end. “after the 250” is also “before the mark”: nothing lies between the two."""


class Killed(BaseException):
    """The process is gone."""


def raise_killed() -> NoReturn:
    raise Killed


def kill_for_real() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL returns to nobody")


class Life:
    """Ends when a point is passed for the `nth` time; a life without a point goes on."""

    def __init__(self, point: str | None = None, nth: int = 1, end: Callable[[], NoReturn] = raise_killed) -> None:
        self.is_over = False
        self.passed: list[str] = []
        self._point, self._left, self._end = point, nth, end

    def at(self, point: str) -> None:
        """Pass a point, or die there."""
        if self.is_over:
            self._end()
        self.passed.append(point)
        self._left -= point == self._point
        if point == self._point and self._left <= 0:
            self.is_over = True
            self._end()

    def check(self) -> None:
        """The dead do nothing."""
        if self.is_over:
            self._end()


class MortalDatabase(Database):
    """A database whose transactions are points. `phase` says what the program is doing."""

    def __init__(self, living: Database, life: Life) -> None:
        vars(self).update(vars(living))  # one engine for many lives: its statements are compiled once
        self.life = life
        self.phase = "check"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self.life.check()
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.life.check()
        if self.phase == "check":
            self.life.at("after the fetch")
        with super().write() as connection:
            yield connection
            self.life.at("inside the commit")
        self.life.at({"check": "after the commit", "enqueue": "after the enqueue"}.get(self.phase, "at the claim"))


class MortalSender:
    """A way out that dies on either side of what it does."""

    def __init__(self, inner: Sender, life: Life) -> None:
        self._inner, self._life = inner, life

    def send(self, message: Message) -> None:
        self._life.at("at connect")
        self._life.at("inside DATA")
        self._inner.send(message)
        self._life.at("after the 250")

    def close(self) -> None:
        self._inner.close()
