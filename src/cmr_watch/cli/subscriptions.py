"""`cmr-watch subscriptions`"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final

import click

from cmr_watch.cli.arguments import address_argument, country_option
from cmr_watch.cli.context import clock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import Refused, json_line, line, table
from cmr_watch.exceptions import DeliveryError
from cmr_watch.log import shown
from cmr_watch.models import TOPICS, Subscription, Wanted
from cmr_watch.notify.channels.apprise import AppriseChannel
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.wire import instant

TOPIC_HELP: Final = f"Only this: {', '.join(TOPICS)}. May be repeated, like the next."


@click.group()
def command() -> None:
    """Say who hears of what.

    Those in the configuration file follow the file, at the next check.
    """


@command.command("add", short_help="Tell an address of changes from now on.")
@config_option
@address_argument
@click.option("--topic", "topics", multiple=True, type=click.Choice(TOPICS), metavar="TOPIC", help=TOPIC_HELP)
@country_option
def add(address: str, topics: tuple[str, ...], countries: tuple[str, ...]) -> None:
    """Tell ADDRESS, an e-mail address or an Apprise URL, of changes from now on.

    \b
    Example:
      cmr-watch subscriptions add anna@example.eu --topic calls --country France
    """
    _must_be_understood(address)
    wanted = Wanted(address, tuple(topic for topic in TOPICS if topic in topics) or TOPICS, countries)
    with closing(open_store(load_settings())) as database:
        added = Subscriptions(database).add(wanted, clock())
    line(f"Subscription {added.id}: {shown(added.address)} hears of {_what(added)}.")


@command.command("list")
@config_option
@json_option
@click.option("--all", "everything", is_flag=True, help="Also those that have ended.")
def list_(as_json: bool, everything: bool) -> None:
    """List the subscriptions.

    \b
    Example:
      cmr-watch subscriptions list
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store = Subscriptions(database)
        found = store.all() if everything else store.active()
    if as_json:
        for entry in found:
            json_line(_public(entry))
    elif rows := [*map(_row, found), *_rows_to_be(settings.subscriptions, found)]:
        table(("ID", "ADDRESS", "NAME", "HEARS OF"), rows)
    else:
        line("Nobody is subscribed; see: cmr-watch subscriptions add --help")


@command.command("end", short_help="End one subscription, or all of an address.")
@config_option
@click.argument("id_or_address", metavar="ID|ADDRESS")
def end(id_or_address: str) -> None:
    """End one subscription, or all of an address.

    One of the configuration file stays ended for as long as its entry has the same name and address.

    \b
    Example:
      cmr-watch subscriptions end anna@example.eu
    """
    which = int(id_or_address) if id_or_address.isdecimal() else id_or_address
    with closing(open_store(load_settings())) as database:
        ended = Subscriptions(database).end(which, "ended by the operator", clock())
    for entry in ended:
        line(f"Ended subscription {entry.id}: {shown(entry.address)} hears nothing more of {_what(entry)}.")
    if not ended:
        raise Refused(f"there is no active subscription {shown(id_or_address)}")


def _must_be_understood(address: str) -> None:
    if "://" not in address:
        return
    try:
        AppriseChannel().check(address)
    except DeliveryError as error:
        raise Refused(str(error)) from None


def _what(entry: Subscription | Wanted) -> str:
    where = f" in {', '.join(entry.countries)}" if entry.countries else ""
    return ", ".join(entry.topics) + where


def _row(entry: Subscription) -> tuple[str, ...]:
    ended = f" (ended: {entry.end_reason})" if entry.status == "ended" else ""
    return str(entry.id), shown(entry.address), entry.name or "–", _what(entry) + ended


def _rows_to_be(declared: Iterable[Wanted], found: Iterable[Subscription]) -> Iterator[tuple[str, ...]]:
    known = {entry.name for entry in found}
    for wanted in declared:
        if wanted.name not in known:
            yield "–", shown(wanted.address), wanted.name or "–", _what(wanted) + " (from the next check on)"


def _public(entry: Subscription) -> dict[str, object]:
    return {
        "id": entry.id,
        "address": shown(entry.address),
        "name": entry.name,
        "topics": list(entry.topics),
        "countries": list(entry.countries),
        "status": entry.status,
        "created_at": instant(entry.created_at),
        "ended_at": instant(entry.ended_at) if entry.ended_at else None,
        "end_reason": entry.end_reason,
    }
