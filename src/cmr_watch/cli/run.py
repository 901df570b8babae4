"""`cmr-watch run`"""

from __future__ import annotations

import logging
import os
import signal
import socket
from contextlib import AbstractContextManager, ExitStack, closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from cmr_watch import __version__
from cmr_watch.cli.context import StoreClock, config_file, load_settings, open_store, set_up_logging, system_clock
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import OK, TERMINATED
from cmr_watch.cli.signals import StopSignals
from cmr_watch.config import Settings, load
from cmr_watch.config.load import notify_socket, watchdog_seconds
from cmr_watch.daemon import Daemon, pages
from cmr_watch.daemon_scheduler import thread_scheduler
from cmr_watch.exceptions import ConfigError
from cmr_watch.log_lines import configuration_and_database
from cmr_watch.store.database import Database
from cmr_watch.systemd import Service
from cmr_watch.web.ports import bind

if TYPE_CHECKING:
    from cmr_watch.clock import Clock
    from cmr_watch.web.listener import Listener
    from cmr_watch.web.public.server import SiteServer

log = logging.getLogger("cmr_watch.run")

GRACE: Final = 8.0
"""Seconds to finish work in progress on SIGTERM. Docker kills a container after ten."""
TEND_EVERY: Final = 60.0
"""Seconds between two looks at the public site, at most."""


class _Signals(StopSignals):
    """SIGHUP, too, asks for something: `reload`."""

    numbers = (*StopSignals.numbers, signal.SIGHUP)

    def __init__(self) -> None:
        super().__init__()
        self.reload = False

    def handle(self, number: int, _frame: object) -> None:
        """Note what a signal asks for; end at once if it is the second one that asks to stop."""
        if number == signal.SIGHUP:
            self.reload = True
        elif self.stop:
            os._exit(TERMINATED)  # the second one
        else:
            super().handle(number, _frame)


@click.command()
@config_option
@click.option("--no-web", is_flag=True, help="Do not serve the public site.")
@click.option("--no-monitoring", is_flag=True, help="Do not serve the endpoints for monitoring.")
def command(no_web: bool, no_monitoring: bool) -> int:
    """Watch the pages and notify the subscribers until stopped.

    On SIGTERM or Ctrl-C, finishes the work in progress and exits 0 within ten seconds; on a second one, exits
    immediately. On SIGHUP, reloads the configuration; if it is invalid, keeps the current one. The public site is
    served at the address set by [web] listen; the endpoints for monitoring /livez, /readyz, /healthz and /metrics at
    that set by [daemon] listen.

    \b
    Example:
      cmr-watch run
    """
    with ExitStack() as stack:
        signals = stack.enter_context(_Signals())
        settings = load_settings(service=True)
        database = stack.enter_context(closing(open_store(settings)))
        store_clock = StoreClock(database)
        monitoring_port = _bind(stack, "" if no_monitoring else settings.daemon.listen, "[daemon] listen")
        site_port = _bind(stack, "" if no_web else settings.web.listen, "[web] listen")
        daemon = Daemon(settings, database, store_clock, thread_scheduler(), system_clock)
        service = stack.enter_context(closing(Service(notify_socket())))
        if signals.stop:
            return OK  # before anything was started
        log.info("%s", _start_line(settings, database, daemon, monitoring_port, site_port))
        daemon.start()
        stack.callback(daemon.stop, 0.0)  # if the start fails, no job follows the check that has begun
        # the first check does not wait until these are loaded
        if monitoring_port:
            stack.enter_context(_open_monitoring(daemon, monitoring_port))
        site = stack.enter_context(_open_site(settings, database, store_clock, site_port)) if site_port else None
        daemon.look_for_damage()  # reads the whole file: the endpoints respond meanwhile
        service.ready()
        _run_until_stopped(signals, daemon, service, settings, site)
        service.stopping()
        if not daemon.stop(GRACE):
            log.warning("work in progress was not finished within %.0f seconds; the next start resumes it", GRACE)
            logging.shutdown()
            os._exit(OK)  # do not wait for the job's thread; what it claimed is free
        log.info("stopped")
    return OK


def _bind(stack: ExitStack, listen: str, setting: str) -> socket.socket | None:
    return stack.enter_context(bind(listen, setting)) if listen else None


def _open_monitoring(daemon: Daemon, port: socket.socket) -> Listener:
    from cmr_watch.web.listener import Listener
    from cmr_watch.web.monitoring import application

    return Listener(port, application(pages(daemon)), "[daemon] listen")


def _open_site(
    settings: Settings, database: Database, store_clock: Clock, port: socket.socket
) -> AbstractContextManager[SiteServer]:
    from cmr_watch.web.public.server import SiteServer

    return closing(SiteServer(settings, database, store_clock, port))


def _start_line(
    settings: Settings,
    database: Database,
    daemon: Daemon,
    monitoring_port: socket.socket | None,
    site_port: socket.socket | None,
) -> str:
    """What runs, with which configuration and database, where it listens, and when it checks the pages next."""
    at, now = daemon.next_check, system_clock()
    return "; ".join(
        (
            f"cmr-watch {__version__} started",
            configuration_and_database(settings, database),
            _address("site", settings.web.listen, site_port),
            _address("monitoring", settings.daemon.listen, monitoring_port),
            "next check now" if at <= now else f"next check at {at:%Y-%m-%dT%H:%M:%SZ}",
        )
    )


def _address(name: str, listen: str, port: socket.socket | None) -> str:
    return f"{name} on {listen.rpartition(':')[0]}:{port.getsockname()[1]}" if port else f"no {name}"


def _run_until_stopped(
    signals: _Signals, daemon: Daemon, service: Service, settings: Settings, site: SiteServer | None
) -> None:
    interval = min(watchdog_seconds() or TEND_EVERY, TEND_EVERY)
    while not signals.stop:
        signals.wait(interval)
        service.alive()
        daemon.notice_clock_change()
        if signals.reload:
            signals.reload = False
            settings = _reload(daemon, settings, site)
        if site and not signals.stop:
            site.tend()


def _reload(daemon: Daemon, current: Settings, site: SiteServer | None) -> Settings:
    """The settings in effect from now on: all of those in the file, or the current ones if any of these is invalid."""
    try:
        _require_existing(current.file)
        new = load(config_file())
        require_same_process(new, current)
        daemon.reload(new)
        if site:
            site.reload(new)
    except ConfigError as error:
        log.error("new configuration rejected; keeping the current one: %s", error)
        return current
    set_up_logging(new, service=True)
    log.info("configuration reloaded")
    return new


def _require_existing(file: Path | None) -> None:
    """ConfigError if the file is gone. Otherwise the defaults would apply, or another file that is searched for."""
    with suppress(OSError):
        if file and not file.exists():
            raise ConfigError(f"{file}: no longer exists")


def require_same_process(new: Settings, current: Settings) -> None:
    """ConfigError if something has changed that only a new process can apply."""
    settings = {
        "[database]": (new.database, current.database),
        "[daemon] listen": (new.daemon.listen, current.daemon.listen),
        "[web] listen": (new.web.listen, current.web.listen),
        "[web] trusted_proxies": (new.web.trusted_proxies, current.web.trusted_proxies),
    }
    changed = [name for name, (after, before) in settings.items() if after != before]
    if changed:
        raise ConfigError(f"{' and '.join(changed)} {'has' if len(changed) == 1 else 'have'} changed: restart required")
