"""Where an edition's own page says that it meets, and which of its sentences speak of another edition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from cmr_watch.monitor.parse.dates import Found, find_dates
from cmr_watch.monitor.parse.headings import looks_like_heading
from cmr_watch.monitor.parse.home import ANOTHER, IN_TOWN, Home, leading_country
from cmr_watch.monitor.parse.lines import Line
from cmr_watch.monitor.parse.place import Place, read_place
from cmr_watch.monitor.parse.regions import is_region
from cmr_watch.monitor.parse.sentences import LONGEST, Sentence
from cmr_watch.places import country_code, is_same_city

SERIES: Final = re.compile(r"\bclusters?[\s‐‑-]+meets?[\s‐‑-]+regions?\b|\bCMR\b", re.I)


# ── the place ────────────────────────────────────────────────────────────────────────────────────────────────────

_ERROR: Final = re.compile(
    r"\b(?:not found|denied|forbidden|errors?|40[34]|50\d|unavailable|maintenance|just a moment|log ?in)\b", re.I
)
_DASHES: Final = re.compile(r"\s+[-\u2010-\u2015\u2212~|]+\s+|\s*[:|]\s+|\s*[‒–—―−]\s*")
_MARKED: Final = re.compile(
    r"^[^\w📍]{0,9}(?:📍|🏢|🏛|(?:(?:event|meeting|conference|workshop|ma"
    r"in) )?(?:dates? (?:and|&) )?(?:venue|location|place|where|address)"
    r"(?: (?:of the|and date)[^:]{0,30})?\s{0,3}[:\t‐‑‒–—―−-])[^\w(]{0,9}",
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


@dataclass(frozen=True, slots=True)
class Spot:
    """A line with an address: the venue, and the place at its end where it names a country."""

    line: Line
    venue: str | None = None
    place: Place | None = None


def spots_of(sentences: Sequence[Sentence], title: Place | None) -> Iterator[Spot]:
    """The lines that tell the venue: marked with a pin or a label, or the first one under such a heading."""
    headed: set[str] = set()
    for above, sentence in zip((None, *sentences), sentences, strict=False):
        if sentence.start or (looks_like_heading(sentence.line) and _HEADS.fullmatch(sentence.text)):
            continue
        text = sentence.line.text[:LONGEST]
        if _ASIDE.search(sentence.under) or _ASIDE.search(text[: text.find(":") + 1]):
            continue
        mark = _MARKED.match(text)
        is_first = bool(_HEADS.fullmatch(sentence.under)) and sentence.under not in headed
        is_told = bool(mark) or (is_first and not _only_a_date(text))
        if is_told or (title and (_is_days_and(title.city, text) or _is_below_days(title.city, text, above))):
            headed.add(sentence.under)
            yield _spot(sentence.line, text[mark.end() if mark else 0 :], title)


def _is_days_and(town: str, text: str) -> bool:
    """“26-27 April 2022, Town Hall, Vilnius”: a line that begins with days, and has the page's own town at its end."""
    first = next(iter(find_dates(text)), None)
    if first is None or first.precision != "day" or re.search(r"\w", text[: first.start]) or len(text) > _LONGEST_VENUE:
        return False
    parts = [_town_of(_tidy(part)) for part in _COMMAS.split(text[first.end :])]
    return any(is_same_city(town, part) for part in parts[-2:] if part)


_ASIDE: Final = re.compile(
    r"\b(?:hotels?|accommodation|where to (?:stay|eat)|dinner|lunch|reception|airports?|parking|travel"
    r"|how to (?:get|reach)|getting (?:there|to)|visits?|speakers?|partners?|contacts?)\b",
    re.I,
)
"""Over an address, or as its label: it is not where the event is."""


def _is_below_days(town: str, text: str, above: Sentence | None) -> bool:
    """“Town Hall, Main Street 1, Vilnius, Lithuania” in the line below one with nothing but the days."""
    if above is None or above.start or not _only_a_date(above.text) or len(text) > _LONGEST_VENUE:
        return False
    if not any(found.precision == "day" for found in find_dates(above.text)):
        return False
    parts = [part for part in (_town_of(_tidy(part)) for part in _COMMAS.split(text)) if part]
    return len(parts) > 2 and any(
        is_same_city(town, half) for part in parts[-2:] for half in (part, part.split(" / ")[0])
    )


def _only_a_date(text: str) -> bool:
    return not re.search(r"[^\W\d_]{3}", _without_dates(text, find_dates(text)))


