"""Places, in the page's own words."""

from __future__ import annotations

import pytest

from cmr_watch.reading.dates import find_dates
from cmr_watch.reading.entries import place_beside
from cmr_watch.reading.places import Place, find_places
from cmr_watch.reading.tokens import scan

Row = tuple[str, str, str | None, str | None, str | None]
PLACES: list[Row] = [  # newest bugs on top
    ("Arlon (Luxembourg, Belgium)", "Arlon", "Luxembourg", "Belgium", "BE"),
    ("Arlon, Luxembourg, Belgium on", "Arlon", "Luxembourg", "Belgium", "BE"),
    ("Graz (AT)", "Graz", None, "AT", "AT"),
    ("Reykjavik (IS)", "Reykjavik", None, "IS", "IS"),
    ("’S-HERTOGENBOSCH, THE NETHERLANDS", "’S-HERTOGENBOSCH", None, "THE NETHERLANDS", "NL"),
    ("Lille, Hauts-de-France (France)", "Lille", "Hauts-de-France", "France", "FR"),
    ("Andorra la Vella, Andorra", "Andorra la Vella", None, "Andorra", "AD"),
    ("Ø Lyon, France", "Lyon", None, "France", "FR"),
    ("Save the date for Lyon, France", "Lyon", None, "France", "FR"),
    ("Textiles – Lyon, France", "Lyon", None, "France", "FR"),
    ("Kittilä - Lapland - Finland", "Kittilä", "Lapland", "Finland", "FI"),
    ("Our next workshop: Lyon, France", "Lyon", None, "France", "FR"),
    ("Aachen / Liège, Germany/Belgium/Netherlands", "Aachen / Liège", None, "Germany", "DE"),
    ("“Skills for Regions”, Lyon, France – ", "Lyon", None, "France", "FR"),
    ("Skills for industry – Lyon, France – ", "Lyon", None, "France", "FR"),
    ("Gorizia/Nova Gorica, Italy/Slovenia", "Gorizia/Nova Gorica", None, "Italy", "IT"),
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
    ("’s-Hertogenbosch, the Netherlands", "’s-Hertogenbosch", None, "Netherlands", "NL"),
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
    "Contact: clusters@eu.eu, Brussels, Belgium",
    "Hosts: Flanders Make, Belgium; VTT, Finland",
    "Hosted by Flanders Make, Belgium",
    "More details will be published here on ",
    "Deadline: ",
    "(CET)",
    "Thursday-Friday",
    "09:00 – 17:00",
    "",
    " – ",
    "📍",
]
BESIDE = [  # the place of the first date
    ("Lyon, France – 12-13 October 2025 – “Steel in Spain”", "Lyon"),
    ("Circular economy: Lyon, France – 12-13 October 2025", "Lyon"),
    ("12-13 October 2025: Lyon, France – 3 May 2026: Brno, Czechia", "Lyon"),
    ("Textiles – 12-13 October 2025 – Lyon, France", "Lyon"),
    ("Lyon – 12-13 October 2025 – Textiles", "Lyon"),
]


def places(text: str) -> tuple[Place, ...]:
    return find_places(scan(text), find_dates(scan(text)))


@pytest.mark.parametrize("row", PLACES, ids=[row[0] for row in PLACES])
def test_places(row: Row) -> None:
    (place,) = [place for place in places(row[0]) if place.city == row[1]]

    assert (place.city, place.region, place.country, place.country_code) == row[1:]


@pytest.mark.parametrize("text", NO_PLACES)
def test_what_is_no_place(text: str) -> None:
    assert places(text) == ()


@pytest.mark.parametrize(("text", "city"), BESIDE)
def test_the_place_beside_a_date(text: str, city: str) -> None:
    place = place_beside(places(text), find_dates(scan(text))[0])

    assert place is not None
    assert place.city == city


@pytest.mark.parametrize(
    "text", ["Trieste, Italy/Slovenia", "Trieste, Italy & Slovenia", "Trieste (Italy and Slovenia)"]
)
def test_of_several_countries_the_first_counts(text: str) -> None:
    (place,) = places(text)

    assert (place.country, place.is_ambiguous) == ("Italy", True)


@pytest.mark.parametrize("text", ["Luxembourg", "Monaco", "San Marino"])
def test_a_name_that_is_both(text: str) -> None:
    (place,) = places(text)

    assert (place.city, place.country, place.is_known) == (text, text, True)
