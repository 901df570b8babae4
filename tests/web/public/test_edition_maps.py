"""The map of editions on the pages, and the same as a list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cmr_watch.models.readings import Edition, KnownEdition
from cmr_watch.web.public.edition_maps import edition_map

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
LYON = Edition("Lyon", None, "France", "FR", date(2026, 10, 12), date(2026, 10, 13), section="past", status="held")
KRAKOW = Edition("Kraków", None, "Poland", "PL", date(2026, 12, 11), date(2026, 12, 12))
NOWHERE = Edition("Nephelokokkygia", None, "Greece", "GR", date(2027, 5, 1), date(2027, 5, 1))


def shown(*editions: Edition, has_links: bool = False):
    return edition_map([KnownEdition(one.city.lower(), one) for one in editions], NOW, has_links)


def test_past_and_upcoming_editions_are_on_the_map_and_in_the_list():
    of = shown(KRAKOW, LYON)
    assert of.summary == "2 editions in 2 countries."
    assert of.svg.count('class="next"') == 1
    assert of.svg.count('class="dot"') == 1
    assert "<a" not in of.svg
    assert [(row.name, row.path, [card.place for card in row.cards]) for row in of.rows] == [
        ("France", "/countries/fr", ["Lyon, France"]),
        ("Poland", "/countries/pl", ["Kraków, Poland"]),
    ]


def test_a_place_that_cannot_be_located_is_named_in_text():
    of = shown(KRAKOW, NOWHERE)
    assert of.missing == ("Nephelokokkygia, Greece",)
    assert "Nephelokokkygia" not in of.svg


def test_an_online_edition_is_not_missing_from_the_map():
    assert shown(KRAKOW, replace(NOWHERE, city="Online", country=None, country_code=None)).missing == ()


@pytest.mark.parametrize("status", ["cancelled", "postponed"])
def test_an_edition_that_does_not_take_place_is_not_on_the_map(status):
    assert shown(replace(KRAKOW, status=status)) is None


def test_an_edition_without_a_country_comes_last_in_the_list():
    of = shown(replace(KRAKOW, country=None, country_code=None), LYON)
    assert [(row.name, row.path) for row in of.rows] == [("France", "/countries/fr"), ("Without a country", "")]


def test_dots_may_lead_to_the_pages_of_the_editions():
    assert 'href="/editions/kraków"' in shown(KRAKOW, has_links=True).svg


def test_names_are_harmless_in_the_map():
    of = shown(replace(KRAKOW, date_text="</svg><script>", country='"><script>'))
    assert "<script" not in of.svg


@pytest.mark.parametrize("path", ["/", "/editions", "/countries/es"])
def test_pages_have_a_map_with_its_credit(reader, path):
    page = reader.page(path)
    assert "Borders shown imply no position on the status of any territory." in page.text
    assert "Map of Europe:" in reader.get(path).text