def _spot(line: Line, address: str, title: Place | None) -> Spot:
    address = _NEXT_LABEL.split(_SIGNS.sub("", address))[0]
    bare = _without_dates(address, find_dates(address)).replace("\t", ", ")
    parts = [part for part in (_tidy(piece) for piece in _COMMAS.split(bare)) if part]
    parts = _up_to_its_country(parts, title)
    country = parts[-1] if parts and country_code(parts[-1]) else None
    if country and len(parts) > 1:
        parts.pop()
        town = _town_of(parts[-1])
        place = title if title and is_same_city(title.city, town) else Place(town, None, country, country_code(country))
        is_own = title is None or is_same_city(title.city, town) or is_region(title.city)
        return Spot(line, _venue(parts[:-1] if is_own else parts, title, bare), place)
    if title and len(parts) > 1 and is_region(title.city) and (town := _town_of(parts[-1])) != parts[-1]:
        return Spot(line, _venue(parts[:-1], title, bare), Place(town, None, title.country, title.country_code))
    return Spot(line, _venue(parts, title, bare))


def _up_to_its_country(parts: list[str], title: Place | None) -> list[str]:
    """“Town Hall, Malmö, Sweden The region of …”: more text runs on, the address ends with its own town."""
    for number, part in enumerate(parts[1:] if title else (), 1):
        country = leading_country(part)
        if title and country and is_same_city(title.city, _town_of(parts[number - 1])):
            return [*parts[:number], country]
    return parts


_COMMAS: Final = re.compile(r"\s*(?:[,;|(]|\)|\s[‐‑‒–—―−-]\s)\s*")
_SIGNS: Final = re.compile(r"^[^\w“‘\"'«(]+")
"""A bullet or an emoji before the line, which ends nothing."""
_NEXT_LABEL: Final = re.compile(r"\s(?=(?:date|dates|when|time|registration|language|theme)\s?:)|\s*[📅🗓🕘🕒⏰🎟]", re.I)
_POSTCODE: Final = re.compile(
    r"^(?:[A-Z]{1,3}[‐‑‒–—―−-]?\s?)?\d[\d\s‐‑‒–—―−-]{2,7}\s+(?:[A-Z]{2}\s)?|\s+(?:[A-Z]{1,3}[‐‑‒–—―−-]?)?\d[\d\s‐‑‒–—―−-]{2,6}$"
)
_DISTRICT: Final = re.compile(r"\s(?:[A-Z]{1,2}|\d{1,2}|CEDEX(?:\s\d{1,2})?)$")


def _town_of(part: str) -> str:
    """Without a postcode and the sign of a district: “160 41 Praha 6”, “20124 Milano MI”."""
    return _DISTRICT.sub("", _POSTCODE.sub("", part))


_SENTENCE: Final = re.compile(
    r"\b(?:will|is|are|was|were|t\.?b\.?[cad]\b|announced|confirmed|soon|please|you)\b|https?:", re.I
)
_LONGEST_VENUE: Final = 200


def _venue(parts: list[str], title: Place | None, bare: str) -> str | None:
    """Without the town at its end; prose (“will be announced soon”) is no venue."""
    names = [name for name in (title.city, title.region) if name] if title else []
    while parts and any(is_same_city(_town_of(parts[-1]), name) for name in names):
        parts = parts[:-1]
    venue = _as_written(parts, bare) or ", ".join(parts)
    if not re.search(r"[^\W\d_]{2}", venue) or len(venue) > _LONGEST_VENUE or _SENTENCE.search(venue):
        return None
    return venue


def _as_written(parts: list[str], bare: str) -> str | None:
    """The parts with what parts them (“UPTEC – Science Park”), unless a bracket or a date's gap is in between."""
    start = bare.find(parts[0]) if parts else -1
    end = bare.rfind(parts[-1]) + len(parts[-1]) if parts else -1
    text = bare[start:end]
    return text if 0 <= start < end and not re.search(r"[()|;]|,\s*,", text) else None


def _without_dates(text: str, dates: Sequence[Found]) -> str:
    pieces, position = [], 0
    for found in dates:
        if found.precision != "year" and found.start >= position:
            pieces.append(text[position : found.start])
            position = found.end
    return ",".join([*pieces, text[position:]])


def _tidy(piece: str) -> str:
    return re.sub(
        r"^(?:on|from|at|in)\s*$",
        "",
        re.sub(
            r"^[^\w“‘\"'«]{1,20}|[^\w”’\"'».)]{1,20}$|(?<!\b[Ss]tr)(?<!\b[Ss]t)(?<!\b[Rr]d)(?<!\b[Aa]ve)[.]$",
            "",
            piece.strip(),
        ),
    )


