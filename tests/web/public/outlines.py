"""The outlines of the map, as rings of points."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from cmr_watch.web.public import europe_map
from cmr_watch.web.public.projection import Point

TEXT = (Path(europe_map.__file__).parent / "data" / "outlines.txt").read_text("utf-8")
_NUMBER = re.compile(r"-?\d+")


@cache
def rings() -> dict[str, list[list[Point]]]:
    """Country code → its rings; a dot is its middle."""
    rows = (line.split(" ", 1) for line in TEXT.splitlines() if not line.startswith("#"))
    return {code: [_ring(part) for part in path.split("M")[1:]] for code, path in rows}


def _ring(path: str) -> list[Point]:
    start, _, steps = path.partition("l")
    x, y, *_ = map(int, _NUMBER.findall(start))
    points, numbers = [Point(x, y)], list(map(int, _NUMBER.findall(steps)))
    for step_x, step_y in zip(numbers[::2], numbers[1::2], strict=True):
        points.append(Point(points[-1].x + step_x, points[-1].y + step_y))
    return points
