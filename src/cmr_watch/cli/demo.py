"""`cmr-watch demo`"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from cmr_watch.cli.context import system_clock
from cmr_watch.cli.output import CommandError, print_line
from cmr_watch.config import load
from cmr_watch.demo.story import END, play


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
    three recorded versions of the watched page, one after the other. In a terminal, the public site then runs on the
    database of the demo until Ctrl-C.

    \b
    Example:
      cmr-watch demo --dir try-it
    """
    try:
        play(folder, print_line, _serve_site if sys.stdin.isatty() and sys.stdout.isatty() else lambda _: None)
    except OSError as error:
        raise CommandError(f"cannot run the demo: {error}") from error


def _serve_site(config: Path) -> None:
    """Serve the public site until Ctrl-C."""
    with site_of_demo(config) as address:
        print_line("")
        print_line(f"The public site, as on {END:%-d %B %Y}:  {address}  (Ctrl-C ends it)")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
    print_line("")


@contextmanager
def site_of_demo(config: Path) -> Iterator[str]:
    """The public site of a demo on any free port, as of the day on which the demo ends; yields its address."""
    from cmr_watch.store.database import open_database
    from cmr_watch.web.public.server import SiteServer

    started_at = system_clock()

    def story_clock() -> datetime:
        return END + (system_clock() - started_at)

    settings = load(config, {})
    settings = replace(settings, web=replace(settings.web, listen="127.0.0.1:0"))
    with (
        closing(open_database(settings.database.url)) as database,
        closing(SiteServer(settings, database, story_clock)) as site,
    ):
        yield f"http://127.0.0.1:{site.port}/"
