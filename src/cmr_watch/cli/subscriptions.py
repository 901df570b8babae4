"""`cmr-watch subscriptions`"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, Final, TextIO

import click

from cmr_watch.cli.arguments import address_argument, country_option
from cmr_watch.cli.context import clock, load_settings, open_store, people
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import FAILED, FINE, Refused, complain, json_line, line, plain, table, to_stdout
from cmr_watch.cli.subscription_io import FORMATS, entries, import_rows, written
from cmr_watch.cli.subscription_options import asked_for, facts, in_words, must_be_understood, public, rhythm_options
from cmr_watch.exceptions import RefusedAddress
from cmr_watch.log import shown
from cmr_watch.models import TOPICS, Subscription, SubscriptionRequest
from cmr_watch.render.plural import counted
from cmr_watch.store.subscriptions import Subscriptions

TOPIC_HELP: Final = f"Only this: {', '.join(TOPICS)}. May be repeated, like the next."


@click.group()
def command() -> None:
    """Say who hears of what, and when.

    Those in the configuration file follow the file, at the next check.
    """


@command.command("add", short_help="Tell an address of changes from now on.")
@config_option
@address_argument
@click.option("--topic", "topics", multiple=True, type=click.Choice(TOPICS), metavar="TOPIC", help=TOPIC_HELP)
@country_option
@rhythm_options
@click.option("--anew", is_flag=True, help="Also an address whose reader had unsubscribed, but asks for it again.")
def add(address: str, topics: tuple[str, ...], countries: tuple[str, ...], anew: bool, **schedule: Any) -> None:
    """Tell ADDRESS, an e-mail address or an Apprise URL, of changes from now on.

    \b
    Examples:
      cmr-watch subscriptions add anna@example.eu --topic calls --country France
      cmr-watch subscriptions add bob@example.eu --frequency weekly
    """
    must_be_understood(address)
    settings = load_settings()
    wanted = asked_for(address, topics, countries, settings.messages.time_zone, **schedule)
    with closing(open_store(settings)) as database:
        try:
            added = people(settings, database).add(wanted, clock(), anew=anew)
        except RefusedAddress as error:
            raise Refused(f"{shown(address)}: {error}; if its reader asks for it again: --anew") from None
    line(f"Subscription {added.id}: {shown(added.address)} hears of {in_words(added)}.")


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
            json_line(public(entry))
    elif rows := [*map(_row, found), *_rows_to_be(settings.subscriptions, found)]:
        table(("ID", "ADDRESS", "NAME", "HEARS OF"), rows)
    else:
        line("Nobody is subscribed; see: cmr-watch subscriptions add --help")


@command.command("show", short_help="Show one subscription, or all of an address.")
@config_option
@json_option
@click.argument("id_or_address", metavar="ID|ADDRESS")
def show(id_or_address: str, as_json: bool) -> None:
    """Show one subscription, or all of an address, ended ones too: what it hears of, when, and since when.

    \b
    Example:
      cmr-watch subscriptions show anna@example.eu
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        found = Subscriptions(database).of(_number_or_address(id_or_address))
    if not found:
        raise Refused(f"there is no subscription {shown(id_or_address)}")
    for entry in found:
        if as_json:
            json_line(public(entry))
        else:
            table(("SUBSCRIPTION", str(entry.id)), facts(entry, settings.messages.zone))


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
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store = people(settings, database)
        ended = store.end(_number_or_address(id_or_address), "ended by the operator", clock())
    for entry in ended:
        line(f"Ended subscription {entry.id}: {shown(entry.address)} hears nothing more of {in_words(entry)}.")
    if not ended:
        raise Refused(f"there is no active subscription {shown(id_or_address)}")


@command.command("erase", short_help="Forget an address altogether.")
@config_option
@click.argument("address", metavar="ADDRESS")
def erase(address: str) -> None:
    """Forget ADDRESS: its subscriptions end, and it is blanked wherever it stands.

    Only a mark stays, from which nobody can tell the address, so that it is not written to again by mistake.

    \b
    Example:
      cmr-watch subscriptions erase anna@example.eu
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        count = people(settings, database).erase(address, clock())
    line(f"Erased: {counted(count, 'row')} named it. It will not be written to again.")


@command.command("export", short_help="Write the active subscriptions to a file.")
@config_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True)
@click.argument("file", default="-", type=click.File("w", encoding="utf-8", lazy=True))
def export(form: str, file: TextIO) -> None:
    """Write the active subscriptions to FILE, or to the standard output, as `import` reads them.

    Addresses of chats hold secrets, and stand there whole. Cells that a spreadsheet would take for a formula begin
    with an apostrophe.

    \b
    Example:
      cmr-watch subscriptions export people.csv
    """
    with closing(open_store(load_settings())) as database:
        found = Subscriptions(database).active()
    with to_stdout():
        file.write(written(found, form))
        file.flush()


@command.command("import", short_help="Add the subscriptions of a file.")
@config_option
@click.option("--format", "form", type=click.Choice(FORMATS), help="Of what kind it is; told by its name otherwise.")
@click.argument("file", type=click.File("r", encoding="utf-8-sig"))
def import_(form: str | None, file: TextIO) -> int:
    """Add the subscriptions of FILE, CSV or JSON; what is there already is left as it is.

    What is refused is named with its line and the reason; the rest is added. Exit code 1 when something was refused.

    \b
    Example:
      cmr-watch subscriptions import people.csv
    """
    settings = load_settings()
    form = form or ("json" if file.name.endswith((".json", ".jsonl")) else "csv")
    with closing(open_store(settings)) as database:
        store = people(settings, database)
        report = import_rows(entries(file, form, settings.messages.time_zone), store, clock())
    for refused in report.refused:
        complain(plain(refused))
    line(f"Added {report.added}, there already {report.known}, refused {len(report.refused)}.")
    return FAILED if report.refused else FINE


def _number_or_address(text: str) -> int | str:
    return int(text) if text.isdecimal() and len(text) < 19 else text


def _row(entry: Subscription) -> tuple[str, ...]:
    ended = f" (ended: {entry.end_reason})" if entry.status == "ended" else ""
    return str(entry.id), shown(entry.address), entry.name or "–", in_words(entry) + ended


def _rows_to_be(declared: Iterable[SubscriptionRequest], found: Iterable[Subscription]) -> Iterator[tuple[str, ...]]:
    known = {entry.name for entry in found}
    for wanted in declared:
        if wanted.name not in known:
            yield "–", shown(wanted.address), wanted.name or "–", in_words(wanted) + " (from the next check on)"
