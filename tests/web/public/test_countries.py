"""The pages of countries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cmr_watch.models.readings import Edition, Known, KnownEdition
from cmr_watch.places import country_codes, country_name
from cmr_watch.store.public import Overview
from cmr_watch.web.public.countries import country_page
from cmr_watch.web.public.neighbours import NEIGHBOURS

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
LYON = Edition("Lyon", None, "France", "FR", date(2026, 10, 12), date(2026, 10, 13), section="past", status="held")
TURKU = Edition("Turku", None, "Finland", "FI", date(2027, 5, 3), date(2027, 5, 4))


def shown(code: str, *editions: Edition):
    known = tuple(KnownEdition(one.city, one) for one in editions)
    return country_page(Overview(Known(known), NOW), code, NOW)


def test_a_country_with_a_past_and_a_next_edition():
    page = shown("FR", LYON, replace(TURKU, city="Nice", country="France", country_code="FR"), TURKU)
    assert page.summary == "France has hosted 1 edition. 1 is upcoming."
    assert [card.place for card in page.next] == ["Nice, France"]
    assert [card.place for group in page.past for card in group.cards] == ["Lyon, France"]


@pytest.mark.parametrize(("status", "more"), [("cancelled", " 1 was cancelled."), ("postponed", "")])
def test_an_edition_that_did_not_take_place_was_not_hosted(status, more):
    summary = shown("FR", replace(LYON, status=status)).summary
    assert summary == f"The platform’s list has no edition that took place in France.{more}"


def test_neighbours_say_whether_they_have_hosted():
    page = shown("DE", LYON)
    assert [(one.name, one.hosted) for one in page.neighbours] == [("France", "1 edition hosted")]
    assert "Denmark" in [one.name for one in page.others]
    assert {one.name: one.hosted for one in shown("SE", TURKU).neighbours}["Finland"] == "1 upcoming"


def test_the_borders_of_the_table_are_those_of_both_sides():
    assert all(one in NEIGHBOURS[other] for one, others in NEIGHBOURS.items() for other in others)
    assert set(NEIGHBOURS) <= country_codes()


def test_neighbours_are_in_the_order_of_their_names():
    assert [one.name for one in shown("PT").others] == ["Spain"]
    names = [one.name for one in shown("DE").others]
    assert names[:4] == ["Austria", "Belgium", "Czech Republic", "Denmark"]


def test_an_island_has_no_table_of_neighbours():
    assert shown("IS").neighbours == shown("IS").others == ()


def test_a_country_has_its_first_name():
    assert (country_name("GB"), country_name("PL"), country_name("Q1")) == ("United Kingdom", "Poland", "Q1")


@pytest.mark.parametrize("code", ["pl", "PL", "Poland"])
def test_the_page_of_a_country(reader, code):
    page = reader.page(f"/countries/{code}")
    assert page.headings[0] == (1, "Poland")
    assert ("/calendar?country=PL#in-country", "Calendar of editions in Poland") in page.links


def test_the_page_of_a_country_that_has_not_hosted(reader):
    assert "has no edition that took place in Ireland." in reader.page("/countries/ie").text


@pytest.mark.parametrize("code", ["xx", "jp", "<b>", "%00", "p" * 2000])
def test_an_unknown_country_leads_to_the_list(reader, code):
    assert ("/editions", "See the list of all editions") in reader.page(f"/countries/{code}", 404).links


def test_a_misspelt_country_leads_to_the_right_one(reader):
    assert ("/countries/de", "Germany") in reader.page("/countries/germny", 404).links
