"""Place names: folding, aliases and countries. Used for matching only; reported names are those of the page. Pure.

Country codes are ISO 3166-1 alpha-2, and XK for Kosovo.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

# Letters that NFKD does not decompose into a base letter and a combining mark, and the typographic apostrophe.
_TRANSLITERATION: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t", "’": "'"}
)
_SEPARATORS: Final = re.compile(r"[\W_]+")

# Cities with several names. Limited to names between which an English page could plausibly switch.
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
    """The name in lower case, without diacritics and punctuation, so that different spellings compare equal."""
    lower = unicodedata.normalize("NFKD", name).casefold()  # NFKD first: it can produce capitals (ᴬ → A)
    without_marks = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    return _SEPARATORS.sub(" ", without_marks.translate(_TRANSLITERATION).replace("&", " and ")).strip()


def _table(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


@cache
def country_names() -> dict[str, str]:
    """Folded name → code, of all names of all countries."""
    table = _table("countries.txt")
    rows = (line.split(" ", 1) for line in table.splitlines() if line and not line.startswith("#"))
    return {fold(name): code for code, names in rows for name in names.split("|")}


@cache
def country_name(code: str) -> str:
    """The name of a country in English: the first one in the table. The code itself if it is not known."""
    start = f"{code} "
    row = next((line for line in _table("countries.txt").splitlines() if line.startswith(start)), start + code)
    return row.removeprefix(start).split("|")[0]


@cache
def country_codes() -> frozenset[str]:
    """All known country codes."""
    return frozenset(country_names().values())


def country_code(name: str) -> str | None:
    """The code of the country with this name, or None. Names must match exactly after folding."""
    folded = fold(name)
    if not 2 <= len(folded) <= 60:
        return None
    countries = country_names()
    return countries.get(folded) or countries.get(folded.removeprefix("the "))


def code_itself(text: str) -> str | None:
    """The country code that `text` consists of, or None. `EL`, the EU's code for Greece, becomes GR."""
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
    """The folded names of a city: one for each part of a double name, aliases replaced by a canonical name."""
    parts = [name for name in (fold(part) for part in re.split(r"[/|()]", city)) if name]
    return frozenset(_canonical_cities().get(name, name) for name in parts or [fold(city)])


def is_same_city(one: str, other: str) -> bool:
    """Whether two names refer to the same city."""
    return not city_names(one).isdisjoint(city_names(other))


def is_online(city: str) -> bool:
    """Whether the name says that the edition takes place online."""
    return fold(city) in ONLINE


# ── regions ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_WORDS_OF_REGIONS: Final = """
region regions county counties province voivodeship district oblast krai kraj lan comunidad valley coast islands
prefecture canton autonomous euroregion
"""
_DIRECTIONS: Final = """
north south east west northern southern eastern western central and northeast northwest southeast southwest
"""


@cache
def region_names() -> frozenset[str]:
    """Folded names of regions that no town shares."""
    table = _table("regions.txt")
    rows = (line for line in table.splitlines() if not line.startswith("#"))
    return frozenset(name.strip() for row in rows for name in row.split("|") if name.strip())


def is_region(name: str) -> bool:
    """Whether a name is a region's and no town's: a known one, one that says so, or directions alone."""
    folded = fold(name)
    words = set(folded.split())
    if folded in region_names() or not city_names(name).isdisjoint(region_names()):
        return True
    return not words.isdisjoint(_WORDS_OF_REGIONS.split()) or (bool(words) and words <= set(_DIRECTIONS.split()))
