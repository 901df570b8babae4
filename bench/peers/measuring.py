"""Wall time, CPU time and memory of processes; medians, spreads and ratios of paired runs."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took until it ended, in seconds."""

    wall: float
    cpu: float
    status: int


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Usage:
    """Run a command to its end; its CPU time includes that of its own children."""
    started = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=nowhere, stderr=nowhere)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)  # so that it is not waited for again
    return Usage(time.perf_counter() - started, used.ru_utime + used.ru_stime, process.returncode)


def cpu_of(pid: int) -> float:
    """Seconds of CPU time that all threads of a process have used, also those that have ended.

    The ID of another process's CPU clock is made as in Linux's include/linux/posix-timers_types.h: the scheduler's
    clock (2) of all threads. /proc/PID/stat counts in hundredths of a second only.
    """
    return time.clock_gettime((~pid << 3) | 2)


def memory_of(pid: int) -> float:
    """MiB of resident memory of a process and its descendants."""
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in (pid, *descendants(pid)))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def descendants(pid: int) -> tuple[int, ...]:
    children: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += [int(child) for child in (task / "children").read_text().split()]
    return tuple(one for child in children for one in (child, *descendants(child)))


# ── paired runs ──────────────────────────────────────────────────────────────────────────────────────────────────


def paired(runs: Mapping[str, Callable[[], Result]], rounds: int) -> dict[str, list[Result]]:
    """Measure in turn, A B A B …, so that what else the machine does meets all of them."""
    results: dict[str, list[Result]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, one in runs.items():
            results[name].append(one())
    return results


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the results: ours beside one peer. The ratio is the median of the ratios of the pairs."""

    work: str
    peer: str
    ours: Sequence[float]
    theirs: Sequence[float]
    unit: str
    goal: str = ""

    @property
    def ratio(self) -> float:
        return statistics.median(our / their for our, their in zip(self.ours, self.theirs, strict=True))

    def markdown(self) -> str:
        figures = f"{figure(self.theirs, self.unit)} | {figure(self.ours, self.unit)} | {self.ratio:.2f}"
        return f"| {self.work} | {self.peer} | {figures} | {self.goal} |"


HEAD = "| same work | peer | peer: median (range) | cmr-watch: median (range) | ratio | goal |\n" + "| --- " * 6 + "|"


def figure(values: Sequence[float], unit: str) -> str:
    """The median and the range of values: `0.44 s (0.41–0.52)`."""
    scale, digits = (1000, 1) if unit == "ms" else (1, 2) if unit == "s" else (1, 0)
    text = [f"{value * scale:,.{digits}f}" for value in (statistics.median(values), min(values), max(values))]
    return f"{text[0]} {unit} ({text[1]}–{text[2]})" if len(values) > 1 else f"{text[0]} {unit}"
