"""`cmr-watch db`"""

from __future__ import annotations

from contextlib import closing

import click

from cmr_watch.cli.context import clock, load_settings, open_store
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import print_line
from cmr_watch.store.backup import mark_restored
from cmr_watch.store.database import open_database, upgrade


@click.group()
def command() -> None:
    """Create or upgrade the database, or hold the pending messages of a restored copy."""


@command.command("init", short_help="Create a new, empty database.")
@config_option
@click.option("--new", "begin_new", is_flag=True, help="Also if there was a database, which is gone or empty.")
def init_(begin_new: bool) -> None:
    """Create a new, empty database. Other commands do so as well if there has never been one.

    If the database has been deleted or emptied, they refuse to begin a new one, which would know no subscribers from
    before, and announce nothing that happened meanwhile. Restore a backup with `cmr-watch restore`, or use --new.

    \b
    Example:
      cmr-watch db init --new
    """
    with closing(open_database(load_settings().database.url, begin_new=begin_new)) as database:
        print_line(f"{database.name[:1].upper()}{database.name[1:]} can be used.")


@command.command("upgrade")
@config_option
def upgrade_() -> None:
    """Upgrade the database to the schema of this version. An SQLite file is backed up first.

    \b
    Example:
      cmr-watch db upgrade
    """
    before, after = upgrade(load_settings().database.url)
    print_line(
        f"The schema is already up to date ({after})."
        if before == after
        else f"Upgraded the schema from {before} to {after}."
    )


@command.command("hold", short_help="Hold the pending messages of a restored copy.")
@config_option
def hold_() -> None:
    """Mark the database as restored from a backup, so that pending messages are held and not sent.

    They may have been sent after the backup was made. `cmr-watch restore` does this automatically; after pg_restore
    or a manual copy, run this command before any other. Then review them with `cmr-watch deliveries release`.

    \b
    Example:
      pg_dump --format=custom --file=today.dump cmr_watch
      pg_restore --clean --if-exists --dbname=cmr_watch today.dump
      cmr-watch db hold
    """
    with closing(open_store(load_settings())) as database:
        mark_restored(database, clock())
    print_line("Nothing that was pending is sent until you release it. To review it, run: cmr-watch deliveries release")
