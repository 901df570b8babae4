"""Edition: everything that is known about one edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.models.readings import Edition, KnownEdition, RecordedChange
from cmr_watch.places import country_name
from cmr_watch.render.datetimes import day_words
from cmr_watch.render.edition_parts import edition_facts, edition_links, material_label, register_link
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import Fact, Link, safe_links
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import days, place_and_days
from cmr_watch.store.public import ChangeFilter, Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.change_lines import ChangeLine, change_lines
from cmr_watch.web.public.edition_cards import EditionCard, edition_card, edition_path
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.similar import nothing_found
from cmr_watch.web.public.views import Reply, Visit

MAX_CHANGES: Final = 50
MAX_MATERIALS: Final = 24
MAX_QUOTE: Final = 600


@dataclass(frozen=True, slots=True)
class EditionPage:
    """What the page shows.

    - `when`: its days with their weekdays; else what the page says of them, or that it says nothing.
    - `notices`: what a reader must know first, such as that it is cancelled.
    - `quote`: the line of the platform's list.
    - `quote_label`: when the page said it.
    - `country`: the code and the name of its country.
    """

    card: EditionCard
    when: str
    notices: tuple[str, ...]
    facts: tuple[Fact, ...]
    register: Link | None
    links: tuple[Link, ...]
    materials: tuple[Link, ...]
    quote: str
    quote_label: str
    country: tuple[str, str] | None
    changes: tuple[ChangeLine, ...]
    first_seen_at: datetime | None


def edition(visit: Visit) -> Reply:
    """The page. NotFound if there is no edition with this key."""
    key = visit.parameters["key"]
    known = next((entry for entry in visit.overview.known.editions if entry.key == key), None)
    if known is None:
        raise no_edition(visit.overview, key)
    changes = visit.store.changes(ChangeFilter(keys=(key,)), MAX_CHANGES)
    return page(visit, "edition.html", shown=edition_page(visit.overview, known, visit.now, changes))


def no_edition(overview: Overview, key: str) -> Exception:
    """That there is no edition with this key, with those that have a similar one."""
    targets = {
        entry.key: (edition_path(entry.key), clean(place_and_days(entry.edition), 120))
        for entry in overview.known.editions
    }
    message = _("There is no edition with this name.")
    return nothing_found(message, key, targets, ("/editions", _("See the list of all editions")))


def edition_page(
    overview: Overview, known: KnownEdition, now: datetime, changes: Sequence[RecordedChange] = ()
) -> EditionPage:
    """The page of an edition."""
    edition = known.edition
    card = edition_card(known, now)
    is_stated = not known.gone
    code = edition.country_code
    return EditionPage(
        card=card,
        when=_when(edition),
        notices=tuple(_notices(known, card)),
        facts=_facts(edition),
        register=register_link(edition) if is_stated and card.is_ahead else None,
        links=edition_links(edition),
        materials=_materials(edition),
        quote=clean(edition.text, MAX_QUOTE),
        quote_label=_("The page says") if is_stated else _("The page said, when it was last there"),
        country=(code.lower(), country_name(code)) if code else None,
        changes=change_lines(changes, overview.known),
        first_seen_at=known.first_seen_at,
    )


def _when(edition: Edition) -> str:
    """`Friday 11 to Saturday 12 December 2026`; without days, the page's words for the period."""
    first, last = edition.starts_on, edition.ends_on
    if first is None or last is None:
        return days(edition) or _("The platform gives no date yet.")
    if first == last:
        return words.full_day(first)
    is_same_month = (first.year, first.month) == (last.year, last.month)
    begin = words.weekday_and_number(first) if is_same_month else words.full_day(first)
    return _("{first} to {last}").format(first=begin, last=words.full_day(last))


def _notices(known: KnownEdition, card: EditionCard) -> list[str]:
    notices = [text.format(day=_missing_since(known)) for text in _absence(known)]
    if known.edition.status in ("cancelled", "postponed"):
        notices.append(_("The platform says that this edition is {status}.").format(status=_(known.edition.status)))
    elif card.is_ahead and known.edition.status == "save_the_date":
        notices.append(_("The platform asks to save the date: the details are not final."))
    return notices


def _absence(known: KnownEdition) -> tuple[str, ...]:
    if known.gone == "withdrawn":
        return (_("The platform removed this edition from its page before its date. It has been missing since {day}."),)
    if known.gone:
        return (_("This edition is no longer on the platform’s list. It has been missing since {day}."),)
    return (_("This edition has been missing from the platform’s page since {day}."),) if known.missing_since else ()


def _missing_since(known: KnownEdition) -> str:
    since = known.missing_since
    return day_words(words.brussels(since).date()) if since else _("an unknown day")


def _facts(edition: Edition) -> tuple[Fact, ...]:
    """The facts of the messages, with the region; the days and the status are above them."""
    region = edition.region
    shown = [fact for fact in edition_facts(edition) if fact.label not in (_("Dates"), _("Status"))]
    if region:
        shown.insert(1, Fact(_("Region"), clean(region, 120)))
    return tuple(shown)


def _materials(edition: Edition) -> tuple[Link, ...]:
    listed = [material for material in edition.materials if material.url != edition.summary_url][:MAX_MATERIALS]
    return safe_links(*((material_label(material), material.url) for material in listed))
