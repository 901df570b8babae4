"""An edition's own place, to tell its sentences and days from those of another edition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cmr_watch.monitor.parse.place import Place
from cmr_watch.places import city_names, country_code, fold

_NOUN = r"(?:editions?|workshops?|events?|meetings?|stops?)\b"
_WORDS_BETWEEN = (
    r"(?:[\s“”‘’\"']+(?:clusters?|meets?|regions?|cmr|eccp|successful|regional|\d{4}|two|three|four|five|few)){0,5}"
    r"[\s“”‘’\"']+"
)
ANOTHER: Final = re.compile(
    rf"\b(?:previous|last|earlier|former|past|following|recent|future|other){_WORDS_BETWEEN}{_NOUN}", re.I
)
"""Names an edition that is not the page's, unless the page's town stands beside it."""
NEXT: Final = re.compile(rf"\b(?:next|upcoming|forthcoming|coming){_WORDS_BETWEEN}(?:{_NOUN}|one\b)", re.I)
"""Names the page's edition before it, another one afterwards."""
_TOWN_BEFORE: Final = re.compile(
    r"(?:^|\b(?:in|to|at|after|from|before|and)\s|[(:])\W{0,3}([^\W\d_a-z][^,.;:()\t]{1,40})"
    r"(?:,\s?([^\W\d_a-z][^,.;:()\t]{2,40}?))?[\s,(:‐‑‒–—―−-]*(?:\b(?:on|from|the|between|took place|was|is|held"
    r"|will be|will take place|takes place)\b[\s(]*)*$"
)
_TOWN_AFTER: Final = re.compile(
    r"^[\s,)‐‑‒–—―−-]*(?:in|at)\s([^\W\d_a-z][^,.;:()\t]{1,40})(?:,\s?([^\W\d_a-z][^,.;:()\t]{2,40}))?"
)
_NO_TOWN: Final = re.compile(r"^(?:the|this|our|a|clusters?|workshops?|events?|day|we|it|brussels)\b", re.I)
_REACH: Final = 120


@dataclass(frozen=True, slots=True)
class Home:
    """The page's own place, to tell its sentences from those about other editions."""

    place: Place

    def is_named(self, text: str) -> bool:
        """Whether a text names the page's town or region, by any of its names."""
        folded = f" {fold(text)} "
        names = [*city_names(self.place.city), fold(self.place.city), *map(fold, _names(self.place.region))]
        return any(name and f" {name} " in folded for name in names)

    def is_another(self, text: str) -> bool:
        """Whether a sentence speaks of another edition: it says so, or names only another place to meet in."""
        if self.is_named(text):
            return False
        if ANOTHER.search(text):
            return True
        town = IN_TOWN.search(text)
        if self._is_abroad(leading_country(town[2]) if town else None):
            return True
        after = NEXT.search(text)
        return bool(after and (_IN.search(text) or _NAMED.match(text, after.end())))

    def is_here(self, text: str, start: int, end: int) -> bool:
        """Whether the page's own place stands right beside a date."""
        return any(self.is_named(town[0]) for town in _towns_beside(text, start, end))

    def is_of_another_place(self, text: str) -> bool:
        """Whether a sentence names a town with its country, and not the page's own."""
        town = None if self.is_named(text) else IN_TOWN.search(text)
        return town is not None and leading_country(town[2]) is not None

    def is_elsewhere(self, text: str, start: int, end: int) -> bool:
        """Whether the place right beside a date is another one: “Milan, Italy (26-27 March 2024)”."""
        return any(self._is_elsewhere(town, text) for town in _towns_beside(text, start, end))

    def is_in_another_town(self, text: str, start: int, end: int) -> bool:
        """Whether a name beside a date may be another town's: of weight only where another date has the page's own."""
        towns = _towns_beside(text, start, end)
        return any(not _NO_TOWN.match(town[1]) and not self.is_named(town[0]) for town in towns)

    def _is_elsewhere(self, town: re.Match[str], text: str) -> bool:
        if _NO_TOWN.match(town[1]) or self.is_named(town[0]):
            return False
        return self._is_abroad(leading_country(town[2] or "")) or bool(ANOTHER.search(text))

    def _is_abroad(self, country: str | None) -> bool:
        return country is not None and country_code(country) != self.place.country_code


def _towns_beside(text: str, start: int, end: int) -> list[re.Match[str]]:
    before = _TOWN_BEFORE.search(text[max(0, start - _REACH) : start])
    after = _TOWN_AFTER.match(text[end : end + _REACH])
    return [town for town in (before, after) if town]


_NAMED: Final = re.compile(r"\s?:\s?[^\W\d_a-z]\w")
"""“Next stop: Kraków”."""
_IN: Final = re.compile(
    r"\bin\s(?!(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)"
    r"[^\W\d_a-z]\w"
)


def _names(region: str | None) -> list[str]:
    return [part for part in re.split(r"\s*,\s*", region or "") if part]


def leading_country(text: str) -> str | None:
    names = text.split()
    starts = (" ".join(names[:count]).rstrip(" ·•|‐‑‒–—―−-") for count in (4, 3, 2, 1) if count <= len(names))
    return next((start for start in starts if country_code(start)), None)


IN_TOWN: Final = re.compile(
    r"\b(?:in|to|at)\s+((?:[^\W\d_a-z][\w’'-]{1,30}[ /-]{0,3}){1,4}),\s?([^\W\d_a-z][^,.;:()\t]{2,40})"
)
