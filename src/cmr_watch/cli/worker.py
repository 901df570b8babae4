"""`cmr-watch worker`"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import click

from cmr_watch.app import App
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import print_error, print_line, printable
from cmr_watch.render.plural import counted


@click.command()
@config_option
@click.option(
    "--poll",
    default=5.0,
    show_default=True,
    metavar="NUMBER",
    type=click.FloatRange(0.1, 3600),
    help="Polling interval in seconds.",
)
@click.option("--once", is_flag=True, help="Send the messages that are due now, then exit.")
def command(poll: float, once: bool) -> None:
    """Send due messages until SIGTERM or Ctrl-C, without checking pages.

    Any number of workers on any number of hosts can share one PostgreSQL database; two processes can share an SQLite
    file. On SIGTERM, the current message is finished, the other claimed ones are released, and the exit code is 0.

    \b
    Example:
      cmr-watch worker
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, _stop_event() as stopped:
        clock = StoreClock(database)
        with App(settings, database, clock, sleep=_interruptible_sleep(stopped)) as app:
            while not stopped.is_set():
                clock.adjust()
                report = app.deliver(stopped.is_set)
                if report.sent:
                    print_line(f"{counted(report.sent, 'message')} sent")
                for failure in report.failures:
                    print_error(printable(failure))
                if once or stopped.wait(poll):
                    break


def _interruptible_sleep(stopped: threading.Event) -> Callable[[float], None]:
    def sleep(seconds: float) -> None:
        stopped.wait(seconds)

    return sleep


@contextmanager
def _stop_event() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    stopped = threading.Event()
    previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in previous:
        signal.signal(number, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
