"""From 100 to 100,000 stored readings of the page, and from one reader of the site to many."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite
from tests.web.public.sample import tell

from bench import load, pages, site
from bench.growth_data import READ_AT, fill_snapshots
from bench.growth_tables import Table
from bench.usage import cpu_of, measure
from cmr_watch.app import App
from cmr_watch.config import Settings
from cmr_watch.config import load as load_settings
from cmr_watch.store.backup import create_backup
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.public import ChangeFilter, PublicStore
from cmr_watch.store.retention import Retention
from cmr_watch.web.public import change, changes
from cmr_watch.web.public.site import site_facts
from cmr_watch.web.public.views import Reply, Visit

PATH = "/clusters-meet-regions"
REPEATS = 15
CONNECTIONS = (1, 4, 16, 48)
"""Fewer than the 64 that the site keeps open for one network."""
LOADS = 3

COLUMNS = (
    "check, same bytes, ms CPU",
    "check, other bytes, ms CPU",
    "changes page 1, ms CPU",
    "last changes page, ms CPU",
    "page of a change, ms CPU",
    "backup, µs CPU each",
    "retention, µs CPU each",
    "database, bytes each",
)


def stored_pages(folder: Path, sizes: Sequence[int]) -> Table:
    """What checks, the site, backups and retention cost beside this many readings."""
    rows = []
    with FakeSite() as page:
        for size in sizes:
            for old in folder.iterdir():
                old.unlink()
            rows.append((size, _costs(folder, page, size)))
            print("  ", "stored pages", f"{size:,}", *(f"{value:,.4g}" for value in rows[-1][1]), flush=True)
    return Table("stored pages", COLUMNS, tuple(rows), base=1_000, plotted=(0, 2, 5, 7))


class _Clock:
    """Begins after the newest stored reading, and goes on by a second with each call."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@contextmanager
def _app(folder: Path, page: FakeSite, clock: _Clock) -> Iterator[tuple[App, Database, Settings]]:
    config = folder / "growth.toml"
    config.write_text(
        f'[database]\nurl = "sqlite:///{folder}/growth.db"\n[fetch]\nrobots = false\npause = 0\n'
        f'[page]\nurl = "{page.url(PATH)}"\nhosts = ["127.0.0.1"]\nprivate_addresses = true\n',
        encoding="utf-8",
    )
    settings = load_settings(config, {})
    with closing(open_database(settings.database.url)) as database, App(settings, database, clock) as app:
        yield app, database, settings


def _costs(folder: Path, page: FakeSite, size: int) -> tuple[float, ...]:
    content = pages.around(20_000)
    page.page(PATH, content)
    with _app(folder, page, _Clock(READ_AT)) as (app, database, _):
        app.check()
        page.page(PATH, pages.with_edition(content))
        app.check()
        fill_snapshots(database, size)
    clock = _Clock(READ_AT + timedelta(hours=size + 1))
    with _app(folder, page, clock) as (app, database, settings):
        checks = _checks(app, page, pages.with_edition(content))
        site_pages = _site(database, settings, clock())
        backup = measure(lambda: create_backup(database, folder / "copy.db")).cpu
        stored = (folder / "copy.db").stat().st_size
        retention = measure(lambda: Retention(database).run(clock())).cpu
    return (*checks, *site_pages, backup / size * 1e6, retention / size * 1e6, stored / size)


def _checks(app: App, page: FakeSite, content: str) -> tuple[float, float]:
    same = cpu_of(app.check, REPEATS)

    def check_with_new_token() -> None:
        page.page(PATH, pages.with_token(content, str(time.perf_counter_ns())))
        app.check()

    return same * 1000, cpu_of(check_with_new_token, REPEATS) * 1000


def _site(database: Database, settings: Settings, now: datetime) -> tuple[float, ...]:
    """The first and the last page of the changes, and the page of one of them."""
    store = PublicStore(database, settings.page.url)
    found = store.changes(ChangeFilter(), 1_000_000)
    visit = Visit(site_facts(settings), store, store.overview(), now)
    last = {"before": str(found[-min(len(found) // 2, changes.PER_PAGE)].id)}
    one = {"id": str(found[len(found) // 2].id)}
    views: tuple[tuple[Callable[[Visit], Reply], Visit], ...] = (
        (changes.changes, replace(visit, path="/changes")),
        (changes.changes, replace(visit, path="/changes", query=last)),
        (change.change, replace(visit, path=f"/changes/{one['id']}", parameters=one)),
    )
    return tuple(cpu_of(lambda: view(wanted), REPEATS) * 1000 for view, wanted in views)  # noqa: B023


# ── readers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def readers(folder: Path, connections: Sequence[int] = CONNECTIONS) -> Table:
    """Requests for “Now” over this many connections: what each costs the server."""
    with ExitStack() as stack:
        page, mailbox = stack.enter_context(FakeSite()), stack.enter_context(Mailbox())
        with closing(open_database(f"sqlite:///{folder}/site.db")) as database:
            tell(page, database).app.__exit__(None, None, None)
        config = site.configuration(folder, page, mailbox)
        command = [sys.executable, "-m", "bench.site_server", str(config)]
        process = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline().split()[0])
        rows = [(number, _served(process.pid, port, number)) for number in connections]
        process.stdin.close()
    columns = ("server, µs CPU each", "p50, ms", "p99, ms", "requests per second", "failed")
    return Table("connections", columns, tuple(rows), base=1, plotted=(0,))


def _served(pid: int, port: int, connections: int) -> tuple[float, ...]:
    costs, loads = [], []
    for _ in range(LOADS):
        before = site.cpu(pid)
        loads.append(load.put_on(port, connections=connections))
        costs.append((site.cpu(pid) - before) / loads[-1].answered)
    return (
        statistics.median(costs) * 1e6,
        statistics.median(one.p50 for one in loads) * 1000,
        statistics.median(one.p99 for one in loads) * 1000,
        statistics.median(one.answered / one.seconds for one in loads),
        sum(one.failed for one in loads),
    )
