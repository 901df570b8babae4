"""`cmr-watch web`"""

from __future__ import annotations

import logging
import os
import signal
import socket
from contextlib import ExitStack, closing, suppress
from typing import Final

import click

from cmr_watch import __version__
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import OK
from cmr_watch.cli.signals import StopSignals
from cmr_watch.config import Settings
from cmr_watch.exceptions import ConfigError
from cmr_watch.log_lines import configuration_and_database
from cmr_watch.web.ports import bind
from cmr_watch.web.public.server import SETTING, SiteServer

log = logging.getLogger("cmr_watch.web")

_TEND_EVERY: Final = 60.0
_PAUSE: Final = 1.0
"""Seconds before a process that has ended is replaced: one that ends at once must not use up the machine."""


@click.command()
@config_option
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes that serve readers.",
)
def command(workers: int) -> int:
    """Serve the public site alone, until stopped.

    For installations whose readers need more than the site that `cmr-watch run` serves: any number of hosts can share
    one PostgreSQL database, behind any proxy. Listens at the address set by [web] listen.

    \b
    Example:
      cmr-watch web --workers 4
    """
    with ExitStack() as stack:
        signals = stack.enter_context(StopSignals())
        settings = load_settings(service=True)
        if not settings.web.listen:
            raise ConfigError("the public site is disabled: [web] listen is empty")
        with closing(open_store(settings)) as database:
            text = configuration_and_database(settings, database)
        shared = stack.enter_context(bind(settings.web.listen, SETTING))
        host, port = settings.web.listen.rpartition(":")[0], shared.getsockname()[1]
        log.info("cmr-watch %s web started; %s; site on %s:%d", __version__, text, host, port)
        if workers == 1 or _Workers(signals).run(workers):
            _serve(settings, shared, signals)
        else:
            log.info("stopped")
    return OK


def _serve(settings: Settings, shared: socket.socket, signals: StopSignals) -> None:
    """Serve in this process until stopped."""
    with ExitStack() as stack:
        database = stack.enter_context(closing(open_store(settings)))
        site = stack.enter_context(closing(SiteServer(settings, database, StoreClock(database), shared)))
        while not signals.stop:
            site.tend()
            signals.wait(_TEND_EVERY)


class _Workers:
    """Identical processes; one that exits is replaced, until all of them are stopped.

    They are forked, before there are any threads, so that they share the socket.
    """

    def __init__(self, signals: StopSignals) -> None:
        self._signals = signals
        self._children: set[int] = set()

    def run(self, number: int) -> bool:
        """Keep this number of processes running. True in each of them, False in this one once all have stopped."""
        while not self._signals.stop:
            while len(self._children) < number:
                child = self._signals.fork()
                if child == 0:
                    return True
                self._children.add(child)
            self._signals.wait(_PAUSE)
            self._forget_ended()
        for child in self._children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        for child in self._children:
            os.waitpid(child, 0)
        return False

    def _forget_ended(self) -> None:
        for child in list(self._children):
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                self._children.remove(child)
                log.error("a process of the site has ended (status %d), and is replaced", status)
