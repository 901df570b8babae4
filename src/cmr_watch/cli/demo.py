"""`cmr-watch demo`"""

from __future__ import annotations

from pathlib import Path

import click

from cmr_watch.cli.output import Refused, line
from cmr_watch.demo.story import play


@click.command()
@click.option(
    "--dir",
    "folder",
    default="demo-output",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its files go.",
)
def command(folder: Path) -> None:
    """Run the main job on real pages without any network, and show what arrives.

    A site, a mail server and a chat's web hook run on 127.0.0.1 for as long as the demo takes; the pages are three
    recorded states of the watched page.

    \b
    Example:
      cmr-watch demo --dir try-it
    """
    try:
        play(folder, line)
    except OSError as error:
        raise Refused(f"the demo cannot run here: {error}") from error
