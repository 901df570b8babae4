"""Load on a web server: by wrk where it is installed, else by a client in Python, which is slower itself."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

CONNECTIONS = 16
_SECONDS = 2
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}
_HEADERS = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Load:
    """The result: the requests that were answered and those that failed; latencies in seconds."""

    answered: int
    failed: int
    seconds: float
    p50: float
    p99: float


def generator() -> str:
    """What makes the load."""
    return "wrk" if shutil.which("wrk") else "a client in Python (wrk is not installed)"


def put_on(port: int, path: str = "/", connections: int = CONNECTIONS) -> Load:
    """Request a page for some seconds, over a few connections that stay open."""
    return (_wrk if shutil.which("wrk") else _python)(port, path, connections)


def _wrk(port: int, path: str, connections: int) -> Load:
    headers = [argument for name, value in _HEADERS.items() for argument in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{_SECONDS}s", "--latency", *headers]
    out = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True
    ).stdout
    not_ok = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    failed = sum(map(int, errors.groups())) if errors else 0
    [(answered, seconds, unit)] = re.findall(r"(\d+) requests in ([\d.]+)(us|ms|s|m)", out)
    p50, p99 = (_latency(out, percent) for percent in (50, 99))
    bad = int(not_ok[1]) if not_ok else 0
    return Load(int(answered) - bad, failed + bad, float(seconds) * _UNITS[unit], p50, p99)


def _latency(out: str, percent: int) -> float:
    [(value, unit)] = re.findall(rf"^ +{percent}% +([\d.]+)(us|ms|s|m)", out, re.MULTILINE)
    return float(value) * _UNITS[unit]


def _python(port: int, path: str, connections: int) -> Load:
    latencies: list[float] = []
    failures: list[str] = []
    started = time.perf_counter()

    def run() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        while time.perf_counter() - started < _SECONDS:
            begin = time.perf_counter()
            if not _is_answered(connection, path):
                failures.append(path)
            latencies.append(time.perf_counter() - begin)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cuts = statistics.quantiles(latencies, n=100)
    seconds = time.perf_counter() - started
    return Load(len(latencies) - len(failures), len(failures), seconds, cuts[49], cuts[98])


def _is_answered(connection: HTTPConnection, path: str) -> bool:
    try:
        connection.request("GET", path, headers=_HEADERS)
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        connection.close()
        return False
    return response.status == 200
