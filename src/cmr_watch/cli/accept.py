"""`cmr-watch accept`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.app import App
from cmr_watch.cli.check_output import show_check
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import FAILED, OK


@click.command()
@config_option
@json_option
@click.option("--no-notify", is_flag=True, help="Do not notify now; the next check will.")
@click.argument("page_url", metavar="[URL]", required=False)
def command(as_json: bool, no_notify: bool, page_url: str | None) -> int:
    """Accept the newest quarantined reading of the page at URL (default: the list of editions).

    The reading becomes the new baseline, and its changes are recorded and sent to the subscribers. Review it first
    with `cmr-watch snapshots list` and `cmr-watch snapshots show ID`.

    \b
    Examples:
      cmr-watch accept
      cmr-watch accept https://clustercollaboration.eu/content/some-edition
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        report = app.accept(page_url, notify=not no_notify)
    show_check(report, settings.messages.zone, as_json)
    return FAILED if report.has_failures else OK
