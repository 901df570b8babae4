"""`cmr-watch parse`"""

from __future__ import annotations

import click

from cmr_watch.cli.options import page_option
from cmr_watch.cli.output import FAILED, FINE, complain, json_line
from cmr_watch.cli.page_files import read_file
from cmr_watch.exceptions import ParseError
from cmr_watch.models import PageKind
from cmr_watch.serialization import reading_to_dict


@click.command()
@page_option
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def command(page: PageKind, files: tuple[str, ...]) -> int:
    """Print what saved pages say: one JSON object a line for each file.

    Needs no configuration and touches no database. A file that cannot be read is named on stderr, the others are
    printed all the same, and the exit code is 1. `-` is the standard input.

    \b
    Example:
      cmr-watch parse saved-page.html
    """
    failed = False
    for file in files:
        try:
            json_line({"source": file, **reading_to_dict(read_file(file, page))})
        except ParseError as error:
            complain(f"{file}: {error}")
            failed = True
    return FAILED if failed else FINE
