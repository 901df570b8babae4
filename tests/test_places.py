"""Place names: folding, countries and cities with several names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.places import code_itself, country_code, country_codes, fold, is_online, is_same_city
from cmr_watch.reading.lexicon import words_of

COUNTRIES = [  # add new cases at the top
    ("N. Ireland", "GB"),
    ("Slovak Rep.", "SK"),
    ("Republic of Korea", "KR"),
    ("Kosovo*", "XK"),
    ("the Netherlands", "NL"),
    ("NETHERLANDS", "NL"),
    ("Turkiye", "TR"),
    ("Türkiye", "TR"),
    ("Czechia", "CZ"),
    ("Czech Republic", "CZ"),
    ("Bosnia & Herzegovina", "BA"),
    ("Bosnia and Herzegovina", "BA"),
    ("Moldova", "MD"),
    ("North Macedonia", "MK"),
    ("Scotland", "GB"),
    ("U.S.A.", "US"),
    ("Côte d’Ivoire", "CI"),
    ("Côte d'Ivoire", "CI"),
]
MEMBERS = words_of("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE")
NEIGHBOURS = words_of("GB CH NO IS LI UA MD GE AM AZ AL BA ME MK RS XK TR MC SM VA AD IL PS JO LB EG TN MA DZ LY BY")
PARTNERS = words_of("US CA JP KR IN BR MX CL AU NZ SG TW CN ZA")


@pytest.mark.parametrize(("name", "code"), COUNTRIES)
def test_countries(name: str, code: str) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize("name", ["", "x", "Lyon", "Atlantis", "Korea Republic of Kosovo", "a" * 10_000])
def test_unknown_countries(name: str) -> None:
    assert country_code(name) is None


def test_every_country_that_can_host_is_known() -> None:
    assert country_codes() >= {*MEMBERS, *NEIGHBOURS, *PARTNERS}


@pytest.mark.parametrize(("text", "code"), [("FR", "FR"), ("UK", None), ("EL", "GR"), ("GB.", "GB"), ("fr", None)])
def test_country_codes(text: str, code: str | None) -> None:
    assert code_itself(text) == code


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kosice", "Košice"),
        ("Malaga", "Málaga"),
        ("Kraków", "Cracow"),
        ("Lodz", "Łódź"),
        ("Donostia / San Sebastián", "San Sebastian"),
        ("Donostia / San Sebastián", "Donostia"),
        ("ROMA", "Rome"),
        ("Clermont Ferrand", "Clermont-Ferrand"),
    ],
)
def test_names_of_the_same_city(one: str, other: str) -> None:
    assert is_same_city(one, other)


@pytest.mark.parametrize(("one", "other"), [("Lyon", "Lille"), ("Brno", "Bern"), ("Split", "Spit")])
def test_names_of_different_cities(one: str, other: str) -> None:
    assert not is_same_city(one, other)


def test_online() -> None:
    assert is_online("ONLINE")
    assert is_online("Online event")
    assert not is_online("Onlinestadt")


@given(st.text(max_size=60))
def test_folding_is_idempotent(name: str) -> None:
    assert fold(fold(name)) == fold(name)
    assert is_same_city(name, name)
