"""The names of countries in the current language, and their order. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

from cmr_watch.languages import ENGLISH
from cmr_watch.models.readings import Edition
from cmr_watch.places import country_name, fold
from cmr_watch.render.cldr import cldr
from cmr_watch.render.i18n import language

_LETTERS: Final = {"pl": "ąćęłńóśźż", "es": "ñ"}
"""Letters of the alphabet of a language that come after the ones that they look like, and not among them."""
_AFTER: Final = "\uffff"
"""Sorts behind all letters; twice for ż, which follows ź."""


def country_words(code: str) -> str:
    """The name of a country; the code itself if it is not known."""
    return cldr(language()).countries.get(code) or country_name(code)


def country_of(edition: Edition) -> str | None:
    """The country of an edition: as the page spells it, which is English, or its name in another language."""
    if language() == ENGLISH or edition.country is None or edition.country_code is None:
        return edition.country
    return country_words(edition.country_code)


def alphabetical(name: str) -> tuple[str, str]:
    """What to sort by, so that names come in the order of the language's alphabet."""
    own = _LETTERS.get(language(), "")
    letters = unicodedata.normalize("NFC", name).casefold()
    keys = ((fold(one) or " ") + (_AFTER * (1 + (one == "ż")) if one in own else "") for one in letters)
    return "".join(keys), name
