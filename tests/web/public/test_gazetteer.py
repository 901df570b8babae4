"""Places: every city of the saved pages is found, and in its own country."""

from __future__ import annotations

import json
import subprocess
import sys
from math import dist
from pathlib import Path
from zlib import compress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.places import country_codes, fold, region_names
from cmr_watch.web.public import gazetteer
from cmr_watch.web.public.gazetteer import locate
from cmr_watch.web.public.projection import Coordinates, Point, is_on_map, project
from tests.geodata.outlines import is_inside
from tests.geodata.sources import ON_THE_MAP
from tests.web.public.outlines import rings

FIXTURES = Path(__file__).parents[2] / "fixtures"
DATA = Path(gazetteer.__file__).parent / "data"

OFF_THE_MAP = {
    ("PT", "Angra do Heroísmo"),
    ("PT", "Funchal"),
    ("PT", "Ponta Delgada"),
    ("ES", "Las Palmas"),
    ("ES", "Las Palmas de Gran Canaria"),
    ("FR", "Pointe-à-Pitre"),
    ("AZ", "Baku"),
    ("EG", "Cairo"),
    ("KZ", "Almaty"),
}
AMBIGUOUS = {("AT", "Vaduz-Feldkirch")}
OFF_THE_REGIONS = {"azores", "acores", "madeira", "canary islands", "canarias", "reunion", "martinique", "guadeloupe"}
HISTORIC = {"ulster"}  # in two countries


def cities_of(value: object) -> set[tuple[str, str]]:
    """The country code and the city of all editions inside a JSON value."""
    if isinstance(value, list):
        return set().union(*map(cities_of, value))
    if not isinstance(value, dict):
        return set()
    own = {(value["country_code"], value["city"])} if value.get("country_code") and value.get("city") else set()
    return own.union(*map(cities_of, value.values()))


FIXTURE_CITIES = sorted(
    set().union(*(cities_of(json.loads(path.read_text("utf-8"))) for path in FIXTURES.rglob("*.json")))
)


def test_every_city_of_the_saved_pages_is_found_or_is_known_to_be_off_the_map() -> None:
    assert len(FIXTURE_CITIES) > 1000
    unknown = {(code, city) for code, city in FIXTURE_CITIES if locate(city, code) is None}
    assert {place for place in unknown if place[0] in ON_THE_MAP} == OFF_THE_MAP | AMBIGUOUS


@pytest.mark.parametrize(
    ("city", "country", "longitude", "latitude"),
    [
        ("Kraków", "PL", 19.9, 50.1),
        ("Cracow", "PL", 19.9, 50.1),
        ("KRAKOW", "PL", 19.9, 50.1),
        ("Ghent", "BE", 3.7, 51.1),
        ("San Sebastián", "ES", -2.0, 43.3),
        ("Donostia / San Sebastián", "ES", -2.0, 43.3),
        ("Lefkosia", "CY", 33.4, 35.2),
        ("Nicosia (Lefkosia)", "CY", 33.4, 35.2),
        ("Skåne", "SE", 13.5, 55.8),
        ("Lapland", "FI", 26.5, 67.4),
        ("Chișinău", "MD", 28.9, 47.0),
        ("Chisinau", "MD", 28.9, 47.0),
        ("Kosice", "SK", 21.3, 48.7),
        ("Aix-la-Chapelle", "DE", 6.1, 50.8),
        ("St. Pölten", "AT", 15.6, 48.2),
        ("Krems", "AT", 15.6, 48.4),
        ("Limburg", "BE", 5.4, 51.0),
        ("Limburg", "NL", 5.9, 50.9),
        ("Pristina", "XK", 21.2, 42.7),
        ("Simferopol", "UA", 34.1, 45.0),
    ],
)
def test_names_in_several_forms(city: str, country: str, longitude: float, latitude: float) -> None:
    assert locate(city, country) == pytest.approx((longitude, latitude), abs=0.12)


def test_of_two_places_of_one_name_it_is_the_most_populous() -> None:
    assert locate("Frankfurt am Main", "DE") == pytest.approx((8.7, 50.1), abs=0.1)
    assert locate("Brest", "FR") == pytest.approx((-4.5, 48.4), abs=0.1)
    assert locate("Brest", "BY") == pytest.approx((23.7, 52.1), abs=0.1)
    assert locate("Halle", "DE") == pytest.approx((12.0, 51.5), abs=0.1)  # not Halle in Westphalia


