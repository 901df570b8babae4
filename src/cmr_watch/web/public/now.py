"""Now: whether regions can apply, until when, which editions are next, and what changed last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from cmr_watch.models.readings import RecordedChange
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.store.public import ChangeFilter, Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.call_cards import CallCard, CutoffStep, call_card, ordered
from cmr_watch.web.public.change_lines import ANNOUNCED_KINDS, ChangeLine, change_lines
from cmr_watch.web.public.edition_cards import EditionCard, edition_card, next_editions
from cmr_watch.web.public.edition_maps import EditionMap, edition_map
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.signup_words import form_words
from cmr_watch.web.public.views import Reply, Visit

State = Literal["open", "announced", "none", "unread"]
MAX_CHANGES: Final = 5
MAX_EDITIONS: Final = 6


@dataclass(frozen=True, slots=True)
class Count:
    """The large figure, the words beside it, and what it counts to."""

    figure: str
    words: str
    until: str
    moment: str
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Lead:
    """What the page begins with. `title`: of the window, with the days that are left."""

    state: State
    kicker: str
    headline: str
    title: str
    count: Count | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NowPage:
    """What the page shows.

    - `call`: the one that leads, or the last one; `other_calls`: those that are open or announced besides it.
    - `edition`: the next one, if it leads.
    """

    lead: Lead
    call: CallCard | None = None
    other_calls: tuple[CallCard, ...] = ()
    edition: EditionCard | None = None
    editions: tuple[EditionCard, ...] = ()
    changes: tuple[ChangeLine, ...] = ()
    map: EditionMap | None = None


def now(visit: Visit) -> Reply:
    """The first page."""
    recorded = visit.store.changes(ChangeFilter(kinds=ANNOUNCED_KINDS), MAX_CHANGES)
    return page(visit, "now.html", shown=now_page(visit.overview, visit.now, recorded), form_words=form_words())


def now_page(overview: Overview, now: datetime, recorded: Sequence[RecordedChange] = ()) -> NowPage:
    """The page in the state that it is in."""
    if overview.read_at is None:
        return NowPage(_unread())
    known = overview.known
    calls = ordered([call_card(entry, now) for entry in known.calls if not entry.gone])
    editions = tuple(edition_card(entry, now) for entry in next_editions(known.editions, now))
    common = NowPage(
        _unread(),
        editions=editions[:MAX_EDITIONS],
        changes=change_lines(recorded, known),
        map=edition_map(known.editions, now),
    )
    current = tuple(card for card in calls if card.is_current)
    if current:
        return replace(common, lead=_of_call(current[0]), call=current[0], other_calls=current[1:])
    first = next((card for card in editions if not card.is_off), None)
    return replace(common, lead=_of_edition(first, calls), call=next(iter(calls), None), edition=first)


def _unread() -> Lead:
    headline = _("The platform’s page has not been read yet.")
    note = _("This service has just been set up. What is open and what is next appears here after the first check.")
    return Lead("unread", _("Not read yet"), headline, headline, notes=(note,))


# ── a call leads ─────────────────────────────────────────────────────────────────────────────────────────────────


def _of_call(call: CallCard) -> Lead:
    return _of_open_call(call) if call.is_open else _of_announced_call(call)


def _of_open_call(call: CallCard) -> Lead:
    headline = _("Regions can apply to host an edition.")
    if call.years:
        headline = _("Regions can apply to host an edition in {years}.").format(years=call.years)
    kicker = _("Call for hosts: open")
    if call.next is None:
        return Lead("open", kicker, headline, headline, notes=(_("The platform gives no cut-off date."),))
    count = _days_left(call.next, call.days_left)
    short = f"{count.figure} {count.words}" if call.days_left else _("Last day")
    return Lead("open", kicker, headline, f"{short}: {headline}", count)


def _days_left(cutoff: CutoffStep, days: int) -> Count:
    moment, zone = words.full_cutoff(cutoff.at), _("(Brussels time)") if cutoff.hour else ""
    if days == 0:
        return Count(_("Today"), "", _("is the next cut-off"), moment, zone)
    return Count(str(days), ngettext("day left", "days left", days), _("until the next cut-off"), moment, zone)


def _of_announced_call(call: CallCard) -> Lead:
    headline = _("A call to host an edition has been announced.")
    if call.years:
        headline = _("A call to host an edition in {years} has been announced.").format(years=call.years)
    note = _("It is not open yet, so applications cannot be submitted. There is time to prepare one.")
    return Lead("announced", _("Call for hosts: announced"), headline, headline, notes=(note,))


# ── an edition leads ─────────────────────────────────────────────────────────────────────────────────────────────


def _of_edition(edition: EditionCard | None, calls: Sequence[CallCard]) -> Lead:
    notes = (_no_call(calls),)
    if edition is None:
        headline = _("No call for hosts is open, and no edition is announced.")
        return Lead("none", _("Nothing is open"), headline, headline, notes=notes)
    headline = _("The next edition takes place in {place}.").format(place=edition.place)
    kicker, days = _("Next edition"), edition.days_ahead
    if days is None:
        return Lead("none", kicker, headline, headline, notes=notes)
    if days < 0:
        headline = _("An edition is taking place in {place}.").format(place=edition.place)
        return Lead("none", _("Taking place now"), headline, headline, notes=notes)
    count = Count(str(days), ngettext("day", "days", days), _("until it begins"), edition.days)
    if days == 0:
        count = Count(_("Today"), "", _("it begins"), edition.days)
    title = _("{place}, {countdown}: the next edition").format(place=edition.place, countdown=edition.countdown)
    return Lead("none", kicker, headline, title, count, notes)


def _no_call(calls: Sequence[CallCard]) -> str:
    """That no call is open, and what became of the last one."""
    if not calls:
        return _("No call for hosts is open.")
    if calls[0].has_run_out:
        text = _(
            "No call for hosts is open: the platform still shows {call} as open, but all its cut-offs have passed."
        )
        return text.format(call=f"“{calls[0].name}”")
    return _("No call for hosts is open. The last one, {call}, is closed.").format(call=f"“{calls[0].name}”")
