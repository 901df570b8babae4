"""`cmr-watch parse`"""

from __future__ import annotations

import click

from cmr_watch.cli.options import page_option
from cmr_watch.cli.output import FAILED, OK, print_error, print_json
from cmr_watch.cli.page_files import read_page
from cmr_watch.exceptions import ParseError
from cmr_watch.models import PageKind
from cmr_watch.serialization import reading_to_dict


@click.command()
@page_option
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def command(page: PageKind, files: tuple[str, ...]) -> int:
    """Print the content of saved pages as JSON, one line per FILE (`-` for standard input).

    Needs no configuration and no database. Files that cannot be read, or that have no heading, list or paragraph to
    read, are reported on stderr and skipped; the exit code is then 1.

    \b
    Example:
      cmr-watch parse saved-page.html
    """
    failed = False
    for file in files:
        try:
            print_json({"source": file, **reading_to_dict(read_page(file, page).snapshot)})
        except ParseError as error:
            print_error(f"{file}: {error}")
            failed = True
    return FAILED if failed else OK
