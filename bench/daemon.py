"""The daemon: memory after a hundred checks, CPU time when idle, time from start to the first check."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

from tests.fakes.site import FakeSite, Response

from bench import pages
from cmr_watch.config import load

PATH = "/clusters-meet-regions"
CHECKS = 100
IDLE = 20.0  # seconds
STARTUP_TIMEOUT = 60.0  # seconds
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def measure(folder: Path) -> None:
    print("\nthe daemon (one run each)")
    with FakeSite() as site:
        page = pages.around(120_000)
        config = _configuration(folder, site)
        versions = (page.replace("</body>", f"<!-- {number} --></body>") for number in range(2 * CHECKS))
        # as on the real site, no two responses are identical
        site.script(PATH, *(Response(200, version.encode()) for version in versions))
        first, second = (_memory_after_checks(config, hour) for hour in (0, CHECKS))
        _row(f"memory after {CHECKS} checks", f"{second['memory']:.0f} MiB", "goal 70 MiB")
        _row("the same, in the process that created the database", f"{first['memory']:.0f} MiB")
        _row("CPU of a check of 120 KB with new content, and its delivery", f"{second['cpu'] * 1000:.1f} ms")
        site.page(PATH, page)
        _measure_process(config)


def _row(label: str, figure: str, goal: str = "") -> None:
    print(f"  {label:<64}{figure:>12}   {goal}")


def _configuration(folder: Path, site: FakeSite) -> Path:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = folder / "daemon.toml"
    path.write_text(
        f'[database]\nurl = "sqlite:///{folder}/daemon.db"\n[fetch]\nrobots = false\n'
        f'[page]\nurl = "{site.url(PATH)}"\nhosts = ["{site.host}"]\nprivate_addresses = true\n'
        f'[daemon]\nlisten = "127.0.0.1:{port}"\njitter = 0\n'
        '[[subscriptions]]\nname = "s"\nto = "s@example.org"\n',
        encoding="utf-8",
    )
    return path


def _memory_after_checks(config: Path, hour: int) -> dict[str, float]:
    """MiB of memory after CHECKS checks, and seconds of CPU per check. The first run also creates the database."""
    command = [sys.executable, "-m", "bench.daemon_memory", str(CHECKS), str(hour), str(config)]
    completed = subprocess.run(command, check=True, capture_output=True)
    figures: dict[str, float] = json.loads(completed.stdout)
    return figures


def _measure_process(config: Path) -> None:
    """A real process: the time until it is healthy, and its CPU use while idle."""
    for file in config.parent.glob("daemon.db*"):
        file.unlink()
    host, port = load(config, {}).daemon.listen.split(":")
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "cmr_watch", "--config", str(config), "run"],
        env={**os.environ, "CMR_WATCH_WEB_LISTEN": "127.0.0.1:0"},
    )
    try:
        while not _is_healthy(host, int(port)):
            assert time.perf_counter() - started < STARTUP_TIMEOUT, "the daemon did not become healthy"
            time.sleep(0.01)
        _row("from the start to the end of the first check", f"{(time.perf_counter() - started) * 1000:.0f} ms")
        time.sleep(2)
        before = _cpu(process.pid)
        time.sleep(IDLE)
        idle = (_cpu(process.pid) - before) / IDLE
        _row("CPU while idle", f"{idle * 100:.2f} %")
    finally:
        process.terminate()
        process.wait(STARTUP_TIMEOUT)


def _is_healthy(host: str, port: int) -> bool:
    with suppress(OSError), closing(HTTPConnection(host, port, timeout=5)) as connection:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    return False


def _cpu(pid: int) -> float:
    """Seconds of CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND
