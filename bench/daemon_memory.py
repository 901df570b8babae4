"""The memory of the daemon after the checks of four days, in a process that has loaded the same modules."""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cmr_watch.cli.run  # noqa: F401  # loads what the real daemon loads
from cmr_watch.config import Settings, load
from cmr_watch.daemon import Daemon
from cmr_watch.daemon_scheduler import thread_scheduler
from cmr_watch.store.database import Database, open_database


class Watch:
    """A daemon whose jobs are called directly, without its scheduler."""

    def __init__(self, settings: Settings, database: Database, hour: int) -> None:
        self.at = datetime(2024, 4, 2, 9, tzinfo=UTC) + timedelta(hours=hour)
        self.daemon = Daemon(settings, database, lambda: self.at, thread_scheduler(), lambda: self.at)
        self.daemon._scheduler.start(paused=True)
        for name, job in self.daemon._jobs().items():
            self.daemon._schedule(name, job)

    def run_hour(self) -> None:
        for name in ("check", "deliver"):
            self.daemon._run(name)
        self.at += timedelta(hours=1)


def main(checks: int, first: int, config: Path) -> None:
    """Make hourly checks from hour `first` on; print the memory in MiB and the CPU time per check in seconds."""
    settings = load(config, {})
    with closing(open_database(settings.database.url)) as database:
        watch = Watch(settings, database, first)
        watch.run_hour()  # loads what a check needs
        started = time.process_time()
        for _ in range(checks - 1):
            watch.run_hour()
        cpu = (time.process_time() - started) / (checks - 1)
    pages_in_use = int(Path("/proc/self/statm").read_text().split()[1])
    print(json.dumps({"memory": pages_in_use * resource.getpagesize() / 2**20, "cpu": cpu}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
