"""`cmr-watch db`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.cli.context import load_settings, open_store
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import line
from cmr_watch.store.backup import hold
from cmr_watch.store.database import upgrade


@click.group()
def command() -> None:
    """Bring the database to this version, or hold back what waits in it."""


@command.command("upgrade")
@config_option
def upgrade_() -> None:
    """Bring the database to this version's schema; an SQLite file is copied first.

    \b
    Example:
      cmr-watch db upgrade
    """
    before, after = upgrade(load_settings().database.url)
    line(f"The schema is up to date ({after})." if before == after else f"Upgraded from {before} to {after}.")


@command.command("hold", short_help="Hold back what waits in a copy.")
@config_option
def hold_() -> None:
    """Say that the database is a copy that came back: nothing that waits in it is sent by itself.

    `cmr-watch restore` does so by itself. After a pg_restore, or after a file was put back by hand, run this before
    anything else; then `cmr-watch deliveries release` decides about each.

    \b
    Example:
      pg_dump --format=custom --file=today.dump cmr_watch
      pg_restore --clean --if-exists --dbname=cmr_watch today.dump
      cmr-watch db hold
    """
    with closing(open_store(load_settings())) as database:
        hold(database)
    line("What waits is held back; see: cmr-watch deliveries release")
