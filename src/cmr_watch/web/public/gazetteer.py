"""Where a place is. Pure, apart from its two data files, which are read at the first question.

`places.txt` is generated (`make geodata`), `own_places.txt` is kept by hand: regions, islands and small places. A line
of both is `longitude latitude|name|other name|`, the names folded, below the code of its country. The text is searched
as it is, which takes less memory than a table of 60,000 names and is fast enough for a list of editions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from cmr_watch.places import city_names, fold
from cmr_watch.web.public.projection import Coordinates

_DATA: Final = files("cmr_watch.web.public") / "data"
_FILES: Final = ("own_places.txt", "places.txt")
_COUNTRY: Final = re.compile(r"^([A-Z]{2})$", re.MULTILINE)
_MAX_LENGTH: Final = 200
"""Characters of a name: no place has more."""
_JOINERS: Final = (
    "a|am|an|auf|bei|by|d|da|de|degli|dei|del|della|di|do|du|en|im|in|la|le|les|lez|nad|ob|on|pod|pri|sous|sul|sur|upon"
)
"""Words after which a name may be left out: Krems (an der Donau), Digne (les Bains)."""


def locate(city: str, country_code: str | None, region: str | None = None) -> Coordinates | None:
    """The coordinates of a city; of its region, if only that is known; None if neither or no country is known.

    Of several places of a name in the country, it is the most populous one.
    """
    if country_code is None:
        return None
    return _find(city, country_code) or (_find(region, country_code) if region else None)


@lru_cache(maxsize=1024)
def _find(name: str, country_code: str) -> Coordinates | None:
    sections = [texts[country_code] for texts in map(_sections, _FILES) if country_code in texts]
    names = list(_names(name[:_MAX_LENGTH]))
    for folded in names:
        for section in sections:
            at = section.find(f"|{folded}|")
            if at >= 0:
                return _coordinates(section, at)
    return _only_longer_name(names[0], sections) if names else None


def _only_longer_name(folded: str, sections: list[str]) -> Coordinates | None:
    """The only place of which this is the beginning of the name: Krems for Krems an der Donau."""
    found = {
        _coordinates(section, match.start())
        for section in sections
        for match in re.finditer(rf"\|{re.escape(folded)} (?:{_JOINERS}) [^|]*\|", section)
    }
    return found.pop() if len(found) == 1 else None


def _names(name: str) -> Iterator[str]:
    """The name, folded; then the parts of a double name, and the names by which they are known."""
    if folded := fold(name):
        yield folded
        yield from sorted(city_names(name) - {folded, ""})


def _coordinates(section: str, at: int) -> Coordinates:
    start = section.rfind("\n", 0, at) + 1
    longitude, latitude = section[start : section.index("|", start)].split()
    return Coordinates(float(longitude), float(latitude))


@cache
def _sections(file: str) -> dict[str, str]:
    """Country code → its lines."""
    _, *parts = _COUNTRY.split((_DATA / file).read_text(encoding="utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))
