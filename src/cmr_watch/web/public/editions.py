"""Editions: those to come, then the past ones by year; all of them, or those of a country or of a year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from urllib.parse import urlencode

from cmr_watch.models.readings import KnownEdition, RecordedChange
from cmr_watch.monitor.upcoming import date_range
from cmr_watch.render.countries import alphabetical, country_words
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.store.public import Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.edition_cards import EditionCard, edition_card, is_next, next_editions
from cmr_watch.web.public.edition_maps import EditionMap, edition_map, editions_and_countries
from cmr_watch.web.public.filters import wanted_country, wanted_year
from cmr_watch.web.public.known_timeline import known_timeline
from cmr_watch.web.public.neighbours import NEIGHBOURS
from cmr_watch.web.public.recent import recent_moves
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.timeline import span
from cmr_watch.web.public.views import Reply, Visit

_OFF: Final = frozenset({"cancelled", "postponed"})


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of a filter: its value, its words, and whether it is the chosen one."""

    value: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """The editions to come, those of a past year, or those that have none or are no longer on the page."""

    id: str
    heading: str
    cards: tuple[EditionCard, ...]


@dataclass(frozen=True, slots=True)
class EditionFilter:
    """Which editions are wanted: None, those of every country and every year."""

    country: str | None = None
    year: int | None = None

    def __bool__(self) -> bool:
        return self.country is not None or self.year is not None

    def takes(self, known: KnownEdition) -> bool:
        """Whether the edition is wanted."""
        is_there = self.country is None or known.edition.country_code == self.country
        return is_there and (self.year is None or year_of(known) == self.year)


EVERYTHING: Final = EditionFilter()


@dataclass(frozen=True, slots=True)
class EditionsPage:
    """What the page shows.

    - `summary`: how many editions there are, in a sentence; with a filter, those that it takes.
    - `query`: the filter, for the files that have the same editions.
    - `has_data`: whether anything has been read, so that there is something to filter and to export.
    - `timeline`: as SVG, which needs no escaping; empty with a filter, and if it has nothing to show.
    """

    headline: str
    summary: str
    wanted: EditionFilter
    query: str
    upcoming: Group | None
    groups: tuple[Group, ...]
    countries: tuple[Choice, ...]
    years: tuple[Choice, ...]
    map: EditionMap | None
    timeline: str = ""
    timeline_title: str = ""
    has_data: bool = True


def editions(visit: Visit) -> Reply:
    """The page."""
    moves = recent_moves(visit)
    shown = editions_page(visit.overview, visit.now, edition_filter(visit), moves)
    return page(visit, "editions.html", shown=shown)


def edition_filter(visit: Visit) -> EditionFilter:
    """The filter that the query asks for. BadRequest if there can be no such country or year."""
    return EditionFilter(wanted_country(visit.query), wanted_year(visit.query))


def year_of(known: KnownEdition) -> int | None:
    """The year in which the edition begins, as far as the page says."""
    range_ = date_range(known.edition)
    return range_[0].year if range_ else None


def editions_page(
    overview: Overview, now: datetime, wanted: EditionFilter = EVERYTHING, moves: Sequence[RecordedChange] = ()
) -> EditionsPage:
    """The page, with the editions that are wanted."""
    known = overview.known.editions
    found = [entry for entry in known if wanted.takes(entry)]
    ahead = tuple(edition_card(entry, now, moves) for entry in next_editions(found, now))
    rest = [edition_card(entry, now) for entry in found if not is_next(entry, now)]
    return EditionsPage(
        headline=_headline(wanted),
        summary=_summary(known, found, wanted, now),
        wanted=wanted,
        query=f"?{urlencode(query)}" if (query := _query(wanted)) else "",
        upcoming=Group("upcoming", _("Upcoming"), ahead) if ahead else None,
        groups=tuple(_groups(known, rest)),
        countries=_countries(known, wanted.country),
        years=_years(known, wanted.year),
        map=edition_map(found, now, has_links=True),
        timeline="" if wanted else known_timeline(overview.known, now),
        timeline_title=span(words.brussels(now).date()),
        has_data=bool(known),
    )


def _query(wanted: EditionFilter) -> dict[str, str]:
    fields = {"country": wanted.country, "year": wanted.year}
    return {name: str(value) for name, value in fields.items() if value is not None}


