"""The map of Europe: well-formed, small, with labels that can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.web.public.europe_map import Dot, europe_map, is_shown, no_statement, place_labels
from cmr_watch.web.public.gazetteer import locate
from cmr_watch.web.public.projection import HEIGHT, WIDTH, Coordinates, project
from tests.geodata.outlines import is_inside
from tests.geodata.sources import ON_THE_MAP
from tests.web.public.outlines import rings

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = (
    "<script>alert(1)</script>",
    "]]><!-- \x00\x0b\x1b[31m &amp; \ud800 \ufffe",
    "\u202eevil\u2066",
    '" onload="alert(1)',
    "W" * 500,
    "",
)


def dot(city: str, country: str, state: str = "upcoming", **values: str) -> Dot:
    place = locate(city, country)
    assert place
    return Dot(city, place, state, **values)  # type: ignore[arg-type]


KRAKOW = dot("Kraków", "PL", name="Kraków, Poland, 11–12 December 2026")
KATOWICE = dot("Katowice", "PL", "held")
CHARLEROI = dot("Charleroi", "BE")
LYON = dot("Lyon", "FR", "held")


def parsed(dots: Sequence[Dot], hosts: Sequence[str] = (), title: str = "Map of Europe") -> ElementTree.Element:
    return ElementTree.fromstring(europe_map(dots, hosts, title))


def by_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if element.get("class") == name]


def test_each_edition_has_a_dot_and_those_to_come_a_ring_and_a_label() -> None:
    root = parsed([KRAKOW, KATOWICE, CHARLEROI, LYON])
    assert len(by_class(root, "dot")) == 2
    assert len(by_class(root, "next")) == 2
    assert len(by_class(root, "ring")) == 2  # the difference without colour
    assert [text.text for text in root.iter(f"{SVG}text")] == ["Kraków", "Charleroi"]


def test_a_dot_says_on_pointing_which_edition_it_is() -> None:
    titles = [element.text for element in parsed([KRAKOW, LYON]).iter(f"{SVG}title")]
    assert titles == ["Map of Europe", "Lyon", "Kraków, Poland, 11–12 December 2026"]


def test_dots_are_where_their_city_is() -> None:
    [circle] = by_class(parsed([LYON]), "dot")[0].iter(f"{SVG}circle")
    x, y = project(LYON.place)
    assert (circle.get("cx"), circle.get("cy")) == (str(round(x)), str(round(y)))
    assert any(is_inside(project(LYON.place), ring) for ring in rings()["FR"])


def test_without_links_it_is_one_image_with_a_title_and_a_description() -> None:
    root = parsed([KRAKOW, LYON], title="2 editions in 2 countries")
    assert root.get("role") == "img"
    texts = {element.get("id"): element.text for element in root.iter()}
    assert texts[root.get("aria-labelledby")] == "2 editions in 2 countries"
    assert texts[root.get("aria-describedby")] == "To come: Kraków, Poland, 11–12 December 2026. Held: Lyon."


def test_with_links_it_is_a_group_of_links_with_names() -> None:
    root = parsed([dot("Kraków", "PL", name="Kraków, Poland", link="/editions/krakow-2026?a=1&b=2"), LYON])
    assert root.get("role") == "group"
    [link] = root.iter(f"{SVG}a")
    assert (link.get("href"), link.get("aria-label")) == ("/editions/krakow-2026?a=1&b=2", "Kraków, Poland")
    assert len(by_class(link, "hit")) == 1


def test_ids_begin_with_the_prefix() -> None:
    one = europe_map([LYON], (), "Map", prefix="a")
    assert re.findall(r' id="([^"]+)"', one) == ["a-title", "a-desc"]


def test_the_countries_that_have_hosted_are_drawn_apart() -> None:
    land, host = by_class(parsed([], ["FR", "PL"]), "land")[0], by_class(parsed([], ["FR", "PL"]), "host")[0]
    assert len(host.get("d", "")) < len(land.get("d", ""))
    assert by_class(parsed([], ["US", "<"]), "host") == []
    assert by_class(parsed([], ()), "host") == []


def test_every_country_on_the_map_has_an_outline() -> None:
    assert set(rings()) == set(ON_THE_MAP) - {"GI"}  # not in the atlas at this scale


def test_microstates_are_drawn_as_dots() -> None:
    for code in ("LI", "MC", "SM", "MT", "VA"):
        assert len(rings()[code][0]) == 1, code


def test_crimea_is_drawn_with_ukraine_and_cyprus_whole() -> None:
    for code, place in (
        ("UA", Coordinates(34.1, 45.2)),
        ("CY", Coordinates(33.6, 35.28)),
        ("CY", Coordinates(33, 34.9)),
    ):
        assert any(is_inside(project(place), ring) for ring in rings()[code]), code
    assert not any(is_inside(project(Coordinates(34.1, 45.2)), ring) for ring in rings()["RU"])
    assert len(rings()["CY"]) == 1  # no line across the island


def test_a_place_off_the_map_is_left_out() -> None:
    canaries = Coordinates(-15.4, 28.1)
    assert not is_shown(canaries)
    assert is_shown(LYON.place)
    root = parsed([Dot("Las Palmas", canaries, "upcoming")])
    assert by_class(root, "next") == []
    assert list(root.iter(f"{SVG}text")) == []


def test_two_editions_in_one_city_have_one_label() -> None:
    assert [label.words for label in place_labels([KRAKOW, KRAKOW])] == ["Kraków"]


def test_labels_avoid_the_dots_beside_them() -> None:
    dots = [dot("Katowice", "PL"), KRAKOW, dot("Ostrava", "CZ", "held")]
    assert_readable(dots)
    assert len(place_labels(dots)) == 2


def test_twenty_editions_at_once_keep_most_labels() -> None:
    cities = (
        "Kraków PL,Katowice PL,Brno CZ,Ostrava CZ,Vienna AT,Bratislava SK,Budapest HU,Graz AT,Zagreb HR,Ljubljana SI,"
        "Trieste IT,Lisbon PT,Reykjavík IS,Tbilisi GE,Nicosia CY,Valletta MT,Oulu FI,Brussels BE,Antwerp BE,Lille FR"
    )
    dots = [dot(*city.rsplit(" ", 1)) for city in cities.split(",")]
    assert_readable(dots)
    assert len(place_labels(dots)) >= 17


def test_the_picture_is_small() -> None:
    cities = ["Lyon", "Paris", "Lille", "Nice", "Nantes", "Brest", "Metz", "Dijon", "Tours", "Reims"]
    dots = [dot(city, "FR", name=f"{city}, France, 1–2 March 2027", link=f"/editions/{city}-2027") for city in cities]
    assert len(europe_map(dots * 2, ON_THE_MAP[::2], "Map").encode()) < 45_000


def test_nothing_in_it_is_styled_inline() -> None:
    assert not re.search(r"style|fill=|stroke=|#[0-9a-f]{3}", europe_map([KRAKOW, LYON], ["FR"], "Map"))


def test_a_thousand_editions_are_not_too_many() -> None:
    assert len(europe_map([LYON] * 1000, (), "Map").encode()) < 70_000


def test_there_is_a_line_on_borders() -> None:
    assert "imply no position" in no_statement()


# ── hostile text ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_is_harmless(words: str) -> None:
    markup = europe_map([Dot(words, KRAKOW.place, "upcoming", words, words)], [words], words)
    root = ElementTree.fromstring(markup)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= ELEMENTS
    assert not {name for element in root.iter() for name in element.keys() if name.startswith("on")}  # noqa: SIM118
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]", markup)


ELEMENTS = {"svg", "title", "desc", "path", "g", "circle", "text", "a"}
places = st.builds(Coordinates, st.floats(-180, 180), st.floats(-90, 90)) | st.builds(
    Coordinates, st.floats(-10, 40), st.floats(35, 70)
)
dots_strategy = st.lists(
    st.builds(
        Dot, st.text(max_size=60), places, st.sampled_from(["upcoming", "held"]), st.text(), st.none() | st.text()
    ),
    max_size=25,
)


@given(dots_strategy, st.lists(st.sampled_from(ON_THE_MAP)), st.text())
def test_any_editions_make_a_well_formed_picture(dots: list[Dot], hosts: list[str], title: str) -> None:
    europe_map(dots, hosts, title).encode()
    parsed(dots, hosts, title)
    assert_readable([dot for dot in dots if is_shown(dot.place)])


def assert_readable(dots: Sequence[Dot]) -> None:
    """Labels are inside the frame and meet no other label."""
    labels = place_labels(dots)
    for label in labels:
        assert 0 <= label.box.left < label.box.right <= WIDTH
        assert 0 <= label.box.top < label.box.bottom <= HEIGHT
    assert not any(one.box.overlaps(other.box) for one, other in combinations(labels, 2))
