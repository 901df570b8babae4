"""The place of a line: city, region, country, in the page's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from cmr_watch.monitor.parse import words
from cmr_watch.places import code_itself, country_code, is_online

_DASH = r"[-\u2010-\u2015\u2212~]"
# What parts the pieces of a place: comma, colon, bar, cell, a dash with a space beside it, any emoji or bullet.
_SEPARATOR: Final = re.compile(
    rf"\s*[,;:|\t·•‣▪◦●→⇒]+\s*|\s+{_DASH}+\s*|\s*{_DASH}+\s+|\s*[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]+\s*"
)
_BRACKET: Final = re.compile(r"[(\[]([^()\[\]]{0,120})[)\]]")
_EDGE: Final = " \t,;:.!?*_|/\\\"'“”„«»‘’()[]<>·•‣▪◦●○■□➢►▶✓✔→⇒#+=&\ufe0f-\u2010\u2011\u2012\u2013\u2014\u2015\u2212~"
_EMOJI: Final = re.compile(r"[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]+")
_PARTICLES: Final = frozenset(
    "de la le les du des sur en y i di da do dos del della al el am an auf bei der den dem die im in ob of the and og och "
    "na nad pod pri u van von zu zum zur upon under lès aan ter e ja a s d l & / -".split()
)
_PROSE: Final = frozenset(
    "the this that these our we you us your will is are was were be been has have can please join more follow stay next "
    "previous upcoming past edition editions workshop workshops event events conference webinar call calls participants "
    "register registration contact information platform clusters with about published updated on from date dates when".split()
)
_MOST_WORDS: Final = 7


@dataclass(frozen=True, slots=True)
class Place:
    """`country` is the page's word, `country_code` None when that word is no country that we know."""

    city: str
    region: str | None = None
    country: str | None = None
    country_code: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    text: str
    bracket: bool = False
    dash: bool = False


def read_place(text: str) -> Place | None:
    """The place that a piece of a line names, or None where it is prose or nothing.

    `text` is what stands on one side of the date. What follows the country is a theme or a remark, not a place.
    """
    parts = _parts(text)
    if not parts:
        return None
    place = _with_country(parts) or _without_country(parts)
    return place if place and _is_name(place) else None


def _parts(text: str) -> list[_Part]:
    text = _EMOJI.sub("\t", text)
    prefix = words.PREFIX.match(text)
    if prefix and prefix.end() < len(text):
        text = text[prefix.end() :]
    remark = words.REMARK.search(text)
    text = text[: remark.start()] if remark else text
    parts: list[_Part] = []
    for piece, bracket, dash in _pieces(text):
        bare = _bare(piece)
        if bare and not (parts and words.REMARK_PART.match(bare)):
            parts.append(_Part(bare, bracket, dash))
    return parts


def _bare(piece: str) -> str:
    """Without bullets, quotes and dashes at its ends; the apostrophe of ’s-Hertogenbosch belongs to it."""
    bare = piece.strip(_EDGE)
    start = piece.find(bare)
    return piece[start - 1] + bare if bare.startswith("s-") and start and piece[start - 1] in "'’" else bare


def _pieces(text: str) -> list[tuple[str, bool, bool]]:
    """Text, whether it stood in a bracket, whether a dash led it in."""
    pieces = []
    position, dash = 0, False
    for bracket in _BRACKET.finditer(text):
        inside, dash = _split(text[position : bracket.start()], dash)
        pieces += inside
        pieces.append((bracket[1], True, False))
        position = bracket.end()
    return pieces + _split(text[position:], dash)[0]


def _split(text: str, dash: bool) -> tuple[list[tuple[str, bool, bool]], bool]:
    pieces, position = [], 0
    for separator in _SEPARATOR.finditer(text):
        pieces.append((text[position : separator.start()], False, dash))
        position, dash = separator.end(), "," not in separator.group()
    pieces.append((text[position:], False, dash))
    return pieces, dash


# ── with a country ───────────────────────────────────────────────────────────────────────────────────────────────


def _with_country(parts: list[_Part]) -> Place | None:
    """The last part that is a country decides; failing that, the last that ends, then that begins with one."""
    for find in (_whole, _glued, _leading):
        for index in range(len(parts) - 1, -1, -1):
            found = find(parts[index].text, first=index == 0)
            if found:
                rest, word, code = found
                return _assembled(parts, index, rest, word, code)
    return None


_Found = tuple[str, str, str]
"""What stands before the country in a part, the country's word, its code."""


def _whole(text: str, *, first: bool) -> _Found | None:
    code = country_code(text) or (None if first else code_itself(text))
    return ("", text, code) if code else None


def _glued(text: str, *, first: bool) -> _Found | None:
    """“Milan Italy”, “Lyon-France”, “Lyon–France”: the longest ending that is a country's name."""
    del first  # a city may be glued to its country in any part
    for match in list(re.finditer(rf"\s+|{_DASH}|/", text))[-8:]:
        word = text[match.end() :].strip(_EDGE)
        code = country_code(word) if len(word) > 3 or word in ("UK", "USA", "UAE") else None
        if code and (word[0].isupper() or word.startswith("the ")):
            return text[: match.start()].strip(_EDGE), word, code
    return None


def _leading(text: str, *, first: bool) -> _Found | None:
    """“Italy hybrid event”, “France Textile days”: a country, then words that are a theme or a remark."""
    if first:
        return None
    for match in list(re.finditer(r"\s+", text))[:6][::-1]:
        word = text[: match.start()].strip(_EDGE)
        code = country_code(word) if len(word) > 3 else None
        if code:
            return "", word, code
    return None


def _assembled(parts: list[_Part], index: int, rest: str, word: str, code: str) -> Place:
    """City first, region between or in another bracket, country where it was found."""
    if index == 0:
        brackets = [part.text for part in parts[1:] if part.bracket]
        return Place(rest or word, ", ".join(brackets) or None, word, code)
    between = [part.text for part in parts[1:index]] + ([rest] if rest else [])
    after = [part.text for part in parts[index + 1 :] if part.bracket]
    return Place(parts[0].text, ", ".join(between + after) or None, word, code)


# ── without one ──────────────────────────────────────────────────────────────────────────────────────────────────


def _without_country(parts: list[_Part]) -> Place | None:
    """A lone city, or a city and a word where its country should stand."""
    city = parts[0].text
    if is_online(city):
        return Place(city)
    named = [part.text for part in parts[1:] if not part.dash and _is_short_name(part.text)]
    if not named:
        return Place(city)
    return Place(city, ", ".join(named[:-1]) or None, named[-1], None)


def _is_short_name(text: str) -> bool:
    return len(text.split()) <= 4 and text[:1].isupper() and not any(c.isdigit() for c in text)


def _is_name(place: Place) -> bool:
    """Whether the city reads as a name and not as prose."""
    city_words = place.city.split()
    if not city_words or len(city_words) > _MOST_WORDS or len(place.city) > 90:
        return False
    lower = [word.casefold() for word in city_words]
    if len(lower) > 1 and not _PROSE.isdisjoint(word.strip(_EDGE) for word in lower[lower[0] == "the" :]):
        return False
    if len(lower) == 1 and lower[0] in _PROSE | _PARTICLES:
        return False
    if place.country_code:
        return any(c.isalpha() for c in place.city)
    return all(word in _PARTICLES or not word[0].islower() for word in city_words) and city_words[0][0].isalpha()
