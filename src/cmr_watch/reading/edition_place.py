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

_LONGEST_NAME: Final = 60
_FIRST_LINES: Final = 4
_NEAR: Final = 8
"""Characters between a town and the days next to it."""


def place_of_title(title: Text) -> Place | None:
    """The place that a title names. Without a country it counts only with the series' name: an error is not a town."""
    if title.has("error") and not title.has("series"):
        return None
    places = find_places(title, find_dates(title))
    known = next((place for place in places if place.is_known), None)
    first = known or next((place for place in places if place.country_code or _is_beside_series(title, place)), None)
    country = next((place for place in places[1:] if place.city == place.country), None)
    if first and country and first.country_code is None:
        return first._replace(country=country.country, country_code=country.country_code, end=country.end)
    return first


_BETWEEN: Final = words_of("in at the on event workshop edition")


def _is_beside_series(title: Text, place: Place) -> bool:
    """“Clusters meet Regions in Brno”, “Brno: Clusters meet Regions”; not “Speak at Clusters meet Regions”."""
    series = next(title.cues_of("series"), None)
    if series is None:
        return False
    if place.end <= series.start:
        before = title.within(place.end, series.start)
        return bool(before) and not any(token.word for token in before)
    return _BETWEEN.issuperset(title.words(series.end, place.start))


class Sited(NamedTuple):
    """A place, and the position of each of its parts: the town, the region, the country."""

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
    - A title without a country takes the one next to its town in the text; else a line of place and days
      decides, for the title may name a theme.
    - A page that names no place in its title is an edition's only when it names the series.
    """
    named = place_of_title(title.scan)
    if named is None and not title.scan.has("series"):
        return None, None
    found = _located(title, named, sentences)
    return found, _venue_spot(sentences, found.place if found else None)


def _located(title: Line, named: Place | None, sentences: Sequence[Sentence]) -> Sited | None:
    address = next((_sited(spot.place, spot.line) for spot in spots_of(sentences, named) if spot.place), None)
    if named is None or _is_no_town(named):
        return _of_a_line(sentences, named) or address or (_sited(named, title) if named else None)
    own = _sited(named, title)
    if is_region(named.city):
        address = address or _of_a_line(sentences, named, first_lines=0) or _town_of_days(sentences, named)
    elif named.country_code is None and not named.is_online:
        own = _with_country(own, sentences) or _of_a_line(sentences, named, first_lines=0) or own
    return _merged(own, address) if address else own


def _venue_spot(sentences: Sequence[Sentence], place: Place | None) -> Spot | None:
    """The first line that gives a venue, else a sentence that does."""
    found = next((spot for spot in spots_of(sentences, place) if spot.venue), None)
    return found or (venue_in_prose(sentences, place) if place else None)


def _is_no_town(place: Place) -> bool:
    """“East and North Finland”, or a country alone."""
    if place.is_alone and place.city == place.country:
        return True
    return "and" in fold(place.city).split()


def _merged(title: Sited, address: Sited) -> Sited:
    """The title's, unless that is a region: an address may lie in a suburb, or in a town with two names."""
    named, other = title.place, address.place
    if named.country_code not in (None, other.country_code):
        return title
    if is_region(named.city) and not is_same_city(named.city, other.city):
        return address._replace(place=other._replace(region=named.city), region=title.city)
    return title if named.country_code else _with_country_of(title, other, address.country)


def _with_country_of(sited: Sited, other: Place, where: Where) -> Sited:
    place = sited.place._replace(country=other.country, country_code=other.country_code)
    return sited._replace(place=place, country=where)


def _with_country(sited: Sited, sentences: Sequence[Sentence]) -> Sited | None:
    """With the country that is next to its town in the text, or alone in a line; None if there is none."""
    known = ((one, place) for one in sentences for place in one.places if place.is_known)
    for sentence, other in known:
        if is_same_city(other.city, sited.place.city):
            return _with_country_of(sited, other, Where(sentence.line, other.start, other.end))
    alone = next((sentence.line for sentence in sentences if country_code(sentence.line.text)), None)
    if alone is None:
        return None
    country = Place("", None, alone.text, country_code(alone.text))
    return _with_country_of(sited, country, Where(alone, 0, len(alone.text)))


def _town_of_days(sentences: Sequence[Sentence], region: Place) -> Sited | None:
    """The town next to the days: “takes place in Innsbruck on 14 and 15 April 2027” (E1)."""
    own = [one for one in sentences if not (Home(region).is_another(one) or one.is_under(*ASIDE))]
    towns = ((one, place) for one in own for place in one.places if _is_town_of_days(one, place))
    sentence, town = next(towns, (None, None))
    if sentence is None or town is None:
        return None
    return _sited(town._replace(country=region.country, country_code=region.country_code), sentence.line)


def _is_town_of_days(sentence: Sentence, place: Place) -> bool:
    days = [date for date in sentence.dates if date.precision == "day"]
    is_near = any(min(abs(place.end - day.start), abs(place.start - day.end)) <= _NEAR for day in days)
    is_led_in = sentence.text.text[: place.start].split()[-1:] == ["in"]
    return is_near and is_led_in and place.country is None and not is_region(place.city)


def _of_a_line(sentences: Sequence[Sentence], named: Place | None, *, first_lines: int = _FIRST_LINES) -> Sited | None:
    """“Burgas, Bulgaria” as a line of its own near the top, or a line of place and days (E1)."""
    others = ("other edition", "next edition") if named else ("other edition",)
    for number, sentence in enumerate(sentences):
        known = next((place for place in sentence.places if place.is_known), None)
        if known is None or sentence.is_under(*ASIDE) or names_edition_after(sentence.text, *others):
            continue
        is_of_title = named is None or named.country_code in (None, known.country_code)
        is_short = number < first_lines and len(sentence.text.text) <= _LONGEST_NAME
        if is_of_title and (is_short or any(date.precision == "day" for date in sentence.dates)):
            return _sited(known, sentence.line)
    return None
