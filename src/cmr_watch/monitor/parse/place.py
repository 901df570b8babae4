"""The place of a line: city, region, country, in the page's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from cmr_watch.monitor.parse import words
from cmr_watch.places import code_itself, country_code, fold, is_online

_DASH = r"[-\u2010-\u2015\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d~]"
# What parts the pieces of a place: comma, colon, bar, cell, bullet, a dash with a space beside it.
_SEPARATOR: Final = re.compile(rf"\s*[,;:|\t·•‣▪◦●→⇒]+\s*|\s+{_DASH}+\s*|\s*{_DASH}+\s+")
_BRACKET: Final = re.compile(r"[(\[]([^()\[\]]{0,120})[)\]]")
_EDGE: Final = " \t,;:.…!?*_|/\\\"'“”„«»‘’()[]<>·•‣▪◦●○■□➢►▶✓✔→⇒§#+=&\ufe0f-\u2010\u2011\u2012\u2013\u2014\u2015\u2212~"
_EMOJI: Final = re.compile(  # with key caps, and the tags in the flags of England, Scotland and Wales
    r"(?:[\d#*]?\ufe0f?\u20e3|[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f])+"
)
_QUOTED: Final = re.compile(r"[\"“”„«»‘][^\"“”„«»]+[\"“”„«»’]")
_AND_ONLINE: Final = re.compile(r"\s*(?:\band|[&+/])\s*(?:online|virtual|hybrid)\b", re.I)
_ABBREVIATED: Final = re.compile(r"(?:\bRep|\b(?:[A-Z]\.)+[A-Z])$")
_PARTICLES: Final = words.set_of(
    """
    de la le les du des sur en y i di da do dos del della al el am an auf bei der den dem die im in ob of the and og och
    na nad pod pri u van von zu zum zur upon under lès aan ter e ja a s d l & / - nell nell'emilia
    """
)
_PROSE: Final = words.set_of(
    """
    the this that these our we you us your will is are was were be been has have can please join more follow stay next
    previous upcoming past edition editions workshop workshops event events conference webinar call calls participants
    register registration contact information platform clusters with about published updated on from date dates when
    deadline potentially possibly took takes held hosted organised
    """
)
_NO_NAME: Final = frozenset("@<>{}=")
_ARTICLES: Final = frozenset({"a", "o", "la", "le", "les", "el", "al", "den", "am", "de", "des", "du", "l", "i"})
_HOME_NATIONS: Final = frozenset({"england", "scotland", "wales", "northern ireland", "n ireland"})
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
    quoted: bool = False


def read_place(text: str) -> Place | None:
    """The place that a piece of a line names, or None where it is prose or nothing.

    `text` is what stands on one side of the date. What follows the country is a theme or a remark, not a place.
    """
    parts = _parts(text)
    if not parts:
        return None
    place = _with_country(parts) or _without_country(parts)
    return place if place and _is_name(place) else None


_WORD: Final = re.compile(r"[^\W\d_][\w’'-]*")
_MOST_NAMES: Final = 60


def names_a_country(text: str) -> bool:
    """Whether a country's name stands anywhere in a text (in its beginning, when it is long)."""
    found = [match.group() for match in _WORD.finditer(text[:1_000])][:_MOST_NAMES]
    return any(
        country_code(" ".join(found[start : start + count]))
        for start, word in enumerate(found)
        if word[0].isupper() and len(word) > 2
        for count in (1, 2, 3)
    )


def _parts(text: str) -> list[_Part]:
    parts: list[_Part] = []
    for piece, bracket, dash in _pieces(_without_remarks(text)):
        bare = _bare(piece)
        if bare and not (parts and words.REMARK_PART.match(bare)):
            parts.append(_Part(bare, bracket, dash, bool(_QUOTED.fullmatch(piece.strip()))))
    return parts


