"""Where an edition's own page says that it meets, and which of its sentences speak of another edition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cmr_watch.monitor.parse.dates import Found, find_dates
from cmr_watch.monitor.parse.headings import looks_like_heading
from cmr_watch.monitor.parse.lines import Line
from cmr_watch.monitor.parse.place import Place, read_place
from cmr_watch.places import city_names, country_code, fold, same_city

LONGEST: Final = 1_000
"""A sentence is read so far: what a person writes ends earlier."""
SERIES: Final = re.compile(r"\bclusters?[\s-]+meets?[\s-]+regions?\b|\bCMR\b", re.I)
_SENTENCE_END: Final = re.compile(
    r"(?:(?<=[^\W\d_][.!?])|(?<=\d\d\d\d[.!?])|(?<=[)”’\"'][.!?]))\s+(?=[^\W\d_a-z]|[\"“‘(])|;\s+"
)


# ── sentences ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a line, where it begins there, and the heading above it (empty where there is none)."""

    text: str
    line: Line
    start: int = 0
    under: str = ""


def sentences_of(lines: Sequence[Line]) -> tuple[Sentence, ...]:
    """All sentences, top to bottom; a heading counts as one of its own."""
    found: list[Sentence] = []
    under = ""
    for line in lines:
        found += [Sentence(text, line, start, under) for text, start in _split(line.text)]
        under = line.shown[:_LONGEST_HEADING] if looks_like_heading(line) else under
    return tuple(found)


_LONGEST_HEADING: Final = 80


def _split(text: str) -> Iterator[tuple[str, int]]:
    position = 0
    for end in _SENTENCE_END.finditer(text):
        yield text[position : end.start()][:LONGEST], position
        position = end.end()
    yield text[position:][:LONGEST], position


# ── the place ────────────────────────────────────────────────────────────────────────────────────────────────────

_ERROR: Final = re.compile(
    r"\b(?:not found|denied|forbidden|errors?|40[34]|50\d|unavailable|maintenance|just a moment|log ?in)\b", re.I
)
_DASHES: Final = re.compile(r"\s+[-\u2010-\u2015\u2212~|]+\s+|\s*[:|]\s+|\s*[\u2013\u2014]\s*")
_MARKED: Final = re.compile(
    r"^[^\w📍]{0,9}(?:📍|🏢|🏛|(?:(?:event|meeting|conference|ma"
    r"in) )?(?:dates? (?:and|&) )?(?:venue|location|place|where|address)"
    r"(?: (?:of the|and date)[^:]{0,30})?\s{0,3}[:\t–-])[^\w(]{0,9}",
    re.I,
)
"""Begins a line that tells the venue."""
_HEADS: Final = re.compile(
    r"\W*(?:the )?(?:(?:event|date|dates|when|meeting) ?(?:and|&|/)? ?)?(?:venue|location|place|where|address)\W*", re.I
)
"""The whole of a heading over the venue."""


def place_of_title(title: str) -> Place | None:
    """The place that a title names. Without a country it counts only beside the series' name: an error is no town."""
    dates = [found.start for found in find_dates(title[:LONGEST]) if found.precision != "year"]
    before = title[: min(dates, default=LONGEST)]
    place = _in_a_part(before) or read_place(_BETWEEN.sub("", before, count=1))
    if place is None and dates and SERIES.search(title):
        after = max(found.end for found in find_dates(title[:LONGEST]))
        place = read_place(title[after:LONGEST])
    if place is None or _ERROR.search(title):
        return None
    return place if place.country_code or SERIES.search(title) else None


_BETWEEN: Final = re.compile(r"(?<=regions)[\s’'”\"]+(?:\w+ ){0,2}(?:workshop|event|edition)s?(?= (?:in|at)\b)", re.I)
"""“Clusters meet Regions hybrid workshop in Lyon”."""


def _in_a_part(title: str) -> Place | None:
    """“Textiles – Lyon, France”: a part that names town and country by itself is the place."""
    for part in _DASHES.split(_BETWEEN.sub("", title, count=1)):
        place = read_place(part) if re.search(r"[,(]", part) else None
        if place and place.country_code and place.city != place.country:
            return place
    return None


def theme_of_title(title: str, place: Place) -> str | None:
    """What a title says beside the series, the place, the date and a state: “… – Skills for the green transition”."""
    names = {fold(name) for name in (place.city, place.region, place.country) if name}
    parts = [part.strip(" \t.,–-") for part in _DASHES.split(title[:LONGEST])]
    rest = [part for part in parts if _is_theme(part, names)]
    return rest[-1] if rest else None


