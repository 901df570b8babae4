"""Databases and senders that can be killed at a given point. After that they have no effect, as after SIGKILL."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

from sqlalchemy import Connection

from cmr_watch.models.recipients import Message
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
"""The points at which a process can be killed. “after the 250” is also just before the delivery is marked as sent."""
REQUEST_POINTS: Final = ("inside the writing", "mails written", "after the plan", "after the mark")
"""More of them, around mails that were asked for on the site. After the mark, the token of such a mail is blanked."""
WEB_POINTS: Final = ("inside the request", "after the request")
"""Those of the process that serves the site. A confirmation has two transactions: it can be killed between them."""
_INSIDE: Final = {"web": "inside the request", "requests": "inside the writing"}
_AFTER: Final = {
    "check": "after the commit",
    "enqueue": "after the enqueue",
    "requests": "mails written",
    "plan": "after the plan",
    "web": "after the request",
}


class Killed(BaseException):
    """The simulated process was killed."""


def raise_killed() -> NoReturn:
    raise Killed


def kill_process() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL does not return")


class KillSwitch:
    """Kills the process when `point` is reached for the `nth` time; without a point, never."""

    def __init__(self, point: str | None = None, nth: int = 1, kill: Callable[[], NoReturn] = raise_killed) -> None:
        self.is_killed = False
        self.is_accepted = False
        """Whether a mail was accepted, and is not marked as sent yet."""
        self.reached: list[str] = []
        self.meanwhile: dict[str, Callable[[], None]] = {}
        """What others do when a point is reached for the first time."""
        self._point, self._remaining, self._kill = point, nth, kill

    def reach(self, point: str) -> None:
        """Record that the point was reached, and kill the process if this is the one."""
        self.check()
        self.reached.append(point)
        self.meanwhile.pop(point, lambda: None)()
        self._remaining -= point == self._point
        if point == self._point and self._remaining <= 0:
            self.is_killed = True
            self._kill()

    def check(self) -> None:
        """Kill again if the process was killed before, so that it has no further effect."""
        if self.is_killed:
            self._kill()


class KillableDatabase(Database):
    """A database with kill points in its transactions. `phase` is what the program is doing."""

    def __init__(self, database: Database, switch: KillSwitch) -> None:
        vars(self).update(vars(database))  # all share one engine, which compiles its statements only once
        self.switch = switch
        self.phase = "check"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self.switch.check()
        with super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self.switch.check()
        if self.phase == "check":
            self.switch.reach("after the fetch")
        with super().write() as connection:
            yield connection
            self.switch.reach(_INSIDE.get(self.phase, "inside the commit"))
        is_marked, self.switch.is_accepted = self.switch.is_accepted, False
        self.switch.reach("after the mark" if is_marked else _AFTER.get(self.phase, "at the claim"))


class KillableSender:
    """A sender with kill points before and after sending."""

    def __init__(self, inner: Sender, switch: KillSwitch) -> None:
        self._inner, self._switch = inner, switch

    def send(self, message: Message, is_ours: Callable[[], bool]) -> None:
        self._switch.reach("at connect")
        self._switch.reach("inside DATA")
        self._inner.send(message, is_ours)
        self._switch.is_accepted = True
        self._switch.reach("after the 250")

    def close(self) -> None:
        self._inner.close()
