"""Edition: everything that is known about one edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.models.readings import ChangeKind, Edition, KnownEdition, RecordedChange
from cmr_watch.render.countries import country_words
from cmr_watch.render.datetimes import day_words, full_day, full_range
from cmr_watch.render.edition_parts import edition_facts, edition_links, material_links
from cmr_watch.render.i18n import _, pgettext
from cmr_watch.render.message_parts import Advice, Fact, Link
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import days, place_and_days
from cmr_watch.store.public import ChangeFilter, Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.change_lines import ChangeLine, change_lines
from cmr_watch.web.public.edition_cards import EditionCard, edition_card, edition_path, is_closed
from cmr_watch.web.public.moves import is_recent
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
    - `notice`: what a reader must know first, such as that it is cancelled: a word or two, and the sentence.
    - `register_note`: until when one can register, or that it is over; with the days that are left.
    - `says_title`, `quote`, `quote_label`: the line of the platform's list, and when it was read if it is gone.
    - `country`: the code and the name of its country.
    """

    card: EditionCard
    when: str
    notice: Advice | None
    register_note: Advice | None
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    materials: tuple[Link, ...]
    says_title: str
    quote: str
    quote_label: str
    country: tuple[str, str] | None
    changes: tuple[ChangeLine, ...]
    first_seen_at: datetime | None


def edition(visit: Visit) -> Reply:
    """The page. NotFound if no edition has this key."""
    key = visit.parameters["key"]
    known = next((entry for entry in visit.overview.known.editions if entry.key == key), None)
    if known is None:
        raise no_edition(visit.overview, key)
    changes = visit.store.changes(ChangeFilter(keys=(key,)), MAX_CHANGES)
    return page(visit, "edition.html", shown=edition_page(visit.overview, known, visit.now, changes))


def no_edition(overview: Overview, key: str) -> Exception:
    """The error that no edition has this key, with the editions that have a similar one."""
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
    card = edition_card(known, now, [change for change in changes if is_recent(change, now)])
    is_stated = known.missing_since is None and not known.gone
    code = edition.country_code
    return EditionPage(
        card=card,
        when=_when(edition),
        notice=_notice(known, card, changes),
        register_note=_register_note(edition, now) if card.is_ahead and not card.is_off else None,
        facts=_facts(edition),
        links=edition_links(edition),
        materials=_materials(edition),
        says_title=_("What the platform’s page says") if is_stated else _("What the platform’s page last said"),
        quote=clean(edition.text, MAX_QUOTE),
        quote_label="" if is_stated else _("Before it was removed"),
        country=(code.lower(), country_words(code)) if code else None,
        changes=change_lines(changes, overview.known),
        first_seen_at=known.first_seen_at,
    )


def _when(edition: Edition) -> str:
    """`Friday 11 to Saturday 12 December 2026`; without days, the page's words for the period."""
    first, last = edition.starts_on, edition.ends_on
    if first is None or last is None:
        return days(edition) or _("The platform gives no date yet.")
    if first == last:
        return full_day(first)
    begin, end = full_range(first, last)
    return pgettext("days", "{first} to {last}").format(first=begin, last=end)


def _notice(known: KnownEdition, card: EditionCard, changes: Sequence[RecordedChange]) -> Advice | None:
    """The news that matters most comes first: that it does not take place, then that the page no longer has it."""
    gone = _absence(known)
    status = known.edition.status
    if status in ("cancelled", "postponed"):
        head = _("Cancelled.") if status == "cancelled" else _("Postponed.")
        return Advice(head, f"{_said(status, changes)} {gone}".strip())
    if gone:
        return Advice(_("No longer on the page."), gone if known.missing_since else "")
    is_unsure = card.is_ahead and status == "save_the_date"
    return Advice(_("Save the date."), _("The platform has not given the details yet.")) if is_unsure else None


def _said(status: str, changes: Sequence[RecordedChange]) -> str:
    day = _said_on(status, changes)
    return _("The platform said so on {day}.").format(day=day) if day else _("The platform says so.")


def _said_on(status: str, changes: Sequence[RecordedChange]) -> str:
    """The day on which the status was first read; empty if it is not known."""
    kind = {"cancelled": ChangeKind.EDITION_CANCELLED, "postponed": ChangeKind.EDITION_POSTPONED}[status]
    read_at = next((recorded.read_at for recorded in changes if recorded.change.kind is kind), None)
    return day_words(words.brussels(read_at).date()) if read_at else ""


def _absence(known: KnownEdition) -> str:
    """Since when it has been missing from the page. An entry from the archive may be gone without a day."""
    if known.missing_since is None:
        return _("No longer on the page.") if known.gone else ""
    text = _("The entry was missing from the platform’s page on {day}.")
    if known.gone == "withdrawn":
        text = _("The platform removed this edition from its page before its date; it was gone on {day}.")
    elif known.gone:
        text = _("The entry was removed from the platform’s list; it was gone on {day}.")
    return text.format(day=day_words(words.brussels(known.missing_since).date()))


def _register_note(edition: Edition, now: datetime) -> Advice | None:
    last = edition.registration_closes_on
    if last is None or edition.status not in ("scheduled", "save_the_date"):
        return None
    if is_closed(edition, now):
        return Advice(_("Registration closed on {day}.").format(day=full_day(last)))
    text = _("Registration closes on {day}").format(day=full_day(last))
    return Advice(text, words.countdown(last, now))


def _facts(edition: Edition) -> tuple[Fact, ...]:
    """The facts of the messages, with the region; the days, the status and the last day to register are above them."""
    region = edition.region
    shown = [fact for fact in edition_facts(edition) if fact.label not in _shown_above()]
    if region:
        shown.insert(1, Fact(_("Region"), clean(region, 120)))
    return tuple(shown)


def _shown_above() -> tuple[str, ...]:
    return _("Dates"), _("Status"), _("Registration closes on")


def _materials(edition: Edition) -> tuple[Link, ...]:
    listed = [material for material in edition.materials if material.url != edition.summary_url][:MAX_MATERIALS]
    return material_links(listed)
