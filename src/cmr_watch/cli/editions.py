"""`cmr-watch editions`"""

from __future__ import annotations

from contextlib import closing
from datetime import date

import click

from cmr_watch.cli.context import load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import json_line, line, table
from cmr_watch.models import KnownEdition
from cmr_watch.render.sentences import days, place
from cmr_watch.serialization import edition_page_to_dict, instant
from cmr_watch.store.checks import Checks


@click.command()
@config_option
@json_option
def command(as_json: bool) -> None:
    """List the editions that are known, the next ones first, then the past ones, the latest first.

    \b
    Example:
      cmr-watch editions
    """
    with closing(open_store(load_settings())) as database:
        known = sorted(Checks(database).known().editions, key=_next_first)
    if as_json:
        for entry in known:
            seen = instant(entry.first_seen_at) if entry.first_seen_at else None
            life = {"gone": entry.gone, "first_seen_at": seen}
            json_line({"key": entry.key, **edition_page_to_dict(entry.edition), **life})
    elif known:
        table(("WHEN", "WHERE", "WHAT"), [(_when(entry), place(entry.edition), _status(entry)) for entry in known])
    else:
        line("No edition is known yet; cmr-watch check looks for them.")


def _next_first(entry: KnownEdition) -> tuple[bool, int]:
    """Those to come by date, the undated after them; then those of the past, backwards."""
    upcoming = entry.edition.section == "upcoming"
    day = (entry.edition.starts_on or date.max).toordinal()
    return not upcoming, day if upcoming else -day


def _when(entry: KnownEdition) -> str:
    return days(entry.edition) or entry.edition.date_text or "no date yet"


def _status(entry: KnownEdition) -> str:
    return entry.gone or entry.edition.status.replace("_", " ")
