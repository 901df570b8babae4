"""The public site: cached and newly rendered pages, a long list, what it costs the daemon, and dripping clients."""

from __future__ import annotations

import os
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.request import urlopen

from sqlalchemy import insert, select
from tests.fakes.mailbox import Mailbox
from tests.fakes.site import FakeSite, Response
from tests.web.public.sample import NOW, PATH, tell

from bench import load
from cmr_watch.config import Settings
from cmr_watch.config import load as load_settings
from cmr_watch.store.database import open_database
from cmr_watch.store.public import PublicStore
from cmr_watch.store.publication import HISTORY
from cmr_watch.store.schema import changes
from cmr_watch.web.public import changes as changes_page
from cmr_watch.web.public import now as now_page
from cmr_watch.web.public.cache import stored
from cmr_watch.web.public.site import site_facts
from cmr_watch.web.public.views import PublicRoute, Visit

ROUNDS = 7
RENDERINGS = 40
CHANGES = 10_000
DRIPS = 2_000
READS = 200
IDLE = 20.0  # seconds
SLOW_PAGE = 30.0  # seconds that the list takes, so that its check begins before the connections and ends during them
TIMEOUT = 120.0  # seconds
READER = "reader@example.org"
AT = f"{NOW:%Y-%m-%dT%H:%M}"
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_LINK = re.compile(rb'href="(/[^"#]*)')


def measure(folder: Path) -> None:
    print("\nthe public site")
    with FakeSite() as page, Mailbox() as mailbox:
        with closing(open_database(f"sqlite:///{folder}/site.db")) as database:
            tell(page, database).app.__exit__(None, None, None)
        config = configuration(folder, page, mailbox)
        measure_cached(config)
        measure_rendering(config)
        measure_beside_the_daemon(config)
        measure_dripping(config, page, mailbox)
        measure_long_list(config)


def _row(label: str, figure: str, goal: str = "") -> None:
    print(f"  {label:<64}{figure:>12}   {goal}")


def configuration(folder: Path, page: FakeSite, mailbox: Mailbox) -> Path:
    path = folder / "site.toml"
    path.write_text(
        f'[database]\nurl = "sqlite:///{folder}/site.db"\n[fetch]\nrobots = false\npause = 0\n'
        f'[page]\nurl = "{page.url(PATH)}"\nhosts = ["{page.host}"]\nprivate_addresses = true\n'
        f'[mail]\nhost = "127.0.0.1"\nport = {mailbox.port}\nsecurity = "plain"\nfrom = "watch@example.org"\n'
        '[daemon]\njitter = 0\n[[subscriptions]]\nname = "s"\nto = "s@example.org"\n',
        encoding="utf-8",
    )
    return path


# ── serving ──────────────────────────────────────────────────────────────────────────────────────────────────────


