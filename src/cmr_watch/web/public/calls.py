"""Calls: all calls for hosts, and everything that is known about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.models.readings import CallNotice, KnownCall, RecordedChange
from cmr_watch.render.call_parts import call_needs
from cmr_watch.render.datetimes import day_words
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import Fact, Link, facts, safe_links
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name
from cmr_watch.store.public import ChangeFilter, Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.call_cards import CallCard, call_card, call_path, ordered
from cmr_watch.web.public.change_lines import ChangeLine, change_lines
from cmr_watch.web.public.moves import Move, is_recent
from cmr_watch.web.public.recent import recent_moves
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.similar import nothing_found
from cmr_watch.web.public.views import Reply, Visit

MAX_CHANGES: Final = 100
MAX_QUOTE: Final = 900


@dataclass(frozen=True, slots=True)
class CallsPage:
    """What the list shows: the calls that are open or announced, and the others.

    - `none`: why no call is current, as far as is known.
    - `has_data`: whether anything has been read, so that there is something to export.
    """

    current: tuple[CallCard, ...]
    earlier: tuple[CallCard, ...]
    none: str = ""
    has_data: bool = True


@dataclass(frozen=True, slots=True)
class CallPage:
    """What the page of a call shows.

    - `notices`: what a reader must know first.
    - `needs`: what applicants have to submit, a sentence each.
    - `move`: that of the next cut-off, if it is recent.
    - `says_title` and `quotes`: what the pages say, or last said, each with its introduction.
    """

    card: CallCard
    notices: tuple[str, ...]
    needs: tuple[str, ...]
    facts: tuple[Fact, ...]
    links: tuple[Link, ...]
    move: Move | None
    says_title: str
    quotes: tuple[Fact, ...]
    changes: tuple[ChangeLine, ...]


def calls(visit: Visit) -> Reply:
    """The list."""
    moves = recent_moves(visit)
    return page(visit, "calls.html", shown=calls_page(visit.overview, visit.now, moves, visit.site.check_interval))


def calls_page(
    overview: Overview, now: datetime, moves: Sequence[RecordedChange] = (), interval: timedelta = timedelta(hours=1)
) -> CallsPage:
    """The list of all calls. `interval`: between two checks."""
    cards = ordered([call_card(known, now, moves) for known in overview.known.calls])
    current = tuple(card for card in cards if card.is_current)
    earlier = tuple(card for card in cards if card not in current)
    return CallsPage(current, earlier, _none(words.freshness(overview.read_at, now, interval)), bool(overview.read_at))


def _none(fresh: words.Freshness) -> str:
    """That no call is current, as far as is known."""
    if fresh.read_at is None:
        return words.nothing_read()
    if fresh.is_old:
        day = day_words(words.brussels(fresh.read_at).date())
        return _("No call was open or announced when the page was last read, on {day}.").format(day=day)
    return _("No call is open or announced at the moment.")


def call(visit: Visit) -> Reply:
    """The page of a call. NotFound if no call has this key."""
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
    card = call_card(known, now, changes)
    is_live = call.status != "closed" and not known.gone
    return CallPage(
        card=card,
        notices=tuple(_notices(known, card)),
        needs=call_needs(call) if is_live else (),
        facts=_facts(call, card),
        links=safe_links((_("The platform’s list of editions"), list_url)) if card.contradictions else (),
        move=call_card(known, now, [one for one in changes if is_recent(one, now)]).next_move,
        says_title=_("What the platform last said") if known.gone else _("What the platform says"),
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
        notices.append(_("All cut-offs of this call have passed, although the page last said that it is open."))
    return notices


def _facts(call: CallNotice, card: CallCard) -> tuple[Fact, ...]:
    return facts(
        (_("Hosting years"), card.years),
        (_("Questions to"), call.contact if call.status != "closed" else None),
    )


def _quotes(known: KnownCall) -> tuple[Fact, ...]:
    notice = known.conflicting_notice
    said = facts((_("The page said") if known.gone else _("The page says"), clean(known.call.text, MAX_QUOTE)))
    return said + facts((_("The list of editions says"), clean(notice.text, MAX_QUOTE))) if notice else said
