"""What recipients have muted, in `cmr-watch subscriptions show`; and `cmr-watch subscriptions unmute`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from zoneinfo import ZoneInfo

import click

from cmr_watch.cli.context import clock, load_settings, open_store
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, OK, CommandError, print_error, print_line, printable
from cmr_watch.log import redact_address
from cmr_watch.models.muting import Mute
from cmr_watch.render.datetimes import local_time
from cmr_watch.serialization import instant
from cmr_watch.store.mutes import Mutes
from cmr_watch.store.subscriptions import Subscriptions


def mute_rows(mutes: Iterable[Mute], zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    """Each as a row of a table: `muted   call call-2027, since 28 November 2026, 10:30 (Brussels time)`."""
    for mute in mutes:
        yield "muted", f"{mute.kind} {printable(mute.key)}, since {local_time(mute.muted_at, zone)}"


def mutes_to_list(mutes: Iterable[Mute]) -> list[dict[str, str]]:
    """All as JSON."""
    return [{"kind": mute.kind, "key": mute.key, "muted_at": instant(mute.muted_at)} for mute in mutes]


def id_or_address(text: str) -> int | str:
    """An argument that is the ID of a subscription, or an address."""
    return int(text) if text.isdecimal() and len(text) < 19 else text


@click.command("unmute", short_help="Notify a recipient again of an edition or a call.")
@config_option
@click.argument("recipient", metavar="ID|ADDRESS")
@click.argument("key", metavar="KEY")
def command(recipient: str, key: str) -> int:
    """Notify a recipient again of the edition or the call with this KEY, which the recipient has muted.

    `subscriptions show` lists what is muted. Only what is found from now on is sent. Do this at the recipient's
    request only.

    \b
    Example:
      cmr-watch subscriptions unmute anna@example.eu call-2027-2028
    """
    with closing(open_store(load_settings())) as database:
        found = [one for one in Subscriptions(database).find(id_or_address(recipient)) if one.status == "active"]
        if not found:
            raise CommandError(f"no active subscription found for {redact_address(recipient)}")
        first, mutes = found[0], Mutes(database)
        undone = [mute for mute in mutes.of_recipient(first.id) if mute.key == key]
        for mute in undone:
            mutes.remove(first.id, mute.item, clock())
    address = redact_address(first.address)
    if not undone:
        print_error(f"{address} has not muted {printable(key)}")
        return FAILED
    for mute in undone:
        print_line(f"{address} is notified again of the {mute.kind} {printable(key)}, from now on.")
    return OK