def measure_cached(config: Path) -> None:
    """“Now”, as it was kept, compared with an empty page of the same stack, in turn in one process."""
    command = [sys.executable, "-m", "bench.site_server", str(config)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        ports = [int(port) for port in process.stdout.readline().split()]
        results: tuple[list[load.Load], list[load.Load]] = ([], [])
        costs: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for port, result, cost in zip(ports, results, costs, strict=True):
                before = cpu(process.pid)
                result.append(load.put_on(port))
                cost.append(result[-1].answered / (cpu(process.pid) - before))
        process.stdin.close()
    now, empty = results
    print(f"  load by {load.generator()}, {load.CONNECTIONS} connections, median of {ROUNDS} runs")
    _row("Now from the cache, compressed: requests per second", f"{_per_second(now):,.0f}")
    _row("an empty 200 of the same stack", f"{_per_second(empty):,.0f}")
    pairs = [one.answered / one.seconds / (two.answered / two.seconds) for one, two in zip(now, empty, strict=True)]
    _row("Now from the cache: × an empty 200", f"{statistics.median(pairs):.2f}", "goal 0.5 or more")
    ratio = statistics.median(one / two for one, two in zip(*costs, strict=True))
    _row("the same in requests per second of CPU of the server", f"{ratio:.2f}", "goal 0.5 or more")
    _row("p50", f"{statistics.median(one.p50 for one in now) * 1000:.1f} ms")
    _row("p99", f"{statistics.median(one.p99 for one in now) * 1000:.1f} ms")
    _row("responses that are not 200, connections that failed", f"{sum(one.failed for one in now)}", "goal 0")


def _per_second(loads: list[load.Load]) -> float:
    return statistics.median(one.answered / one.seconds for one in loads)


@contextmanager
def _visit(config: Path) -> Iterator[Visit]:
    settings: Settings = load_settings(config, {})
    with closing(open_database(settings.database.url)) as database:
        store = PublicStore(database, settings.page.url)
        yield Visit(site_facts(settings), store, store.overview(), NOW)


def measure_rendering(config: Path) -> None:
    with _visit(config) as visit:
        cpu = _cpu_of(PublicRoute("/", now_page.now), visit, RENDERINGS)
    _row(f"rendering and compressing Now: CPU, median of {RENDERINGS}", f"{cpu * 1000:.1f} ms", "goal 15 ms")


def _cpu_of(route: PublicRoute, visit: Visit, times: int) -> float:
    """Median CPU time in seconds of making a reply, after one that is not measured."""
    stored(route.view(visit), "")
    used = []
    for _ in range(times):
        start = time.process_time()
        stored(route.view(visit), "")
        used.append(time.process_time() - start)
    return statistics.median(used)


def measure_long_list(config: Path) -> None:
    """The first and the 200th part of a list of 10,000 changes. Comes last: it fills the database."""
    with _visit(config) as visit:
        _fill(config)
        ids = [change.id for change in visit.store.changes(changes_page.ChangeFilter(), CHANGES)]
        route = PublicRoute("/changes", changes_page.changes)
        pages = {
            number: Visit(visit.site, visit.store, visit.overview, NOW, "/changes", {}, query)
            for number in (1, 200)
            for query in ({"before": str(ids[(number - 1) * changes_page.PER_PAGE])},)
        }
        first, last = (_cpu_of(route, pages[number], RENDERINGS) for number in (1, 200))
    _row(f"a list of {len(ids):,} changes: part 1", f"{first * 1000:.1f} ms")
    _row("part 200", f"{last * 1000:.1f} ms", f"constant: × {last / first:.2f}")


def _fill(config: Path) -> None:
    """Copy the recorded changes, each a little older than the one before, until there are enough."""
    with closing(open_database(load_settings(config, {}).database.url)) as database, database.write() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(changes))]
        copies = [
            {
                **{name: value for name, value in rows[number % len(rows)].items() if name != "id"},
                "published": HISTORY,
                "read_at": NOW - timedelta(days=1, minutes=number),
            }
            for number in range(CHANGES - len(rows))
        ]
        connection.execute(insert(changes), copies)


# ── beside the daemon ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Daemon:
    """A running daemon with the ports of its site and of its endpoints for monitoring."""

    process: subprocess.Popen[bytes]
    site: int
    monitoring: int

    @property
    def memory(self) -> float:
        """MiB of memory."""
        pages_in_use = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages_in_use * resource.getpagesize() / 2**20

    def wait_for_site(self) -> None:
        self._wait_for(self.site, "/")

    def wait_for_check(self) -> None:
        """Wait until a check was made that is not old: `/healthz` says so."""
        self._wait_for(self.monitoring, "/healthz")

    def _wait_for(self, port: int, path: str) -> None:
        started = time.perf_counter()
        while time.perf_counter() - started < TIMEOUT:
            assert self.process.poll() is None, f"the daemon has ended with {self.process.returncode}"
            with suppress(OSError):
                if _get(port, path)[0] == 200:
                    return
            time.sleep(0.01)
        raise TimeoutError(f"{path}: no answer")


@contextmanager
def _daemon(config: Path, *options: str, at: str = AT) -> Iterator[Daemon]:
    """A real daemon, as if it had been started at a time."""
    site, monitoring = _free_port(), _free_port()
    ports = {
        "CMR_WATCH_WEB_LISTEN": f"127.0.0.1:{site}",
        "CMR_WATCH_DAEMON_LISTEN": f"127.0.0.1:{monitoring}",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "cmr_watch", "--config", str(config), "run", "--at", at, *options],
        env={**os.environ, **ports},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield Daemon(process, site, monitoring)
    finally:
        process.terminate()
        process.wait(TIMEOUT)


