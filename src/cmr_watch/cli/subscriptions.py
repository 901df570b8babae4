"""`cmr-watch subscriptions`"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, Final, TextIO

import click

from cmr_watch.cli.arguments import address_argument, country_option
from cmr_watch.cli.context import clock, load_settings, open_store, open_subscriptions
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import (
    FAILED,
    OK,
    CommandError,
    print_error,
    print_json,
    print_line,
    print_table,
    printable,
    to_stdout,
)
from cmr_watch.cli.subscription_io import FORMATS, entries, format_export, import_rows
from cmr_watch.cli.subscription_options import (
    describe,
    detail_rows,
    request_from_options,
    schedule_options,
    subscription_to_dict,
    validate_address,
)
from cmr_watch.exceptions import RefusedAddress
from cmr_watch.log import redact_address
from cmr_watch.models import TOPICS, Subscription, SubscriptionRequest
from cmr_watch.render.plural import counted
from cmr_watch.store.subscriptions import Subscriptions

TOPIC_HELP: Final = f"Limit to this topic: {', '.join(TOPICS[:-1])} or {TOPICS[-1]}. Repeatable."


@click.group()
def command() -> None:
    """Manage subscriptions.

    Subscriptions in the configuration file are applied by each check.
    """


@command.command("add", short_help="Subscribe an address.")
@config_option
@address_argument
@click.option("--topic", "topics", multiple=True, type=click.Choice(TOPICS), metavar="TOPIC", help=TOPIC_HELP)
@country_option
@schedule_options
@click.option(
    "--resubscribe",
    is_flag=True,
    help="Allow an address that unsubscribed, bounced or was erased. Use it only at the recipient's request.",
)
def add(address: str, topics: tuple[str, ...], countries: tuple[str, ...], resubscribe: bool, **schedule: Any) -> None:
    """Subscribe ADDRESS, an e-mail address or an Apprise URL, to future changes.

    \b
    Examples:
      cmr-watch subscriptions add anna@example.eu --topic calls --country France
      cmr-watch subscriptions add bob@example.eu --frequency weekly
    """
    validate_address(address)
    settings = load_settings()
    request = request_from_options(address, topics, countries, settings.messages.time_zone, **schedule)
    with closing(open_store(settings)) as database:
        try:
            added = open_subscriptions(settings, database).add(request, clock(), resubscribe=resubscribe)
        except RefusedAddress as error:
            hint = "if the recipient asks to be subscribed again, use --resubscribe"
            raise CommandError(f"{redact_address(address)}: {error}; {hint}") from None
    print_line(f"Subscription {added.id}: {redact_address(added.address)} is subscribed to {describe(added)}.")


@command.command("list")
@config_option
@json_option
@click.option("--all", "include_ended", is_flag=True, help="Include subscriptions that have ended.")
def list_(as_json: bool, include_ended: bool) -> None:
    """List the subscriptions.

    \b
    Example:
      cmr-watch subscriptions list
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store = Subscriptions(database)
        subscriptions = store.list_all() if include_ended else store.active()
    if as_json:
        for subscription in subscriptions:
            print_json(subscription_to_dict(subscription))
    elif rows := [*map(_row, subscriptions), *_rows_not_synchronised(settings.subscriptions, subscriptions)]:
        print_table(("ID", "ADDRESS", "NAME", "SUBSCRIBED TO"), rows)
    else:
        print_line("No subscriptions yet. To add one, see: cmr-watch subscriptions add --help")


