"""The place of an edition's own page: by its title, its address, its text (READING E1). Pure, linear; no errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from cmr_watch.places import country_code, fold, is_region, is_same_city
from cmr_watch.reading.dates import find_dates
from cmr_watch.reading.home import Home, Sentence, names_edition_after
from cmr_watch.reading.lexicon import words_of
from cmr_watch.reading.lines import Line, Where
from cmr_watch.reading.places import Place, find_places
from cmr_watch.reading.tokens import Text
from cmr_watch.reading.venue import ASIDE, Spot, spots_of, venue_in_prose

_LONGEST: Final = 200
_LONGEST_NAME: Final = 60
_FIRST_LINES: Final = 4
_NEAR: Final = 8
"""Characters between a town and the days beside it."""


def place_of_title(title: Text) -> Place | None:
    """The place that a title names. Without a country it counts only beside the series' name: an error is no town."""
    if title.has("error") and not title.has("series"):
        return None
    dates = find_dates(title)
    places = find_places(title, dates)
    known = [place for place in places if place.is_known]
    if known:
        return known[0]
    if not title.has("series"):
        return next((place for place in places if place.country_code), None)
    first = next((place for place in places if place.country_code or _is_beside_series(title, place)), None)
    country = next((place for place in places[1:] if place.city == place.country), None)
    if first and country and first.country_code is None:
        return first._replace(country=country.country, country_code=country.country_code, end=country.end)
    return first


_BETWEEN: Final = words_of("in at the on event workshop edition")


def _is_beside_series(title: Text, place: Place) -> bool:
    """“Clusters meet Regions in Brno”, “Brno: Clusters meet Regions”; “Speak at Clusters meet Regions” is none."""
    series = next(title.cues_of("series"))
    if place.end <= series.start:
        before = title.within(place.end, series.start)
        return bool(before) and not any(token.word for token in before)
    between = title.words(series.end, place.start)
    return _BETWEEN.issuperset(between)


class Sited(NamedTuple):
    """A place, and where each of its parts stands: the town, the region, the country."""

    place: Place
    city: Where
    region: Where
    country: Where


def _sited(place: Place, line: Line) -> Sited:
    where = Where(line, place.start, place.end)
    return Sited(place, where, where, where)


def place_of(title: Line, sentences: Sequence[Sentence]) -> tuple[Sited | None, Spot | None]:
    """The edition's place and the line of its venue (E1).

    - The town of an address wins over a region's name in the title (Malmö in Skåne), never over a town's: the venue
      may be in a suburb.
    - A title without a country takes the one that stands beside its town in the text; else a line of place and days
      decides, for the title may name a theme.
    - A page that names no place in its title is an edition's only when it names the series.
    """
    named = place_of_title(title.scan)
    if named is None and not title.scan.has("series"):
        return None, None
    spots = (_sited(spot.place, spot.line) for spot in spots_of(sentences, named) if spot.place)
    address = next(spots, None)
    if named is None or _is_no_town(named):
        found = _of_a_line(sentences, named) or address or (_sited(named, title) if named else None)
        named = found.place if found else None
    else:
        whole = _sited(named, title)
        line = _of_a_line(sentences, named, first_lines=0)
        if is_region(named.city):
            address = address or line or _town_of_days(sentences, named)
        elif named.country_code is None and not named.is_online:
            whole = _with_country(whole, sentences) or line or whole
        found = _merged(whole, address) if address else whole
        named = whole.place
    return found, _venue_spot(sentences, named)


def _venue_spot(sentences: Sequence[Sentence], place: Place | None) -> Spot | None:
    """The first line that tells a venue, else a sentence that does."""
    found = next((spot for spot in spots_of(sentences, place) if spot.venue), None)
    return found or (venue_in_prose(sentences, place) if place else None)


def _is_no_town(place: Place) -> bool:
    """“East and North Finland”, or a country alone."""
    if place.is_alone and place.city == place.country:
        return True
    return "and" in fold(place.city).split()


def _merged(title: Sited, address: Sited) -> Sited:
    """The title's, unless that is a region: an address may lie in a suburb, or in a town that two names are for."""
    named, other = title.place, address.place
    if named.country_code not in (None, other.country_code):
        return title
    is_listed_by_region = named.region is None and is_region(named.city)
    if is_listed_by_region and not is_same_city(named.city, other.city):
        return address._replace(place=other._replace(region=named.city), region=title.city)
    return title if named.country_code else _with_country_of(title, other, address.country)


def _with_country_of(sited: Sited, other: Place, where: Where) -> Sited:
    place = sited.place._replace(country=other.country, country_code=other.country_code)
    return sited._replace(place=place, country=where)


def _with_country(sited: Sited, sentences: Sequence[Sentence]) -> Sited | None:
    """With the country that stands beside its town in the text, or alone in a line; None if none does."""
    for sentence in sentences:
        for other in sentence.places:
            if other.is_known and is_same_city(other.city, sited.place.city):
                return _with_country_of(sited, other, Where(sentence.line, other.start, other.end))
    for sentence in sentences:
        alone = sentence.text.text
        if code := country_code(alone):
            return _with_country_of(sited, Place("", None, alone, code), Where(sentence.line, 0, len(alone)))
    return None


def _town_of_days(sentences: Sequence[Sentence], region: Place) -> Sited | None:
    """The town beside the days: “takes place in Innsbruck on 14 and 15 April 2027” (E1)."""
    home = Home(region)
    for sentence in sentences:
        text, days = sentence.text, [date for date in sentence.dates if date.precision == "day"]
        if not days or home.is_another(sentence) or sentence.is_under(*ASIDE):
            continue
        for place in sentence.places:
            is_near = any(abs(place.end - day.start) <= _NEAR or abs(place.start - day.end) <= _NEAR for day in days)
            before = text.text[: place.start].split()
            is_town = place.country is None and before[-1:] == ["in"] and not is_region(place.city)
            if is_near and is_town:
                town = place._replace(country=region.country, country_code=region.country_code)
                return _sited(town, sentence.line)._replace(country=Where(sentence.line, place.start, place.end))
    return None


def _of_a_line(sentences: Sequence[Sentence], named: Place | None, *, first_lines: int = _FIRST_LINES) -> Sited | None:
    """“Burgas, Bulgaria” as a line of its own near the top, or a line of place and days (E1)."""
    for number, sentence in enumerate(sentences):
        if sentence.is_under(*ASIDE) or names_edition_after(sentence.text, "other edition"):
            continue
        if named and names_edition_after(sentence.text, "next edition"):
            continue
        known = next((place for place in sentence.places if place.is_known), None)
        is_short = number < first_lines and len(sentence.text.text) <= _LONGEST_NAME
        has_days = any(date.precision == "day" for date in sentence.dates) and len(sentence.text.text) <= _LONGEST
        is_of_title = named is None or known is None or named.country_code in (None, known.country_code)
        if known and is_of_title and (is_short or (has_days and not sentence.text.has("other edition"))):
            return _sited(known, sentence.line)
    return None
