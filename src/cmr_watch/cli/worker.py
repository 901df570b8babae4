"""`cmr-watch worker`"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import click

from cmr_watch.app import App
from cmr_watch.cli.context import load_settings, open_store, store_clock
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import complain, line, plain
from cmr_watch.render.plural import counted


@click.command()
@config_option
@click.option("--poll", default=5.0, show_default=True, type=click.FloatRange(0.1, 3600), help="Seconds between looks.")
@click.option("--once", is_flag=True, help="Send what is due now, and end.")
def command(poll: float, once: bool) -> None:
    """Deliver only: send what is due, again and again, until SIGTERM or Ctrl-C.

    Any number of workers, on any number of hosts, share one PostgreSQL database; on SQLite two processes are safe.
    SIGTERM: the message in hand is finished, the others are given back, exit 0.

    \b
    Example:
      cmr-watch worker
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, _stopped_by_signals() as ended:
        clock = store_clock(database)
        with App(settings, database, clock, sleep=_sleeping(ended)) as app:
            while not ended.is_set():
                clock.adjust()
                report = app.deliver(ended.is_set)
                if report.sent:
                    line(f"{counted(report.sent, 'message')} sent")
                for failure in report.failures:
                    complain(plain(failure))
                if once or ended.wait(poll):
                    break


def _sleeping(ended: threading.Event) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        ended.wait(seconds)

    return sleep


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    ended = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, lambda *_: ended.set())
    try:
        yield ended
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
