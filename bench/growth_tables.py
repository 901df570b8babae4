"""The results of `bench.growth`: tables in Markdown, in the sections of docs/benchmarks.md that name them."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

LIMIT = 1.2
"""Up to which growth of the costs per unit counts as constant."""


@dataclass(frozen=True)
class Table:
    """What is measured at each size. The growth is that since the size `base`; `plotted` are columns that are drawn."""

    unit: str
    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[float, ...]], ...]
    base: int
    plotted: tuple[int, ...]

    def growth(self) -> tuple[tuple[int, tuple[float, ...]], ...]:
        """Each row in relation to that of the base."""
        first = dict(self.rows).get(self.base, self.rows[0][1])
        return tuple((size, tuple(map(_ratio, values, first))) for size, values in self.rows)

    def markdown(self) -> str:
        """The table with its growth at the end."""
        head = [self.unit, *self.columns]
        largest, ratios = self.growth()[-1]
        base = self.base if self.base in dict(self.rows) else self.rows[0][0]
        cells = [[f"{size:,}", *map(number, values)] for size, values in self.rows]
        cells.append([f"× {base:,} → {largest:,}", *(_growth(ratio) for ratio in ratios)])
        lines = [head, ["---:"] * len(head), *cells]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratio(value: float, base: float) -> float:
    if base:
        return value / base
    return 1.0 if value == base else float("inf")


def _growth(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio <= LIMIT else f"**{ratio:.2f}**"


def number(value: float) -> str:
    """With three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def circumstances(command: str, versions: Sequence[str], started: tuple[float, float, float]) -> str:
    """On what, with what and when something was measured. `started`: the load of the machine at the start."""
    cores = os.cpu_count()
    parts = [
        f"{_processor()}, {cores} cores, {_memory()} GB, Linux {platform.release().split('-')[0]}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        *versions,
    ]
    ended = os.getloadavg()
    load = f"load {started[0]:.1f} at the start, {ended[0]:.1f} at the end"
    return f"*{'; '.join(parts)}; {datetime.now(UTC):%-d %B %Y}; {load}; `{command}`*"


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _memory() -> int:
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9)


def replace(file: Path, name: str, content: str) -> None:
    """Write what a run has found between the marks of that name."""
    before = file.read_text(encoding="utf-8")
    begin, end = f"<!-- growth: {name} -->\n", "<!-- end -->"
    after = re.sub(rf"{re.escape(begin)}.*?{end}", lambda _: f"{begin}\n{content}\n\n{end}", before, flags=re.DOTALL)
    assert begin in before, f"{file} has no place for {name}"
    file.write_text(after, encoding="utf-8")
