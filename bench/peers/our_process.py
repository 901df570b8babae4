"""Our program in a process whose CPU time and memory are measured: it makes a check for each line that it reads.

    python our_process.py CONFIG [daemon]

With `daemon`, it is the daemon, with its site, whose jobs are called directly instead of by its scheduler. Each check
is an hour after the one before. It prints the port of the site, or 0, and then a line after each check.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cmr_watch.app import App
from cmr_watch.config import Settings, load
from cmr_watch.store.database import Database, open_database


class Hours:
    """A clock that is set an hour ahead for each check."""

    def __init__(self) -> None:
        self.now = datetime(2024, 4, 20, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@contextmanager
def _app(settings: Settings, database: Database, clock: Hours) -> Iterator[tuple[int, Callable[[], object]]]:
    with App(settings, database, clock) as app:
        yield 0, app.check


@contextmanager
def _daemon(settings: Settings, database: Database, clock: Hours) -> Iterator[tuple[int, Callable[[], object]]]:
    from cmr_watch.daemon import Daemon, pages
    from cmr_watch.daemon_scheduler import thread_scheduler
    from cmr_watch.web.listener import Listener
    from cmr_watch.web.monitoring import application
    from cmr_watch.web.public.server import SiteServer

    daemon = Daemon(settings, database, clock, thread_scheduler(), clock)
    daemon._scheduler.start(paused=True)
    for name, job in daemon._jobs().items():
        daemon._schedule(name, job)

    def check() -> None:
        for name in ("check", "deliver"):
            daemon._run(name)

    monitoring = Listener("127.0.0.1:0", application(pages(daemon)), "[daemon] listen")
    with monitoring, closing(SiteServer(settings, database, clock)) as site:
        yield site.port, check


def main(config: Path, as_daemon: bool) -> None:
    settings, clock = load(config, {}), Hours()
    running = _daemon if as_daemon else _app
    with closing(open_database(settings.database.url)) as database, running(settings, database, clock) as (port, check):
        print(port, flush=True)
        for _ in sys.stdin:
            clock.now += timedelta(hours=1)
            check()
            print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] == ["daemon"])
