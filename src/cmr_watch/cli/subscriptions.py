"""`cmr-watch subscriptions`"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import click

from cmr_watch.cli.arguments import address_argument
from cmr_watch.cli.context import clock, load_settings, open_store, open_subscriptions
from cmr_watch.cli.end_reasons import endings, how_to_resume
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
from cmr_watch.cli.subscription_edit import command as edit
from cmr_watch.cli.subscription_io import FORMATS, decode, entries, format_export, import_rows, write_private
from cmr_watch.cli.subscription_listing import listing
from cmr_watch.cli.subscription_mutes import command as unmute
from cmr_watch.cli.subscription_mutes import id_or_address as parse_id_or_address
from cmr_watch.cli.subscription_mutes import mute_rows, mutes_to_list
from cmr_watch.cli.subscription_options import (
    describe,
    detail_rows,
    option_rows,
    subscription_options,
    subscription_to_dict,
    validate_address,
)
from cmr_watch.cli.subscription_rules import (
    active,
    bring_back,
    entries_of,
    last_ended,
    request_for,
    why_not_added,
)
from cmr_watch.config.files import read_file
from cmr_watch.exceptions import RefusedAddress
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Subscription
from cmr_watch.plural import counted
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.subscriptions import Subscriptions

_MAX_IMPORT: Final = 50 * 2**20
"""In bytes: half a million rows. A device may have no end."""


@click.group()
def command() -> None:
    """Manage subscriptions.

    Subscriptions in the configuration file are applied by each check.
    """


@command.command("add", short_help="Subscribe an address.")
@config_option
@address_argument
@subscription_options
@click.option(
    "--resubscribe",
    is_flag=True,
    help="Bring back the last subscription of an address that unsubscribed, bounced or was ended, with its options;"
    " or allow one that was erased. Use it only at the recipient's request.",
)
def add(address: str, resubscribe: bool, **options: Any) -> int:
    """Subscribe ADDRESS, an e-mail address or an Apprise URL, to future changes.

    To change an existing subscription, see `cmr-watch subscriptions edit --help`. A country limits editions and
    materials only: calls have none.

    \b
    Examples:
      cmr-watch subscriptions add anna@example.eu --topic editions --country FR
      cmr-watch subscriptions add bob@example.eu --frequency weekly
      cmr-watch subscriptions add bob@example.eu --resubscribe
    """
    validate_address(address)
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store = open_subscriptions(settings, database)
        is_resumed = resubscribe and not active(store.find(address))
        if not is_resumed and (reason := why_not_added(address, store, store, settings)):
            print_error(printable(reason))
            return FAILED
        if is_resumed and (started := bring_back(address, options, store, settings, clock())):
            for entry in started:
                print_line(printable(f'{_subscribed(entry)}, as declared in {settings.file} as "{entry.name}".'))
            return OK
        previous = last_ended(address, store) if is_resumed else None
        request = request_for(address, previous, options, settings)
        try:
            added = store.add(request, clock(), resubscribe=resubscribe)
        except RefusedAddress as error:
            hint = "if the recipient asks to be subscribed again, use --resubscribe"
            raise CommandError(f"{redact_address(address)}: {error}; {hint}") from None
    print_line(f"{_subscribed(added)}.")
    if previous is not None:
        kept = [row for row in option_rows(previous) if row in [*option_rows(added)]]
        print_table(("RESTORED", f"from subscription {previous.id}"), kept)
    return OK


def _subscribed(subscription: Subscription) -> str:
    address = redact_address(subscription.address)
    return f"Subscription {subscription.id}: {address} is subscribed to {describe(subscription)}"


@command.command("list", short_help="List the subscriptions.")
@config_option
@json_option
@click.option("--all", "include_ended", is_flag=True, help="Include subscriptions that have ended.")
def list_(as_json: bool, include_ended: bool) -> None:
    """List the subscriptions, and what the next check will do with those in the configuration file.

    \b
    Example:
      cmr-watch subscriptions list
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store, deliveries = Subscriptions(database), Deliveries(database)
        rows = list(listing(store, deliveries, settings.declared, clock(), include_ended=include_ended))
        ended = 0 if rows else len(store.list_all())
        missing = store.missing_configuration() if settings.declared is None else None
    if missing:
        print_error(printable(missing.described(is_sending=settings.sends_mail)))
    if as_json:
        for row in rows:
            print_json(row.to_dict())
    elif rows:
        print_table(("ID", "ADDRESS", "NAME", "SUBSCRIBED TO"), [row.cells() for row in rows])
        if any(row.can_be_resumed() for row in rows):
            print_line("To find out how to resume an ended subscription, run: cmr-watch subscriptions show ID")
    else:
        print_line(_no_subscriptions(ended))


