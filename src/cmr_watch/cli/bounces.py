"""`cmr-watch bounces`"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import click

from cmr_watch.app import App
from cmr_watch.cli.context import load_settings, open_store, store_clock
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import json_line, line
from cmr_watch.render.plural import counted


@click.command()
@config_option
@json_option
def command(as_json: bool) -> None:
    """Read the mailbox that mail comes back to: [bounces] in the configuration.

    An address that does not exist is written to no more, one that is full or away is left in peace for a while, and
    whoever unsubscribes is unsubscribed. Mail that is not about ours stays as it is, unread.

    \b
    Example:
      cmr-watch bounces
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, store_clock(database)) as app:
        report = app.bounces()
    if as_json:
        json_line(asdict(report))
        return
    words = f"{counted(report.hard, 'address', 'addresses')} gone, {report.soft} paused"
    line(f"{words}, {report.unsubscribed} unsubscribed; {counted(report.others, 'other mail')} left alone.")
