"""A real process that kills itself at a given point: `python -m tests.prove.crashing_process CONFIG POINT MINUTES`.

Its clock is MINUTES ahead, so that the leases of processes killed before have expired. It does the same as `cmr-watch
check` with the same servers; only its database and its mail channel have kill points. With a TOKEN after the minutes,
it confirms a subscription instead, like the process that serves the site.
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

from cmr_watch.app import App
from cmr_watch.cli.context import clock
from cmr_watch.clock import Clock
from cmr_watch.config import Settings, load
from cmr_watch.models.recipients import Channel, Message
from cmr_watch.notify.channels import Sender
from cmr_watch.notify.channels.registry import open_channels
from cmr_watch.notify.message_settings import write_requested_mails
from cmr_watch.store.database import open_database
from cmr_watch.store.suppression_journal import SuppressionJournal
from cmr_watch.web.public.desk import Desk
from tests.prove.kill_points import KillableDatabase, KillSwitch, kill_process

RESPONSE_DELAY = 0.3
"""Seconds between the end of DATA and the response of the mail server, during which the process can be killed."""


class KillableChannel:
    """A real channel with kill points. “inside DATA” is between the end of DATA and the server's response."""

    def __init__(self, inner: Sender, switch: KillSwitch) -> None:
        self._inner, self._switch = inner, switch

    def send(self, message: Message, is_ours: Callable[[], bool]) -> None:
        self._switch.reach("at connect")
        timer = threading.Timer(RESPONSE_DELAY / 2, self._switch.reach, ["inside DATA"])
        timer.daemon = True
        timer.start()
        self._inner.send(message, is_ours)
        timer.cancel()
        self._switch.is_accepted = True
        self._switch.reach("after the 250")

    def close(self) -> None:
        self._inner.close()


def main() -> None:
    config, point, minutes, *token = sys.argv[1:]
    settings, offset = load(Path(config), {}), timedelta(minutes=int(minutes))
    switch = KillSwitch(point if point != "none" else None, kill=kill_process)
    with closing(open_database(settings.database.url)) as real_database:
        database = KillableDatabase(real_database, switch)
        if token:
            database.phase = "web"
            Desk(database, SuppressionJournal(settings.database.journal)).confirm(token[0], _now(offset))
            return
        with App(settings, database, partial(_now, offset), time.sleep, partial(_channels, switch)) as app:
            app.check(notify=False)
            database.phase = "enqueue"
            app.enqueue()
            database.phase = "requests"
            write_requested_mails(settings, database, _now(offset))
            database.phase = "plan"
            app.compose()
            database.phase = "deliver"
            app.deliver()


def _now(offset: timedelta) -> datetime:
    return clock() + offset


def _channels(switch: KillSwitch, settings: Settings, clock: Clock) -> dict[Channel, Sender]:
    return {name: KillableChannel(channel, switch) for name, channel in open_channels(settings, clock).items()}


if __name__ == "__main__":
    main()
