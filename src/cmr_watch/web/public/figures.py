"""The two pictures of what is known: the map of the editions, and the timeline of editions and cut-offs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cmr_watch.merge_pages import has_hour
from cmr_watch.models.readings import Cutoff, Known, KnownEdition
from cmr_watch.monitor.upcoming import date_range
from cmr_watch.places import is_online
from cmr_watch.render.datetimes import cutoff_day
from cmr_watch.render.i18n import _
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name
from cmr_watch.web.public import words
from cmr_watch.web.public.edition_cards import EditionCard, edition_card, is_planned
from cmr_watch.web.public.europe_map import Dot, europe_map, is_shown
from cmr_watch.web.public.gazetteer import locate
from cmr_watch.web.public.timeline import Moment, timeline

_LONGEST_GUESS: Final = timedelta(days=100)
"""A period that is longer than a season has no place on the timeline."""


@dataclass(frozen=True, slots=True)
class EditionsMap:
    """The map, as markup, and the places of editions that are not on it: unknown ones, and those outside its frame."""

    markup: str
    missing: tuple[str, ...] = ()


def editions_map(editions: Sequence[KnownEdition], now: datetime) -> EditionsMap:
    """The map of these editions, without those that are cancelled, postponed, online or no longer on the page."""
    dots: list[Dot] = []
    missing: dict[str, None] = {}
    shown = [known for known in editions if _takes_place(known, now) and not is_online(known.edition.city)]
    for known in shown:
        edition, card = known.edition, edition_card(known, now)
        coordinates = locate(edition.city, edition.country_code, edition.region)
        if coordinates is None or not is_shown(coordinates):
            missing[card.place] = None
            continue
        dots.append(Dot(edition.city, coordinates, "upcoming" if is_planned(known, now) else "held", _name(card)))
    hosts = {known.edition.country_code or "" for known in shown if not is_planned(known, now)}
    return EditionsMap(europe_map(dots, hosts, _("Map of Europe with the places of the editions")), tuple(missing))


def known_timeline(known: Known, now: datetime) -> str:
    """The timeline of what is known, as markup."""
    editions = (entry for entry in known.editions if _takes_place(entry, now))
    moments = [moment for entry in editions for moment in _edition_moments(entry, now)]
    for call in known.calls:
        if not call.gone:
            moments += [_cutoff_moment(cutoff, call_name(call.call)) for cutoff in call.call.cutoffs]
    return timeline(moments, words.brussels(now).date(), _("Editions and cut-offs, a year back and a year ahead"))


def _takes_place(known: KnownEdition, now: datetime) -> bool:
    """Whether the edition was held or is planned."""
    return not edition_card(known, now).is_off


def _edition_moments(known: KnownEdition, now: datetime) -> Iterator[Moment]:
    """The edition, in the middle of the days on which it may take place; with its days if it is to come."""
    days, edition = date_range(known.edition), known.edition
    if days is None or days[1] - days[0] > _LONGEST_GUESS:
        return
    card, city = edition_card(known, now), clean(edition.city, 40)
    middle = edition.starts_on or days[0] + (days[1] - days[0]) / 2
    label = f"{city}, {_short_days(*days, is_exact=card.has_days)}" if is_planned(known, now) else city
    is_certain = card.has_days and edition.status != "save_the_date"
    yield Moment(label, middle, "edition", _name(card), is_certain or not is_planned(known, now))


def _name(card: EditionCard) -> str:
    return ", ".join(part for part in (card.place, card.days) if part)


def _cutoff_moment(cutoff: Cutoff, call: str) -> Moment:
    day = cutoff_day(cutoff.at)
    hour = f", {words.brussels(cutoff.at):%H:%M}" if has_hour(cutoff.at) else ""
    name = f"{words.full_cutoff(cutoff.at)}, {clean(call, 80)}"
    return Moment(f"{_short_day(day)}{hour}", day, "cutoff", name, is_certain=not cutoff.tentative)


def _short_days(first: date, last: date, *, is_exact: bool) -> str:
    """`11–12 Dec`, `30 Nov – 1 Dec`; of a period, its months: `Jun`, `Mar – Jun`."""
    if not is_exact:
        months = dict.fromkeys((words.short_month(first), words.short_month(last)))
        return " – ".join(months)
    if first == last:
        return _short_day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{_short_day(last)}"
    return f"{_short_day(first)} – {_short_day(last)}"


def _short_day(day: date) -> str:
    return _("{day} {month}").format(day=day.day, month=words.short_month(day))
