"""Pauses on the command line: `subscriptions edit --pause-until`, and how they are shown, exported and imported."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import click

from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Schedule, Subscription
from cmr_watch.notify.delivery_schedule import end_of_pause, local_date
from cmr_watch.render.datetimes import local_time

NO_PAUSE: Final = "none"
EXPECTED: Final = "a day such as 2027-01-15"
LONGEST: Final = timedelta(days=3660)


def _pause_until(text: str) -> date | str:
    """A click parameter type: a day, or `none`."""
    if text == NO_PAUSE:
        return text
    try:
        return parse_day(text)
    except ValueError:
        raise click.BadParameter(f'found "{text[:80]}", expected {EXPECTED}, or none') from None


pause_option = click.option(
    "--pause-until",
    type=_pause_until,
    metavar="DATE|none",
    help="Send nothing to the recipient before this day, such as 2027-01-15; none ends a pause.",
)


def parse_day(text: str) -> date:
    """A day such as 2027-01-15. ValueError if it is none."""
    if len(text) != len("2027-01-15"):
        raise ValueError(text)
    return date.fromisoformat(text)


def end_at(schedule: Schedule, day: date, now: datetime) -> datetime:
    """When a pause until this day ends. ValueError if that is past, or more than ten years ahead."""
    if not local_date(schedule.time_zone, now) < day <= local_date(schedule.time_zone, now) + LONGEST:
        raise ValueError("the day must be after today, and within ten years")
    return end_of_pause(schedule, day)


def pause_note(subscription: Subscription, now: datetime) -> str | None:
    """`paused until 15 January 2027, 08:00 (Brussels time)`; None if it is not paused."""
    until = subscription.pause_end(now)
    zone = ZoneInfo(subscription.schedule.time_zone)
    return f"paused until {local_time(until, zone)}" if until else None


def pause_sentence(subscription: Subscription, now: datetime) -> str:
    """What has become of a subscription after a pause has begun or ended."""
    address = redact_address(subscription.address)
    return f"Subscription {subscription.id}: {address} is {pause_note(subscription, now) or 'not paused any more'}."


def pause_day(subscription: Subscription, now: datetime) -> str | None:
    """The day until which it is paused, as in a file of subscriptions; None if it is not."""
    until = subscription.pause_end(now)
    return local_date(subscription.schedule.time_zone, until).isoformat() if until else None
