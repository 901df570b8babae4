"""Calls: all calls for hosts, and everything that is known about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.models.readings import CallNotice, KnownCall, RecordedChange
from cmr_watch.render.call_parts import call_needs
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import Fact, Link, facts, safe_links
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name
from cmr_watch.store.public import ChangeFilter, Overview
from cmr_watch.web.public.call_cards import CallCard, call_card, call_path, ordered
from cmr_watch.web.public.change_lines import ChangeLine, change_lines
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.similar import nothing_found
from cmr_watch.web.public.views import Reply, Visit

MAX_CHANGES: Final = 100
MAX_QUOTE: Final = 900


@dataclass(frozen=True, slots=True)
class CallsPage:
    """What the list shows: the calls that are open or announced, and the others."""

    current: tuple[CallCard, ...]
    earlier: tuple[CallCard, ...]


@dataclass(frozen=True, slots=True)
class CallPage:
    """What the page of a call shows.

    - `title`: the one of its own page, if there is one.
    - `kicker` and `notices`: its status, and what a reader must know first.
    - `needs`: what applicants have to submit, a sentence each.
    - `quotes`: what the pages say, each with its introduction.
    """

    card: CallCard
    title: str
    notices: tuple[str, ...]
    needs: tuple[str, ...]
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    quotes: tuple[Fact, ...]
    changes: tuple[ChangeLine, ...]


def calls(visit: Visit) -> Reply:
    """The list."""
    return page(visit, "calls.html", shown=calls_page(visit.overview, visit.now))


def calls_page(overview: Overview, now: datetime) -> CallsPage:
    """The list of all calls."""
    cards = ordered([call_card(known, now) for known in overview.known.calls])
    current = tuple(card for card in cards if card.is_current)
    return CallsPage(current, tuple(card for card in cards if card not in current))


def call(visit: Visit) -> Reply:
    """The page of a call. NotFound if there is no call with this key."""
    key = visit.parameters["key"]
    known = next((entry for entry in visit.overview.known.calls if entry.key == key), None)
    if known is None:
        targets = {one.key: (call_path(one.key), call_name(one.call)) for one in visit.overview.known.calls}
        way_on = "/calls", _("See the list of all calls")
        raise nothing_found(_("There is no call with this name."), key, targets, way_on)
    changes = visit.store.changes(ChangeFilter(keys=(key,)), MAX_CHANGES)
    return page(visit, "call.html", shown=call_page(visit.overview, known, visit.now, changes, visit.site.page_url))


def call_page(
    overview: Overview, known: KnownCall, now: datetime, changes: Sequence[RecordedChange] = (), list_url: str = ""
) -> CallPage:
    """The page of a call. `changes`: its own, newest first."""
    call = known.call
    card = call_card(known, now, [recorded.change for recorded in reversed(changes)])
    is_live = call.status != "closed" and not known.gone
    return CallPage(
        card=card,
        title=clean(call.title or "", 200),
        notices=tuple(_notices(known, card)),
        needs=call_needs(call) if is_live else (),
        facts=_facts(call, card),
        links=safe_links((_("The platform’s list of editions"), list_url)) if card.contradictions else (),
        quotes=_quotes(known),
        changes=change_lines(changes, overview.known),
    )


def _notices(known: KnownCall, card: CallCard) -> list[str]:
    notices = list(card.contradictions)
    if known.gone:
        notices.append(_("The platform removed this call from its pages."))
    elif known.missing_since:
        notices.append(_("This call was missing when the platform’s pages were last read."))
    if card.has_run_out:
        notices.append(_("The platform still shows this call as open, but all its cut-offs have passed."))
    return notices


def _facts(call: CallNotice, card: CallCard) -> tuple[Fact, ...]:
    return facts(
        (_("Status"), card.status_words),
        (_("Hosting years"), card.years),
        (_("Questions to"), call.contact if call.status != "closed" else None),
    )


def _quotes(known: KnownCall) -> tuple[Fact, ...]:
    notice = known.conflicting_notice
    said = facts((_("The page says"), clean(known.call.text, MAX_QUOTE)))
    return said + facts((_("The list of editions says"), clean(notice.text, MAX_QUOTE))) if notice else said
