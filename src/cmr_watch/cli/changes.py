"""`cmr-watch changes`"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, tzinfo

import click

from cmr_watch.cli.context import load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import in_zone, local_time, print_json, print_line, print_table
from cmr_watch.render.sentences import sentence
from cmr_watch.serialization import change_to_dict, instant
from cmr_watch.store.checks import Checks


@click.command()
@config_option
@json_option
@click.option("--since", metavar="ID|DATE", help="Only changes after this ID, or from this date on.")
def command(as_json: bool, since: str | None) -> None:
    """List the recorded changes, oldest first.

    \b
    Examples:
      cmr-watch changes --since 2024-01-01
      cmr-watch changes --since 41 --json
    """
    settings = load_settings()
    zone = settings.messages.zone
    with closing(open_store(settings)) as database:
        since_id, since_at = _parse_since(since, zone)
        changes = Checks(database).changes(since_id, since_at)
    if as_json:
        for row in changes:
            change = change_to_dict(row.change, sentence(row.change))
            print_json({"id": row.id, "read_at": instant(row.read_at), **change})
    elif changes:
        rows = [(str(row.id), local_time(row.read_at, zone), sentence(row.change)) for row in changes]
        print_table(("ID", in_zone("READ AT", zone), "CHANGE"), rows)
    else:
        print_line("No changes recorded" + (" since then." if since else " yet."))


def _parse_since(text: str | None, zone: tzinfo) -> tuple[int | None, datetime | None]:
    if text is None:
        return None, None
    if text.isdecimal() and len(text) < 19:
        return int(text), None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"found {text!r}, expected the ID of a change or a date such as 2024-01-31", param_hint="--since"
        ) from None
    return None, at if at.tzinfo else at.replace(tzinfo=zone)
