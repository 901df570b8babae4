"""As many checks as the daemon makes in four days, in a process that has loaded what the real one has: its memory."""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cmr_watch.cli.run  # noqa: F401  # what the real one has loaded
from cmr_watch.config import Settings, load
from cmr_watch.daemon import Daemon, threads
from cmr_watch.store.database import Database, open_database


class Watch:
    """A daemon whose jobs are called by hand."""

    def __init__(self, settings: Settings, database: Database, hour: int) -> None:
        self.at = datetime(2024, 4, 2, 9, tzinfo=UTC) + timedelta(hours=hour)
        self.daemon = Daemon(settings, database, lambda: self.at, threads(), lambda: self.at)
        self.daemon._scheduler.start(paused=True)
        for name, job in self.daemon._jobs().items():
            self.daemon._add(name, job)

    def hour(self) -> None:
        for name in ("check", "deliver"):
            self.daemon._run(name)
        self.at += timedelta(hours=1)


def main(checks: int, first: int, config: Path) -> None:
    """Make so many checks from the `first` hour on, and print the memory in MiB and the CPU of one in seconds."""
    settings = load(config, {})
    with closing(open_database(settings.database.url)) as database:
        watch = Watch(settings, database, first)
        watch.hour()  # loads what a check needs
        begun = time.process_time()
        for _ in range(checks - 1):
            watch.hour()
        cpu = (time.process_time() - begun) / (checks - 1)
    pages_in_use = int(Path("/proc/self/statm").read_text().split()[1])
    print(json.dumps({"memory": pages_in_use * resource.getpagesize() / 2**20, "cpu": cpu}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
