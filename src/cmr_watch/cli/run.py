"""`cmr-watch run`"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Final

import click

from cmr_watch.cli.context import clock, load_settings, open_store, store_clock
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FINE, TERMINATED
from cmr_watch.config import Settings
from cmr_watch.config.load import notify_socket, watchdog_seconds
from cmr_watch.daemon import Daemon, routes, threads
from cmr_watch.exceptions import ConfigError
from cmr_watch.systemd import Service
from cmr_watch.web.server import Server

log = logging.getLogger("cmr_watch.run")

GRACE: Final = 8.0
"""Seconds for what is in hand when SIGTERM comes: whoever stops us waits ten."""


class _Signals:
    """What was asked of the process; `wake` is set whenever something was."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.end = False
        self.reload = False

    def take(self, number: int, _frame: object) -> None:
        if number == signal.SIGHUP:
            self.reload = True
        elif self.end:
            os._exit(TERMINATED)  # asked twice: at once
        else:
            self.end = True
        self.wake.set()


@click.command()
@config_option
@click.option("--no-web", is_flag=True, help="Listen nowhere.")
def command(no_web: bool) -> int:
    """Watch the pages and tell people, until it is stopped.

    SIGTERM or Ctrl-C: finishes what is in hand and exits 0 within ten seconds; a second one ends it at once. SIGHUP:
    reads the configuration again; a wrong one is refused, and the old one stays. Says how it is on [daemon] listen:
    /livez, /readyz, /healthz, /metrics.

    \b
    Example:
      cmr-watch run
    """
    settings = load_settings()
    with ExitStack() as stack:
        asked = stack.enter_context(_signals())
        database = stack.enter_context(closing(open_store(settings)))
        daemon = Daemon(settings, database, store_clock(database), threads(), clock)
        if settings.daemon.listen and not no_web:
            stack.enter_context(Server(settings.daemon.listen, routes(daemon)))
        service = stack.enter_context(closing(Service(notify_socket())))
        daemon.start()
        service.ready()
        _until_the_end(asked, daemon, service, settings)
        service.stopping()
        if not daemon.stop(GRACE):
            log.warning(
                "something in hand was not finished in %.0f seconds; it is taken up again by the next start", GRACE
            )
            logging.shutdown()
            os._exit(FINE)  # its thread would hold us up; what it has claimed comes free with its lease
    return FINE


def _until_the_end(asked: _Signals, daemon: Daemon, service: Service, settings: Settings) -> None:
    beat = watchdog_seconds()
    while not asked.end:
        asked.wake.wait(beat)
        asked.wake.clear()
        service.alive()
        if asked.reload:
            asked.reload = False
            settings = _reloaded(daemon, settings)


def _reloaded(daemon: Daemon, old: Settings) -> Settings:
    try:
        new = load_settings()
        if (new.database, new.daemon.listen) != (old.database, old.daemon.listen):
            raise ConfigError("[database] and [daemon] listen cannot change while it runs: start it anew")
    except ConfigError as error:
        log.error("the configuration was not taken, the old one stays: %s", error)
        return old
    daemon.reload(new)
    log.info("the configuration was read again")
    return new


@contextmanager
def _signals() -> Iterator[_Signals]:
    asked = _Signals()
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, asked.take) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
