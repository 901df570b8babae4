"""From Natural Earth to `outlines.txt`: for each country, its outline as an SVG path in the units of the map.

The arcs of the atlas are projected, simplified (Visvalingam and Whyatt: the point with the smallest triangle goes
first) and rounded; two countries share the arcs of their border, so that no gap opens. Crimea is shown as a part of
Ukraine and the north of Cyprus as a part of Cyprus, as the European Union does. What is too small becomes a dot.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

from cmr_watch.web.public.projection import HEIGHT, WIDTH, Coordinates, Point, is_on_map, project
from tests.geodata.sources import ON_THE_MAP

_SMALLEST_TRIANGLE: Final = 1.3
"""Square units: what a point must change to be kept. One unit is 4.8 km."""
_SMALLEST_ISLAND: Final = 5.0
_SMALLEST_COUNTRY: Final = 15.0
"""Square units: what has no larger part is drawn as a dot, as Malta and Liechtenstein are."""
_MARGIN: Final = 12
"""Units beyond the frame at which land is cut off, so that no line is drawn along the frame."""
_DOT: Final = "a3 3 0 1 1 6 0a3 3 0 1 1-6 0z"
_NAMED: Final = {"Kosovo": "XK", "N. Cyprus": "CY"}
"""Areas without a number in the atlas."""
_CRIMEA: Final = Coordinates(34.2, 45.2)
_HEAD: Final = """\
# The outline of each country as an SVG path in the units of the map (`projection.py`), written by `make geodata` from
# Natural Earth 1:50m (public domain).
"""
Ring = list[int]
"""Arcs that follow each other; ~n is arc n backwards."""


class Atlas:
    """A decoded TopoJSON file: the arcs, projected and simplified, and the rings of each country."""

    def __init__(self, atlas: dict[str, Any], codes: dict[str, str]) -> None:
        self._arcs = [_simplified([project(place) for place in _degrees(arc, atlas)]) for arc in atlas["arcs"]]
        self.rings: dict[str, list[Ring]] = {}
        for country in atlas["objects"]["countries"]["geometries"]:
            code = codes.get(country.get("id", "")) or _NAMED.get(country["properties"]["name"])
            if code in ON_THE_MAP:
                self.rings.setdefault(code, []).extend(_rings(country))
        self._move_crimea()

    def points(self, ring: Ring) -> list[Point]:
        """The corners of a ring."""
        return [point for arc in ring for point in self.arc(arc)[:-1]]

    def arc(self, number: int) -> list[Point]:
        """An arc, in its direction."""
        return self._arcs[number] if number >= 0 else self._arcs[~number][::-1]

    def _move_crimea(self) -> None:
        crimea = next(ring for ring in self.rings["RU"] if is_inside(project(_CRIMEA), self.points(ring)))
        self.rings["RU"].remove(crimea)
        self.rings["UA"].append(crimea)


def outlines_text(atlas: dict[str, Any], codes: dict[str, str]) -> str:
    """The content of `outlines.txt`."""
    decoded = Atlas(atlas, codes)
    paths = {code: _path(decoded, rings) for code, rings in sorted(decoded.rings.items())}
    return _HEAD + "".join(f"{code} {path}\n" for code, path in paths.items() if path)


def is_inside(point: Point, ring: Sequence[Point]) -> bool:
    """Whether a point is inside a ring: a line from it to the right crosses the ring an odd number of times."""
    crossings = 0
    for one, other in pairwise([*ring, ring[0]]):
        if (one.y > point.y) != (other.y > point.y):
            at = one.x + (point.y - one.y) / (other.y - one.y) * (other.x - one.x)
            crossings += at > point.x
    return crossings % 2 == 1


def _degrees(arc: list[list[int]], atlas: dict[str, Any]) -> Iterator[Coordinates]:
    (scale_x, scale_y), (left, bottom) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    x = y = 0
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        yield Coordinates(x * scale_x + left, y * scale_y + bottom)


def _rings(country: dict[str, Any]) -> list[Ring]:
    polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
    return [ring for polygon in polygons for ring in polygon]


def _simplified(points: list[Point]) -> list[Point]:
    """The arc without the points that matter least. Slow and simple: each round removes one."""
    kept = points[:]
    while len(kept) > 2:
        areas = [_area(kept[index - 1 : index + 2]) for index in range(1, len(kept) - 1)]
        smallest = min(range(len(areas)), key=areas.__getitem__)
        if areas[smallest] >= _SMALLEST_TRIANGLE:
            break
        del kept[smallest + 1]
    return kept


def _area(ring: Sequence[Point]) -> float:
    return abs(sum(a.x * b.y - b.x * a.y for a, b in pairwise([*ring, ring[0]]))) / 2


# ── paths ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _path(atlas: Atlas, rings: list[Ring]) -> str:
    """The path of a country; if nothing is large enough, a dot; empty if it is not on the map."""
    shapes = [_clipped(atlas.points(ring)) for ring in _merged(rings, atlas)]
    areas = [_area(shape) if len(shape) > 2 else 0.0 for shape in shapes]
    if max(areas) >= _SMALLEST_COUNTRY:
        large = (shape for shape, area in zip(shapes, areas, strict=True) if area >= _SMALLEST_ISLAND)
        return "".join(map(_commands, large))
    points = [point for ring in rings for arc in ring for point in atlas.arc(arc)]
    middle = Point(sum(p.x for p in points) / len(points), sum(p.y for p in points) / len(points))
    return f"M{round(middle.x) - 3} {round(middle.y)}{_DOT}" if is_on_map(middle) else ""


def _merged(rings: list[Ring], atlas: Atlas) -> list[Ring]:
    """The rings without the borders between them."""
    arcs = {arc for ring in rings for arc in ring}
    outer = [[arc for arc in ring if ~arc not in arcs] for ring in rings]
    whole = [ring for ring, kept in zip(rings, outer, strict=True) if len(ring) == len(kept)]
    loose = [arc for ring, kept in zip(rings, outer, strict=True) if len(ring) != len(kept) for arc in kept]
    while loose:
        joined = [loose.pop(0)]
        while following := next((arc for arc in loose if atlas.arc(arc)[0] == atlas.arc(joined[-1])[-1]), None):
            loose.remove(following)
            joined.append(following)
        whole.append(joined)
    return whole


def _clipped(ring: list[Point]) -> list[Point]:
    """The part of a ring that is within the frame and its margin (Sutherland and Hodgman)."""
    for axis, limit, sign in ((0, -_MARGIN, 1), (0, WIDTH + _MARGIN, -1), (1, -_MARGIN, 1), (1, HEIGHT + _MARGIN, -1)):
        ring = list(_clipped_at(ring, axis, limit, sign))
    return ring


def _clipped_at(ring: list[Point], axis: int, limit: int, sign: int) -> Iterator[Point]:
    for one, other in pairwise([*ring[-1:], *ring]):
        is_in, was_in = sign * (other[axis] - limit) >= 0, sign * (one[axis] - limit) >= 0
        if is_in != was_in:
            share = (limit - one[axis]) / (other[axis] - one[axis])
            yield Point(one.x + share * (other.x - one.x), one.y + share * (other.y - one.y))
        if is_in:
            yield other


def _commands(ring: list[Point]) -> str:
    """The ring as a path: a start, then steps in whole units, with no character that is not needed."""
    corners = [(round(point.x), round(point.y)) for point in ring]
    steps = [(x - left, y - top) for (left, top), (x, y) in pairwise(corners) if (x, y) != (left, top)]
    numbers = "".join(f" {number}" if number >= 0 else str(number) for step in steps for number in step)
    return f"M{corners[0][0]} {corners[0][1]}l{numbers.lstrip()}z" if len(steps) > 1 else ""
