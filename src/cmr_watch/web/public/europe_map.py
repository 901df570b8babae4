"""The map of Europe as SVG, to stand inside a page: countries, those that have hosted, a dot for each edition. Pure.

Colours are those of the stylesheet, by class: `land`, `host`, `dot` (held), `next` (to come; its ring makes the
difference without colour), `label`. The size of text and dots is a part of the picture: labels are placed by it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal, NamedTuple

from cmr_watch.render.i18n import _
from cmr_watch.render.joining import in_turn
from cmr_watch.render.sanitize import clean
from cmr_watch.web.public.projection import HEIGHT, WIDTH, Coordinates, Point, is_on_map, project
from cmr_watch.web.public.svg import element, text, width

MAX_DOTS: Final = 200
_FONT_SIZE: Final = 25
_LABEL_LENGTH: Final = 24
_TITLE_LENGTH: Final = 120
_RADIUS: Final = 8
_RING: Final = 15
_TARGET: Final = 24
"""The radius within which a click counts: 24 px in a picture of 500 px."""
_GAP: Final = 5
_MARGIN: Final = 4


@dataclass(frozen=True, slots=True)
class Dot:
    """An edition on the map.

    - `label`: its city, shown beside the dot if the edition is to come.
    - `name`: what a pointer and a screen reader get: city, country and days; `label` if empty.
    - `link`: a path of this site, or None.
    """

    label: str
    place: Coordinates
    state: Literal["upcoming", "held"]
    name: str = ""
    link: str | None = None


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: _Box) -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)

    def is_on_map(self) -> bool:
        corners = Point(self.left, self.top), Point(self.right, self.bottom)
        return all(is_on_map(corner, _MARGIN) for corner in corners)


@dataclass(frozen=True, slots=True)
class Label:
    """A label, with the point where it starts: the left end of its baseline."""

    words: str
    start: Point
    box: _Box


def no_statement() -> str:
    """The line that belongs below the map."""
    return _("Borders shown imply no position on the status of any territory.")


def is_shown(place: Coordinates) -> bool:
    """Whether a place is within the frame of the map. Las Palmas and Ponta Delgada are not."""
    return is_on_map(project(place), _RING + _MARGIN)


def europe_map(dots: Sequence[Dot], hosts: Collection[str], title: str, prefix: str = "map") -> str:
    """The map. Dots outside its frame are left out. `prefix`: of its ids, which must be unique in a page.

    Without links the picture is one image with a title and a description; with links it is a group of them.
    """
    shown = [dot for dot in dots if is_shown(dot.place)][:MAX_DOTS]
    shown.sort(key=lambda dot: dot.state == "upcoming")  # stable; what is to come is drawn on top
    has_links = any(dot.link for dot in shown)
    content = (
        element("title", text(title, _TITLE_LENGTH), id=f"{prefix}-title"),
        element("desc", text(_description(shown), 2_000), id=f"{prefix}-desc"),
        *_countries(frozenset(hosts)),
        *(_dot(dot) for dot in shown),
        _labels(place_labels(shown)),
    )
    return element(
        "svg",
        "".join(content),
        xmlns="http://www.w3.org/2000/svg",
        class_="map",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="group" if has_links else "img",
        aria_labelledby=f"{prefix}-title",
        aria_describedby=f"{prefix}-desc",
    )


def _description(dots: Sequence[Dot]) -> str:
    def names(state: str) -> str:
        return in_turn(dict.fromkeys(dot.name or dot.label for dot in dots if dot.state == state)) or _("none")

    upcoming, held = names("upcoming"), names("held")
    return _("To come: {upcoming}. Held: {held}.").format(upcoming=upcoming, held=held)


# ── countries ────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _outlines() -> dict[str, str]:
    """Country code → path."""
    lines = (files("cmr_watch.web.public") / "data" / "outlines.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.partition(" ") for line in lines if not line.startswith("#"))
    return {code: path for code, _, path in rows}


def _countries(hosts: frozenset[str]) -> Iterator[str]:
    outlines = _outlines()
    yield element("path", class_="land", d="".join(path for code, path in outlines.items() if code not in hosts))
    if drawn := "".join(path for code, path in outlines.items() if code in hosts):
        yield element("path", class_="host", d=drawn)


# ── dots and labels ──────────────────────────────────────────────────────────────────────────────────────────────


def _dot(dot: Dot) -> str:
    x, y = map(round, project(dot.place))
    title = element("title", text(dot.name or dot.label, _TITLE_LENGTH))
    if dot.state == "upcoming":
        marks = element("circle", class_="ring", cx=x, cy=y, r=_RING) + element("circle", cx=x, cy=y, r=_RADIUS)
    else:
        marks = element("circle", cx=x, cy=y, r=_RADIUS)
    drawn = element("g", title + marks, class_="next" if dot.state == "upcoming" else "dot")
    if dot.link is None:
        return drawn
    target = element("circle", class_="hit", cx=x, cy=y, r=_TARGET)
    name = text(dot.name or dot.label, _TITLE_LENGTH)
    return element("a", target + drawn, href=text(dot.link, 500), aria_label=name)


def place_labels(dots: Sequence[Dot]) -> list[Label]:
    """The labels of the editions to come, in a place where they meet no other label and, if possible, no dot.

    The first place that fits counts: right, left, above, below; a label that fits nowhere is left out.
    """
    placed: dict[tuple[str, Point], Label] = {}
    for dot in dots:
        words, point = clean(dot.label, _LABEL_LENGTH), project(dot.place)
        if dot.state == "upcoming" and words and (words, point) not in placed:
            taken = [label.box for label in placed.values()]
            if label := _fitting(words, point, taken, dots):
                placed[words, point] = label
    return list(placed.values())


def _fitting(words: str, point: Point, taken: Sequence[_Box], dots: Sequence[Dot]) -> Label | None:
    """The first place that meets no label and no dot; otherwise no label and no ring; otherwise no label."""
    choices = [choice for choice in _choices(words, point) if choice.box.is_on_map() and _is_free(choice.box, taken)]
    for states in (("upcoming", "held"), ("upcoming",), ()):
        obstacles = _marks_around(point, [dot for dot in dots if dot.state in states])
        if found := next((choice for choice in choices if _is_free(choice.box, obstacles)), None):
            return found
    return None


def _marks_around(point: Point, dots: Sequence[Dot]) -> list[_Box]:
    """The other dots, without those that the dot at this point covers."""
    own = _around(point, _RING)
    marks = (_around(project(dot.place), _RING) for dot in dots)
    return [mark for mark in marks if not mark.overlaps(own)]


def _is_free(box: _Box, obstacles: Sequence[_Box]) -> bool:
    return not any(box.overlaps(other) for other in obstacles)


def _choices(words: str, point: Point) -> Iterator[Label]:
    """The places for a label, the best one first."""
    wide, beside, half = width(words, _FONT_SIZE), _RING + _GAP, _FONT_SIZE * 0.35
    right, left, centred = point.x + beside, point.x - beside - wide, point.x - wide / 2
    above, below = point.y - beside, point.y + beside + 0.75 * _FONT_SIZE
    places = (
        *((right, point.y + half), (left, point.y + half), (centred, above), (centred, below)),
        *((right - _RING, above), (right - _RING, below), (left + _RING, above), (left + _RING, below)),
    )
    for x, y in places:
        yield Label(words, Point(x, y), _Box(x, y - 0.8 * _FONT_SIZE, x + wide, y + 0.25 * _FONT_SIZE))


def _around(point: Point, radius: float) -> _Box:
    return _Box(point.x - radius, point.y - radius, point.x + radius, point.y + radius)


def _labels(labels: Sequence[Label]) -> str:
    drawn = [
        element("text", text(label.words, _LABEL_LENGTH), x=round(label.start.x), y=round(label.start.y))
        for label in labels
    ]
    return element("g", "".join(drawn), class_="label", font_size=_FONT_SIZE, aria_hidden="true") if drawn else ""
