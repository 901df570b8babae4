"""`cmr-watch check`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.app import App
from cmr_watch.cli.check_output import show_check, show_quietly
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import CHANGED, FAILED, OK


@click.command()
@config_option
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing unless something changed or failed; failures go to stderr.")
@click.option("--no-notify", is_flag=True, help="Record changes but do not notify now; the next check will.")
@click.option("--exit-code", is_flag=True, help="Exit 3 if something changed.")
def command(as_json: bool, quiet: bool, no_notify: bool, exit_code: bool) -> int:
    """Check the pages once: record changes and notify the subscribers.

    Fetches the list of editions first, then the call page and those edition pages that are due.

    Safe to run at any time, even concurrently: anything a run leaves unfinished is completed by the next one.

    \b
    Examples:
      cmr-watch check
      */30 * * * *  cmr-watch check --quiet    (in a crontab)
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        report = app.check(notify=not no_notify)
    (show_quietly if quiet else show_check)(report, as_json)
    return FAILED if report.has_failures else CHANGED if exit_code and report.has_changes else OK