_STATE: Final = re.compile(r"^(?:cancell?ed|postponed|rescheduled|save the dates?|new dates?|online|hybrid)\b", re.I)


def _is_theme(part: str, names: set[str]) -> bool:
    if len(part.split()) < 2 or SERIES.search(part) or _STATE.match(part) or find_dates(part):
        return False
    return not any(name in fold(part) for name in names)


@dataclass(frozen=True, slots=True)
class Spot:
    """A line with an address: the venue, and the place at its end where it names a country."""

    line: Line
    venue: str | None = None
    place: Place | None = None


def spots_of(sentences: Sequence[Sentence], title: Place | None) -> Iterator[Spot]:
    """The lines that tell the venue: marked with a pin or a label, or the first one under such a heading."""
    headed: set[str] = set()
    for sentence in sentences:
        if sentence.start or (looks_like_heading(sentence.line) and _HEADS.fullmatch(sentence.text)):
            continue
        text = sentence.line.text[:LONGEST]
        mark = _MARKED.match(text)
        is_first = bool(_HEADS.fullmatch(sentence.under)) and sentence.under not in headed
        if mark or (is_first and not _only_a_date(text)) or (title and _is_days_and(title.city, text)):
            headed.add(sentence.under)
            yield _spot(sentence.line, text[mark.end() if mark else 0 :], title)


def _is_days_and(town: str, text: str) -> bool:
    """“26-27 April 2022, Town Hall, Vilnius”: a line that begins with days, and has the page's own town at its end."""
    first = next(iter(find_dates(text)), None)
    if first is None or first.precision != "day" or re.search(r"\w", text[: first.start]) or len(text) > _LONGEST_VENUE:
        return False
    parts = [_POSTCODE.sub("", _tidy(part)) for part in _COMMAS.split(text[first.end :])]
    return any(same_city(town, part) for part in parts[-2:] if part)


def _only_a_date(text: str) -> bool:
    return not re.search(r"[^\W\d_]{3}", _without_dates(text, find_dates(text)))


def _spot(line: Line, address: str, title: Place | None) -> Spot:
    address = _NEXT_LABEL.split(address)[0]
    bare = _without_dates(address, find_dates(address)).replace("\t", ", ")
    parts = [part for part in (_tidy(piece) for piece in _COMMAS.split(bare)) if part]
    country = parts[-1] if parts and country_code(parts[-1]) else None
    if country and len(parts) > 1:
        parts.pop()
        town = _POSTCODE.sub("", parts[-1])
        place = title if title and same_city(title.city, town) else Place(town, None, country, country_code(country))
        return Spot(line, _venue(parts[:-1], title), place)
    return Spot(line, _venue(parts, title))


_COMMAS: Final = re.compile(r"\s*(?:[,;|(]|\)|\s[-\u2013\u2014]\s)\s*")
_NEXT_LABEL: Final = re.compile(r"\s(?=(?:date|dates|when|time|registration|language|theme)\s?:)|\s*[📅🗓🕘🕒⏰🎟]", re.I)
_POSTCODE: Final = re.compile(
    r"^(?:[A-Z]{1,3}-?\s?)?\d[\d\s-]{2,6}\s+(?:[A-Z]{2}\s)?|\s+(?:[A-Z]{1,3}-?)?\d[\d\s-]{2,6}$"
)
_SENTENCE: Final = re.compile(
    r"\b(?:will|is|are|was|were|t\.?b\.?[cad]\b|announced|confirmed|soon|please|you)\b|https?:", re.I
)
_LONGEST_VENUE: Final = 200


def _venue(parts: list[str], title: Place | None) -> str | None:
    """Without the town at its end; prose (“will be announced soon”) is no venue."""
    names = [name for name in (title.city, title.region) if name] if title else []
    while parts and any(same_city(_POSTCODE.sub("", parts[-1]), name) for name in names):
        parts = parts[:-1]
    venue = ", ".join(parts)
    if not re.search(r"[^\W\d_]{2}", venue) or len(venue) > _LONGEST_VENUE or _SENTENCE.search(venue):
        return None
    return venue


def _without_dates(text: str, dates: Sequence[Found]) -> str:
    pieces, position = [], 0
    for found in dates:
        if found.precision != "year" and found.start >= position:
            pieces.append(text[position : found.start])
            position = found.end
    return ",".join([*pieces, text[position:]])


