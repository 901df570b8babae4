"""The options of a subscription: on the command line, as text and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, tzinfo
from typing import Any, Final

import click

from cmr_watch.cli.arguments import country_option, parameter_type, whole_number
from cmr_watch.cli.end_reasons import Ending
from cmr_watch.cli.output import CommandError, local_time
from cmr_watch.config import setting_types
from cmr_watch.exceptions import DeliveryError
from cmr_watch.languages import ENGLISH, LANGUAGES
from cmr_watch.log import redact_address
from cmr_watch.models.readings import TOPICS
from cmr_watch.models.recipients import FREQUENCIES, REMINDERS, Schedule, Subscription, SubscriptionRequest
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.serialization import instant

_REMINDERS: Final = ", ".join(map(str, REMINDERS))
_MAX_DAYS: Final = 365
TOPIC_HELP: Final = f"Limit to this topic: {', '.join(TOPICS[:-1])} or {TOPICS[-1]}. Repeatable."


def _days(text: str) -> int:
    """A number of days before a cut-off."""
    if text.strip() == "0":
        raise click.BadParameter("0 days before a cut-off is too late for a reminder; for none, use --no-reminders")
    if not text.isdecimal() or not 1 <= int(text) <= _MAX_DAYS:
        raise click.BadParameter(f'found "{text}", expected a number of days from 1 to {_MAX_DAYS}')
    return int(text)


def _options(with_default: Callable[[str, str], str]) -> tuple[Callable[..., Any], ...]:
    """The options, without defaults: `edit` changes only what is given. `with_default` adds one to a help text."""
    choice = click.Choice(TOPICS, case_sensitive=False)
    topic = click.option("--topic", "topics", multiple=True, type=choice, metavar="TOPIC", help=TOPIC_HELP)
    limits = (topic, country_option)
    return (*limits, *_schedule_options(with_default), *_reminder_options(with_default), _language_option(with_default))


def _language_option(with_default: Callable[[str, str], str]) -> Callable[..., Any]:
    return click.option(
        "--language",
        type=click.Choice(tuple(LANGUAGES), case_sensitive=False),
        help=with_default("Language of the messages.", ENGLISH),
    )


def _schedule_options(with_default: Callable[[str, str], str]) -> tuple[Callable[..., Any], ...]:
    return (
        click.option(
            "--frequency",
            type=click.Choice(FREQUENCIES, case_sensitive=False),
            help=with_default("When to send changes.", "immediately"),
        ),
        click.option(
            "--hour",
            type=whole_number(0, 23),
            metavar="HOUR",
            help=with_default("Hour of digests and reminders.", "8"),
        ),
        click.option(
            "--weekday",
            type=parameter_type(setting_types.WEEKDAY),
            metavar="DAY",
            help=with_default("Day of weekly digests.", "monday"),
        ),
        click.option(
            "--time-zone",
            type=parameter_type(setting_types.TIME_ZONE),
            metavar="ZONE",
            help=with_default("Time zone, such as Europe/Lisbon.", "as configured"),
        ),
        click.option(
            "--quiet",
            type=parameter_type(setting_types.QUIET),
            metavar="HOURS",
            help="Quiet hours, such as 22:00-07:00; messages are held until they end.",
        ),
    )


def _reminder_options(with_default: Callable[[str, str], str]) -> tuple[Callable[..., Any], ...]:
    return (
        click.option(
            "--remind",
            "reminders",
            multiple=True,
            type=_days,
            metavar="DAYS",
            help=with_default("Send a reminder this many days before a cut-off. Repeatable.", _REMINDERS),
        ),
        click.option("--no-reminders", is_flag=True, help="Send no reminders."),
        click.option(
            "--still-watching/--no-still-watching",
            default=None,
            help="Send a short status message after a month without changes.",
        ),
    )


_EDIT_OPTIONS: Final = (
    click.option("--all-countries", is_flag=True, help="Remove the limit to certain countries."),
    click.option("--no-quiet", is_flag=True, help="Remove the quiet hours."),
)
_CONTRADICTIONS: Final = (
    ("reminders", "--remind", "no_reminders", "--no-reminders"),
    ("countries", "--country", "all_countries", "--all-countries"),
    ("quiet", "--quiet", "no_quiet", "--no-quiet"),
)


def subscription_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what is sent, and when."""
    return _with(command, _options("{}  [default: {}]".format))


