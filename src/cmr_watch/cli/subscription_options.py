"""The options of a subscription: on the command line, as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import Any, Final

import click

from cmr_watch.cli.arguments import parameter_type
from cmr_watch.cli.output import CommandError, local_time
from cmr_watch.config import setting_types
from cmr_watch.exceptions import DeliveryError
from cmr_watch.log import redact_address
from cmr_watch.models import FREQUENCIES, REMINDERS, TOPICS, Schedule, Subscription, SubscriptionRequest
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.serialization import instant

_REMINDERS: Final = ", ".join(map(str, REMINDERS))
_OPTIONS: Final = (
    click.option(
        "--frequency",
        type=click.Choice(FREQUENCIES),
        default="immediately",
        show_default=True,
        help="When to send changes.",
    ),
    click.option(
        "--hour",
        type=click.IntRange(0, 23),
        default=8,
        show_default=True,
        metavar="HOUR",
        help="Hour of digests and reminders.",
    ),
    click.option(
        "--weekday",
        type=parameter_type(setting_types.WEEKDAY),
        default="monday",
        show_default=True,
        metavar="DAY",
        help="Day of weekly digests.",
    ),
    click.option(
        "--time-zone",
        type=parameter_type(setting_types.TIME_ZONE),
        metavar="ZONE",
        help="Time zone, such as Europe/Lisbon.  [default: as configured]",
    ),
    click.option(
        "--quiet",
        type=parameter_type(setting_types.QUIET),
        metavar="HOURS",
        help="QuietHours hours, such as 22:00-07:00; messages are held until they end.",
    ),
    click.option(
        "--remind",
        "reminders",
        multiple=True,
        type=click.IntRange(0, 365),
        metavar="DAYS",
        help=f"Send a reminder this many days before a cut-off; 0 for none. Repeatable.  [default: {_REMINDERS}]",
    ),
    click.option("--still-watching", is_flag=True, help="Send a short status message after a month without changes."),
)


def schedule_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say when messages are sent."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def request_from_options(
    address: str, topics: tuple[str, ...], countries: tuple[str, ...], default_zone: str, **schedule: Any
) -> SubscriptionRequest:
    """The subscription that the options ask for; `schedule` are the values of `schedule_options`."""
    quiet = setting_types.QUIET.parse(schedule["quiet"]) if schedule["quiet"] else None
    zone = schedule["time_zone"] or default_zone
    days = tuple(sorted({day for day in schedule["reminders"] if day}, reverse=True))
    return SubscriptionRequest(
        address=address,
        topics=tuple(topic for topic in TOPICS if topic in topics) or TOPICS,
        countries=countries,
        schedule=Schedule(schedule["frequency"], schedule["hour"], int(schedule["weekday"]), zone, quiet),
        reminders=days if schedule["reminders"] else REMINDERS,
        still_watching=schedule["still_watching"],
    )


def validate_address(address: str) -> None:
    """CommandError for an Apprise URL that Apprise does not support."""
    if "://" not in address:
        return
    try:
        AppriseChannel().check(address)
    except DeliveryError as error:
        raise CommandError(str(error)) from None


def describe(subscription: Subscription | SubscriptionRequest) -> str:
    """“calls, editions in FR; weekly on Friday at 8:00; quiet hours 22:00-07:00”."""
    countries = f" in {', '.join(subscription.countries)}" if subscription.countries else ""
    return ", ".join(subscription.topics) + countries + _describe_schedule(subscription.schedule)


def _describe_schedule(schedule: Schedule) -> str:
    at = f" at {schedule.hour}:00"
    digests = {"immediately": "", "daily": f"; daily{at}", "weekly": f"; weekly on {_weekday(schedule)}{at}"}
    return digests[schedule.frequency] + (f"; quiet hours {schedule.quiet}" if schedule.quiet else "")


def _weekday(schedule: Schedule) -> str:
    return setting_types.WEEKDAYS[schedule.weekday].capitalize()


def detail_rows(subscription: Subscription, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """All about a subscription, as rows of a table. Times are given in `zone`."""
    yield "address", redact_address(subscription.address)
    if subscription.name:
        yield "name", subscription.name
    yield "status", subscription.status + (f": {subscription.end_reason}" if subscription.end_reason else "")
    yield "topics", ", ".join(subscription.topics)
    yield "countries", ", ".join(subscription.countries) or "all"
    yield from _schedule_rows(subscription)
    yield "consent", subscription.consent
    yield from _time_rows(subscription, zone)


def _schedule_rows(subscription: Subscription) -> Iterator[tuple[str, str]]:
    schedule = subscription.schedule
    day = "every day" if schedule.frequency == "daily" else f"on {_weekday(schedule)}"
    reminders = ", ".join(map(str, subscription.reminders))
    yield "schedule", f"{schedule.frequency}; digests {day} at {schedule.hour}:00, {schedule.time_zone}"
    yield "quiet hours", str(schedule.quiet or "none")
    yield "reminders", f"{reminders} days before a cut-off" if reminders else "none"
    yield "status message", "after each month without changes" if subscription.still_watching else "none"


def _time_rows(subscription: Subscription, zone: tzinfo) -> Iterator[tuple[str, str]]:
    times = {
        "activated": subscription.activated_at,
        "welcomed": subscription.welcomed_at,
        "ended": subscription.ended_at,
    }
    for label, at in times.items():
        if at:
            yield label, local_time(at, zone)


def subscription_to_dict(subscription: Subscription) -> dict[str, object]:
    """A subscription as JSON, without the secrets in an Apprise URL."""
    return {
        "id": subscription.id,
        "address": redact_address(subscription.address),
        "name": subscription.name,
        **options_to_dict(subscription),
        "status": subscription.status,
        "consent": subscription.consent,
        "created_at": instant(subscription.created_at),
        "activated_at": _instant_or_none(subscription.activated_at),
        "ended_at": _instant_or_none(subscription.ended_at),
        "end_reason": subscription.end_reason,
    }


def options_to_dict(subscription: Subscription | SubscriptionRequest) -> dict[str, object]:
    """The options of a subscription as JSON, under the names that they have in the configuration file."""
    schedule = subscription.schedule
    return {
        "topics": list(subscription.topics),
        "countries": list(subscription.countries),
        "frequency": schedule.frequency,
        "hour": schedule.hour,
        "weekday": setting_types.WEEKDAYS[schedule.weekday],
        "time_zone": schedule.time_zone,
        "quiet": str(schedule.quiet) if schedule.quiet else None,
        "reminders": list(subscription.reminders),
        "still_watching": subscription.still_watching,
    }


def _instant_or_none(at: datetime | None) -> str | None:
    return instant(at) if at else None
