"""The time that work takes: wall time, and the CPU time of this process and of all that it has started.

On a machine that others share, CPU time says more: it hardly depends on what they do.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Usage:
    """Seconds of CPU and of wall time."""

    cpu: float
    wall: float


def measure(run: Callable[[], object]) -> Usage:
    """Run, and return the time that it took, including that of a database server which this process has started."""
    cpu, wall = _cpu_of_all(), time.perf_counter()
    run()
    return Usage(_cpu_of_all() - cpu, time.perf_counter() - wall)


def cpu_of(run: Callable[[], object], times: int) -> float:
    """Mean CPU time of a call in seconds, after one that is not measured."""
    run()

    def run_all() -> None:
        for _ in range(times):
            run()

    return measure(run_all).cpu / times


def _cpu_of_all() -> float:
    """CPU time of this process, precisely, and of its descendants, in ticks, including those that have ended."""
    here = os.getpid()
    children: defaultdict[int, list[int]] = defaultdict(list)
    used: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            _note(folder, children, used)
    total, left = 0, list(children[here])
    while left:
        pid = left.pop()
        total += used[pid]
        left += children[pid]
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system + total / _TICKS_PER_SECOND


def _note(folder: Path, children: dict[int, list[int]], used: dict[int, int]) -> None:
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return  # it has ended
    children[int(fields[1])].append(int(folder.name))
    used[int(folder.name)] = sum(map(int, fields[11:15]))
