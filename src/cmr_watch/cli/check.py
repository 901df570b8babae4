"""`cmr-watch check`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.app import App
from cmr_watch.cli.check_output import show_check
from cmr_watch.cli.context import load_settings, open_store, store_clock
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import CHANGED, FAILED, FINE


@click.command()
@config_option
@json_option
@click.option("--no-notify", is_flag=True, help="Store what changed, tell nobody yet: the next check does.")
@click.option("--exit-code", is_flag=True, help="Exit 3 when something changed.")
def command(as_json: bool, no_notify: bool, exit_code: bool) -> int:
    """Look at the pages, store what changed, tell the subscribers: once.

    First the list; then the call page and the pages of editions that it leads to, each on its own schedule.

    Safe to run at any time, also twice at once: what a run could not finish, the next one does.

    \b
    Examples:
      cmr-watch check
      */30 * * * *  cmr-watch check    (in a crontab)
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, store_clock(database)) as app:
        report = app.check(notify=not no_notify)
    show_check(report, settings.messages.zone, as_json)
    return FAILED if report.has_failures else CHANGED if exit_code and report.changed else FINE
