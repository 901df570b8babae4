"""Places, in the page's own words."""

from __future__ import annotations

import pytest

from cmr_watch.monitor.parse.place import names_a_country, read_place

Row = tuple[str, str, str | None, str | None, str | None]
PLACES: list[Row] = [  # newest bugs on top
    ("“Skills for Regions”, Lyon, France – ", "Lyon", None, "France", "FR"),
    ("Skills for industry – Lyon, France – ", "Lyon", None, "France", "FR"),
    ("Gorizia/Nova Gorica, Italy/Slovenia", "Gorizia/Nova Gorica", None, "Italy/Slovenia", None),
    ("City: Lyon, Country: France", "Lyon", None, "France", "FR"),
    ("Prague, Czechia (Czech Republic)", "Prague", None, "Czech Republic", "CZ"),
    ("Chisinau, Moldova (Republic of)", "Chisinau", None, "Moldova", "MD"),
    ("Pristina, Kosovo (under UNSCR 1244/99)", "Pristina", None, "Kosovo", "XK"),
    ("Žilina, Slovak Rep.", "Žilina", None, "Slovak Rep.", "SK"),
    ("Washington, D.C., USA", "Washington", "D.C.", "USA", "US"),
    ("Lyon (tbc), France", "Lyon", None, "France", "FR"),
    ("Lyon & online, France", "Lyon", None, "France", "FR"),
    ("Hybrid: Lyon, France", "Lyon", None, "France", "FR"),
    ("CANCELLED Lyon, France", "Lyon", None, "France", "FR"),
    ("Postponed Lyon, France", "Lyon", None, "France", "FR"),
    ("NEW Lyon, France", "Lyon", None, "France", "FR"),
    ("New Delhi, India", "New Delhi", None, "India", "IN"),
    ("NEW DELHI, INDIA", "NEW DELHI", None, "INDIA", "IN"),
    ("#CMR25 Lyon, France", "Lyon", None, "France", "FR"),
    ("'Clusters meet Regions' – Lyon, France", "Lyon", None, "France", "FR"),
    ("1️⃣ Lyon, France", "Lyon", None, "France", "FR"),
    ("a) Lyon, France", "Lyon", None, "France", "FR"),
    ("o Lyon, France", "Lyon", None, "France", "FR"),
    ("Lyon, France …", "Lyon", None, "France", "FR"),
    ("Belfast, Northern Ireland (UK)", "Belfast", "Northern Ireland", "UK", "GB"),
    ("Edinburgh, Scotland, United Kingdom", "Edinburgh", "Scotland", "United Kingdom", "GB"),
    ("Las Palmas, Gran Canaria, Canary Islands, Spain", "Las Palmas", "Gran Canaria, Canary Islands", "Spain", "ES"),
    ("Donostia / San Sebastián, Spain", "Donostia / San Sebastián", None, "Spain", "ES"),
    ("Lyon (Auvergne-Rhône-Alpes, France)", "Lyon", "Auvergne-Rhône-Alpes", "France", "FR"),
    ("’s-Hertogenbosch, the Netherlands", "’s-Hertogenbosch", None, "the Netherlands", "NL"),
    ("Athens, EL", "Athens", None, "EL", "GR"),
    ("Lyon-France", "Lyon", None, "France", "FR"),
    ("Seoul, Republic of Korea", "Seoul", None, "Republic of Korea", "KR"),
    ("Luxembourg", "Luxembourg", None, "Luxembourg", "LU"),
    ("Lyon, Atlantis", "Lyon", None, "Atlantis", None),
    ("Lyon", "Lyon", None, None, None),
    ("Online – hosted by Lyon, France", "Online", None, None, None),
    ("Online edition", "Online edition", None, None, None),
    ("Frankfurt an der Oder, Germany", "Frankfurt an der Oder", None, "Germany", "DE"),
]
NO_PLACES = [
    "Potentially, depending on previous selections’ results, ",
    "clusters@eu.eu, Brussels, Belgium",
    "More details will be published here on ",
    "Deadline: ",
    "The 18th workshop took place in Lyon, France",
    "",
    " – ",
    "📍",
]


@pytest.mark.parametrize("row", PLACES, ids=[row[0] for row in PLACES])
def test_places(row: Row) -> None:
    place = read_place(row[0])

    assert place is not None
    assert (place.city, place.region, place.country, place.country_code) == row[1:]


@pytest.mark.parametrize("text", NO_PLACES)
def test_what_is_no_place(text: str) -> None:
    assert read_place(text) is None


def test_a_country_anywhere_in_a_text() -> None:
    assert names_a_country("our next workshop will be in Brno in the Czech Republic")
    assert not names_a_country("more details will be published here on 3 March 2024")