@command.command("show", short_help="Show a subscription in detail.")
@config_option
@json_option
@click.argument("id_or_address", metavar="ID|ADDRESS")
def show(id_or_address: str, as_json: bool) -> None:
    """Show a subscription in detail, or all subscriptions of an address, including ended ones.

    \b
    Example:
      cmr-watch subscriptions show anna@example.eu
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        subscriptions = Subscriptions(database).find(_parse_id_or_address(id_or_address))
    if not subscriptions:
        raise CommandError(f"no subscription found for {redact_address(id_or_address)}")
    for subscription in subscriptions:
        if as_json:
            print_json(subscription_to_dict(subscription))
        else:
            print_table(("SUBSCRIPTION", str(subscription.id)), detail_rows(subscription, settings.messages.zone))


@command.command("end", short_help="End a subscription, or all of an address.")
@config_option
@click.argument("id_or_address", metavar="ID|ADDRESS")
def end(id_or_address: str) -> None:
    """End a subscription, or all subscriptions of an address.

    A subscription in the configuration file stays ended until its name or address there is changed.

    \b
    Example:
      cmr-watch subscriptions end anna@example.eu
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store = open_subscriptions(settings, database)
        ended = store.end(_parse_id_or_address(id_or_address), "ended by the operator", clock())
    for subscription in ended:
        address, topics = redact_address(subscription.address), describe(subscription)
        print_line(f"Subscription {subscription.id} ended: {address} is unsubscribed from {topics}.")
    if not ended:
        raise CommandError(f"no active subscription found for {redact_address(id_or_address)}")


@command.command("erase", short_help="Erase an address from all records.")
@config_option
@click.argument("address", metavar="ADDRESS")
def erase(address: str) -> None:
    """Erase ADDRESS from all records, and end its subscriptions.

    Only a keyed hash of the address is kept, so that no mail is sent to it again by mistake.

    \b
    Example:
      cmr-watch subscriptions erase anna@example.eu
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        count = open_subscriptions(settings, database).erase(address, clock())
    print_line(f"Erased from {counted(count, 'record')}. No more mail will be sent to this address.")


@command.command("export", short_help="Write the active subscriptions to a file.")
@config_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True, help="File format.")
@click.argument("file", default="-", type=click.File("w", encoding="utf-8", lazy=True))
def export(form: str, file: TextIO) -> None:
    """Write the active subscriptions to FILE (default: standard output), as `import` reads them.

    The file contains Apprise URLs in full, including their secrets. CSV cells that a spreadsheet would take for a
    formula are prefixed with an apostrophe.

    \b
    Example:
      cmr-watch subscriptions export subscriptions.csv
    """
    with closing(open_store(load_settings())) as database:
        subscriptions = Subscriptions(database).active()
    with to_stdout():
        file.write(format_export(subscriptions, form))
        file.flush()


@command.command("import", short_help="Add the subscriptions in a file.")
@config_option
@click.option("--format", "form", type=click.Choice(FORMATS), help="File format.  [default: from the file name]")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
def import_(form: str | None, file: TextIO) -> int:
    """Add the subscriptions in FILE, which is CSV or JSON. Existing subscriptions are left unchanged.

    Invalid entries are rejected and reported with their line and the reason; the others are added. The exit code is 1
    if any entry was rejected.

    \b
    Example:
      cmr-watch subscriptions import subscriptions.csv
    """
    settings = load_settings()
    form = form or ("json" if file.name.endswith((".json", ".jsonl")) else "csv")
    with closing(open_store(settings)) as database:
        store = open_subscriptions(settings, database)
        report = import_rows(entries(file, form, settings.messages.time_zone), store, clock())
    for rejected in report.refused:
        print_error(printable(rejected))
    print_line(f"{report.added} added, {report.present} already present, {len(report.refused)} rejected.")
    return FAILED if report.refused else OK


def _parse_id_or_address(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 19 else text


def _row(subscription: Subscription) -> tuple[str, ...]:
    ended = f" (ended: {subscription.end_reason})" if subscription.status == "ended" else ""
    return (
        str(subscription.id),
        redact_address(subscription.address),
        subscription.name or "–",
        describe(subscription) + ended,
    )


def _rows_not_synchronised(
    declared: Iterable[SubscriptionRequest], stored: Iterable[Subscription]
) -> Iterator[tuple[str, ...]]:
    """Rows for the subscriptions that are in the configuration file, but not in the database yet."""
    names = {subscription.name for subscription in stored}
    for request in declared:
        if request.name not in names:
            yield (
                "–",
                redact_address(request.address),
                request.name or "–",
                describe(request) + " (starts with the next check)",
            )
