"""The map of editions, and the same as a list by country. Pure, apart from the data of the map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from cmr_watch.models.readings import KnownEdition
from cmr_watch.places import is_online
from cmr_watch.render.countries import alphabetical, country_words
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.render.sanitize import clean
from cmr_watch.web.public.edition_cards import EditionCard, country_path, edition_card, is_next
from cmr_watch.web.public.europe_map import Dot, europe_map, is_shown, no_statement
from cmr_watch.web.public.gazetteer import locate

MAX_CITY: Final = 60


@dataclass(frozen=True, slots=True)
class CountryRow:
    """A country, with its editions. `path`: of its page; empty for editions whose country is not known."""

    name: str
    path: str
    cards: tuple[EditionCard, ...]


@dataclass(frozen=True, slots=True)
class EditionMap:
    """The map as SVG, which needs no escaping.

    - `summary`: how many editions, and in how many countries.
    - `rows`: the same as a list; `missing`: the places that are not on the map.
    - `has_upcoming`, `has_past`: which dots are on it.
    """

    svg: str
    summary: str
    credit: str
    rows: tuple[CountryRow, ...]
    missing: tuple[str, ...]
    has_upcoming: bool
    has_past: bool


def edition_map(editions: Sequence[KnownEdition], now: datetime, has_links: bool = False) -> EditionMap | None:
    """The map of the editions that took or will take place; None if there are none."""
    shown = [known for known in editions if not edition_card(known, now).is_off]
    if not shown:
        return None
    summary = editions_and_countries(shown)
    dots = [dot for known in shown if (dot := _dot(known, now, has_links))]
    hosts = {code for known in shown if (code := known.edition.country_code)}
    return EditionMap(
        svg=europe_map(dots, hosts, _("Map of Europe: {text}").format(text=summary)),
        summary=f"{summary}.",
        credit=no_statement(),
        rows=tuple(_rows(shown, now)),
        missing=tuple(edition_card(known, now).place for known in shown if _is_missing(known, now)),
        has_upcoming=any(dot.state == "upcoming" for dot in dots),
        has_past=any(dot.state == "held" for dot in dots),
    )


def editions_and_countries(editions: Sequence[KnownEdition]) -> str:
    """`15 editions in 13 countries`."""
    countries = len({code for known in editions if (code := known.edition.country_code)})
    parts = [ngettext("{number} edition", "{number} editions", len(editions))]
    if countries:
        parts.append(ngettext("in {number} country", "in {number} countries", countries))
    return " ".join(parts)


def _dot(known: KnownEdition, now: datetime, has_link: bool) -> Dot | None:
    edition, card = known.edition, edition_card(known, now)
    place = locate(edition.city, edition.country_code, edition.region)
    if place is None or not is_shown(place):
        return None
    return Dot(
        label=clean(edition.city, MAX_CITY),
        place=place,
        state="upcoming" if is_next(known, now) else "held",
        name=card.name,
        link=card.path if has_link else None,
    )


def _is_missing(known: KnownEdition, now: datetime) -> bool:
    return not is_online(known.edition.city) and _dot(known, now, False) is None


def _rows(shown: Sequence[KnownEdition], now: datetime) -> Iterator[CountryRow]:
    """By the names of the countries; editions without one come last."""

    def name(known: KnownEdition) -> str:
        code = known.edition.country_code
        return country_words(code) if code else ""

    for country, of in groupby(sorted(shown, key=lambda known: (not name(known), alphabetical(name(known)))), key=name):
        editions = list(of)
        code = editions[0].edition.country_code
        cards = tuple(edition_card(known, now) for known in editions)
        yield CountryRow(country or _("Without a country"), country_path(code) if code else "", cards)
