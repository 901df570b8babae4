"""Country: who hosted there, what is next there, and what its neighbours do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from cmr_watch.models.readings import KnownEdition
from cmr_watch.places import code_itself, country_code, country_name
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.store.public import Overview
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
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.similar import nothing_found
from cmr_watch.web.public.views import Reply, Visit


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A neighbouring country: how many editions it has hosted, or hosts next, in words."""

    name: str
    path: str
    hosted: str
    has_hosted: bool


@dataclass(frozen=True, slots=True)
class CountryPage:
    """What the page shows. `summary`: a sentence; `past`: the editions that are not next."""

    code: str
    name: str
    summary: str
    next: tuple[EditionCard, ...]
    past: tuple[Group, ...]
    neighbours: tuple[Neighbour, ...]
    map: EditionMap | None


def country(visit: Visit) -> Reply:
    """The page. NotFound if the code is not that of a country in Europe, or of one that has hosted."""
    given = visit.parameters["code"]
    code = code_itself(given.upper()) or country_code(given)
    known = set(NEIGHBOURS) | {entry.edition.country_code for entry in visit.overview.known.editions}
    if code is None or code not in known:
        targets = {country_name(one).casefold(): (country_path(one), country_name(one)) for one in NEIGHBOURS}
        way_on = "/editions", _("See the list of all editions")
        raise nothing_found(_("There is no page for this country."), given, targets, way_on)
    return page(visit, "country.html", shown=country_page(visit.overview, code, visit.now))


def country_page(overview: Overview, code: str, now: datetime) -> CountryPage:
    """The page of a country."""
    there = in_country(overview, code)
    return CountryPage(
        code=code,
        name=country_name(code),
        summary=_summary(hosted(there, now)),
        next=tuple(edition_card(entry, now) for entry in next_editions(there, now)),
        past=_without_next(editions_page(overview, now, EditionFilter(code)).groups),
        neighbours=tuple(_neighbour(overview, one, now) for one in sorted(NEIGHBOURS.get(code, ()), key=country_name)),
        map=edition_map(there, now),
    )


def in_country(overview: Overview, code: str) -> list[KnownEdition]:
    """The editions in a country."""
    return [entry for entry in overview.known.editions if entry.edition.country_code == code]


def _without_next(groups: Iterable[Group]) -> tuple[Group, ...]:
    rest = (replace(group, cards=tuple(card for card in group.cards if not card.is_ahead)) for group in groups)
    return tuple(group for group in rest if group.cards)


def hosted(editions: list[KnownEdition], now: datetime) -> int:
    """How many of these editions have taken place, as far as is known."""
    return sum(_has_taken_place(known, now) for known in editions)


def _has_taken_place(known: KnownEdition, now: datetime) -> bool:
    is_off = known.gone == "withdrawn" or known.edition.status in ("cancelled", "postponed")
    return (not is_off and not is_next(known, now)) or known.edition.status == "held"


def _summary(number: int) -> str:
    if number == 0:
        return _("No edition has been hosted here yet.")
    return ngettext("{number} edition has been hosted here.", "{number} editions have been hosted here.", number)


def _neighbour(overview: Overview, code: str, now: datetime) -> Neighbour:
    there = in_country(overview, code)
    number = hosted(there, now)
    ahead = sum(is_planned(entry, now) for entry in there)
    parts = [ngettext("{number} edition hosted", "{number} editions hosted", number)] if number else []
    parts += [ngettext("{number} upcoming", "{number} upcoming", ahead)] if ahead else []
    words = ", ".join(parts) or _("has not hosted yet")
    return Neighbour(country_name(code), country_path(code), words, bool(number))
