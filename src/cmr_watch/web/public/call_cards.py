"""Calls for hosts, and their cut-offs as steps, as the pages of the public site show them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from cmr_watch.merge_pages import has_hour
from cmr_watch.models.readings import CallNotice, Cutoff, KnownCall, RecordedChange
from cmr_watch.render.call_parts import LATE, call_advice
from cmr_watch.render.datetimes import clock_words, cutoff_day, full_day
from cmr_watch.render.i18n import N_, _
from cmr_watch.render.message_parts import MAX_SENTENCE, Advice, Link, safe_links
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import call_name, contradiction, years
from cmr_watch.web.public import words
from cmr_watch.web.public.moves import Move, cutoff_move

MAX_STEPS: Final = 24
_STATUSES: Final = {"announced": N_("announced"), "open": N_("open"), "closed": N_("closed")}
_LETTER_FROM: Final = re.compile(
    r"\bletters?\b.{0,60}?\b(?:of|from|by) (?:\w+ ){0,2}?(regional or national|regional) authorit(?:y|ies)\b",
    re.IGNORECASE,
)
"""Whose letter the page asks for, in the words that calls have used."""
_AUTHORITIES: Final = {
    "regional": N_("regional authority"),
    "regional or national": N_("regional or national authority"),
}
_RANKS: Final = {"open": 0, "announced": 1, "closed": 2}


@dataclass(frozen=True, slots=True)
class CutoffStep:
    """A cut-off in a list.

    - `day`: `Tuesday 22 December 2026`; `hour`: `18:00 Brussels time`, or empty if the page gives none.
    - `move`: from when it was moved, if it was.
    """

    at: datetime
    day: str
    hour: str
    countdown: str
    move: Move | None = None
    is_next: bool = False
    is_over: bool = False
    is_closed: bool = False
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class CallCard:
    """A call.

    - `status`: as the page says; `is_over`: it can no longer be applied to, whatever the page says.
    - `next`: the soonest cut-off that can still be met; `days_left`: from today in Brussels until then.
    - `apply`: the form or the page of the call.
    """

    key: str
    name: str
    years: str
    status: str
    status_words: str
    is_gone: bool
    steps: tuple[CutoffStep, ...]
    next: CutoffStep | None
    days_left: int
    apply: Link | None
    advice: Advice | None
    contradictions: tuple[str, ...]

    @property
    def path(self) -> str:
        """Its page."""
        return call_path(self.key)

    @property
    def next_move(self) -> Move | None:
        """From when the next cut-off was moved."""
        return self.next.move if self.next else None

    @property
    def is_open(self) -> bool:
        """Whether an application can still be submitted, as far as is known."""
        return self.status == "open" and not self.is_gone and (self.next is not None or not self.steps)

    @property
    def is_current(self) -> bool:
        """Whether the call is open or announced."""
        return self.is_open or (self.status == "announced" and not self.is_gone)

    @property
    def has_run_out(self) -> bool:
        """Whether the page says that the call is open, although all its cut-offs have passed."""
        return self.status == "open" and not self.is_gone and not self.is_open


def call_path(key: str) -> str:
    """The page of a call."""
    return f"/calls/{key}"


def call_card(known: KnownCall, now: datetime, changes: Sequence[RecordedChange] = ()) -> CallCard:
    """The call; its cut-offs say that they moved if that is among `changes`, which are newest first."""
    call = known.call
    steps = _steps(known, now, changes)
    upcoming = next((step for step in steps if step.is_next), None)
    label = _("Apply on the platform") if call.status == "open" else _("The call on the platform")
    return CallCard(
        key=known.key,
        name=call_name(call),
        years=years(call),
        status=call.status,
        status_words=_("removed from the page") if known.gone else _(_STATUSES[call.status]),
        is_gone=known.gone is not None,
        steps=steps,
        next=upcoming,
        days_left=words.days_until(cutoff_day(upcoming.at), now) if upcoming else 0,
        apply=None if known.gone else next(iter(safe_links((label, call.apply_url))), None),
        advice=None if known.gone else _advice(call, steps, now),
        contradictions=contradiction(known),
    )


def ordered(cards: Sequence[CallCard]) -> tuple[CallCard, ...]:
    """The calls that matter most first: open ones by their next cut-off, then announced ones, then the newest."""
    newest_first = sorted(cards, key=lambda card: (card.years, card.key), reverse=True)
    return tuple(sorted(newest_first, key=_urgency))


def _urgency(card: CallCard) -> tuple[int, float]:
    if card.is_gone or card.has_run_out:
        return 3, 0
    return _RANKS[card.status], card.next.at.timestamp() if card.next else float("inf")


def _steps(known: KnownCall, now: datetime, changes: Sequence[RecordedChange]) -> tuple[CutoffStep, ...]:
    call = known.call
    cutoffs = sorted(call.cutoffs, key=lambda cutoff: cutoff.at)
    ahead = [cutoff for cutoff in cutoffs if not cutoff.closed and cutoff.at > now]
    is_live = call.status != "closed"
    return tuple(
        _step(one, now, is_live and one in ahead[:1], cutoff_move(one, known.key, changes))
        for one in cutoffs[-MAX_STEPS:]
    )


def _step(cutoff: Cutoff, now: datetime, is_next: bool, move: Move | None) -> CutoffStep:
    day = cutoff_day(cutoff.at)
    hour = clock_words(words.brussels(cutoff.at)) if has_hour(cutoff.at) else ""
    return CutoffStep(
        at=cutoff.at,
        day=full_day(day),
        hour=_("{hour} Brussels time").format(hour=hour) if hour else "",
        countdown=words.countdown(day, now),
        move=move,
        is_next=is_next,
        is_over=cutoff.closed or cutoff.at <= now,
        is_closed=cutoff.closed,
        is_unsure=cutoff.tentative,
    )


def _advice(call: CallNotice, steps: Sequence[CutoffStep], now: datetime) -> Advice | None:
    """What the messages advise, with the authority that the call names.

    Shortly before a cut-off, the one after it is the one to plan for.
    """
    advice = call_advice(call, now)
    if advice is None:
        return None
    named = next((found for need in call.needs if (found := _LETTER_FROM.search(clean(need, MAX_SENTENCE)))), None)
    if named:
        authority = _(_AUTHORITIES[named[1].lower()])
        advice = replace(
            advice, fact=_("You need a letter of support from your {authority}.").format(authority=authority)
        )
    ahead = [step for step in steps if not step.is_over]
    if len(ahead) > 1 and ahead[0].at - now <= LATE:
        return replace(advice, action=_("No letter yet? Plan for {day}.").format(day=ahead[1].day))
    return advice
