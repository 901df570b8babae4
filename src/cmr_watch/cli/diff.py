"""`cmr-watch diff`"""

from __future__ import annotations

from datetime import date, datetime, time

import click

from cmr_watch.cli.options import json_option, page_option
from cmr_watch.cli.output import print_json, print_line, printable
from cmr_watch.cli.page_files import read_file
from cmr_watch.clock import BRUSSELS
from cmr_watch.exceptions import ParseError
from cmr_watch.models.readings import PageKind, Snapshot
from cmr_watch.monitor.edition_page_diff import compare_pages
from cmr_watch.render.sentences import sentence
from cmr_watch.serialization import change_to_dict


@click.command()
@json_option
@page_option
@click.option(
    "--at", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Date of the new page, such as 2024-04-02."
)
@click.argument("old")
@click.argument("new")
def command(as_json: bool, page: PageKind, at: datetime | None, old: str, new: str) -> None:
    """Print the changes between the saved pages OLD and NEW.

    Needs no configuration and no database. An entry missing from NEW is treated as removed. An edition counts as
    upcoming if it is listed as upcoming or, with --at, if it was not over on that date.

    \b
    Example:
      cmr-watch diff --at 2024-04-02 december.html april.html
    """
    changes = compare_pages(_read(old, page), _read(new, page), _noon(at.date()) if at else None)
    for change in changes:
        if as_json:
            print_json(change_to_dict(change, sentence(change)))
        else:
            print_line(printable(sentence(change)))
    if not changes and not as_json:
        print_line("No changes.")


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), BRUSSELS)


def _read(file: str, page: PageKind) -> Snapshot:
    try:
        return read_file(file, page)
    except ParseError as error:
        raise ParseError(f"{file}: {error}") from error
