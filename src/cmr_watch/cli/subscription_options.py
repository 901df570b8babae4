"""What a subscription wishes: as options of a command, in words, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from typing import Any, Final

import click

from cmr_watch.cli.arguments import of_kind
from cmr_watch.cli.output import Refused, local_time
from cmr_watch.config import kinds
from cmr_watch.exceptions import DeliveryError
from cmr_watch.log import shown
from cmr_watch.models import FREQUENCIES, REMINDERS, TOPICS, Schedule, Subscription, SubscriptionRequest
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.serialization import instant

_OPTIONS: Final = (
    click.option("--frequency", type=click.Choice(FREQUENCIES), default="immediately", show_default=True),
    click.option("--hour", type=click.IntRange(0, 23), default=8, show_default=True, help="Of digests and reminders."),
    click.option("--weekday", type=of_kind(kinds.WEEKDAY), default="monday", metavar="DAY", help="Of weekly digests."),
    click.option("--time-zone", type=of_kind(kinds.TIME_ZONE), metavar="ZONE", help="Such as Europe/Brussels."),
    click.option(
        "--quiet", type=of_kind(kinds.QUIET), metavar="HOURS", help="Such as 22:00-07:00: nothing comes then."
    ),
    click.option(
        "--remind",
        "reminders",
        multiple=True,
        type=click.IntRange(0, 365),
        metavar="DAYS",
        help="Before cut-offs; 0 for never. May be repeated.",
    ),
    click.option("--still-watching", is_flag=True, help="A line after each month without news."),
)


def rhythm_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that say when."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def asked_for(
    address: str, topics: tuple[str, ...], countries: tuple[str, ...], usual_zone: str, **schedule: Any
) -> SubscriptionRequest:
    """What the options ask for."""
    quiet = kinds.QUIET.take(schedule["quiet"]) if schedule["quiet"] else None
    when = Schedule(
        schedule["frequency"], schedule["hour"], int(schedule["weekday"]), schedule["time_zone"] or usual_zone, quiet
    )
    days = tuple(sorted({day for day in schedule["reminders"] if day}, reverse=True))
    return SubscriptionRequest(
        address=address,
        topics=tuple(topic for topic in TOPICS if topic in topics) or TOPICS,
        countries=countries,
        schedule=when,
        reminders=days if schedule["reminders"] else REMINDERS,
        still_watching=schedule["still_watching"],
    )


def must_be_understood(address: str) -> None:
    """Refuse an address that nothing can ever be sent to."""
    if "://" not in address:
        return
    try:
        AppriseChannel().check(address)
    except DeliveryError as error:
        raise Refused(str(error)) from None


def in_words(entry: Subscription | SubscriptionRequest) -> str:
    """“calls, editions in FR, weekly on Friday at 8:00”."""
    where = f" in {', '.join(entry.countries)}" if entry.countries else ""
    return ", ".join(entry.topics) + where + _when(entry.schedule)


def _when(schedule: Schedule) -> str:
    at = f" at {schedule.hour}:00"
    words = {"immediately": "", "daily": f", daily{at}", "weekly": f", weekly on {_day(schedule)}{at}"}
    return words[schedule.frequency] + (f", quiet {schedule.quiet}" if schedule.quiet else "")


def _digest_day(schedule: Schedule) -> str:
    return "every day" if schedule.frequency == "daily" else f"on {_day(schedule)}"


def _day(schedule: Schedule) -> str:
    return kinds.WEEKDAYS[schedule.weekday].capitalize()


def facts(entry: Subscription, zone: tzinfo) -> Iterator[tuple[str, str]]:
    """Everything about one, a line each."""
    schedule = entry.schedule
    yield "address", shown(entry.address)
    if entry.name:
        yield "name", entry.name
    yield "status", entry.status + (f": {entry.end_reason}" if entry.end_reason else "")
    yield "hears of", ", ".join(entry.topics)
    yield "in", ", ".join(entry.countries) or "all countries"
    yield "when", f"{schedule.frequency}; digests {_digest_day(schedule)} at {schedule.hour}:00, {schedule.time_zone}"
    yield "quiet hours", str(schedule.quiet or "none")
    yield "reminders", ", ".join(map(str, entry.reminders)) + " days before a cut-off" if entry.reminders else "none"
    yield "still watching", "a line after each month without news" if entry.still_watching else "no"
    yield "consent", entry.consent
    for word, at in (("since", entry.activated_at), ("welcomed", entry.welcomed_at), ("ended", entry.ended_at)):
        if at:
            yield word, local_time(at, zone)


def public(entry: Subscription) -> dict[str, object]:
    """As JSON, without the secret of a chat's address."""
    return {
        "id": entry.id,
        "address": shown(entry.address),
        "name": entry.name,
        **wishes(entry),
        "status": entry.status,
        "consent": entry.consent,
        "created_at": instant(entry.created_at),
        "activated_at": _at(entry.activated_at),
        "ended_at": _at(entry.ended_at),
        "end_reason": entry.end_reason,
    }


def wishes(entry: Subscription | SubscriptionRequest) -> dict[str, object]:
    """What it hears of and when, as JSON."""
    schedule = entry.schedule
    return {
        "topics": list(entry.topics),
        "countries": list(entry.countries),
        "frequency": schedule.frequency,
        "hour": schedule.hour,
        "weekday": kinds.WEEKDAYS[schedule.weekday],
        "time_zone": schedule.time_zone,
        "quiet": str(schedule.quiet) if schedule.quiet else None,
        "reminders": list(entry.reminders),
        "still_watching": entry.still_watching,
    }


def _at(at: datetime | None) -> str | None:
    return instant(at) if at else None
