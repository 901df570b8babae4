"""Country: who hosted there, what is next there, and what its neighbours do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cmr_watch.models.readings import KnownEdition, RecordedChange
from cmr_watch.places import code_itself, country_code
from cmr_watch.render.countries import alphabetical, country_words
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.store.public import Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.edition_cards import (
    EditionCard,
    country_path,
    edition_card,
    is_next,
    is_planned,
    next_editions,
)
from cmr_watch.web.public.edition_maps import EditionMap, edition_map
from cmr_watch.web.public.editions import EditionFilter, Group, editions_page
from cmr_watch.web.public.neighbours import NEIGHBOURS
from cmr_watch.web.public.recent import recent_moves
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.similar import nothing_found
from cmr_watch.web.public.views import Reply, Visit


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbouring country: how many editions it has hosted, or hosts next, in words; empty if none is known."""

    name: str
    path: str
    hosted: str


@dataclass(frozen=True, slots=True)
class CountryPage:
    """What the page shows.

    - `summary`: whether it has hosted, in a sentence or two.
    - `past`: the editions that are not next.
    - `neighbours`: those of which an edition is known; `others`: those of which none is.
    """

    code: str
    name: str
    summary: str
    next: tuple[EditionCard, ...]
    past: tuple[Group, ...]
    neighbours: tuple[Neighbour, ...]
    others: tuple[Neighbour, ...]
    map: EditionMap | None


def country(visit: Visit) -> Reply:
    """The page. NotFound if the code is not that of a country in Europe, or of one that has hosted."""
    given = visit.parameters["code"]
    code = code_itself(given.upper()) or country_code(given)
    known = set(NEIGHBOURS) | {entry.edition.country_code for entry in visit.overview.known.editions}
    if code is None or code not in known:
        targets = {country_words(one).casefold(): (country_path(one), country_words(one)) for one in NEIGHBOURS}
        way_on = "/editions", _("See the list of all editions")
        raise nothing_found(_("There is no page for this country."), given, targets, way_on)
    moves = recent_moves(visit)
    return page(visit, "country.html", shown=country_page(visit.overview, code, visit.now, moves))


def country_page(overview: Overview, code: str, now: datetime, moves: Sequence[RecordedChange] = ()) -> CountryPage:
    """The page of a country."""
    there = in_country(overview, code)
    around = [
        _neighbour(overview, one, now)
        for one in sorted(NEIGHBOURS.get(code, ()), key=lambda one: alphabetical(country_words(one)))
    ]
    return CountryPage(
        code=code,
        name=country_words(code),
        summary=_summary(there, country_words(code), now) if overview.read_at else words.nothing_read(),
        next=tuple(edition_card(entry, now, moves) for entry in next_editions(there, now)),
        past=editions_page(overview, now, EditionFilter(code)).groups,
        neighbours=tuple(one for one in around if one.hosted),
        others=tuple(one for one in around if not one.hosted),
        map=edition_map(there, now),
    )


def in_country(overview: Overview, code: str) -> list[KnownEdition]:
    """The editions in a country."""
    return [entry for entry in overview.known.editions if entry.edition.country_code == code]


def hosted(editions: list[KnownEdition], now: datetime) -> int:
    """How many of these editions have taken place, as far as is known."""
    return sum(_has_taken_place(known, now) for known in editions)


def _has_taken_place(known: KnownEdition, now: datetime) -> bool:
    is_off = known.gone == "withdrawn" or known.edition.status in ("cancelled", "postponed")
    return (not is_off and not is_next(known, now)) or known.edition.status == "held"


def _summary(there: list[KnownEdition], name: str, now: datetime) -> str:
    """`Poland has hosted 1 edition. 1 is upcoming.`, and how many were cancelled."""
    number, ahead = hosted(there, now), sum(is_planned(entry, now) for entry in there)
    off = sum(entry.edition.status == "cancelled" for entry in there)
    has = ngettext("{country} has hosted {number} edition.", "{country} has hosted {number} editions.", number)
    none = _("The platform’s list has no edition that took place in {country}.")
    sentences = (
        (has if number else none).format(country=name),
        ngettext("{number} is upcoming.", "{number} are upcoming.", ahead) if ahead else "",
        ngettext("{number} was cancelled.", "{number} were cancelled.", off) if off else "",
    )
    return " ".join(filter(None, sentences))


def _neighbour(overview: Overview, code: str, now: datetime) -> Neighbour:
    there = in_country(overview, code)
    number = hosted(there, now)
    ahead = sum(is_planned(entry, now) for entry in there)
    parts = [ngettext("{number} edition hosted", "{number} editions hosted", number)] if number else []
    parts += [ngettext("{number} upcoming", "{number} upcoming", ahead)] if ahead else []
    return Neighbour(country_words(code), country_path(code), ", ".join(parts))
