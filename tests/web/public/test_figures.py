"""The pictures of what is known: which editions and cut-offs are in them, and with which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree

from cmr_watch.models.readings import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition
from cmr_watch.web.public.figures import editions_map, known_timeline
from tests.web.public.test_europe_map import SVG, by_class

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)


def known(city: str, country: str | None, day: date | None, **values: Any) -> KnownEdition:
    code = {"Poland": "PL", "France": "FR", "Spain": "ES", "Germany": "DE"}.get(country or "")
    dated = {"starts_on": day, "ends_on": day, "date_precision": "day"} if day else {}
    edition = Edition(city, country=country, country_code=code, **{**dated, **values})
    return KnownEdition(city.lower(), edition)


KRAKOW = known("Kraków", "Poland", date(2026, 12, 11))
LYON = known("Lyon", "France", date(2026, 10, 12), section="past", status="held")
HEILBRONN = known("Heilbronn", "Germany", None, date_precision="month", period="2027-06")
CALL = CallNotice("open", (2027,), (Cutoff(datetime(2026, 12, 22, 17, tzinfo=UTC)),))


def titles(markup: str) -> list[str | None]:
    return [element.text for element in ElementTree.fromstring(markup).iter(f"{SVG}title")][1:]


def test_the_map_has_what_was_held_and_what_is_to_come() -> None:
    shown = editions_map([KRAKOW, LYON], NOW)
    root = ElementTree.fromstring(shown.markup)
    assert titles(shown.markup) == ["Lyon, France, 12 October 2026", "Kraków, Poland, 11 December 2026"]
    assert len(by_class(root, "next")) == 1
    assert len(by_class(root, "dot")) == 1
    assert shown.missing == ()


def test_a_country_is_a_host_once_its_edition_was_held() -> None:
    assert by_class(ElementTree.fromstring(editions_map([KRAKOW], NOW).markup), "host") == []
    assert len(by_class(ElementTree.fromstring(editions_map([KRAKOW, LYON], NOW).markup), "host")) == 1


def test_what_does_not_take_place_is_not_on_the_map() -> None:
    off = [
        known("Kraków", "Poland", date(2026, 12, 11), status="cancelled"),
        known("Lyon", "France", date(2027, 1, 12), status="postponed"),
        replace(HEILBRONN, gone="withdrawn"),
        known("Online", None, date(2027, 2, 1)),
    ]
    assert titles(editions_map(off, NOW).markup) == []
    assert editions_map(off, NOW).missing == ()


def test_places_that_are_unknown_or_off_the_map_are_listed() -> None:
    places = [
        known("Las Palmas", "Spain", date(2027, 1, 12)),
        known("Atlantis", None, date(2027, 2, 12)),
        known("Atlantis", None, date(2025, 2, 12)),
    ]
    assert editions_map(places, NOW).missing == ("Las Palmas, Spain", "Atlantis")


def test_the_timeline_has_editions_and_cutoffs() -> None:
    markup = known_timeline(Known((KRAKOW, LYON, HEILBRONN), (KnownCall("call", CALL),)), NOW)
    root = ElementTree.fromstring(markup)
    labels = {element.text for element in by_class(root, "wide")}
    assert {"Kraków, 11 Dec", "Lyon", "Heilbronn, Jun", "22 Dec, 18:00"} <= labels
    assert {"Lyon, France, 12 October 2026", "Kraków, Poland, 11 December 2026"} <= set(titles(markup))
    assert "Tuesday 22 December 2026, 18:00" in str(titles(markup)[-1])
    assert len(by_class(root, "coming unsure")) == 1


def test_the_timeline_has_nothing_that_is_off_or_has_no_days() -> None:
    off = [
        replace(KRAKOW, gone="delisted"),
        replace(LYON, edition=replace(LYON.edition, status="cancelled")),
        known("Heilbronn", "Germany", None, date_precision="year", period="2027"),
        known("Heilbronn", "Germany", None),
    ]
    markup = known_timeline(Known(tuple(off), (KnownCall("call", CALL, gone="withdrawn"),)), NOW)
    assert titles(markup) == []


def test_days_are_short() -> None:
    ranges = [(date(2027, 1, 11), date(2027, 1, 12)), (date(2027, 4, 30), date(2027, 5, 1))]
    entries = [known("Lyon", "France", first, ends_on=last) for first, last in ranges]
    entries += [known("Nice", "France", None, date_precision="quarter", period="2027-q3")]
    labels = {
        element.text for element in by_class(ElementTree.fromstring(known_timeline(Known(tuple(entries)), NOW)), "wide")
    }
    assert {"Lyon, 11–12 Jan", "Lyon, 30 Apr – 1 May", "Nice, Jul – Sep"} <= labels
