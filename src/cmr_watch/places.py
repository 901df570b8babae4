"""Names of places: folding, aliases, countries. Pure data; it serves matching only and never changes what a page says.

Country codes are ISO 3166-1 alpha-2, and XK for Kosovo.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

# Letters that Unicode does not decompose into a base letter and a mark.
_LETTERS: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t", "’": "'"}
)
_NOT_WORD: Final = re.compile(r"[\W_]+")

# One city, several names: only those that the English page could plausibly switch between.
_CITY_NAMES: Final = """
antwerp antwerpen anvers|athens athina|basel basle bale|belgrade beograd|berne bern|bruges brugge
brussels bruxelles brussel|bucharest bucuresti|chisinau kishinev|cologne koln koeln|copenhagen kobenhavn
dusseldorf duesseldorf|florence firenze|geneva geneve genf|genoa genova|ghent gent gand
gothenburg goteborg goeteborg|hanover hannover|iasi jassy|istanbul constantinople|krakow cracow krakau|kyiv kiev
leuven louvain|liege luik|lisbon lisboa|lviv lvov lemberg|lyon lyons|malaga|marseille marseilles|milan milano
munich munchen muenchen|naples napoli|nicosia lefkosia|nuremberg nurnberg nuernberg|odesa odessa|padua padova
pilsen plzen|podgorica|porto oporto|prague praha prag|rome roma|seville sevilla|sofia sofija
thessaloniki salonica saloniki|tirana tirane|trieste triest|turin torino|valletta|venice venezia|vienna wien
vilnius wilno|warsaw warszawa|wroclaw breslau|zagreb|zaragoza saragossa|zurich zuerich|ljubljana laibach
kosice kaschau|kharkiv kharkov|skopje skoplje
"""

ONLINE: Final = frozenset(
    f"{word}{noun}"
    for word in ("online", "virtual")
    for noun in ("", " event", " edition", " workshop", " meeting", " webinar", " only")
) | {"virtually", "webinar", "fully online"}


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Lower case, without diacritics or punctuation, single spaces: what two spellings of one name share."""
    small = unicodedata.normalize("NFKD", name).casefold()  # first: some capitals are letters only after it
    bare = "".join(c for c in unicodedata.normalize("NFKD", small) if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", bare.translate(_LETTERS).replace("&", " and ")).strip()


@cache
def _countries() -> dict[str, str]:
    table = files("cmr_watch").joinpath("countries.txt").read_text(encoding="utf-8")
    rows = (line.split(" ", 1) for line in table.splitlines() if line and not line.startswith("#"))
    return {fold(name): code for code, names in rows for name in names.split("|")}


@cache
def country_codes() -> frozenset[str]:
    """Every known code."""
    return frozenset(_countries().values())


def country_code(name: str) -> str | None:
    """The code of a country by one of its names, or None. Exact after folding: no guessing."""
    folded = fold(name)
    if not 2 <= len(folded) <= 60:
        return None
    countries = _countries()
    return countries.get(folded) or countries.get(folded.removeprefix("the "))


def code_itself(text: str) -> str | None:
    """The code that capitals like `FR`, `UK` or `EL` stand for (the EU writes EL for Greece), or None."""
    letters = text.strip(" .")
    if letters == "EL":
        return "GR"
    return letters if letters in country_codes() else None


@cache
def _canonical_cities() -> dict[str, str]:
    groups = _CITY_NAMES.replace("\n", "|").split("|")
    return {name: group.split()[0] for group in groups if group for name in group.split()}


@lru_cache(maxsize=4096)
def city_names(city: str) -> frozenset[str]:
    """The folded names that a city goes by: each half of a pair, well-known aliases in one form."""
    halves = [half for half in (fold(part) for part in re.split(r"[/|()]", city)) if half]
    return frozenset(_canonical_cities().get(name, name) for name in halves or [fold(city)])


def same_city(one: str, other: str) -> bool:
    """Whether two spellings name one city."""
    return not city_names(one).isdisjoint(city_names(other))


def is_online(city: str) -> bool:
    """Whether the place is no place."""
    return fold(city) in ONLINE
