"""`cmr-watch db`"""

from __future__ import annotations

import click

from cmr_watch.cli.context import load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import line
from cmr_watch.store.database import upgrade


@click.group()
def command() -> None:
    """Bring the database to this version."""


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
