"""`cmr-watch diff`"""

from __future__ import annotations

from datetime import date, datetime, time

import click

from cmr_watch.cli.options import json_option, page_option
from cmr_watch.cli.output import json_line, line, plain
from cmr_watch.cli.page_files import read_file
from cmr_watch.exceptions import ParseError
from cmr_watch.models import PageKind, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.render.sentences import BRUSSELS, sentence
from cmr_watch.serialization import change_to_dict


@click.command()
@json_option
@page_option
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day of the new reading.")
@click.argument("old")
@click.argument("new")
def command(as_json: bool, page: PageKind, at: datetime | None, old: str, new: str) -> None:
    """Print what changed between two saved pages.

    Needs no configuration and touches no database; takes a missing line as gone. Without --at an edition is still to
    come when it stands under the upcoming heading; with it, when its days were not over then, too.

    \b
    Example:
      cmr-watch diff --at 2024-04-02 december.html april.html
    """
    changes = compare_pages(_read(old, page), _read(new, page), _noon(at.date()) if at else None)
    for change in changes:
        if as_json:
            json_line(change_to_dict(change, sentence(change)))
        else:
            line(plain(sentence(change)))
    if not changes and not as_json:
        line("Nothing changed.")


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BRUSSELS)


def _read(file: str, page: PageKind) -> Snapshot:
    try:
        return read_file(file, page)
    except ParseError as error:
        raise ParseError(f"{file}: {error}") from error
