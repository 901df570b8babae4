"""Line plots as SVG: how costs per unit grow, in relation to a base. Readable in light and in dark."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

from bench.growth_tables import LIMIT, Table

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 60, 250, 44, 52
_MAX = 8.0
"""Ratios above this are cut off, so that the others remain distinguishable."""
_STYLE = """
  svg { font: 13px system-ui, sans-serif; }
  .ground { fill: #ffffff; } text { fill: #1f2328; } .grid { stroke: #d1d9e0; } .limit { stroke: #6e7781; }
  .c0 { stroke: #0550ae; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; } text { fill: #e6edf3; } .grid { stroke: #3d444d; } .limit { stroke: #9198a1; }
    .c0 { stroke: #79c0ff; } .c1 { stroke: #ffa657; } .c2 { stroke: #7ee787; } .c3 { stroke: #d2a8ff; }
  }
"""
_DASHES = ("none", "8 4", "2 4", "10 4 2 4")


@dataclass(frozen=True)
class Plot:
    """A drawing, and the same in words."""

    svg: str
    alternative: str


@dataclass(frozen=True)
class _Scale:
    """Sizes to the right, logarithmically; ratios upwards."""

    smallest: float
    largest: float
    top: float

    def x(self, size: float) -> float:
        share = math.log(size / self.smallest) / math.log(self.largest / self.smallest)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, ratio: float) -> float:
        return HEIGHT - BOTTOM - min(ratio, self.top) / self.top * (HEIGHT - TOP - BOTTOM)


def plot(table: Table, title: str) -> Plot:
    """Draw the growth of the columns that are to be drawn."""
    growth = table.growth()
    names = [table.columns[place].rpartition(",")[0] or table.columns[place] for place in table.plotted]
    lines = [[(size, ratios[place]) for size, ratios in growth] for place in table.plotted]
    highest = max(ratio for line in lines for _, ratio in line)
    scale = _Scale(growth[0][0], growth[-1][0], min(_MAX, max(2.0, math.ceil(highest))))
    heading = f"{title}: cost per unit, × that at {_base(table):,}"
    ends = [f"{name} × {line[-1][1]:.2f}" for name, line in zip(names, lines, strict=True)]
    words = f"{heading}. At {growth[-1][0]:,} {table.unit}: {', '.join(ends)}."
    parts = [
        f'<text x="{LEFT}" y="24" font-weight="600">{escape(heading)}</text>',
        *_axes(scale, [size for size, _ in growth], table.unit),
        *(part for place, line in enumerate(lines) for part in _line(scale, line, place)),
        *_legend(scale, names, lines),
    ]
    return Plot(_document(title, words, parts), words.replace("]", ")").replace("[", "("))


def _base(table: Table) -> int:
    return table.base if table.base in dict(table.rows) else table.rows[0][0]


def _document(title: str, words: str, parts: list[str]) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-labelledby="title words">\n<title id="title">{escape(title)}</title>\n'
        f'<desc id="words">{escape(words)}</desc>\n<style>{_STYLE}</style>\n'
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>\n{body}\n</svg>\n'
    )


def _axes(scale: _Scale, sizes: list[int], unit: str) -> list[str]:
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = []
    step = 0.5 if scale.top <= 3 else 1
    for number in range(int(scale.top / step) + 1):
        y = scale.y(number * step)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{number * step:g}</text>')
    y = scale.y(LIMIT)
    parts.append(f'<line class="limit" stroke-dasharray="4 4" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
    for size in sizes:
        parts.append(f'<text x="{scale.x(size):.1f}" y="{bottom + 20}" text-anchor="middle">{size:,}</text>')
    middle = (LEFT + right) / 2
    parts.append(f'<text x="{middle}" y="{bottom + 42}" text-anchor="middle">{escape(unit)} (dashes: × {LIMIT})</text>')
    return parts


def _line(scale: _Scale, line: list[tuple[int, float]], place: int) -> list[str]:
    points = [(scale.x(size), scale.y(ratio)) for size, ratio in line]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = [f'<circle class="c{place}" fill="none" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points]
    dashes = _DASHES[place]
    return [
        f'<polyline class="c{place}" fill="none" stroke-width="2" stroke-dasharray="{dashes}" points="{path}"/>',
        *dots,
    ]


def _legend(scale: _Scale, names: list[str], lines: list[list[tuple[int, float]]]) -> list[str]:
    """A name beside the end of each line, or below the one above it, so that none covers another."""
    x = WIDTH - RIGHT + 44
    order = sorted(range(len(lines)), key=lambda place: -lines[place][-1][1])
    parts, lowest = [], 0.0
    for place in order:
        y = max(scale.y(lines[place][-1][1]), lowest + 20)
        lowest = y
        dashes = _DASHES[place]
        parts.append(
            f'<line class="c{place}" stroke-width="2" stroke-dasharray="{dashes}" x1="{x}" x2="{x + 26}" '
            f'y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        label = f"{names[place]} × {lines[place][-1][1]:.2f}"
        parts.append(f'<text x="{x + 32}" y="{y + 4:.1f}">{escape(label)}</text>')
    return parts
