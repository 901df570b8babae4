"""Reminders of cut-offs: the subject, and the items of a message. Pure."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import CallNotice, Cutoff, OpenCutoff, Reminder
from cmr_watch.render.change_items import call_links
from cmr_watch.render.datetimes import cutoff_at, day_words, deadline
from cmr_watch.render.message_parts import ADVICE, Item
from cmr_watch.render.plural import counted
from cmr_watch.render.sentences import years

LATE_ADVICE: Final = "Applicants need a letter of support from their regional authority: make sure you have it."
LATE: Final = 7
"""With so many days left nobody can ask for a letter any more that takes weeks."""


def reminder_subject(reminder: Reminder, zone: ZoneInfo) -> str:
    """`7 days left: cut-off of the call to host an edition, 31 May 2024`; `Today: …` on the day itself."""
    day = day_words(reminder.open.cutoff.at.astimezone(zone).date())
    left = f"{counted(reminder.days_left, 'day')} left" if reminder.days_left > 0 else "Today"
    return f"{left}: cut-off of the call to host an edition, {day}"


def reminder_item(reminder: Reminder, zone: ZoneInfo) -> Item:
    """When it closes, how long that is, where to apply, and what that takes."""
    return Item(
        kicker="Reminder",
        tone="call",
        sentence=_sentence(reminder.open.call, reminder.days_left),
        facts=_facts(reminder.open, reminder.open.cutoff, zone),
        links=call_links(reminder.open.call),
        advice=ADVICE if reminder.days_left > LATE else LATE_ADVICE,
    )


def _sentence(call: CallNotice, days_left: int) -> str:
    to_host = f"to apply to host an edition{' in ' * bool(call.hosting_years)}{years(call)}"
    if days_left > 0:
        return f"{counted(days_left, 'day')} left {to_host}"
    return f"Today is the last day {to_host}"


def _facts(told: OpenCutoff, cutoff: Cutoff, zone: ZoneInfo) -> tuple[str, ...]:
    closes = f"The call closes: {cutoff_at(cutoff, zone)}"
    if told.moved_from is None:
        return (closes,)
    return closes, f"Moved from {deadline(told.moved_from, zone)} to {deadline(cutoff.at, zone)}"
