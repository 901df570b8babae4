"""Now: whether regions can apply, until when, which editions are next, and what changed last."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from cmr_watch.models.readings import ChangeKind as K
from cmr_watch.models.readings import Known, RecordedChange
from cmr_watch.places import is_online
from cmr_watch.render.datetimes import clock_words, day_words
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.render.joining import labelled, quoted
from cmr_watch.store.public import ChangeFilter, Overview
from cmr_watch.web.public import words
from cmr_watch.web.public.call_cards import CallCard, CutoffStep, call_card, ordered
from cmr_watch.web.public.change_lines import ANNOUNCED_KINDS, ChangeLine, change_lines
from cmr_watch.web.public.edition_cards import EditionCard, edition_card, next_editions
from cmr_watch.web.public.edition_maps import EditionMap, edition_map
from cmr_watch.web.public.recent import recent_moves
from cmr_watch.web.public.rendering import page
from cmr_watch.web.public.signup_words import form_words
from cmr_watch.web.public.views import Reply, Visit

State = Literal["open", "announced", "none", "unread", "unknown"]
MAX_CHANGES: Final = 5
MAX_OF_READING: Final = 50
"""Of the newest changes, those that matter most within a reading are shown."""
MAX_EDITIONS: Final = 6
DATED: Final = timedelta(days=1)
"""What was read longer ago is shown with its day."""
UNKNOWN: Final = timedelta(days=7)
"""What was read longer ago is not shown as what is open now: calls have been closed and opened within a week."""
_WEIGHTS: Final = (
    {K.CALL_OPENED, K.CALL_CLOSED, K.CALL_CUTOFF_MOVED, K.CALL_CUTOFF_ADDED, K.CALL_WITHDRAWN},
    {K.EDITION_CANCELLED, K.EDITION_WITHDRAWN, K.EDITION_POSTPONED},
    {K.EDITION_RESCHEDULED, K.EDITION_RELOCATED, K.EDITION_REINSTATED, K.EDITION_DATED},
    {K.CALL_ANNOUNCED, K.EDITION_ANNOUNCED, K.EDITION_REGISTRATION_OPENED},
)
"""What people must act on comes before what they may like to read."""


@dataclass(frozen=True, slots=True)
class Count:
    """The large figure, the words next to it, and what it counts to. `is_words`: the figure is not a number."""

    figure: str
    words: str
    until: str
    moment: str
    zone: str = ""
    is_words: bool = False


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
    - `more`: that the last reading found more changes than are shown; empty if it did not.
    """

    lead: Lead
    call: CallCard | None = None
    other_calls: tuple[CallCard, ...] = ()
    edition: EditionCard | None = None
    editions: tuple[EditionCard, ...] = ()
    changes: tuple[ChangeLine, ...] = ()
    more: str = ""
    map: EditionMap | None = None


def now(visit: Visit) -> Reply:
    """The first page."""
    recorded = visit.store.changes(ChangeFilter(kinds=ANNOUNCED_KINDS), MAX_OF_READING)
    moves = recent_moves(visit)
    shown = now_page(visit.overview, visit.now, recorded, moves, visit.site.check_interval)
    return page(visit, "now.html", shown=shown, form_words=form_words())


def now_page(
    overview: Overview,
    now: datetime,
    recorded: Sequence[RecordedChange] = (),
    moves: Sequence[RecordedChange] = (),
    interval: timedelta = timedelta(hours=1),
) -> NowPage:
    """The page in the state that it is in. `interval`: between two checks."""
    if overview.read_at is None:
        return NowPage(_unread())
    known = overview.known
    calls = ordered([call_card(entry, now, moves) for entry in known.calls if not entry.gone])
    editions = tuple(edition_card(entry, now, moves) for entry in next_editions(known.editions, now))
    weighty = by_weight(recorded)
    is_old = words.freshness(overview.read_at, now, interval).is_old
    common = NowPage(
        _unread(),
        editions=editions[:MAX_EDITIONS],
        changes=change_lines(weighty[:MAX_CHANGES], known, is_current=not is_old),
        more=_more(weighty),
        map=edition_map(known.editions, now),
    )
    if now - overview.read_at > UNKNOWN:
        return replace(common, lead=_unknown(known, overview.read_at))
    shown = _known(common, calls, editions, now)
    return replace(shown, lead=_aged(shown.lead, words.freshness(overview.read_at, now, interval), now))


def _known(common: NowPage, calls: tuple[CallCard, ...], editions: tuple[EditionCard, ...], now: datetime) -> NowPage:
    """What leads: a call that is current, else the next edition."""
    current = tuple(card for card in calls if card.is_current)
    if current:
        return replace(common, lead=_of_call(current[0], now), call=current[0], other_calls=current[1:])
    first = next((card for card in editions if not card.is_off), None)
    return replace(common, lead=_of_edition(first, calls), call=next(iter(calls), None), edition=first)


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def by_weight(recorded: Sequence[RecordedChange]) -> list[RecordedChange]:
    """The newest reading first, and within each what matters most."""
    return sorted(recorded, key=lambda one: (-one.read_at.timestamp(), _weight(one)))


