"""`cmr-watch bounces`"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import click

from cmr_watch.app import App
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import print_json, print_line
from cmr_watch.plural import counted


@click.command()
@config_option
@json_option
def command(as_json: bool) -> None:
    """Process bounces and unsubscribe requests in the mailbox set by [bounces] in the configuration.

    A permanent bounce ends the subscriptions of the address, a temporary one pauses them for a while, and an
    unsubscribe request ends them. Unrelated messages stay in the mailbox unread.

    \b
    Example:
      cmr-watch bounces
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        report = app.process_bounces()
    if as_json:
        print_json(asdict(report))
        return
    bounced = f"{counted(report.hard, 'address', 'addresses')} bounced permanently, {report.soft} paused"
    others = counted(report.others, "unrelated message")
    print_line(f"{bounced}, {report.unsubscribed} unsubscribed; {others} left unread.")
