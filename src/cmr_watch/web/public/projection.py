"""From degrees to the units of the map of Europe: Lambert's azimuthal equal-area projection. Pure.

Centred on 52° N 10° E, as in EPSG:3035, on a sphere: the difference to the ellipsoid is below the width of a line.
"""

from __future__ import annotations

from math import cos, radians, sin, sqrt
from typing import Final, NamedTuple


class Coordinates(NamedTuple):
    """A place on Earth, in degrees (WGS 84)."""

    longitude: float
    latitude: float


class Point(NamedTuple):
    """A point of the picture, in its units: x to the right, y downwards."""

    x: float
    y: float


WIDTH: Final = 1000
HEIGHT: Final = 875
_KILOMETRES_PER_UNIT: Final = 4.8
_WEST: Final = -1850.0
"""The left and the upper edge, in kilometres from the centre: Iceland to the Caucasus, North Cape to Cyprus."""
_NORTH: Final = 2280.0
_RADIUS: Final = 6371.0
_CENTRE: Final = Coordinates(10.0, 52.0)


def project(place: Coordinates) -> Point:
    """The point of the picture for a place, which may be outside its frame."""
    longitude, latitude = radians(place.longitude - _CENTRE.longitude), radians(place.latitude)
    centre = radians(_CENTRE.latitude)
    cosine = sin(centre) * sin(latitude) + cos(centre) * cos(latitude) * cos(longitude)
    scale = _RADIUS * sqrt(2 / max(1 + cosine, 1e-6))  # the opposite point of the Earth has no place on the map
    east = scale * cos(latitude) * sin(longitude)
    north = scale * (cos(centre) * sin(latitude) - sin(centre) * cos(latitude) * cos(longitude))
    return Point((east - _WEST) / _KILOMETRES_PER_UNIT, (_NORTH - north) / _KILOMETRES_PER_UNIT)


def is_on_map(point: Point, margin: float = 0.0) -> bool:
    """Whether the point is within the frame, and not closer to it than the margin."""
    return margin <= point.x <= WIDTH - margin and margin <= point.y <= HEIGHT - margin
