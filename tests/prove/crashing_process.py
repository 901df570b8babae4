"""A real process that kills itself at a marked point: `python -m tests.prove.crashing_process CONFIG POINT LATER`.

LATER: by how many minutes its clock is ahead, so that nothing is held by a victim that died before.

It runs what `cmr-watch check` runs, on the same rows, with the same servers; only its database and its mail channel
have points in them.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from cmr_watch import app as wiring
from cmr_watch.app import App
from cmr_watch.cli.context import clock
from cmr_watch.config import Settings, load
from cmr_watch.models import Channel, Message
from cmr_watch.notify.channels import Sender
from cmr_watch.store.database import open_database
from tests.prove.kill_points import Life, MortalDatabase, kill_for_real

ANSWER = 0.3
"""Seconds that the mail server thinks after the last dot, where the process is to die meanwhile."""


class RealSender:
    """A real channel; “inside DATA” is between the last dot and the server's answer."""

    def __init__(self, inner: Sender, life: Life) -> None:
        self._inner, self._life = inner, life

    def send(self, message: Message) -> None:
        self._life.at("at connect")
        timer = threading.Timer(ANSWER / 2, self._life.at, ["inside DATA"])
        timer.daemon = True
        timer.start()
        self._inner.send(message)
        timer.cancel()
        self._life.at("after the 250")

    def close(self) -> None:
        self._inner.close()


def main() -> None:
    config, point, minutes = sys.argv[1:4]
    settings, later = load(Path(config), {}), timedelta(minutes=int(minutes))
    life = Life(point if point != "none" else None, end=kill_for_real)
    with closing(open_database(settings.database.url)) as living:
        database = MortalDatabase(living, life)
        with App(settings, database, partial(_now, later), time.sleep, partial(_ways, life)) as app:
            app.check(notify=False)
            database.phase = "enqueue"
            app.enqueue()
            database.phase = "deliver"
            app.deliver()


def _now(later: timedelta) -> datetime:
    return clock() + later


def _ways(life: Life, settings: Settings, clock: Callable[[], datetime]) -> dict[Channel, Sender]:
    return {name: RealSender(channel, life) for name, channel in wiring.open_channels(settings, clock).items()}


if __name__ == "__main__":
    main()
