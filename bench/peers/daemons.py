"""The daemon: its memory after 120 checks, and the time from its start to the end of its first check."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

from tests.fakes.site import FakeSite

from bench.peers import page_states
from bench.peers.changedetection import Changedetection
from bench.peers.environments import OURS, environment
from bench.peers.hook import Hook
from bench.peers.measuring import HEAD, Row, paired
from bench.peers.stage import PATH
from bench.peers.warm import PEER, Pair
from bench.peers.watchers import TIMEOUT, Channel, CmrWatch, plain_environment

CHECKS: Final = 120
READ_EVERY: Final = 10  # checks; then the first page of its site is read
LATER: Final = "2024-04-21T11:00"  # a day after the baseline, which is too long to be healthy


def measure(rounds: int) -> None:
    print(HEAD)
    memory = paired({"": _memory}, max(1, rounds // 5))[""]
    ours, theirs = ([pair[whose] for pair in memory] for whose in (0, 1))
    print(Row(f"resident after {CHECKS} checks, site on", PEER, ours, theirs, "MiB", "≤ 0.65").markdown(), flush=True)
    with tempfile.TemporaryDirectory() as place, FakeSite() as site, Hook() as hook:
        site.page(PATH, page_states.large())
        with _our_start(Path(place), site, hook) as our_start, _their_start(Path(place), site, hook) as their_start:
            results = paired({"ours": our_start, "theirs": their_start}, rounds)
    print(Row("start to first check done", PEER, results["ours"], results["theirs"], "s", "≤ 0.35").markdown())


def _memory() -> tuple[float, float]:
    """MiB of both, after the same checks of pages whose bytes differ, and after their sites were read now and then."""
    page = page_states.large()
    with (
        tempfile.TemporaryDirectory() as place,
        Pair(Path(place), lambda n: page_states.noise(page, n), changes=False, as_daemon=True) as pair,
    ):
        for _ in range(CHECKS // READ_EVERY):
            pair.ours(READ_EVERY)
            pair.our_process.read_site()
            pair.theirs(READ_EVERY)
            pair.peer.read_site()
        return pair.our_process.memory(), pair.peer.memory()


# ── starting ─────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _our_start(folder: Path, site: FakeSite, hook: Hook) -> Iterator[Callable[[], float]]:
    """`cmr-watch run` on a database with a baseline, when a check is due; `/healthz` says when it was made."""
    watcher = CmrWatch(folder / "ours", site.url(PATH), Channel("hook", hook.port))
    watcher.check()
    saved = (watcher.folder / "cmr-watch.db").read_bytes()

    def start() -> float:
        for file in watcher.folder.glob("cmr-watch.db*"):
            file.unlink()
        (watcher.folder / "cmr-watch.db").write_bytes(saved)
        port = _free_port()
        listen = {"CMR_WATCH_WEB_LISTEN": "127.0.0.1:0", "CMR_WATCH_DAEMON_LISTEN": f"127.0.0.1:{port}"}
        program = environment(OURS).command("cmr-watch")
        command = [program, "run", "--config", str(watcher.config), "--at", LATER]
        before, started = len(site.paths()), time.perf_counter()
        with open(os.devnull, "w") as nowhere:
            env = plain_environment(folder) | listen
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=nowhere, stderr=nowhere, env=env)
        try:
            _wait_for_health(process, port, started)
            took = time.perf_counter() - started
        finally:
            process.terminate()
            process.wait(TIMEOUT)
        assert len(site.paths()) > before, "cmr-watch is healthy, but made no request"
        return took

    yield start


def _wait_for_health(process: subprocess.Popen[bytes], port: int, started: float) -> None:
    while time.perf_counter() - started < TIMEOUT:
        assert process.poll() is None, f"the daemon has ended with {process.returncode}"
        with suppress(OSError), closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.02)
    raise TimeoutError("cmr-watch: no check was made")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _their_start(folder: Path, site: FakeSite, hook: Hook) -> Iterator[Callable[[], float]]:
    """changedetection.io on a data folder with a baseline, when a check is due."""
    server = Changedetection(folder / "theirs", site.url(PATH), Channel("hook", hook.port))
    server.every = {"seconds": 1}
    server.start()
    server.wait_until(lambda: server.checks_done() > 0, "first check")
    server.stop()

    def start() -> float:
        time.sleep(1)  # until the next check is due
        before, started = server.checks_done(), time.perf_counter()
        server.start()
        try:
            server.wait_until(lambda: server.checks_done() > before, "first check after the start")
            return time.perf_counter() - started
        finally:
            server.stop()

    try:
        yield start
    finally:
        server.kill()