def _no_subscriptions(ended: int) -> str:
    if ended:
        return f"No active subscriptions, {ended} ended. To list them, run: cmr-watch subscriptions list --all"
    return "No subscriptions yet. To add one, see: cmr-watch subscriptions add --help"


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
        subscriptions = Subscriptions(database).find(parse_id_or_address(id_or_address))
        ended = endings(subscriptions, Deliveries(database))
        muted = {subscription.id: Mutes(database).of_recipient(subscription.id) for subscription in subscriptions}
    if not subscriptions:
        raise CommandError(f"no subscription found for {redact_address(id_or_address)}")
    for subscription in subscriptions:
        if as_json:
            shown = subscription_to_dict(subscription, ended.get(subscription.id))
            print_json({**shown, "muted": mutes_to_list(muted[subscription.id])})
        else:
            rows = detail_rows(subscription, settings.messages.zone, ended.get(subscription.id))
            muted_rows = mute_rows(muted[subscription.id], settings.messages.zone)
            print_table(("SUBSCRIPTION", str(subscription.id)), [*rows, *muted_rows])
            if subscription.status == "ended" and (how := how_to_resume(subscription)):
                print_line(f"To resume it: {how}")


@command.command("end", short_help="End a subscription, or all those of an address.")
@config_option
@click.argument("id_or_address", metavar="ID|ADDRESS")
def end(id_or_address: str) -> None:
    """End a subscription, or all subscriptions of an address.

    A subscription in the configuration file stays ended until its name or address there is changed, or until you
    bring it back with `cmr-watch subscriptions add ADDRESS --resubscribe`.

    \b
    Example:
      cmr-watch subscriptions end anna@example.eu
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store = open_subscriptions(settings, database)
        ended = store.end(parse_id_or_address(id_or_address), "ended by the operator", clock())
    for subscription in ended:
        address, topics = redact_address(subscription.address), describe(subscription)
        print_line(f"Subscription {subscription.id} ended: {address} is unsubscribed from {topics}.")
    if not ended:
        raise CommandError(f"no active subscription found for {redact_address(id_or_address)}")


@command.command("erase", short_help="Erase an address from all records.")
@config_option
@click.argument("address", metavar="ADDRESS")
def erase(address: str) -> int:
    """Erase ADDRESS from all records, and end its subscriptions.

    Only a keyed hash of the address is kept, so that no mail is sent to it again by mistake. If no record contains the
    address, the hash is kept all the same, and the exit code is 1.

    \b
    Example:
      cmr-watch subscriptions erase anna@example.eu
    """
    _require_address(address)
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store = open_subscriptions(settings, database)
        is_known = store.is_erased(address)
        count = store.erase(address, clock())
    for entry in entries_of(address, settings):
        print_error(
            f'{printable(redact_address(address))} is still in {settings.file}, as "{entry.name}": remove it there;'
            " it is not started unless the recipient is subscribed again"
        )
    if count:
        print_line(f"Erased from {counted(count, 'record')}. No more mail will be sent to this address.")
        return OK
    if is_known:
        print_line("This address has already been erased, and no record contains it. No mail will be sent to it.")
        return OK
    print_error(
        f"no record contains {printable(redact_address(address))}, so nothing was erased; check the spelling."
        " A keyed hash of the address is kept all the same, so that no mail is sent to it even if a backup that"
        " contains it is restored"
    )
    return FAILED


def _require_address(text: str) -> None:
    """CommandError for what no record can contain. An address that is no longer accepted as valid can be erased."""
    if "@" not in text and "://" not in text:
        raise CommandError(
            f"{printable(text)!r} is neither an e-mail address nor an Apprise URL, so nothing was erased;"
            " for the address of a subscription, run: cmr-watch subscriptions show ID"
        )


@command.command("export", short_help="Write the active subscriptions to a file.")
@config_option
@click.option("--format", "form", type=click.Choice(FORMATS), default="csv", show_default=True, help="File format.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.argument("file", default="-", type=click.Path(path_type=Path, allow_dash=True))
def export(form: str, force: bool, file: Path) -> None:
    """Write the active subscriptions to FILE (default: standard output), in the format that `import` reads.

    The file contains Apprise URLs in full, including their secrets, and is readable by its owner only. CSV cells that
    a spreadsheet would take for a formula are prefixed with an apostrophe.

    \b
    Example:
      cmr-watch subscriptions export subscriptions.csv
    """
    with closing(open_store(load_settings())) as database:
        subscriptions = Subscriptions(database).active()
    text = format_export(subscriptions, form, clock())
    if str(file) == "-":
        with to_stdout():
            click.echo(text, nl=False)
    else:
        write_private(file, text, force=force)


def _read_import(file: str, name: str) -> bytes:
    try:
        content = sys.stdin.buffer.read(_MAX_IMPORT + 1) if file == "-" else read_file(Path(file), _MAX_IMPORT)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the file name
        raise CommandError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > _MAX_IMPORT:
        raise CommandError(f"{name} is larger than {_MAX_IMPORT // 2**20} MiB")
    return content


@command.command("import", short_help="Add the subscriptions in a file.")
@config_option
@click.option("--format", "form", type=click.Choice(FORMATS), help="File format.  [default: from the file name]")
@click.argument("file", type=click.Path(allow_dash=True))
def import_(form: str | None, file: str) -> int:
    """Add the subscriptions in FILE, which is CSV or JSON in UTF-8.

    Subscriptions that exist already are counted and left unchanged. Rows that are invalid, or that ask for something
    else for an address that is already subscribed, are rejected and reported with their line and the reason; the
    others are added. The exit code is 1 if any row was rejected. To change a subscription, use `subscriptions edit`.

    \b
    Columns of CSV, named in the first line, and keys of JSON; all but the first
    may be missing or empty:
      address         e-mail address or Apprise URL; can also be called “to”
      topics          calls, editions, materials; default: all
      countries       names or codes; default: all
      frequency       immediately (default), daily or weekly
      hour            of digests and reminders, 0 to 23; default: 8
      weekday         of weekly digests; default: monday
      time_zone       such as Europe/Lisbon; default: as configured
      quiet           quiet hours, such as 22:00-07:00; default: none
      reminders       days before a cut-off; default: 30, 14, 7, 2, 1; or: none
      still_watching  true or false (default)
      paused_until    a day such as 2027-01-15; default: no pause
      language        of the messages: en (default), de, es, fr, it or pl

    \b
    Example of a CSV file:
      address,topics,countries,frequency
      anna@example.eu,"calls, editions",France,weekly

    \b
    Example:
      cmr-watch subscriptions import subscriptions.csv
    """
    settings = load_settings()
    name = "<stdin>" if file == "-" else click.format_filename(file)
    form = form or ("json" if name.endswith((".json", ".jsonl")) else "csv")
    rows = entries(decode(_read_import(file, name), name), form, settings.messages.time_zone)
    with closing(open_store(settings)) as database:
        store = open_subscriptions(settings, database)
        report = import_rows(
            rows, database, clock(), lambda address, stored: why_not_added(address, stored, store, settings)
        )
    for rejected in (*report.faults, *report.refused):
        print_error(printable(rejected))
    print_line(f"{report.added} added, {report.present} already present, {len(report.refused)} rejected.")
    return FAILED if report.refused or report.faults else OK


command.add_command(edit)
command.add_command(unmute)
