"""`cmr-watch backfill`"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing

import click

from cmr_watch.app import App
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import FAILED, OK, print_json, print_line
from cmr_watch.monitor.archive.backfill import BackfillReport
from cmr_watch.monitor.archive.timemap import Memento
from cmr_watch.plural import counted


@click.command()
@config_option
@json_option
def command(as_json: bool) -> int:
    """Import what happened before the first check, from copies of the pages in a web archive.

    Sends no notifications. Copies are fetched slowly and stored; an interrupted run resumes where it stopped. The
    archive is set by [archive] timemap in the configuration.

    \b
    Example:
      cmr-watch backfill
    """
    settings = load_settings()
    failed = 0
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        for page in app.backfill(_progress):
            failed += page.failed
            if as_json:
                print_json(_report_to_dict(page))
            else:
                print_line(_summary(page))
    return FAILED if failed else OK


def _progress(copies: Sequence[Memento]) -> Iterator[Memento]:
    """A progress bar on stderr, hidden unless that is a terminal."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(copies, label="Copies", file=sys.stderr, show_pos=True, hidden=hidden) as bar:
        yield from bar


def _summary(page: BackfillReport) -> str:
    missing = f", {page.failed} failed (run backfill again)" if page.failed else ""
    fetched = f"{counted(page.copies, 'copy', 'copies')}, {page.fetched} newly fetched{missing}"
    return f"{page.page_url}: {fetched}; {counted(page.added, 'change')} added"


def _report_to_dict(page: BackfillReport) -> dict[str, object]:
    return {
        "page_url": page.page_url,
        "copies": page.copies,
        "fetched": page.fetched,
        "failed": page.failed,
        "added": page.added,
        "editions": page.editions,
    }
