"""Reminders of cut-offs: the subject, and the items of a message. Pure."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models import CallNotice, OpenCutoff, Reminder
from cmr_watch.render.change_items import call_links
from cmr_watch.render.datetimes import cutoff_at, day_words, deadline
from cmr_watch.render.message_parts import ADVICE, Item
from cmr_watch.render.plural import counted
from cmr_watch.render.sentences import years

LATE_ADVICE: Final = "Applicants need a letter of support from their regional authority. Make sure that you have it."
LATE_DAYS: Final = 7
"""With this many days left or fewer, it is too late to request a letter that takes weeks."""


def reminder_subject(reminder: Reminder, zone: ZoneInfo) -> str:
    """`7 days left: call for hosts 2027, cut-off 31 May 2026`; `Last day: …` on the day itself."""
    day = day_words(reminder.open.cutoff.at.astimezone(zone).date())
    left = f"{counted(reminder.days_left, 'day')} left" if reminder.days_left > 0 else "Last day"
    call = f"call for hosts {years(reminder.open.call)}".rstrip()
    return f"{left}: {call}, cut-off {day}"


def reminder_item(reminder: Reminder, zone: ZoneInfo) -> Item:
    """The days left, the cut-off, where to apply and what applicants need."""
    return Item(
        kicker="Reminder",
        tone="positive",
        sentence=_sentence(reminder.open.call, reminder.days_left),
        facts=_facts(reminder.open, zone),
        links=call_links(reminder.open.call),
        advice=ADVICE if reminder.days_left > LATE_DAYS else LATE_ADVICE,
    )


def _sentence(call: CallNotice, days_left: int) -> str:
    in_years = f" in {years(call)}" if call.hosting_years else ""
    if days_left > 0:
        return f"{counted(days_left, 'day')} left to apply to host an edition{in_years}"
    return f"Today is the last day to apply to host an edition{in_years}"


def _facts(open_cutoff: OpenCutoff, zone: ZoneInfo) -> tuple[str, ...]:
    fact = f"Cut-off: {cutoff_at(open_cutoff.cutoff, zone)}"
    if open_cutoff.moved_from is None:
        return (fact,)
    return fact, f"Moved from {deadline(open_cutoff.moved_from, zone)}"