@pytest.mark.parametrize(
    ("city", "country"),
    [
        ("Kraków", None),  # no country is known
        ("Kraków", "DE"),  # never in another country
        ("Kraków", "??"),
        ("Boston", "US"),
        ("Atlantis", "GR"),
        ("San", "ES"),  # many places begin with it
        ("Villa", "ES"),
        ("", "DE"),
        ("/", "DE"),
        ("|", "DE"),
        ("6 95 50 93", "DE"),
        ("DE", "DE"),
    ],
)
def test_what_is_unknown_is_nowhere(city: str, country: str | None) -> None:
    assert locate(city, country) is None


def test_the_region_counts_if_the_city_is_unknown() -> None:
    assert locate("Nowhere", "IT", "Veneto") == locate("Veneto", "IT")
    assert locate("Padua", "IT", "Lombardy") == locate("Padova", "IT")
    assert locate("Nowhere", "IT", "Nowhere") is None
    assert locate("Nowhere", "DE", "Veneto") is None


def test_the_regions_that_the_reading_engine_knows_are_found() -> None:
    found = {name for name in region_names() if any(locate(name, code) for code in ON_THE_MAP)}
    assert region_names() - found == OFF_THE_REGIONS | HISTORIC


@given(st.text(), st.sampled_from(sorted(country_codes())) | st.text(max_size=3) | st.none(), st.text() | st.none())
def test_any_text_is_a_place_on_the_map_or_none(city: str, country: str | None, region: str | None) -> None:
    place = locate(city, country, region)
    assert place is None or is_on_map(project(place))


# ── the data ─────────────────────────────────────────────────────────────────────────────────────────────────────


def lines(file: str) -> list[tuple[str, Coordinates, list[str]]]:
    """Country code, coordinates and names of each line."""
    found, code = [], ""
    for line in (DATA / file).read_text("utf-8").splitlines():
        if len(line) == 2:
            code = line
        elif not line.startswith("#"):
            numbers, *names, end = line.split("|")
            assert end == ""
            found.append((code, Coordinates(*map(float, numbers.split())), names))
    return found


@pytest.mark.parametrize("file", ["places.txt", "own_places.txt"])
def test_names_are_folded_and_occur_once_in_a_country(file: str) -> None:
    names = [(code, name) for code, _, found in lines(file) for name in found]
    assert len(names) == len(set(names))
    assert all(name and "|" not in name and fold(name) == name for _, name in names)


def test_our_own_places_come_first() -> None:
    wales = [place for code, place, names in lines("places.txt") if code == "GB" and "wales" in names]
    assert wales == [(-1.28, 53.34)]  # a village in Yorkshire
    assert locate("Wales", "GB") == (-3.7, 52.3)


@pytest.mark.parametrize("file", ["places.txt", "own_places.txt"])
def test_every_place_is_in_its_country(file: str) -> None:
    """In its outline, or within 60 km: outlines are simplified, and small islands are left out."""
    outlines = rings()
    far = [
        (code, names[0])
        for code, place, names in lines(file)
        if not any(is_near(project(place), ring, 60 / 4.8) for ring in outlines[OUTLINE_OF.get(code, code)])
    ]
    assert set(far) <= FAR_PLACES


FAR_PLACES = {("ES", "melilla"), ("IT", "pantelleria"), ("IT", "lampedusa"), ("GB", "dhekelia")}
OUTLINE_OF = {"GI": "ES"}  # too small for the atlas


def is_near(point: Point, ring: list[Point], units: float) -> bool:
    return is_inside(point, ring) or any(dist(point, corner) <= units for corner in ring)


def test_the_data_is_small() -> None:
    """At most 350 KB in a wheel, which is compressed."""
    assert sum(len(compress((DATA / name).read_bytes(), 9)) for name in ("places.txt", "own_places.txt")) < 350_000


def test_the_data_is_read_at_the_first_question_and_takes_little_memory() -> None:
    code = (
        "import tracemalloc; tracemalloc.start()\n"
        "from cmr_watch.web.public import gazetteer\n"
        "before = tracemalloc.get_traced_memory()[0]\n"
        "assert gazetteer._sections.cache_info().currsize == 0\n"
        "assert gazetteer.locate('Lyon', 'FR')\n"
        "print(tracemalloc.get_traced_memory()[0] - before)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 500_000 < int(result.stdout) < 1_500_000
