"""What is subscribed, in the words of its reader. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.languages import LANGUAGES
from cmr_watch.models.recipients import Schedule, Subscription
from cmr_watch.models.signups import confirmed_at
from cmr_watch.render.countries import country_words
from cmr_watch.render.datetimes import clock_words, day_words, hours_words, zone_words
from cmr_watch.render.i18n import N_, _, pgettext
from cmr_watch.render.joining import in_turn
from cmr_watch.web.public.signup_words import FREQUENCY_WORDS, TOPIC_WORDS

_WEEKDAYS: Final = (
    N_("On Mondays"),
    N_("On Tuesdays"),
    N_("On Wednesdays"),
    N_("On Thursdays"),
    N_("On Fridays"),
    N_("On Saturdays"),
    N_("On Sundays"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A subscription as its page shows it: labels and values; until which day it is paused, empty if it is not.

    `zone`: its time zone in words, empty if it is that of Brussels. `timing`: when digests and reminders come, if that
    is not as the form says.
    """

    facts: tuple[tuple[str, str], ...]
    paused_until: str
    zone: str
    timing: str


def shown(entry: Subscription, now: datetime) -> Shown:
    """A subscription in words."""
    until = entry.pause_end(now)
    zone = ZoneInfo(entry.schedule.time_zone)
    return Shown(
        facts=_facts(entry),
        paused_until=day_words(until.astimezone(zone).date()) if until else "",
        zone="" if zone.key == Schedule().time_zone else zone_words(zone),
        timing=_timing(entry.schedule),
    )


def _facts(entry: Subscription) -> tuple[tuple[str, str], ...]:
    countries = ", ".join(map(country_words, entry.countries))
    return (
        (pgettext("topics", "About"), in_turn(_(TOPIC_WORDS[topic][1]) for topic in entry.topics)),
        (_("Countries"), _("editions in {countries} only").format(countries=countries) if countries else _("all")),
        (_("How often"), _frequency(entry.schedule)),
        (_("Quiet hours"), _quiet(entry.schedule)),
        (_("Reminders"), _reminders(entry)),
        (_("Once a month"), _("an e-mail even if nothing changed") if entry.still_watching else _("nothing extra")),
        (_("Language"), LANGUAGES[entry.language]),
        (_("Since"), _since(entry)),
    )


def _frequency(schedule: Schedule) -> str:
    if schedule.frequency == "weekly":
        return _(_WEEKDAYS[schedule.weekday])
    return _(FREQUENCY_WORDS[schedule.frequency][0])


def _quiet(schedule: Schedule) -> str:
    if schedule.quiet is None:
        return _("no")
    hours = hours_words(schedule.quiet.start, schedule.quiet.end)
    return f"{hours} ({zone_words(ZoneInfo(schedule.time_zone))})"


def _reminders(entry: Subscription) -> str:
    if not entry.reminders or "calls" not in entry.topics:
        return _("no")
    days = ", ".join(map(str, entry.reminders))
    return _("before cut-offs, this many days: {days}").format(days=days)


def _since(entry: Subscription) -> str:
    own = confirmed_at(entry.consent)
    day = day_words((own or entry.created_at).astimezone(ZoneInfo(entry.schedule.time_zone)).date())
    text = _("{day}, when you confirmed it on this site") if own else _("{day}; the operator subscribed you")
    return text.format(day=day)


def _timing(schedule: Schedule) -> str:
    usual = Schedule()
    if (schedule.hour, schedule.weekday, schedule.time_zone) == (usual.hour, usual.weekday, usual.time_zone):
        return ""
    text = _("Digests and reminders come at {hour} ({zone}). The operator can change that.")
    return text.format(hour=clock_words(time(schedule.hour)), zone=zone_words(ZoneInfo(schedule.time_zone)))
