"""From GeoNames to `places.txt`: for each country, places with their names.

A name is in the list of a country once: places have their own name first, the most populous one among several; of what
is left, large places have other names too (Köln, Colonia), in Latin letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final

from cmr_watch.places import city_names, fold
from cmr_watch.web.public.projection import Coordinates, is_on_map, project
from tests.geodata.sources import ON_THE_MAP

_LARGE: Final = 10_000
"""People in a place from which on its other names are kept."""
_ONE_NAME: Final = """
AZ BY DZ EG GB IE IL IQ IR JO KZ LB MA PS RU SA SY TN
"""
"""Countries whose places have one name in English, or where no edition is likely."""
_LONGEST_OTHER_NAME: Final = 24
_HEAD: Final = """\
# Places with their names, folded, by country: longitude and latitude in degrees, then the names. Written by
# `make geodata` from GeoNames (https://www.geonames.org), CC BY 4.0: selected, rounded, names folded.
"""


def places_text(cities: list[dict[str, Any]]) -> str:
    """The content of `places.txt`."""
    sections = [f"{code}\n{_section(code, cities)}" for code in ON_THE_MAP]
    return _HEAD + "".join(sections)


def _section(code: str, cities: list[dict[str, Any]]) -> str:
    here = [city for city in cities if city["countrycode"] == code and is_on_map(project(_coordinates(city)))]
    here.sort(key=lambda city: (-city["population"], city["geonameid"]))
    names: dict[str, int] = {}
    for kept in (_own_names, _other_names):
        for index, city in enumerate(here):
            for name in kept(city):
                names.setdefault(name, index)
    by_place = defaultdict(list)
    for name, index in names.items():
        by_place[index].append(name)
    return "".join(sorted((_line(here[index], found) for index, found in by_place.items()), key=_by_name))


def _own_names(city: dict[str, Any]) -> Iterator[str]:
    yield fold(city["name"])
    yield from sorted(city_names(city["name"]))


def _other_names(city: dict[str, Any]) -> Iterator[str]:
    if city["population"] < _LARGE or city["countrycode"] in _ONE_NAME.split():
        return
    for name in city["alternatenames"]:
        folded = fold(name)
        is_latin = folded.isascii() and folded.replace(" ", "").isalpha() and "'" not in name
        is_name = name[:1].isupper() and not name.isupper()  # neither a transcription (ghnt) nor an abbreviation (GNT)
        if is_latin and is_name and 3 <= len(folded) <= _LONGEST_OTHER_NAME:
            yield folded


def _line(city: dict[str, Any], names: list[str]) -> str:
    longitude, latitude = _coordinates(city)
    return f"{longitude:.2f} {latitude:.2f}|{'|'.join(names)}|\n"


def _by_name(line: str) -> str:
    return line.partition("|")[2]


def _coordinates(city: dict[str, Any]) -> Coordinates:
    return Coordinates(city["longitude"], city["latitude"])