def edit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of `subscription_options`, and those that remove a limit."""
    return _with(command, (*_options(lambda text, _: text), *_EDIT_OPTIONS))


def _with(command: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command


def default_request(address: str, default_zone: str) -> SubscriptionRequest:
    """A subscription of this address to everything, in the default time zone."""
    return SubscriptionRequest(address, schedule=Schedule(time_zone=default_zone))


def request_of(subscription: Subscription) -> SubscriptionRequest:
    """The request that a subscription fulfils."""
    names = (field.name for field in fields(SubscriptionRequest))
    return SubscriptionRequest(**{name: getattr(subscription, name) for name in names})


def apply_options(base: SubscriptionRequest, options: Mapping[str, Any]) -> SubscriptionRequest:
    """`base`, changed as the given options say; `options` are the values of one of the two sets of options."""
    _reject_contradictions(options)
    return replace(
        base,
        topics=tuple(filter(options["topics"].__contains__, TOPICS)) or base.topics,
        countries=() if options.get("all_countries") else tuple(sorted(options["countries"])) or base.countries,
        schedule=_apply_to_schedule(base.schedule, options),
        reminders=_reminders(base.reminders, options),
        still_watching=base.still_watching if options["still_watching"] is None else options["still_watching"],
        language=options["language"] or base.language,
    )


def _reject_contradictions(options: Mapping[str, Any]) -> None:
    for given, name, removed, flag in _CONTRADICTIONS:
        if options[given] and options.get(removed):
            raise CommandError(f"{name} and {flag} contradict each other")


def _apply_to_schedule(base: Schedule, options: Mapping[str, Any]) -> Schedule:
    given = {name: options[name] for name in ("frequency", "hour", "time_zone") if options[name] is not None}
    if options["weekday"] is not None:
        given["weekday"] = int(options["weekday"])
    if options["quiet"] or options.get("no_quiet"):
        given["quiet"] = setting_types.QUIET.parse(options["quiet"]) if options["quiet"] else None
    return replace(base, **given)


def _reminders(base: tuple[int, ...], options: Mapping[str, Any]) -> tuple[int, ...]:
    if options["no_reminders"]:
        return ()
    return tuple(sorted(set(options["reminders"]), reverse=True)) or base


def validate_address(address: str) -> None:
    """CommandError for an Apprise URL that Apprise does not support."""
    if "://" not in address:
        return
    try:
        AppriseChannel().check(address)
    except DeliveryError as error:
        raise CommandError(str(error)) from None


def describe(subscription: Subscription | SubscriptionRequest) -> str:
    """“calls, editions in FR (calls of all countries); weekly on Friday at 8:00; quiet hours 22:00-07:00”."""
    topics = ", ".join(subscription.topics) + _describe_countries(subscription)
    language = "" if subscription.language == ENGLISH else f"; in {LANGUAGES[subscription.language]}"
    return topics + _describe_schedule(subscription.schedule) + language


def _describe_countries(subscription: Subscription | SubscriptionRequest) -> str:
    if not subscription.countries:
        return ""
    if subscription.topics == ("calls",):
        return " (of all countries)"
    return f" in {', '.join(subscription.countries)}" + _all_calls(subscription)


def _all_calls(subscription: Subscription | SubscriptionRequest) -> str:
    """A call belongs to no country, so that the limit does not apply."""
    return " (calls of all countries)" if subscription.countries and "calls" in subscription.topics else ""


def _describe_schedule(schedule: Schedule) -> str:
    at = f" at {schedule.hour}:00"
    digests = {"immediately": "", "daily": f"; daily{at}", "weekly": f"; weekly on {_weekday(schedule)}{at}"}
    return digests[schedule.frequency] + (f"; quiet hours {schedule.quiet}" if schedule.quiet else "")


def _weekday(schedule: Schedule) -> str:
    return setting_types.WEEKDAYS[schedule.weekday].capitalize()


def detail_rows(subscription: Subscription, zone: tzinfo, ending: Ending | None) -> Iterator[tuple[str, str]]:
    """All about a subscription, as rows of a table. Times are given in `zone`; `ending` says why it ended."""
    yield "address", redact_address(subscription.address)
    if subscription.name:
        yield "name", subscription.name
    yield "status", str(ending or subscription.status)
    yield from option_rows(subscription)
    yield "consent", subscription.consent
    yield from _time_rows(subscription, zone)


def option_rows(subscription: Subscription) -> Iterator[tuple[str, str]]:
    """What is sent, and when."""
    yield "topics", ", ".join(subscription.topics)
    yield "countries", (", ".join(subscription.countries) or "all") + _all_calls(subscription)
    yield from _schedule_rows(subscription)


def _schedule_rows(subscription: Subscription) -> Iterator[tuple[str, str]]:
    schedule = subscription.schedule
    day = "every day" if schedule.frequency == "daily" else f"on {_weekday(schedule)}"
    reminders = ", ".join(map(str, subscription.reminders))
    yield "schedule", f"{schedule.frequency}; digests {day} at {schedule.hour}:00, {schedule.time_zone}"
    yield "quiet hours", str(schedule.quiet or "none")
    yield "reminders", f"{reminders} {'day' if reminders == '1' else 'days'} before a cut-off" if reminders else "none"
    yield "status message", "after each month without changes" if subscription.still_watching else "none"
    yield "language", f"{LANGUAGES[subscription.language]} ({subscription.language})"


def _time_rows(subscription: Subscription, zone: tzinfo) -> Iterator[tuple[str, str]]:
    times = {
        "activated": subscription.activated_at,
        "welcomed": subscription.welcomed_at,
        "paused until": subscription.paused_until,
        "ended": subscription.ended_at,
    }
    for label, at in times.items():
        if at:
            yield label, local_time(at, zone)


def subscription_to_dict(subscription: Subscription, ending: Ending | None = None) -> dict[str, object]:
    """A subscription as JSON, without the secrets in an Apprise URL. `end_reply` is the mail server's reply."""
    return {
        "id": subscription.id,
        "address": redact_address(subscription.address),
        "name": subscription.name,
        **options_to_dict(subscription),
        "status": subscription.status,
        "consent": subscription.consent,
        "created_at": instant(subscription.created_at),
        "activated_at": _instant_or_none(subscription.activated_at),
        "paused_until": _instant_or_none(subscription.paused_until),
        "ended_at": _instant_or_none(subscription.ended_at),
        "end_reason": subscription.end_reason,
        "end_reply": ending.reply if ending else None,
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
        "language": subscription.language,
    }


def _instant_or_none(at: datetime | None) -> str | None:
    return instant(at) if at else None
