"""The timeline of what is known: which editions and cut-offs are on it, and with which words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from cmr_watch.merge_pages import has_hour
from cmr_watch.models.readings import Cutoff, Known, KnownEdition
from cmr_watch.monitor.upcoming import date_range
from cmr_watch.render.datetimes import (
    at_time,
    clock_words,
    cutoff_day,
    day_and_short_month,
    short_month,
    short_range,
)
from cmr_watch.render.i18n import _
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name
from cmr_watch.web.public import words
from cmr_watch.web.public.edition_cards import EditionCard, edition_card, is_planned
from cmr_watch.web.public.timeline import Moment, shown_moments, span, timeline

_LONGEST_GUESS: Final = timedelta(days=100)
"""A period that is longer than a season has no place on the timeline."""


def known_timeline(known: Known, now: datetime) -> str:
    """The timeline of what is known, as markup; empty if there is nothing to show."""
    editions = (entry for entry in known.editions if _takes_place(entry, now))
    moments = [moment for entry in editions for moment in _edition_moments(entry, now)]
    for call in known.calls:
        if not call.gone:
            moments += [_cutoff_moment(cutoff, call_name(call.call)) for cutoff in call.call.cutoffs]
    today = words.brussels(now).date()
    if not shown_moments(moments, today):
        return ""
    return timeline(moments, today, _("Editions and cut-offs, {span}").format(span=span(today)))


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
    label = day_and_short_month(day)
    if has_hour(cutoff.at):
        label = at_time(label, clock_words(words.brussels(cutoff.at)))
    name = f"{words.full_cutoff(cutoff.at)}, {clean(call, 80)}"
    return Moment(label, day, "cutoff", name, is_certain=not cutoff.tentative)


def _short_days(first: date, last: date, *, is_exact: bool) -> str:
    """`11–12 Dec`, `30 Nov – 1 Dec`; of a period, its months: `Jun`, `Mar – Jun`."""
    if not is_exact:
        months = dict.fromkeys((short_month(first), short_month(last)))
        return " – ".join(months)
    return short_range(first, last)
