"""The place of an edition's own page: by its title, its address, its text (READING E1). Pure, linear; no errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cmr_watch.places import country_code, fold, is_region, is_same_city
from cmr_watch.reading.dates import find_dates
from cmr_watch.reading.home import Sentence, names_edition_after
from cmr_watch.reading.lexicon import words_of
from cmr_watch.reading.places import Place, find_places
from cmr_watch.reading.tokens import Text
from cmr_watch.reading.venue import ASIDE, Spot, spots_of, venue_in_prose

_LONGEST: Final = 200
_LONGEST_NAME: Final = 60
_FIRST_LINES: Final = 4


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
        before = [token for token in title.tokens if place.end <= token.start < series.start]
        return bool(before) and not any(token.word for token in before)
    between = [token.word for token in title.tokens if series.end <= token.start < place.start and token.word]
    return _BETWEEN.issuperset(between)


def place_of(title: Text, sentences: Sequence[Sentence]) -> tuple[Place | None, Spot | None]:
    """The edition's place and the line of its venue (E1).

    - The town of an address wins over a region's name in the title (Malmö in Skåne), never over a town's: the venue
      may be in a suburb.
    - A title without a country takes the one that stands beside its town in the text.
    - A page that names no place in its title is an edition's only when it names the series.
    """
    named = place_of_title(title)
    if named is None and not title.has("series"):
        return None, None
    address = next((spot.place for spot in spots_of(sentences, named) if spot.place), None)
    if named is None or _is_no_town(named):
        place = _of_a_line(sentences, named) or address or named
        named = place
    else:
        named = named if named.country_code else _with_country(named, sentences)
        place = _merged(named, address) if address else named
    return place, _venue_spot(sentences, named)


def _venue_spot(sentences: Sequence[Sentence], place: Place | None) -> Spot | None:
    """The first line that tells a venue, else a sentence that does."""
    found = next((spot for spot in spots_of(sentences, place) if spot.venue), None)
    return found or (venue_in_prose(sentences, place) if place else None)


def _is_no_town(place: Place) -> bool:
    """“East and North Finland”, or a country alone."""
    if place.is_alone and place.city == place.country:
        return True
    return "and" in fold(place.city).split()


def _merged(title: Place, address: Place) -> Place:
    """The title's, unless that is a region: an address may lie in a suburb, or in a town that two names are for."""
    if title.country_code not in (None, address.country_code):
        return title
    is_listed_by_region = title.region is None and is_region(title.city)
    if is_listed_by_region and not is_same_city(title.city, address.city):
        return address._replace(region=title.city)
    return title if title.country_code else title._replace(country=address.country, country_code=address.country_code)


def _with_country(place: Place, sentences: Sequence[Sentence]) -> Place:
    """With the country that stands beside its town in the text, or alone in a line."""
    for sentence in sentences:
        for other in sentence.places:
            if other.is_known and is_same_city(other.city, place.city):
                return place._replace(country=other.country, country_code=other.country_code)
    alone = next((one.text.text for one in sentences if country_code(one.text.text)), None)
    return place._replace(country=alone, country_code=country_code(alone)) if alone else place


def _of_a_line(sentences: Sequence[Sentence], named: Place | None) -> Place | None:
    """“Burgas, Bulgaria” as a line of its own near the top, or a line of place and days (E1)."""
    for number, sentence in enumerate(sentences):
        if sentence.is_under(*ASIDE) or names_edition_after(sentence.text, "other edition"):
            continue
        known = next((place for place in sentence.places if place.is_known), None)
        is_short = number < _FIRST_LINES and len(sentence.text.text) <= _LONGEST_NAME
        has_days = any(date.precision == "day" for date in sentence.dates) and len(sentence.text.text) <= _LONGEST
        is_of_title = named is None or known is None or known.country_code == named.country_code
        if known and is_of_title and (is_short or (has_days and not sentence.text.has("other edition"))):
            return known
    return None
