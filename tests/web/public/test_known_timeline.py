"""The timeline of what is known: which editions and cut-offs are on it, and with which words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from xml.etree import ElementTree

from cmr_watch.models.readings import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition
from cmr_watch.web.public.known_timeline import known_timeline
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


def test_the_timeline_has_editions_and_cutoffs() -> None:
    markup = known_timeline(Known((KRAKOW, LYON, HEILBRONN), (KnownCall("call", CALL),)), NOW)
    root = ElementTree.fromstring(markup)
    labels = {element.text for element in by_class(root, "label")}
    assert {"Kraków, 11 Dec", "Lyon", "Heilbronn, Jun", "22 Dec, 18:00"} <= labels
    assert {"Lyon, France, 12 October 2026", "Kraków, Poland, 11 December 2026"} <= set(titles(markup))
    assert "Tuesday 22 December 2026, 18:00" in str(titles(markup)[-1])
    assert len(by_class(root, "mark ring")) == 1


def test_the_timeline_has_nothing_that_is_off_or_has_no_days() -> None:
    off = [
        replace(KRAKOW, gone="delisted"),
        replace(LYON, edition=replace(LYON.edition, status="cancelled")),
        known("Heilbronn", "Germany", None, date_precision="year", period="2027"),
        known("Heilbronn", "Germany", None),
    ]
    calls = (KnownCall("call", CALL, gone="withdrawn"),)
    assert titles(known_timeline(Known((*off, KRAKOW), calls), NOW)) == ["Kraków, Poland, 11 December 2026"]
    assert known_timeline(Known(tuple(off), calls), NOW) == ""


def test_days_are_short() -> None:
    ranges = [(date(2027, 1, 11), date(2027, 1, 12)), (date(2027, 4, 30), date(2027, 5, 1))]
    entries = [known("Lyon", "France", first, ends_on=last) for first, last in ranges]
    entries += [known("Nice", "France", None, date_precision="quarter", period="2027-q3")]
    labels = {
        element.text
        for element in by_class(ElementTree.fromstring(known_timeline(Known(tuple(entries)), NOW)), "label")
    }
    assert {"Lyon, 11–12 Jan", "Lyon, 30 Apr – 1 May", "Nice, Jul – Sep"} <= labels