def _summary(known: Sequence[KnownEdition], found: Sequence[KnownEdition], wanted: EditionFilter, now: datetime) -> str:
    if not wanted:
        return _total(known, now)
    on = [entry for entry in found if not entry.gone and entry.edition.status not in _OFF]
    ahead = sum(is_next(entry, now) for entry in on)
    counts = (
        (len(on) - ahead, ngettext("{number} past edition", "{number} past editions", len(on) - ahead)),
        (ahead, ngettext("{number} upcoming edition", "{number} upcoming editions", ahead)),
        (
            len(found) - len(on),
            ngettext("{number} cancelled or removed", "{number} cancelled or removed", len(found) - len(on)),
        ),
    )
    return ", ".join(text for number, text in counts if number) + "." if found else _nothing(wanted)


def _nothing(wanted: EditionFilter) -> str:
    """That the platform has listed no such edition, which is not to say that there was none."""
    country = country_words(wanted.country) if wanted.country else ""
    if country and wanted.year:
        text = _("The platform has listed no edition in {country} in {year} so far.")
    elif country:
        text = _("The platform has listed no edition in {country} so far.")
    else:
        text = _("The platform has listed no edition in {year} so far.")
    return text.format(country=country, year=wanted.year)


def _headline(wanted: EditionFilter) -> str:
    country = country_words(wanted.country) if wanted.country else ""
    if country and wanted.year:
        return _("Editions in {country} in {year}").format(country=country, year=wanted.year)
    if country:
        return _("Editions in {country}").format(country=country)
    return _("Editions in {year}").format(year=wanted.year) if wanted.year else _("Editions")


def _total(known: Sequence[KnownEdition], now: datetime) -> str:
    """`15 editions in 13 countries since 2025, 4 of them upcoming. 1 more is cancelled or postponed.`"""
    listed = [entry for entry in known if not entry.gone]
    on = [entry for entry in listed if entry.edition.status not in _OFF]
    if not listed:
        return words.nothing_read()
    since, ahead = min(filter(None, map(year_of, on)), default=None), sum(is_next(entry, now) for entry in on)
    text = editions_and_countries(on)
    text += " " + _("since {year}").format(year=since) if since else ""
    text += ", " + _("{number} of them upcoming").format(number=ahead) if ahead else ""
    off = len(listed) - len(on)
    more = ngettext("{number} more is cancelled or postponed.", "{number} more are cancelled or postponed.", off)
    return f"{text}. {more}" if off else f"{text}."


def _groups(known: Sequence[KnownEdition], cards: Sequence[EditionCard]) -> list[Group]:
    """The past ones by year, the newest first; then those without one; then those that are no longer on the page."""
    past = _("Past editions in {year}")
    first_days = {entry.key: range_[0] for entry in known if (range_ := date_range(entry.edition))}
    listed = [card for card in cards if not card.is_gone]
    dated = sorted((card for card in listed if card.year), key=lambda card: first_days[card.key], reverse=True)
    groups = [
        Group(f"year-{year}", past.format(year=year), tuple(of)) for year, of in groupby(dated, lambda card: card.year)
    ]
    groups.append(Group("no-date", _("Without a date"), tuple(card for card in listed if not card.year)))
    gone = tuple(card for card in cards if card.is_gone)
    groups.append(Group("gone", _("No longer on the platform’s page"), gone))
    return [group for group in groups if group.cards]


def _countries(known: Sequence[KnownEdition], chosen: str | None) -> tuple[Choice, ...]:
    """The countries of Europe, and those of all editions; it is said of which there are none."""
    listed = {entry.edition.country_code for entry in known}
    names = sorted(
        ((country_words(code), code) for code in listed | {chosen} | set(NEIGHBOURS) if code),
        key=lambda pair: alphabetical(pair[0]),
    )
    none = _("{country} (none)")
    return tuple(
        Choice(code, name if code in listed else none.format(country=name), code == chosen) for name, code in names
    )


def _years(known: Sequence[KnownEdition], chosen: int | None) -> tuple[Choice, ...]:
    years = {year_of(entry) for entry in known} | {chosen}
    return tuple(Choice(str(year), str(year), year == chosen) for year in sorted(filter(None, years), reverse=True))
