"""`cmr-watch subscriptions edit`"""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import Any

import click

from cmr_watch.cli.context import clock, load_settings, open_store, open_subscriptions
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, OK, CommandError, print_error, print_line
from cmr_watch.cli.subscription_mutes import id_or_address as parse_id_or_address
from cmr_watch.cli.subscription_options import apply_options, describe, edit_options, request_of
from cmr_watch.cli.subscription_pauses import end_at, pause_option, pause_sentence
from cmr_watch.cli.subscription_rules import active, in_the_configuration
from cmr_watch.config import Settings
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import Subscription
from cmr_watch.store.database import Database
from cmr_watch.store.pauses import Pauses
from cmr_watch.store.subscriptions import Subscriptions


@click.command("edit", short_help="Change a subscription.")
@config_option
@click.argument("id_or_address", metavar="ID|ADDRESS")
@edit_options
@pause_option
def command(id_or_address: str, pause_until: date | str | None, **options: Any) -> int:
    """Change a subscription. Only the given options change.

    The subscription keeps its ID, and no change is missed or sent twice; pending messages follow the new options. To
    change a subscription that is declared in the configuration file, edit that file; but it can be paused here.

    A pause is the recipient's, whatever the number of subscriptions: it ends on the given day, at the hour of digests.
    What changed until then, and is still true, comes in one message; reminders in a pause are not sent.

    \b
    Examples:
      cmr-watch subscriptions edit anna@example.eu --frequency weekly
      cmr-watch subscriptions edit 3 --topic calls --all-countries
      cmr-watch subscriptions edit anna@example.eu --pause-until 2027-01-15
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        store = open_subscriptions(settings, database)
        current = _one_to_edit(store, id_or_address)
        wanted = apply_options(request_of(current), options)
        is_changed = wanted != request_of(current)
        if not is_changed and pause_until is None:
            _nothing_to_change(current, settings)
        if is_changed and current.name is not None:
            raise CommandError(in_the_configuration(current, settings))
        if is_changed and not _edit(store, current, wanted):
            return FAILED
        if pause_until is not None:
            _pause(database, current, pause_until)
    return OK


def _nothing_to_change(current: Subscription, settings: Settings) -> None:
    if current.name is not None:
        raise CommandError(in_the_configuration(current, settings))
    raise CommandError("nothing to change; for the options, see: cmr-watch subscriptions edit --help")


def _edit(store: Subscriptions, current: Subscription, wanted: Any) -> bool:
    edited = store.edit(current.id, wanted, clock())
    if edited is None:
        address = redact_address(current.address)
        print_error(f"{address} already has a subscription with these options; nothing was changed")
        return False
    print_line(f"Subscription {edited.id}: {redact_address(edited.address)} is now subscribed to {describe(edited)}.")
    return True


def _pause(database: Database, current: Subscription, until: date | str) -> None:
    now = clock()
    try:
        end = end_at(current.schedule, until, now) if isinstance(until, date) else None
    except ValueError as error:
        raise CommandError(f"--pause-until: {error}") from None
    for entry in Pauses(database).pause(current.id, end, now):
        print_line(pause_sentence(entry, now))


def _one_to_edit(store: Subscriptions, id_or_address: str) -> Subscription:
    found = active(store.find(parse_id_or_address(id_or_address)))
    if not found:
        raise CommandError(f"no active subscription found for {redact_address(id_or_address)}")
    if len(found) > 1:
        ids = ", ".join(str(subscription.id) for subscription in found)
        raise CommandError(f"{redact_address(id_or_address)} has several subscriptions; give one of the IDs {ids}")
    return found[0]
