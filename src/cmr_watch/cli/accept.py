"""`cmr-watch accept`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.app import App
from cmr_watch.cli.check_output import show_check
from cmr_watch.cli.context import load_settings, open_store, store_clock
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import FAILED, FINE


@click.command()
@config_option
@json_option
@click.option("--no-notify", is_flag=True, help="Tell nobody yet: the next check does.")
@click.argument("page_url", metavar="[PAGE]", required=False)
def command(as_json: bool, no_notify: bool, page_url: str | None) -> int:
    """Believe the newest reading that was kept aside as suspect: of the list, or of the page whose address is given.

    It becomes the one that later readings are compared with, and what changed by it is told. Look at it before:
    `cmr-watch snapshots list`, `cmr-watch snapshots show ID`.

    \b
    Examples:
      cmr-watch accept
      cmr-watch accept https://clustercollaboration.eu/content/some-edition
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, store_clock(database)) as app:
        report = app.accept(page_url, notify=not no_notify)
    show_check(report, settings.messages.zone, as_json)
    return FAILED if report.has_failures else FINE