def _weight(recorded: RecordedChange) -> int:
    return next((i for i, kinds in enumerate(_WEIGHTS) if recorded.change.kind in kinds), len(_WEIGHTS))


def _more(recorded: Sequence[RecordedChange]) -> str:
    """How many changes of the last reading that is shown are left out."""
    last = recorded[:MAX_CHANGES][-1:]
    number = sum(one.read_at == last[0].read_at for one in recorded[MAX_CHANGES:]) if last else 0
    text = ngettext("{number} more change from this reading", "{number} more changes from this reading", number)
    return text if number else ""


# ── nothing is known, or no longer ───────────────────────────────────────────────────────────────────────────────


def _unknown(known: Known, read_at: datetime) -> Lead:
    """That it is unknown what is open, and what was open when the page was last read."""
    cards = ordered([call_card(entry, read_at) for entry in known.calls if not entry.gone])
    open_ = next((card for card in cards if card.is_open), None)
    day = day_words(words.brussels(read_at).date())
    note = _("When the platform’s page was last read, on {day}, no call for hosts was open.").format(day=day)
    if open_:
        text = _("When the platform’s page was last read, on {day}, {call} was open.")
        note = text.format(day=day, call=quoted(open_.name))
    headline = _("This service does not know what is open now.")
    return Lead("unknown", _("Out of date"), headline, _out_of_date(headline), notes=(note,))


def _aged(lead: Lead, fresh: words.Freshness, now: datetime) -> Lead:
    """The lead, saying how old it is if that is more than it should be."""
    if not fresh.is_old or fresh.read_at is None:
        return lead
    if now - fresh.read_at <= DATED:
        return replace(lead, title=_out_of_date(lead.title))
    day = day_words(words.brussels(fresh.read_at).date())
    headline = _("As of {day}: {headline}").format(day=day, headline=lead.headline)
    return replace(lead, headline=headline, title=_out_of_date(headline))


def _out_of_date(title: str) -> str:
    return _("Out of date: {title}").format(title=title)


def _unread() -> Lead:
    headline = _("The platform’s page has not been read yet.")
    note = _("This service has just been set up. What is open and what is next appears here after the first check.")
    return Lead("unread", _("Not read yet"), headline, headline, notes=(note,))


# ── a call leads ─────────────────────────────────────────────────────────────────────────────────────────────────


def _of_call(call: CallCard, now: datetime) -> Lead:
    return _of_open_call(call, now) if call.is_open else _of_announced_call(call)


def _of_open_call(call: CallCard, now: datetime) -> Lead:
    headline = _("Regions can apply to host an edition.")
    if call.years:
        headline = _("Regions can apply to host an edition in {years}.").format(years=call.years)
    kicker = _("Call for hosts: open")
    if call.next is None:
        return Lead("open", kicker, headline, headline, notes=(_("The platform gives no cut-off date."),))
    count = _days_left(call.next, call.days_left, now)
    short = f"{count.figure} {count.words}" if call.days_left else _("Last day")
    return Lead("open", kicker, headline, labelled(short, headline), count)


def _days_left(cutoff: CutoffStep, days: int, now: datetime) -> Count:
    moment, zone = words.full_cutoff(cutoff.at), _("(Brussels time)") if cutoff.hour else ""
    if days == 0 and cutoff.hour:
        figure = _("Today, {hour}").format(hour=clock_words(words.brussels(cutoff.at)))
        return Count(figure, _("is the next cut-off"), words.left(cutoff.at - now), moment, zone, is_words=True)
    if days == 0:
        return Count(_("Today"), "", _("is the next cut-off"), moment, zone, is_words=True)
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
    if is_online(edition.place):
        headline = _("The next edition takes place online.")
    kicker, days = _("Next edition"), edition.days_ahead
    if days is None:
        return Lead("none", kicker, headline, headline, notes=notes)
    if days < 0:
        headline = _("An edition is taking place in {place}.").format(place=edition.place)
        if is_online(edition.place):
            headline = _("An edition is taking place online.")
        return Lead("none", _("Taking place now"), headline, headline, notes=notes)
    count = Count(str(days), ngettext("day", "days", days), _("until it begins"), edition.days)
    if days == 0:
        count = Count(_("Today"), "", _("it begins"), edition.days, is_words=True)
    title = _("{place}, {countdown}: the next edition").format(place=edition.place, countdown=edition.countdown)
    return Lead("none", kicker, headline, title, count, notes)


def _no_call(calls: Sequence[CallCard]) -> str:
    """That no call is open, and what became of the last one."""
    if not calls:
        return _("No call for hosts is open.")
    if calls[0].has_run_out:
        text = _("No call for hosts is open: all cut-offs of {call} have passed, although the page last said “open”.")
        return text.format(call=quoted(calls[0].name))
    return _("No call for hosts is open. The last one, {call}, is closed.").format(call=quoted(calls[0].name))