def place_of(title: str, body: Sequence[Sentence]) -> tuple[Place | None, str | None]:
    """The edition's place and venue.

    - The town of an address wins over a region's name in the title (Malmö in Skåne), never over a town's: the venue
      may be in a suburb.
    - A title without a country takes the one that stands beside its town in the text.
    - A page that names no place in its title is an edition's only when it names the series.
    """
    if _ERROR.search(title) and not SERIES.search(title):
        return None, None
    named = place_of_title(title)
    spots = tuple(spots_of(body, named))
    venue = next((spot.venue for spot in spots if spot.venue), None) or (
        _venue_in_prose(body, named) if named else None
    )
    venue = venue and _with_plain_dashes(venue)
    address = next((spot.place for spot in spots if spot.place), None)
    if named is None:
        return (address or _in_prose(body) or _in_a_heading(body) if SERIES.search(title) else None), venue
    place = named if named.country_code else _with_country(named, body)
    if address is None:
        return place, venue
    return _merged(place, address, is_listed_by_region=_is_listed_by_region(place, body)), venue


def _with_plain_dashes(venue: str) -> str:
    """One dash between words, one hyphen within them: another sign for either is no other venue."""
    return re.sub(r"\s-\s", " – ", re.sub(r"[‐‑‒–—―−]", "-", venue))


_MOST_READ: Final = 20_000


def _is_listed_by_region(title: Place, body: Sequence[Sentence]) -> bool:
    """Whether the title names a region alone. A town beside its region (“Kittilä, Lapland”) is the town."""
    return title.region is None and is_region(title.city, " . ".join(one.text for one in body)[:_MOST_READ])


def _merged(title: Place, address: Place, *, is_listed_by_region: bool) -> Place:
    """The title's, unless that is a region: an address may lie in a suburb, or in a town that two names are for."""
    if title.country_code not in (None, address.country_code):
        return title
    if is_listed_by_region and not is_same_city(title.city, address.city):
        return replace(address, region=title.city)
    return title if title.country_code else replace(title, country=address.country, country_code=address.country_code)


def _with_country(place: Place, body: Sequence[Sentence]) -> Place:
    for sentence in body:
        found = re.search(
            rf"(?<!\w){re.escape(place.city)}\s?[,(]\s?([^\W\d_][^,.;:()\t·•|‒–—―−]{{2,40}})", sentence.text
        )
        word = leading_country(found[1]) if found else None
        if word:
            return replace(place, country=word, country_code=country_code(word))
    alone = next((one.text for one in body if country_code(one.text)), None)
    return replace(place, country=alone, country_code=country_code(alone)) if alone else place


_MEETS_AT: Final = re.compile(
    r"\b(?:workshop|event|edition|meeting|we|regions)\b[^.;]{0,100}?"
    r"\b(?:tak(?:es?|ing) place|took place|held|hosted|meet|met)\b"
    r"[^.;]{0,80}?\bat (?:the )?(?P<venue>[^\W\d_a-z][^,.;:()\t]{2,90}?)"
    r"(?=\s(?:in|on|from|and|where|with|with?in|for|to)\s|[,.;(]|\s?$)"
)
_MEAL: Final = re.compile(r"\b(?:dinner|reception|lunch|visits?|hotels?|session|drinks?|tour)\b", re.I)


def _in_a_heading(body: Sequence[Sentence]) -> Place | None:
    """“Burgas, Bulgaria” as a line of its own, near the top."""
    lines = [one.text for one in body[:_FIRST] if len(one.text) <= _LONGEST_NAME and not _ASIDE.search(one.under)]
    places = (read_place(text) for text in lines if "," in text or "(" in text)
    return next((place for place in places if place and place.country_code), None)


_FIRST: Final = 4
_LONGEST_NAME: Final = 60


def _venue_in_prose(body: Sequence[Sentence], title: Place) -> str | None:
    """“The workshop will take place at the Hôtel de Région”, where no line of its own tells the venue."""
    home = Home(title)
    for sentence in body:
        found = _MEETS_AT.search(sentence.text)
        if found and not home.is_another(sentence.text) and not _MEAL.search(sentence.text[: found.start("venue")]):
            return found["venue"].strip()
    return None


def _in_prose(body: Sequence[Sentence]) -> Place | None:
    """“… will meet in Lyon, France”, in the first sentence that is of no other edition."""
    for sentence in body:
        found = None if ANOTHER.search(sentence.text) else IN_TOWN.search(sentence.text)
        word = leading_country(found[2]) if found else None
        if found and word:
            return Place(found[1].strip(), None, word, country_code(word))
    return None
