"""`cmr-watch demo`"""

from __future__ import annotations

from pathlib import Path

import click

from cmr_watch.cli.output import CommandError, print_line
from cmr_watch.demo.story import play


@click.command()
@click.option(
    "--dir",
    "folder",
    default="demo-output",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Output folder.",
)
def command(folder: Path) -> None:
    """Run the full workflow offline on recorded pages, and show the messages that arrive.

    Starts a website, a mail server and a chat webhook on 127.0.0.1 for the duration of the demo. The site serves
    three recorded versions of the watched page, one after the other.

    \b
    Example:
      cmr-watch demo --dir try-it
    """
    try:
        play(folder, print_line)
    except OSError as error:
        raise CommandError(f"cannot run the demo: {error}") from error
