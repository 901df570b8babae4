"""The timeline: everything at its day, labels that can be read, well-formed whatever a label says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.web.public.timeline import WIDTH, Moment, Placed, place, position, shown_moments, span, timeline
from tests.web.public.test_europe_map import HOSTILE, SVG, by_class

TODAY = date(2026, 11, 28)
KRAKOW = Moment("Kraków, 11–12 Dec", date(2026, 12, 11), "edition", "Kraków, Poland, 11–12 December 2026")
LYON = Moment("Lyon", date(2026, 10, 12), "edition")
CUTOFF = Moment("22 Dec, 18:00", date(2026, 12, 22), "cutoff")
JUNE = Moment("Heilbronn, Jun", date(2027, 6, 15), "edition", is_certain=False)


def parsed(moments: Sequence[Moment], today: date = TODAY, title: str = "Timeline") -> ElementTree.Element:
    return ElementTree.fromstring(timeline(moments, today, title))


def texts(root: ElementTree.Element, class_: str = "month") -> list[str | None]:
    return [element.text for element in by_class(root, class_)]


def test_editions_are_circles_and_cutoffs_are_diamonds() -> None:
    marks = by_class(parsed([KRAKOW, LYON, CUTOFF]), "mark")
    assert sorted(mark.tag.removeprefix(SVG) for mark in marks) == ["circle", "circle", "path"]


def test_what_is_over_and_what_is_not_certain_are_told_apart() -> None:
    root = parsed([KRAKOW, LYON, JUNE])
    assert [element.get("class") for element in root.iter(f"{SVG}g")] == ["dot", "next", "next"]
    assert len(by_class(root, "mark ring")) == 1


def test_today_counts_as_to_come() -> None:
    assert len(by_class(parsed([Moment("Lyon", TODAY, "edition")]), "next")) == 1


def test_every_moment_has_a_label_and_a_title() -> None:
    root = parsed([KRAKOW, LYON, CUTOFF])
    assert texts(root, "label") == ["Today", "Lyon", "Kraków, 11–12 Dec", "22 Dec, 18:00"]
    titles = [element.text for element in root.iter(f"{SVG}title")]
    assert titles == ["Timeline", "Lyon", "Kraków, Poland, 11–12 December 2026", "22 Dec, 18:00"]


def test_months_are_marked_and_january_shows_its_year() -> None:
    months = texts(parsed([]))
    assert months[:4] == ["Nov", "Dec", "2026", "Feb"]
    assert len(months) == 28
    assert months.count("2027") == 1


def test_positions_follow_the_days() -> None:
    assert position(date(2025, 11, 1), TODAY) == 0
    assert position(date(2028, 3, 1), TODAY) == WIDTH
    assert position(KRAKOW.day, TODAY) - position(TODAY, TODAY) == pytest.approx(13 * WIDTH / 851)


def test_it_shows_everything_between_the_ends_of_its_axis() -> None:
    days = [date(2025, 10, 31), date(2025, 11, 1), date(2028, 2, 29), date(2028, 3, 1)]
    moments = [Moment(str(day), day, "edition") for day in days]
    assert [each.day for each in shown_moments(moments, TODAY)] == days[1:3]
    assert shown_moments([LYON, LYON], TODAY) == [LYON]
    assert span(TODAY) == "November 2025 to February 2028"


def test_a_label_at_the_end_of_the_axis_points_back() -> None:
    days = {"20 Dec, 18:00": date(2027, 12, 20), "31 Jan, 18:00": date(2028, 1, 31), "30 Sep, 18:00": date(2027, 9, 30)}
    placed = place([Moment(label, day, "cutoff") for label, day in days.items()], TODAY)
    points_back = [(each.moment.label[:3], each.right < each.x) for each in placed]
    points_back = [(each.moment.label[:3], each.right < each.x) for each in placed]
    assert points_back == [("30 ", False), ("20 ", True), ("31 ", True)]
    assert None not in [each.row for each in placed]
    assert_readable(placed)


def test_it_is_one_image_with_a_title_and_a_description() -> None:
    root = parsed([KRAKOW, CUTOFF], title="Two years")
    described = {element.get("id"): element.text for element in root.iter()}
    assert root.get("role") == "img"
    assert described[root.get("aria-labelledby")] == "Two years"
    assert described[root.get("aria-describedby")] == (
        "Today is 28 November 2026. Editions: Kraków, Poland, 11–12 December 2026. Cut-offs: 22 Dec, 18:00."
    )


def test_labels_that_would_collide_are_in_several_rows() -> None:
    moments = [Moment(f"City {number}", TODAY + timedelta(days=5 * number), "edition") for number in range(1, 5)]
    placed = place(moments, TODAY)
    assert [each.row for each in placed] == [0, 1, 2, 3]  # the last one next to the strip, the others above
    assert_readable(placed)


def test_a_busy_year_keeps_its_labels() -> None:
    cities = "Iași Düsseldorf Prague Lyon Burgas Skåne Kittilä Kosice".split()  # noqa: SIM905
    days = [7, 20, 36, 47, 76, 166, 217, 244]
    moments = [Moment(city, TODAY - timedelta(days=ago), "edition") for city, ago in zip(cities, days, strict=True)]
    placed = place(moments, TODAY)
    assert None not in [each.row for each in placed]
    assert_readable(placed)


def test_what_finds_no_place_keeps_its_mark() -> None:
    root = parsed([Moment(f"A long label {number}", KRAKOW.day, "edition") for number in range(30)])
    assert len(by_class(root, "mark")) == 30
    assert 1 < len(by_class(root, "stem")) < 31  # one is that of today


def test_nothing_in_it_is_styled_inline() -> None:
    assert not re.search(r"style|fill=|stroke=|#[0-9a-f]{3}", timeline([KRAKOW, JUNE, CUTOFF], TODAY, "Timeline"))


def test_it_is_small_with_many_moments() -> None:
    moments = [Moment(f"City {n}", TODAY + timedelta(days=n - 300), "edition", is_certain=n > 9) for n in range(600)]
    assert len(timeline(moments, TODAY, "Timeline").encode()) < 45_000


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_is_harmless(words: str) -> None:
    markup = timeline([Moment(words, KRAKOW.day, "edition", words), Moment(words, LYON.day, "cutoff")], TODAY, words)
    root = ElementTree.fromstring(markup)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= set(ELEMENTS)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]", markup)


ELEMENTS = ("svg", "title", "desc", "path", "g", "circle", "text", "rect")
moments_strategy = st.lists(
    st.builds(
        Moment,
        st.text(max_size=60),
        st.dates(date(2025, 6, 1), date(2028, 6, 1)) | st.dates(),
        st.sampled_from(["edition", "cutoff"]),
        st.text(),
        st.booleans(),
    ),
    max_size=30,
)


@given(moments_strategy, st.dates(date(1970, 1, 1), date(2200, 1, 1)) | st.just(TODAY), st.text())
def test_any_moments_make_a_well_formed_picture(moments: list[Moment], today: date, title: str) -> None:
    markup = timeline(moments, today, title)
    root = ElementTree.fromstring(markup.encode())
    height = int(root.get("viewBox", "").split()[-1])
    assert all(0 <= float(text.get("y", "")) <= height for text in root.iter(f"{SVG}text"))
    assert_readable(place([each for each in shown_moments(moments, today) if each.kind == "edition"], today))


def assert_readable(placed: Sequence[Placed]) -> None:
    """Labels are inside the picture, meet no other label, and no line to a label crosses another."""
    labelled = [each for each in placed if each.row is not None]
    for each in labelled:
        assert 0 <= each.left < each.right <= WIDTH
    for one, other in combinations(labelled, 2):
        assert one.row is not None
        assert other.row is not None
        if one.row == other.row:
            assert one.right <= other.left or other.right <= one.left
        low, high = sorted((one, other), key=lambda each: each.row or 0)
        assert low.row == high.row or not low.left < high.x < low.right
