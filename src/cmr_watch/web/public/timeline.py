"""The timeline as SVG, to stand inside a page: editions above a strip of months, cut-offs below it. Pure.

It reaches from twelve months ago to fifteen months ahead. Editions are circles, cut-offs are diamonds; what is to come
is green, what is not certain is hollow. Labels point away from today, unless the picture ends there: they are placed
from both ends, each in the first row where it meets no other label and no line that leads to one.

The classes are those of the map (`europe_map.py`). A narrow screen has no room for it: the list says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal

from cmr_watch.render.datetimes import day_words, month_and_year, short_month
from cmr_watch.render.i18n import _, pgettext
from cmr_watch.render.joining import in_turn
from cmr_watch.render.sanitize import clean
from cmr_watch.web.public.svg import element, text, width

Kind = Literal["edition", "cutoff"]
MAX_MOMENTS: Final = 200
WIDTH: Final = 1000
_MONTHS: Final = 28
"""Shown: twelve before this one, this one, and fifteen after it."""
_BACK: Final = 12
_ROWS: Final = 6
_ROW_HEIGHT: Final = 19
_FONT_SIZE: Final = 13
_STRIP: Final = 24
_LEAD: Final = 20
"""From the strip to the first row of labels: the room of the marks."""
_TODAY: Final = 18
_RADIUS: Final = 6
_GAP: Final = 6
_SPACE: Final = 4
"""Between two labels, and between a label and its line, beside which it stands as a flag."""
_LABEL_LENGTH: Final = 26
_TITLE_LENGTH: Final = 160


@dataclass(frozen=True, slots=True)
class Moment:
    """An edition or a cut-off on the timeline.

    - `label`: what is shown, as `Kraków, 11–12 Dec`.
    - `name`: what a pointer and a screen reader get; `label` if empty.
    - `is_certain`: whether the page gives its day, and without reservation.
    """

    label: str
    day: date
    kind: Kind
    name: str = ""
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Placed:
    """A moment in the picture. `row`: that of its label, 0 next to the strip; None without a label."""

    moment: Moment
    x: float
    left: float
    right: float
    row: int | None = None


def timeline(moments: Sequence[Moment], today: date, title: str, prefix: str = "timeline") -> str:
    """The timeline around a day. `prefix`: of its ids, which must be unique in a page."""
    shown = shown_moments(moments, today)
    above, below = (place([each for each in shown if each.kind == kind], today) for kind in ("edition", "cutoff"))
    top = _TODAY + _depth(above)
    height = top + _STRIP + _depth(below)
    content = (
        element("title", text(title, _TITLE_LENGTH), id=f"{prefix}-title"),
        element("desc", text(_description(shown, today), 3_000), id=f"{prefix}-desc"),
        *_strip(today, top),
        *_today(today, height),
        *(_moment(each, today, top, -1) for each in above),
        *(_moment(each, today, top + _STRIP, 1) for each in below),
    )
    return element(
        "svg",
        "".join(content),
        xmlns="http://www.w3.org/2000/svg",
        class_="map timeline",
        viewBox=f"0 0 {WIDTH} {height}",
        role="img",
        aria_labelledby=f"{prefix}-title",
        aria_describedby=f"{prefix}-desc",
        font_size=_FONT_SIZE,
    )


def span(today: date) -> str:
    """`November 2025 to February 2028`: what is shown."""
    first, last = _month(today, -_BACK), _month(today, _MONTHS - _BACK - 1)
    return pgettext("months", "{first} to {last}").format(first=month_and_year(first), last=month_and_year(last))


def shown_moments(moments: Sequence[Moment], today: date) -> list[Moment]:
    """Those of the months that are shown, in the order of their days, each once."""
    first, last = _month(today, -_BACK), _month(today, _MONTHS - _BACK)
    return [each for each in sorted(dict.fromkeys(moments), key=_by_day) if first <= each.day < last][:MAX_MOMENTS]


def _by_day(moment: Moment) -> date:
    return moment.day


def _description(moments: Sequence[Moment], today: date) -> str:
    def names(kind: Kind) -> str:
        return in_turn(each.name or each.label for each in moments if each.kind == kind) or _("none")

    sentence = _("Today is {day}. Editions: {editions}. Cut-offs: {cutoffs}.")
    return sentence.format(day=day_words(today), editions=names("edition"), cutoffs=names("cutoff"))


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _month(today: date, number: int) -> date:
    """The first day of a month, counted from this one."""
    year, month = divmod(today.year * 12 + today.month - 1 + number, 12)
    return date(year, month + 1, 1)


def position(day: date, today: date) -> float:
    """Where a day is, from left to right."""
    first, last = _month(today, -_BACK), _month(today, _MONTHS - _BACK)
    return WIDTH * (day - first).days / (last - first).days


def place(moments: Sequence[Moment], today: date) -> list[Placed]:
    """The moments of one side, with the rows of their labels."""
    placed: list[Placed] = []
    past = sorted((each for each in moments if each.day < today), key=_by_day)
    coming = sorted((each for each in moments if each.day >= today), key=_by_day, reverse=True)
    last = [each for each in reversed(coming) if _points_back(each, today)]
    for moment in (*past, *(each for each in coming if each not in last), *last):
        bare = _bare(moment, today)
        rows = (replace(bare, row=row) for row in range(_ROWS if bare.left < bare.right else 0))
        placed.append(next((each for each in rows if not any(_meets(each, other) for other in placed)), bare))
    return placed


def _bare(moment: Moment, today: date) -> Placed:
    """The moment, with the room that its label takes: beside its line, and away from today if there is room."""
    x, long = position(moment.day, today), _length(moment)
    left = max(0.0, x - _SPACE - long if _points_back(moment, today) else x + _SPACE)
    return Placed(moment, x, left, left + long)


def _points_back(moment: Moment, today: date) -> bool:
    """Whether the label is to the left of its line: it is over, or there is no room to the right."""
    return moment.day < today or position(moment.day, today) + _SPACE + _length(moment) > WIDTH


def _length(moment: Moment) -> float:
    return width(clean(moment.label, _LABEL_LENGTH), _FONT_SIZE)


def _meets(one: Placed, other: Placed) -> bool:
    """Whether two labels overlap, or the line to one of them crosses the other."""
    if one.row is None or other.row is None:
        return False
    if one.row == other.row:
        return one.left < other.right + _GAP and other.left < one.right + _GAP
    low, high = (one, other) if one.row < other.row else (other, one)
    return low.left < high.x < low.right


def _depth(placed: Sequence[Placed]) -> int:
    """The room for the rows that are used."""
    rows = [each.row + 1 for each in placed if each.row is not None]
    return _LEAD + _ROW_HEIGHT * max(rows, default=0) if placed else _GAP


# ── the picture ──────────────────────────────────────────────────────────────────────────────────────────────────


def _strip(today: date, top: int) -> Iterator[str]:
    yield element("rect", class_="land", y=top, width=WIDTH, height=_STRIP)
    for number in range(-_BACK, _MONTHS - _BACK):
        first, following = _month(today, number), _month(today, number + 1)
        left, right = position(first, today), position(following, today)
        name = str(first.year) if first.month == 1 else short_month(first)
        if number > -_BACK:
            yield element("path", class_="land", d=f"M{left:.0f} {top}v{_STRIP}")
        yield _text(name, (left + right) / 2, top + 17, class_="month", text_anchor="middle")


def _today(today: date, height: int) -> Iterator[str]:
    x = round(position(today, today))
    yield element("path", class_="stem", d=f"M{x} {_TODAY}V{height}")
    yield _text(_("Today"), x, 13, class_="label", text_anchor="middle")


def _moment(placed: Placed, today: date, edge: int, direction: int) -> str:
    """The mark, the label and the line between them; `direction`: -1 above the strip, 1 below it."""
    moment, x = placed.moment, round(placed.x)
    drawn = element("title", text(moment.name or moment.label, _TITLE_LENGTH))
    at = edge + direction * (_RADIUS + 3)
    if placed.row is not None:
        middle = edge + direction * (_LEAD + _ROW_HEIGHT * placed.row + _ROW_HEIGHT // 2)
        drawn += element("path", class_="stem", d=f"M{x} {at}V{middle + (5 if direction > 0 else -5)}")
        drawn += _label(placed, middle + 5)
    is_hollow = moment.day >= today and not moment.is_certain
    drawn += _mark(moment.kind, x, at, "mark ring" if is_hollow else "mark")
    return element("g", drawn, class_="dot" if moment.day < today else "next")


def _label(placed: Placed, baseline: int) -> str:
    """The label, held at the end where its mark is: how wide it is is a guess."""
    label = clean(placed.moment.label, _LABEL_LENGTH)
    if placed.right <= placed.x:
        return _text(label, placed.right, baseline, class_="label", text_anchor="end")
    return _text(label, placed.left, baseline, class_="label")


def _mark(kind: Kind, x: int, y: int, class_: str) -> str:
    """A circle or a diamond, which a narrow screen shows larger, around its middle."""
    common = {"class_": class_, "transform_origin": f"{x} {y}"}
    if kind == "edition":
        return element("circle", cx=x, cy=y, r=_RADIUS, **common)
    size = _RADIUS + 1
    return element("path", d=f"M{x} {y - size}l{size} {size}-{size} {size}-{size}-{size}z", **common)


def _text(line: str, x: float, y: float, **attributes: object) -> str:
    return element("text", text(line, _TITLE_LENGTH), x=round(x), y=round(y), **attributes)
