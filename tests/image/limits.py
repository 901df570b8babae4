"""Limits that grow with the load: how long a step may take, as a multiple of what a known command takes at the time.

A machine that does other work is slow at both. `python -m pip --version` is that command, because like most steps it
starts a program and reads hundreds of files: 0.3 seconds on two quiet cores, so a factor of 100 allows half a minute.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

NORMAL: Final = 100
"""For a step that takes up to 10 seconds when nothing else runs."""

DELIVERY: Final = 60
"""In seconds: the daemon delivers every minute, whatever the load."""

LONG: Final = 1000
"""For a step that takes up to 90 seconds, or downloads something."""


class ImageTestError(Exception):
    """A step failed."""


@dataclass(frozen=True, slots=True)
class Completed:
    """The exit code and the output of a command."""

    code: int
    out: str
    err: str

    @property
    def output(self) -> str:
        return f"{self.out}{self.err}".strip()


def start_pip() -> float:
    """How many seconds `python -m pip --version` takes."""
    begin = time.monotonic()
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--version"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begin


class Limits:
    """All limits of one test. `measure` returns what the known command takes; it is called again before giving up."""

    def __init__(self, measure: Callable[[], float] = start_pip) -> None:
        self._measure = measure
        self._unit = measure()

    def until(self, what: str, factor: float = NORMAL, fixed: float = 0) -> Iterator[float]:
        """Yield how many seconds are left, for as long as the caller waits until `what`; then raise ImageTestError.

        `fixed` are the seconds that it takes in any case.
        """
        begin = time.monotonic()
        while True:
            if time.monotonic() - begin > fixed + factor * self._unit:
                self._unit = max(self._unit, self._measure())
            left = fixed + factor * self._unit - (time.monotonic() - begin)
            if left <= 0:
                raise ImageTestError(self._sentence(time.monotonic() - begin, what, factor, fixed))
            yield left

    def at_least(self, seconds: float, factor: float) -> float:
        """A limit that is fixed on a quiet machine, and grows when the load does."""
        self._unit = max(self._unit, self._measure())
        return max(seconds, factor * self._unit)

    def wait(self, what: str, is_true: Callable[[], bool], factor: float = NORMAL, fixed: float = 0) -> None:
        """Wait until `is_true` returns True."""
        for _ in self.until(what, factor, fixed):
            if is_true():
                return
            time.sleep(0.25)

    def run(
        self,
        command: Sequence[str],
        factor: float = NORMAL,
        *,
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
    ) -> Completed:
        """Run a command; it ends when the limit is reached, with all its children."""
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=cwd,
            env=env,
            start_new_session=True,
        ) as process:
            try:
                out, err = self._communicate(process, f"this command ends: {' '.join(command)}", factor)
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return Completed(process.returncode, out, err)

    def run_checked(self, command: Sequence[str], factor: float = NORMAL, *, cwd: Path | None = None) -> str:
        """The standard output of a command. Raises ImageTestError if it fails."""
        return checked(command, self.run(command, factor, cwd=cwd))

    def _communicate(self, process: subprocess.Popen[str], what: str, factor: float) -> tuple[str, str]:
        for left in self.until(what, factor):
            try:
                return process.communicate(timeout=left)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError("unreachable: `until` does not end")

    def _sentence(self, seconds: float, what: str, factor: float, fixed: float) -> str:
        allowed = f"{fixed:g} seconds and " * bool(fixed) + f"{factor:g} times as long as `pip --version` takes here"
        return (
            f"gave up after {seconds:.1f} seconds, waiting until {what}\n"
            f"(the limit is {allowed}, which is {self._unit:.2f} seconds at the moment)"
        )


def checked(command: Sequence[str], completed: Completed) -> str:
    """The standard output. Raises ImageTestError if the command failed."""
    if completed.code:
        raise ImageTestError(f"exit code {completed.code}: {' '.join(command)}\n{completed.output[-4000:]}")
    return completed.out
