"""`python -m bench`: print each measurement with its goal; `… reading`: the engine alone; `… growth`: how it grows."""

from __future__ import annotations

import logging
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fakes.site import FakeSite

from bench import daemon, growth, outbox, pages, reading
from bench import site as public_site
from cmr_watch.app import App
from cmr_watch.config import load
from cmr_watch.exceptions import ParseError
from cmr_watch.reading import read
from cmr_watch.reading.initiative import forget
from cmr_watch.store.database import open_database

PATH = "/clusters-meet-regions"
REPEATS = 15
SUBSCRIBERS = 100


def main() -> None:
    logging.getLogger("cmr_watch").setLevel(logging.ERROR)  # not that a hundred messages are only logged
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; medians of {REPEATS} runs unless said otherwise\n")
    if sys.argv[1:2] == ["growth"]:
        growth.measure(sys.argv[2:])
        return
    reading.measure()
    if sys.argv[1:] == ["reading"]:
        return
    parsing()
    with tempfile.TemporaryDirectory() as folder, FakeSite() as site:
        cold_check(Path(folder), site)
        warm_check(Path(folder), site)
        daemon.measure(Path(folder))
        public_site.measure(Path(folder))
    outbox.measure()
    growth.measure()


def row(label: str, seconds: float, goal: str) -> None:
    print(f"{label:<66}{seconds * 1000:>9.1f} ms   {goal}")


def median(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median wall time of a call in seconds, after one warm-up call."""
    run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def parse(content: bytes) -> None:
    """Read a page as a fresh process does."""
    forget()
    read("initiative", content)


# ── parsing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def parsing() -> None:
    content = pages.around(120_000).encode()
    row(f"parse one page of {len(content) // 1000} KB", median(lambda: parse(content)), "goal 10 ms")
    sizes = (30_000, 120_000, 500_000, 2_000_000)  # of a menu; a larger one has more links than are read
    for name, grow, largest in (("menu", pages.around, 2_000_000), ("article", pages.inside, 500_000)):
        print(f"\nparsing a page whose {name} grows (linear: the last column is constant)")
        for size in (size for size in sizes if size <= largest):
            content = grow(size).encode()
            seconds = median(lambda: parse(content), repeats=3)  # noqa: B023
            per_size = seconds * 1000 / (len(content) / 1_000_000)
            print(f"  {len(content) / 1000:>7.0f} KB {seconds * 1000:>9.1f} ms {per_size:>9.0f} ms/MB")
    hostile_pages()


def hostile_pages() -> None:
    print("\nhostile pages, at one size and at twice that size (linear: about × 2)")
    shapes: dict[str, Callable[[int], str]] = {
        "nested tags": lambda n: "<div>" * n,
        "open bold": lambda n: "<b>" * n,
        "one long line": lambda n: "<p>" + "Lyon, France – 12-13 October 2023 " * (n // 30),
        "digits and dashes": lambda n: "<h2>Next editions</h2><p>" + "12-" * n,
        "unclosed comments": lambda n: "<!--" * n,
        "links": lambda n: "<h2>Next editions</h2>" + '<a href="/x">y</a>' * (n // 10),
    }
    for name, shape in shapes.items():
        one, two = (median(lambda: _try_to_parse(shape(n)), repeats=3) for n in (100_000, 200_000))  # noqa: B023
        print(f"  {name:<24}{one * 1000:>9.1f} ms {two * 1000:>9.1f} ms   × {two / one:.1f}")


def _try_to_parse(page: str) -> None:
    with suppress(ParseError):
        parse(page.encode())


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────────


def configuration(folder: Path, site: FakeSite, subscribers: int = 0) -> Path:
    """A configuration without a mail server: sending a message only writes to the log and the database."""
    lines = [
        f'[database]\nurl = "sqlite:///{folder}/bench.db"',
        f'[page]\nurl = "{site.url(PATH)}"\nhosts = ["127.0.0.1"]\nprivate_addresses = true',
        *(f'[[subscriptions]]\nname = "s{n}"\nto = "s{n}@example.org"' for n in range(subscribers)),
    ]
    path = folder / "bench.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def cold_check(folder: Path, site: FakeSite) -> None:
    print("\nchecking")
    site.page(PATH, pages.around(120_000), etag='"1"')
    command = [sys.executable, "-m", "cmr_watch", "--config", str(configuration(folder, site)), "check"]
    environment = _as_installed(folder)

    def check() -> None:
        subprocess.run(command, check=True, capture_output=True, env=environment)

    check()
    cpu_before = _children_cpu()
    wall = median(check)
    cpu = (_children_cpu() - cpu_before) / (REPEATS + 1)
    row("cold `cmr-watch check`, nothing changed (304): wall", wall, "goal 350 ms")
    row("cold `cmr-watch check`, nothing changed (304): CPU (mean)", cpu, "")
    bare = [sys.executable, "-c", "import click, httpx, sqlalchemy"]
    wall = median(lambda: subprocess.run(bare, check=True, capture_output=True, env=environment))
    row("  for comparison: importing click, httpx and SQLAlchemy alone", wall, "")
    site.page(PATH, pages.around(120_000))
    wall = median(check)
    row("cold `cmr-watch check`, the same bytes (200): wall", wall, "")


def _as_installed(folder: Path) -> dict[str, str]:
    """The environment with bytecode caching enabled, because pip compiles installed modules."""
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return {**variables, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def _children_cpu() -> float:
    """Seconds of CPU time that child processes have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Clock:
    """Starts at the current time and advances by a second per call, so that no page is older than its baseline."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@contextmanager
def app(folder: Path, site: FakeSite, subscribers: int = 0) -> Iterator[App]:
    (folder / "bench.db").unlink(missing_ok=True)
    settings = load(configuration(folder, site, subscribers))
    database = open_database(settings.database.url, begin_new=True)
    try:
        with App(settings, database, Clock()) as running:
            yield running
    finally:
        database.close()


def warm_check(folder: Path, site: FakeSite) -> None:
    page = pages.around(120_000)
    site.page(PATH, page)
    with app(folder, site) as running:
        row("warm check, the same bytes", median(running.check), "goal 3 ms")
        row("  of that: fetch on loopback", _fetch_only(site), "")

        def check_with_new_token() -> None:
            site.page(PATH, pages.with_token(page, str(time.perf_counter_ns())))
            running.check()

        row("warm check, the same article with a new form token", median(check_with_new_token), "goal 6 ms")
    row(f"warm check, one new edition, {SUBSCRIBERS} messages enqueued", _new_edition(folder, site, page), "goal 40 ms")


def _fetch_only(site: FakeSite) -> float:
    import httpx

    with httpx.Client() as client:
        return median(lambda: client.get(site.url(PATH)).content)


def _new_edition(folder: Path, site: FakeSite, page: str) -> float:
    times = []
    for _ in range(5):
        site.page(PATH, page)
        with app(folder, site, SUBSCRIBERS) as running:
            running.check()
            site.page(PATH, pages.with_edition(page))
            start = time.perf_counter()
            report = running.check(notify=False)
            enqueued = running.enqueue()
            times.append(time.perf_counter() - start)
            assert enqueued == SUBSCRIBERS, f"{enqueued} messages; {report}"
    return statistics.median(times)


if __name__ == "__main__":
    main()
