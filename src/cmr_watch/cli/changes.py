"""`cmr-watch changes`"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, tzinfo

import click

from cmr_watch.cli.context import load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import json_line, line, local_time, table
from cmr_watch.render.sentences import sentence
from cmr_watch.serialization import change_to_dict, instant
from cmr_watch.store.checks import Checks


@click.command()
@config_option
@json_option
@click.option("--since", metavar="ID|DATE", help="Only those after this one, or from this day on.")
def command(as_json: bool, since: str | None) -> None:
    """List what changed, the oldest first.

    \b
    Examples:
      cmr-watch changes --since 2024-01-01
      cmr-watch changes --since 41 --json
    """
    settings = load_settings()
    zone = settings.messages.zone
    with closing(open_store(settings)) as database:
        since_id, since_at = _since(since, zone)
        found = Checks(database).changes(since_id, since_at)
    if as_json:
        for row in found:
            json_line(
                {"id": row.id, "read_at": instant(row.read_at), **change_to_dict(row.change, sentence(row.change))}
            )
    elif found:
        table(
            ("ID", "READ AT", "CHANGE"),
            [(str(row.id), local_time(row.read_at, zone), sentence(row.change)) for row in found],
        )
    else:
        line("No change is recorded" + (" since then." if since else " yet."))


def _since(text: str | None, zone: tzinfo) -> tuple[int | None, datetime | None]:
    if text is None:
        return None, None
    if text.isdecimal() and len(text) < 19:
        return int(text), None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"found {text!r}, expected the number of a change, or a day such as 2024-01-31", param_hint="--since"
        ) from None
    return None, at if at.tzinfo else at.replace(tzinfo=zone)
