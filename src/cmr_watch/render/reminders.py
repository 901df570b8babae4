"""Reminders of cut-offs: the subject, and the items of a message. Pure.

A mail may be read days after it was sent, so it names the date, and not the days that are left.
"""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import Cutoff, KnownCall
from cmr_watch.models.recipients import Reminder
from cmr_watch.render.call_parts import apply_link, call_needs, later_table, letter_advice
from cmr_watch.render.datetimes import cutoff_at, cutoff_day, cutoff_time, day_words, deadline
from cmr_watch.render.i18n import _, ngettext
from cmr_watch.render.message_parts import Item, facts
from cmr_watch.render.sentences import call_within, call_within_subject, contradiction

LATE_DAYS: Final = 7
"""With this many days left or fewer, it is too late to request a letter that takes weeks."""


def reminder_subject(reminder: Reminder, zone: ZoneInfo) -> str:
    """`Next cut-off 31 May 2026, 18:00 · 7 days before · call for hosts 2027`; `Last cut-off …` if none follows.

    Outside Brussels time it has the day only: its hour would need the names of both zones.
    """
    at = reminder.open.cutoff.at
    cutoff = cutoff_time(at, BRUSSELS) if zone.key == BRUSSELS.key else day_words(cutoff_day(at))
    text = _("Last cut-off {cutoff} · {when} · {call}")
    if reminder.later:
        text = _("Next cut-off {cutoff} · {when} · {call}")
    return text.format(cutoff=cutoff, when=_when(reminder.days_left), call=call_within_subject(reminder.open.call))


def _when(days_left: int) -> str:
    """Which reminder it is. It stays true when the mail is read later."""
    return ngettext("{number} day before", "{number} days before", days_left) if days_left else _("on the day")


def reminder_brief(reminder: Reminder) -> str:
    """`cut-off 31 May 2026`, for a message in which something else comes first."""
    return _("cut-off {day}").format(day=day_words(cutoff_day(reminder.open.cutoff.at)))


def reminder_item(reminder: Reminder, zone: ZoneInfo) -> Item:
    """The cut-off and those after it, where to apply and what applicants need."""
    known = reminder.open
    text = _("Next cut-off: {cutoff}") if reminder.later else _("Last cut-off: {cutoff}")
    title = text.format(cutoff=cutoff_at(known.cutoff, zone))
    kicker = _kicker(reminder)
    merged = KnownCall(known.call_key, known.call, conflicting_notice=known.conflicting_notice)
    sentence = f"{kicker}. {title}"
    if reminder.later:
        days = ", ".join(_later_day(cutoff) for cutoff in reminder.later)
        sentence = _("{next} · later: {days}").format(next=sentence, days=days)
    moved = _("Moved from {cutoff}").format(cutoff=deadline(known.moved_from, zone)) if known.moved_from else None
    return Item(
        sentence,
        title=title,
        kicker=kicker,
        tone="positive",
        warning=" ".join(contradiction(merged)),
        facts=facts(("", moved), (_("Questions to"), known.call.contact)),
        table=later_table(reminder.later, zone),
        needs=call_needs(known.call),
        advice=letter_advice(known.call, is_late=reminder.days_left <= LATE_DAYS),
        button=apply_link(known.call),
    )


def _later_day(cutoff: Cutoff) -> str:
    day = day_words(cutoff_day(cutoff.at))
    return _("{cutoff} (to be confirmed)").format(cutoff=day) if cutoff.tentative else day


def _kicker(reminder: Reminder) -> str:
    """`Reminder, 7 days before the cut-off: call for hosts 2027`; it stays true when the mail is read later."""
    text = _("Reminder on the day of the cut-off: {call}")
    if reminder.days_left:
        text = ngettext(
            "Reminder, {number} day before the cut-off: {call}",
            "Reminder, {number} days before the cut-off: {call}",
            reminder.days_left,
        )
    return text.format(call=call_within(reminder.open.call))
