"""Reminders of cut-offs: the subject, and the items of a message. Pure.

A mail may be read days after it was sent, so it names the date and never the days that are left.
"""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import CallNotice, Reminder
from cmr_watch.render.call_parts import apply_link, call_needs, later_table, letter_advice
from cmr_watch.render.datetimes import cutoff_at, day_and_time, day_words, deadline
from cmr_watch.render.i18n import _
from cmr_watch.render.message_parts import Item, facts
from cmr_watch.render.sentences import years

LATE_DAYS: Final = 7
"""With this many days left or fewer, it is too late to request a letter that takes weeks."""


def reminder_subject(reminder: Reminder, zone: ZoneInfo) -> str:
    """`Next cut-off 31 May 2026, 18:00 · call for hosts 2027`; `Last cut-off …` if none follows."""
    text = _("Next cut-off {cutoff} · {call}") if reminder.later else _("Last cut-off {cutoff} · {call}")
    return text.format(cutoff=day_and_time(reminder.open.cutoff.at, zone), call=_call(reminder.open.call))


def reminder_brief(reminder: Reminder, zone: ZoneInfo) -> str:
    """`cut-off 31 May 2026`, for a message in which something else comes first."""
    return _("cut-off {day}").format(day=day_words(reminder.open.cutoff.at.astimezone(zone).date()))


def reminder_item(reminder: Reminder, zone: ZoneInfo) -> Item:
    """The cut-off and those after it, where to apply and what applicants need."""
    known = reminder.open
    text = _("Next cut-off: {cutoff}") if reminder.later else _("Last cut-off: {cutoff}")
    title = text.format(cutoff=cutoff_at(known.cutoff, zone))
    sentence = title
    if reminder.later:
        days = ", ".join(day_words(cutoff.at.astimezone(zone).date()) for cutoff in reminder.later)
        sentence = _("{next} · later: {days}").format(next=title, days=days)
    moved = _("Moved from {cutoff}").format(cutoff=deadline(known.moved_from, zone)) if known.moved_from else None
    return Item(
        sentence,
        title=title,
        kicker=_kicker(known.call),
        tone="positive",
        facts=facts(("", moved), (_("Questions to"), known.call.contact)),
        table=later_table(reminder.later, zone),
        needs=call_needs(known.call),
        advice=letter_advice(is_late=reminder.days_left <= LATE_DAYS),
        button=apply_link(known.call),
    )


def _call(call: CallNotice) -> str:
    return _("call for hosts {years}").format(years=years(call)) if call.hosting_years else _("call for hosts")


def _kicker(call: CallNotice) -> str:
    if not call.hosting_years:
        return _("Reminder: apply to host an edition")
    return _("Reminder: apply to host an edition in {years}").format(years=years(call))
