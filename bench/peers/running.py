"""Programs that keep running, ours and changedetection.io, of which single checks are measured."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.request import urlopen

from bench.peers.changedetection import Changedetection
from bench.peers.environments import OURS, environment
from bench.peers.measuring import cpu_of, memory_of
from bench.peers.watchers import Channel, CmrWatch

Before = Callable[[], object]
"""Changes the page before a check."""

_SCRIPT: Final = Path(__file__).parent / "our_process.py"


class OurProcess(AbstractContextManager["OurProcess"]):
    """Our program, warm: see `our_process.py`."""

    def __init__(self, folder: Path, url: str, channel: Channel, *, as_daemon: bool = False) -> None:
        watcher = CmrWatch(folder, url, channel)
        watcher.check()  # creates the database, once, as on any day but the first
        config = watcher.config
        settings = config.read_text() + '[web]\nlisten = "127.0.0.1:0"\n'
        config.write_text(settings)
        command = [environment(OURS).python, str(_SCRIPT), str(config), *(["daemon"] if as_daemon else [])]
        with (folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output, text=True
            )
        self.port = int(self._line() or 0)

    def _line(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def check(self) -> None:
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        if self._line() != "done":
            raise RuntimeError("our process has ended")

    def cpu_of_checks(self, number: int, before: Before) -> float:
        """Seconds of CPU time of one check, the mean of a number of checks."""
        started = cpu_of(self._process.pid)
        for _ in range(number):
            before()
            self.check()
        return (cpu_of(self._process.pid) - started) / number

    def read_site(self) -> None:
        _read(f"http://127.0.0.1:{self.port}/")

    def memory(self) -> float:
        return memory_of(self._process.pid)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


class RunningChangedetection(AbstractContextManager["RunningChangedetection"]):
    """changedetection.io, after it has stored its baseline."""

    def __init__(self, folder: Path, url: str, channel: Channel) -> None:
        self.server = Changedetection(folder, url, channel)

    def __enter__(self) -> Self:
        self.server.check()
        self.server.restart()  # so that this process, like ours, has found its data there
        return self

    def __exit__(self, *_: object) -> None:
        self.server.kill()

    def check(self, until: Callable[[], bool] = lambda: True) -> None:
        """One check; it has ended when `until` is true as well."""
        before = self.server.checks_done()
        self.server.recheck()
        self.server.wait_until(lambda: self.server.checks_done() > before and until(), "check")

    def cpu_of_checks(self, number: int, before: Before, until: Callable[[], bool] = lambda: True) -> float:
        """Seconds of CPU time of one check, the mean of a number of checks.

        What its threads use while nothing is checked, and what it costs to ask its API, is measured next, for the same
        time and number of calls, and taken off.
        """
        pid, began = self.server.pid, time.perf_counter()
        started = cpu_of(pid)
        for _ in range(number):
            before()
            self.check(until)
        busy, took = cpu_of(pid) - started, time.perf_counter() - began
        started = cpu_of(pid)
        for _ in range(number):
            self.server.look()
            time.sleep(took / number)
        return (busy - (cpu_of(pid) - started)) / number

    def read_site(self) -> None:
        _read(f"http://127.0.0.1:{self.server.port}/")

    def memory(self) -> float:
        return memory_of(self.server.pid)


def _read(url: str) -> None:
    with urlopen(url, timeout=30) as response:
        response.read()