def _without_remarks(text: str) -> str:
    """Without emoji, what stands before the place, labels, remarks in brackets, and what follows a remark."""
    text = _EMOJI.sub("\t", text)
    for before in (words.PREFIX, words.SHOUTED):
        match = before.match(text)
        text = text[match.end() :] if match and match.end() < len(text) else text
    text = words.LABEL.sub("\t", text)
    text = _BRACKET.sub(lambda found: "" if words.REMARK.match(found[1]) else found[0], text)
    text = _AND_ONLINE.sub("", text)
    remark = words.REMARK.search(text)
    return text[: remark.start()] if remark else text


def _bare(piece: str) -> str:
    """Without bullets, quotes and dashes at its ends, but ’s-Hertogenbosch keeps its apostrophe, “Rep.” its stop."""
    bare = piece.strip(_EDGE)
    start = piece.find(bare)
    end = start + len(bare)
    if piece[end : end + 1] == "." and _ABBREVIATED.search(bare):
        bare += "."
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
        rest = text[: match.start()].strip(_EDGE)
        if code and (word[0].isupper() or word.startswith("the ")) and not _is_another(rest):
            return rest, word, code
    return None


def _is_another(text: str) -> bool:
    """Whether what stands before a country is another one (“Denmark and Sweden”), and so no town."""
    return bool(re.search(r"(?:\band|&)$", text)) or country_code(text) is not None


def _leading(text: str, *, first: bool) -> _Found | None:
    """“Italy hybrid event”, “France Textile days”: a country, then words that are a theme or a remark."""
    if first:
        return None
    for match in list(re.finditer(r"\s+", text))[:6][::-1]:
        word = text[: match.start()].strip(_EDGE)
        code = country_code(word) if len(word) > 3 else None
        if code and not re.match(r"\s*(?:and\b|&)", text[match.start() :]):
            return "", word, code
    return None


def _assembled(parts: list[_Part], index: int, rest: str, word: str, code: str) -> Place:
    """City first, region between or in another bracket, country where it was found."""
    whole = [*parts[:index], replace(parts[index], text=rest)] if rest else parts[:index]
    before = [part.text for part in _without_theme(whole)]
    after = [part.text for part in parts[index + 1 :] if part.bracket]
    city, *others = [*before, *after] if before else [word, *after]
    regions = [other for other in others if not _is_other_name(other, code)]
    return Place(city, ", ".join(regions) or None, word, code)


def _without_theme(parts: list[_Part]) -> list[_Part]:
    """“Skills for industry – Lyon, France”: what leads in a place is none when it reads as a theme."""
    if len(parts) < 2 or not (parts[0].quoted or parts[1].dash):
        return parts
    return parts[1:] if _is_theme(parts[0]) else parts


def _is_theme(part: _Part) -> bool:
    """In quotes, with a number in it, or with small words that are in no town's name."""
    first, *others = part.text.split()
    if part.quoted or first.casefold() in _PROSE - {"the"} or any(c.isdigit() for c in part.text):
        return True
    return any(word[0].islower() and word.casefold() not in _PARTICLES for word in others)


def _is_other_name(text: str, code: str) -> bool:
    """“Czechia (Czech Republic)”: a second name of the country is no region; England is."""
    return country_code(text) == code and fold(text) not in _HOME_NATIONS


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
    if is_online(place.city):
        return True
    if not 1 <= len(city_words) <= _MOST_WORDS or len(place.city) > 90 or not _NO_NAME.isdisjoint(place.city):
        return False
    lower = [word.casefold().strip(_EDGE) for word in city_words]
    if not _PROSE.isdisjoint(lower[len(lower) > 1 and lower[0] == "the" :]):
        return False
    return any(map(str.isalpha, place.city)) if place.country_code else _is_capitalised(city_words)


def _is_capitalised(city_words: list[str]) -> bool:
    first = city_words[0].lstrip("'’")
    others = all(word in _PARTICLES or not word[0].islower() for word in city_words)
    return others and first[:1].isalpha() and first.casefold() not in _PARTICLES - _ARTICLES
