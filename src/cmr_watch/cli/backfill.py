"""`cmr-watch backfill`"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing

import click

from cmr_watch.app import App
from cmr_watch.cli.context import load_settings, open_store, store_clock
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import FAILED, FINE, json_line, line
from cmr_watch.monitor.archive.backfill import BackfillReport
from cmr_watch.monitor.archive.timemap import Memento
from cmr_watch.render.plural import counted


@click.command()
@config_option
@json_option
def command(as_json: bool) -> int:
    """Fill in what was announced before the first check, from an archive's copies of the pages.

    Asks slowly, keeps what it has, and goes on from there when it is run again; nobody is told anything. The archive
    is named in the configuration, [archive] timemap.

    \b
    Example:
      cmr-watch backfill
    """
    settings = load_settings()
    failed = 0
    with closing(open_store(settings)) as database, App(settings, database, store_clock(database)) as app:
        for page in app.backfill(_progress):
            failed += page.failed
            if as_json:
                json_line(_public(page))
            else:
                line(_words(page))
    return FAILED if failed else FINE


def _progress(copies: Sequence[Memento]) -> Iterator[Memento]:
    """On stderr, and only where somebody looks at it."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(copies, label="Copies", file=sys.stderr, show_pos=True, hidden=hidden) as bar:
        yield from bar


def _words(page: BackfillReport) -> str:
    missing = f", {page.failed} could not be had: run this again" if page.failed else ""
    fetched = f"{counted(page.copies, 'copy', 'copies')}, {page.fetched} fetched now{missing}"
    return f"{page.page_url}: {fetched}; {counted(page.added, 'change')} added"


def _public(page: BackfillReport) -> dict[str, object]:
    return {
        "page_url": page.page_url,
        "copies": page.copies,
        "fetched": page.fetched,
        "failed": page.failed,
        "added": page.added,
        "editions": page.editions,
    }