def measure_beside_the_daemon(config: Path) -> None:
    """Both daemons at the same time, so that they share what else the machine does."""
    copy = config.with_name("other.toml")
    shutil.copy(config.with_name("site.db"), config.with_name("other.db"))
    copy.write_text(config.read_text().replace("site.db", "other.db"), encoding="utf-8")
    started = time.perf_counter()
    with _daemon(config) as with_site:
        with_site.wait_for_site()
        _row("from the start to the first answer of the site", f"{(time.perf_counter() - started) * 1000:.0f} ms")
    with _daemon(config) as with_site, _daemon(copy, "--no-web") as without:
        with_site.wait_for_site()
        for daemon in (with_site, without):
            daemon.wait_for_check()
        pages = _read_everything(with_site.site)
        small, large = without.memory, with_site.memory
        _row("memory of the daemon without the site", f"{small:.0f} MiB")
        goal = f"× {large / small:.2f}, goal 1.25"
        _row(f"with the site, after it has served each of its {pages} pages", f"{large:.0f} MiB", goal)
        time.sleep(2)
        before = [cpu(one.process.pid) for one in (with_site, without)]
        time.sleep(IDLE)
        idle = [(cpu(one.process.pid) - start) / IDLE for one, start in zip((with_site, without), before, strict=True)]
        _row("CPU while idle, with and without the site", f"{idle[0] * 100:.2f}, {idle[1] * 100:.2f} %")


def _read_everything(port: int) -> int:
    """Follow all links from the first page on; the number of pages, each of which must be answered."""
    seen, left = {"/"}, ["/"]
    while left:
        path = left.pop()
        status, body = _get(port, path)
        while status == 429:
            time.sleep(0.5)
            status, body = _get(port, path)
        assert status == 200, f"{path}: {status}"
        for link in _LINK.findall(body):
            target = link.decode().replace("&amp;", "&")
            if target not in seen:
                seen.add(target)
                left.append(target)
    return len(seen)


def measure_dripping(config: Path, page: FakeSite, mailbox: Mailbox) -> None:
    """Thousands of connections that send a byte now and then, from another address than the reader's."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    number = min(DRIPS, most - 200)
    with urlopen(page.url(PATH)) as response:
        content = response.read()
    page.script(PATH, Response(200, content, drip=SLOW_PAGE / len(content)))
    later = f"{NOW + timedelta(hours=3):%Y-%m-%dT%H:%M}"
    subscribe = [sys.executable, "-m", "cmr_watch", "--config", str(config), "subscriptions", "add", "--at", later]
    with _daemon(config, at=later) as daemon:
        daemon.wait_for_site()
        with dripping(daemon.site, number):
            subprocess.run([*subscribe, READER], check=True, capture_output=True)
            latencies, failed = _read_often(daemon.site)
            daemon.wait_for_check()
            started = time.perf_counter()
            while not any(mail.recipient == READER for mail in mailbox.mails):
                assert time.perf_counter() - started < TIMEOUT, "no delivery"
                time.sleep(0.05)
    _row(f"a reader beside {number:,} dripping connections: slowest of {READS}", f"{max(latencies) * 1000:.0f} ms")
    _row("requests of the reader that failed", str(failed), "goal 0")
    _row("a check and a delivery meanwhile", "done")


def _read_often(port: int) -> tuple[list[float], int]:
    latencies, failed = [], 0
    for _ in range(READS):
        begin = time.perf_counter()
        with suppress(OSError):
            failed += _get(port, "/")[0] != 200
            latencies.append(time.perf_counter() - begin)
            continue
        failed += 1
    return latencies, failed


@contextmanager
def dripping(port: int, number: int, source: str = "127.0.0.2") -> Iterator[None]:
    """Keep this number of connections open from an address; each sends a head, a byte at a time, over and over."""
    stopped = threading.Event()
    clients: list[socket.socket] = []
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 10_000

    def drip() -> None:
        for sent in range(len(head)):
            for place, client in enumerate(clients):
                try:
                    client.send(head[sent : sent + 1])
                except OSError:
                    client.close()
                    with suppress(OSError):
                        clients[place] = _connect(port, source)
            if stopped.wait(0.2):
                return

    with ExitStack() as stack:
        stack.callback(lambda: [client.close() for client in clients])
        clients.extend(_connect(port, source) for _ in range(number))
        thread = threading.Thread(target=drip)
        thread.start()
        stack.callback(thread.join)
        stack.callback(stopped.set)
        yield


def _connect(port: int, source: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5, source_address=(source, 0))


# ── processes and pages ──────────────────────────────────────────────────────────────────────────────────────────


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _get(port: int, path: str) -> tuple[int, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def cpu(pid: int) -> float:
    """Seconds of CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