def _tidy(piece: str) -> str:
    return re.sub(
        r"^(?:on|from|at|in)\s*$", "", re.sub(r"^[^\w“‘\"'«]{1,20}|[^\w”’\"'».)]{1,20}$|[.]$", "", piece.strip())
    )


def place_of(title: str, body: Sequence[Sentence]) -> tuple[Place | None, str | None]:
    """The edition's place and venue.

    - The town of an address wins over the name in the title, which is then its region (Malmö in Skåne).
    - A title without a country takes the one that stands beside its town in the text.
    - A page that names no place in its title is an edition's only when it names the series.
    """
    if _ERROR.search(title) and not SERIES.search(title):
        return None, None
    named = place_of_title(title)
    spots = tuple(spots_of(body, named))
    venue = next((spot.venue for spot in spots if spot.venue), None)
    address = next((spot.place for spot in spots if spot.place), None)
    if named is None:
        return (address or _in_prose(body) if SERIES.search(title) else None), venue
    place = named if named.country_code else _with_country(named, body)
    return (_merged(place, address) if address else place), venue


def _merged(title: Place, address: Place) -> Place:
    if title.country_code not in (None, address.country_code):
        return title
    if same_city(title.city, address.city) or any(
        same_city(title.city, half) for half in re.split(r"\s*[/,]\s*", address.city)
    ):
        return (
            title if title.country_code else replace(title, country=address.country, country_code=address.country_code)
        )
    return replace(address, region=title.region or title.city)


def _with_country(place: Place, body: Sequence[Sentence]) -> Place:
    for sentence in body:
        found = re.search(rf"(?<!\w){re.escape(place.city)}\s?[,(]\s?([^\W\d_][^,.;:()\t]{{2,40}})", sentence.text)
        word = _leading_country(found[1]) if found else None
        if word:
            return replace(place, country=word, country_code=country_code(word))
    return place


def _leading_country(text: str) -> str | None:
    names = text.split()
    starts = (" ".join(names[:count]) for count in (4, 3, 2, 1) if count <= len(names))
    return next((start for start in starts if country_code(start)), None)


_IN_TOWN: Final = re.compile(
    r"\b(?:in|to|at)\s+((?:[^\W\d_a-z][\w’'-]{1,30}[ /-]{0,3}){1,4}),\s?([^\W\d_a-z][^,.;:()\t]{2,40})"
)


def _in_prose(body: Sequence[Sentence]) -> Place | None:
    """“… will meet in Lyon, France”, in the first sentence that is of no other edition."""
    for sentence in body:
        found = None if ANOTHER.search(sentence.text) else _IN_TOWN.search(sentence.text)
        word = _leading_country(found[2]) if found else None
        if found and word:
            return Place(found[1].strip(), None, word, country_code(word))
    return None


# ── this edition or another ──────────────────────────────────────────────────────────────────────────────────────

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
    r"(?:,\s?([^\W\d_a-z][^,.;:()\t]{2,40}?))?[\s,(:\u2013\u2014-]*(?:\b(?:on|from|the|between|took place|was|is|held"
    r"|will be|will take place|takes place)\b[\s(]*)*$"
)
_TOWN_AFTER: Final = re.compile(
    r"^[\s,)\u2013\u2014-]*(?:in|at)\s([^\W\d_a-z][^,.;:()\t]{1,40})(?:,\s?([^\W\d_a-z][^,.;:()\t]{2,40}))?"
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
        town = _IN_TOWN.search(text)
        return self._is_abroad(_leading_country(town[2]) if town else None) or bool(
            NEXT.search(text) and _IN.search(text)
        )

    def is_elsewhere(self, text: str, start: int, end: int) -> bool:
        """Whether the place right beside a date is another one: “Milan, Italy (26-27 March 2024)”."""
        before = text[max(0, start - _REACH) : start]
        after = text[end : end + _REACH]
        for match in (_TOWN_BEFORE.search(before), _TOWN_AFTER.match(after)):
            if match and self._is_elsewhere(match, text):
                return True
        return False

    def _is_elsewhere(self, town: re.Match[str], text: str) -> bool:
        if _NO_TOWN.match(town[1]) or self.is_named(town[0]):
            return False
        return self._is_abroad(_leading_country(town[2] or "")) or bool(ANOTHER.search(text))

    def _is_abroad(self, country: str | None) -> bool:
        return country is not None and country_code(country) != self.place.country_code


_IN: Final = re.compile(
    r"\bin\s(?!(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)"
    r"[^\W\d_a-z]\w"
)


def _names(region: str | None) -> list[str]:
    return [part for part in re.split(r"\s*,\s*", region or "") if part]
