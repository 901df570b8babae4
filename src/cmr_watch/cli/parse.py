"""`cmr-watch parse`"""

from __future__ import annotations

import click

from cmr_watch.cli.explain import evidence_to_dict, explanation
from cmr_watch.cli.options import page_option
from cmr_watch.cli.output import FAILED, OK, print_error, print_json, print_line, printable
from cmr_watch.cli.page_files import read_page
from cmr_watch.exceptions import ParseError
from cmr_watch.models.readings import PageKind
from cmr_watch.reading import Reading
from cmr_watch.serialization import reading_to_dict


@click.command()
@page_option
@click.option("--explain", is_flag=True, help="Print where each value is on the page, and which rule read it.")
@click.option("--json", "as_json", is_flag=True, help="With --explain: print JSON Lines instead of text.")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def command(page: PageKind, explain: bool, as_json: bool, files: tuple[str, ...]) -> int:
    """Print the content of saved pages as JSON, one line per FILE (`-` for standard input).

    Needs no configuration and no database. Files that cannot be read, or that have no heading, list or paragraph to
    read, are reported on stderr and skipped; the exit code is then 1.

    With --explain, each line of the article is printed with its number, the rule that took it (S sections, P places,
    D dates, C calls, E edition pages, O output) and what it was taken for; below it each field that was read from it,
    with the field's rule, its value, and the words that it was read from. “not taken” is a line that no rule explains.

    \b
    Examples:
      cmr-watch parse saved-page.html
      cmr-watch parse --explain saved-page.html
    """
    failed = False
    for file in files:
        try:
            reading = read_page(file, page)
        except ParseError as error:
            print_error(f"{file}: {error}")
            failed = True
        else:
            _print(file, reading, explain=explain, as_json=as_json)
    return FAILED if failed else OK


def _print(file: str, reading: Reading, *, explain: bool, as_json: bool) -> None:
    if not explain:
        print_json({"source": file, **reading_to_dict(reading.snapshot)})
    elif as_json:
        print_json({"source": file, **evidence_to_dict(reading.snapshot, reading.evidence)})
    else:
        print_line(f"{printable(file)}:")
        for line in explanation(reading.snapshot, reading.evidence):
            print_line(printable(line))
