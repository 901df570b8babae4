"""What a message says about a call for hosts: its cut-offs, how to apply, and what applicants need. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models.readings import CallNotice, Change, Cutoff
from cmr_watch.render.datetimes import cutoff_day, cutoff_row, cutoff_time, short_day, zone_words
from cmr_watch.render.i18n import N_, _, pgettext
from cmr_watch.render.message_parts import (
    HAVE_IT,
    LETTER,
    MAX_SENTENCE,
    REQUEST_NOW,
    USUAL_LETTER,
    Advice,
    Fact,
    Link,
    Row,
    RowTone,
    Table,
    facts,
    safe_links,
)
from cmr_watch.render.sanitize import clean
from cmr_watch.render.sentences import added_cutoffs, is_extension, years

MAX_CUTOFFS: Final = 12
MAX_NEEDS: Final = 8
LATE: Final = timedelta(days=7)
"""With this much time left or less, it is too late to request a letter that takes weeks."""
LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_STATUSES: Final = {"announced": N_("announced"), "open": N_("open"), "closed": N_("closed")}


def call_facts(call: CallNotice) -> tuple[Fact, ...]:
    """Status, hosting years, and whom to ask."""
    return facts(
        (_("Status"), _(_STATUSES[call.status])),
        (_("Hosting years"), years(call)),
        (_("Questions to"), call.contact if call.status != "closed" else None),
    )


def cutoff_table(
    call: CallNotice, zone: ZoneInfo, now: datetime = LONG_AGO, changes: Sequence[Change] = ()
) -> Table | None:
    """All cut-offs of a call that is not closed, the soonest first. Those of `changes` are marked."""
    if call.status == "closed" or not call.cutoffs:
        return None
    cutoffs = sorted(call.cutoffs, key=lambda cutoff: cutoff.at)
    ahead = [cutoff for cutoff in cutoffs if _is_ahead(cutoff, now)]
    shown = ahead if len(cutoffs) > MAX_CUTOFFS else cutoffs
    rows = [_row(cutoff, zone, _tone(cutoff, ahead, now), now, changes) for cutoff in shown[:MAX_CUTOFFS]]
    return Table(_caption(call, len(ahead), len(shown), zone), tuple(rows))


def later_table(cutoffs: Sequence[Cutoff], zone: ZoneInfo) -> Table | None:
    """The cut-offs that follow the one of a reminder."""
    rows = tuple(_row(cutoff, zone, "open", LONG_AGO, ()) for cutoff in cutoffs[:MAX_CUTOFFS])
    return Table(_("Later cut-offs ({zone})").format(zone=zone_words(zone)), rows, in_text=False) if rows else None


def call_needs(call: CallNotice) -> tuple[str, ...]:
    """What applicants have to submit, a sentence each; nothing once the call is closed."""
    return () if call.status == "closed" else tuple(clean(need, MAX_SENTENCE) for need in call.needs[:MAX_NEEDS])


def call_advice(call: CallNotice, now: datetime = LONG_AGO) -> Advice | None:
    """That applicants need a letter, and what to do about it; None once the call is closed."""
    if call.status == "closed":
        return None
    ahead = [cutoff.at for cutoff in call.cutoffs if _is_ahead(cutoff, now)]
    return letter_advice(call, is_late=bool(ahead) and max(ahead) - now <= LATE)


def letter_advice(call: CallNotice, is_late: bool) -> Advice:
    """Request the letter now; when it is too late for that, make sure of having it.

    A page that names no letter is not quoted as requiring one: earlier calls did.
    """
    is_named = any("letter" in need.casefold() for need in call.needs)
    return Advice(_(LETTER) if is_named else _(USUAL_LETTER), _(HAVE_IT) if is_late else _(REQUEST_NOW))


def apply_link(call: CallNotice) -> Link | None:
    """The application form; before the call is open, the page about it; None once it is closed."""
    if call.status == "closed":
        return None
    label = _("Apply now") if call.status == "open" else _("About the call")
    return next(iter(safe_links((label, call.apply_url))), None)


def _is_ahead(cutoff: Cutoff, now: datetime) -> bool:
    return not cutoff.closed and cutoff.at > now


def _caption(call: CallNotice, ahead: int, shown: int, zone: ZoneInfo) -> str:
    """What to do with the cut-offs, unless some of those shown have passed."""
    text = _("Cut-offs ({zone})")
    if call.status == "open" and ahead and ahead == shown:
        text = _("Apply before this cut-off ({zone})")
        if ahead > 1:
            text = _("Apply before one of these cut-offs ({zone})")
    return text.format(zone=zone_words(zone))


def _tone(cutoff: Cutoff, ahead: Sequence[Cutoff], now: datetime) -> RowTone:
    if not _is_ahead(cutoff, now):
        return "over"
    return "next" if cutoff == ahead[0] else "open"


def _row(cutoff: Cutoff, zone: ZoneInfo, tone: RowTone, now: datetime, changes: Sequence[Change]) -> Row:
    notes = [_note(change, cutoff, zone, now) for change in changes]
    if cutoff.tentative:
        notes.append(_("to be confirmed"))
    if tone == "over":
        notes.append(pgettext("cut-off", "closed") if cutoff.closed else _("passed"))
    return Row(cutoff_row(cutoff.at, zone), ", ".join(filter(None, notes)), tone)


def _note(change: Change, cutoff: Cutoff, zone: ZoneInfo, now: datetime) -> str:
    """How this change concerns the cut-off: `new`, `was 28 February`, `extended from 28 February`."""
    old, new = change.cutoff_before, change.cutoff_after
    if any(added.at == cutoff.at for added in added_cutoffs(change)):
        return _("new")
    if old is None or new is None or new.at != cutoff.at:
        return ""
    days = [cutoff_day(at) for at in (old.at, new.at)]
    was = short_day(*days) if days[0] != days[1] else cutoff_time(old.at, zone)
    text = _("extended from {old}") if is_extension(change, now) else _("was {old}")
    return text.format(old=was)
