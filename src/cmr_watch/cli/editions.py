"""`cmr-watch editions`"""

from __future__ import annotations

from contextlib import closing
from datetime import date
from typing import Final

import click

from cmr_watch.cli.context import load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import print_json, print_line, print_table
from cmr_watch.models.readings import KnownEdition
from cmr_watch.render.sentences import days, place
from cmr_watch.serialization import edition_page_to_dict, instant
from cmr_watch.store.checks import Checks

_STATUS_TEXT: Final = {"held": "took place", "delisted": "no longer listed"}


@click.command()
@config_option
@json_option
def command(as_json: bool) -> None:
    """List the known editions: upcoming ones (soonest first), then past ones (latest first).

    \b
    Example:
      cmr-watch editions
    """
    with closing(open_store(load_settings())) as database:
        known = sorted(Checks(database).known().editions, key=_upcoming_first)
    if as_json:
        for entry in known:
            print_json(_edition_to_dict(entry))
    elif known:
        rows = [(_dates(entry), place(entry.edition), _status(entry)) for entry in known]
        print_table(("DATE", "PLACE", "STATUS"), rows)
    else:
        print_line("No editions known yet. To fetch them, run: cmr-watch check")


def _upcoming_first(entry: KnownEdition) -> tuple[bool, int]:
    """Sort key: upcoming editions by date, undated ones last; then past editions, latest first."""
    upcoming = entry.edition.section == "upcoming"
    day = (entry.edition.starts_on or date.max).toordinal()
    return not upcoming, day if upcoming else -day


def _edition_to_dict(entry: KnownEdition) -> dict[str, object]:
    return {
        "key": entry.key,
        **edition_page_to_dict(entry.edition),
        "removal": entry.gone,
        "first_seen_at": instant(entry.first_seen_at) if entry.first_seen_at else None,
    }


def _dates(entry: KnownEdition) -> str:
    return days(entry.edition) or entry.edition.date_text or "no date yet"


def _status(entry: KnownEdition) -> str:
    status = entry.gone or entry.edition.status
    return _STATUS_TEXT.get(status, status.replace("_", " "))
