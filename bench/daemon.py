"""What the daemon costs: memory after a hundred checks, CPU when idle, from the start to the first check."""

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
PATIENCE = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


def daemon(folder: Path) -> None:
    print("\nthe daemon (one run each)")
    with FakeSite() as site:
        page = pages.around(120_000)
        config = _configuration(folder, site)
        tokens = (page.replace("</body>", f"<!-- {number} --></body>") for number in range(2 * CHECKS))
        site.script(PATH, *(Response(200, page.encode()) for page in tokens))  # as the site does: never the same bytes
        first, again = (_memory_after_checks(config, hour) for hour in (0, CHECKS))
        print(f"  memory after {CHECKS} checks{again['memory']:>46.0f} MiB  goal 70 MiB")
        print(f"  the same, where it has made the database itself{first['memory']:>27.0f} MiB")
        print(
            f"  CPU of a warm check of 120 KB, other bytes each time, with its delivery{again['cpu'] * 1000:>7.1f} ms"
        )
        site.page(PATH, page)
        alive(config)


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
    """MiB after so many checks, and seconds of CPU for each; the first time there is no database yet."""
    command = [sys.executable, "-m", "bench.daemon_memory", str(CHECKS), str(hour), str(config)]
    ran = subprocess.run(command, check=True, capture_output=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def alive(config: Path) -> None:
    """A real process: how soon it is well, and what it takes while it has nothing to do."""
    for file in config.parent.glob("daemon.db*"):
        file.unlink()
    host, port = load(config, {}).daemon.listen.split(":")
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "cmr_watch", "--config", str(config), "run"])
    try:
        while not _is_well(host, int(port)):
            assert time.perf_counter() - begun < PATIENCE, "it never became well"
            time.sleep(0.01)
        print(f"  from the start to the first check done{(time.perf_counter() - begun) * 1000:>35.0f} ms")
        time.sleep(2)
        before = _cpu(process.pid)
        time.sleep(IDLE)
        idle = (_cpu(process.pid) - before) / IDLE
        print(f"  idle: CPU{idle * 100:>64.2f} %")
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _is_well(host: str, port: int) -> bool:
    with suppress(OSError), closing(HTTPConnection(host, port, timeout=5)) as asked:
        asked.request("GET", "/healthz")
        return asked.getresponse().status == 200
    return False


def _cpu(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
