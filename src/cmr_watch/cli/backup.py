"""`cmr-watch backup`"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from cmr_watch.app import App
from cmr_watch.cli.context import load_settings, open_store, store_clock
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import line


@click.command()
@config_option
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path, force: bool) -> None:
    """Copy the database into a file, while it is in use; the copy is opened and checked.

    A copy that comes back sends nothing by itself: that is written into it. There are addresses in it: only you may
    read it. A PostgreSQL database is copied with its own tools, see: cmr-watch db hold --help

    \b
    Example:
      cmr-watch backup /var/backups/cmr-watch/today.db
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, store_clock(database)) as app:
        copy = app.backup(file, force=force)
    line(f"Copied and checked: {copy.path}, {copy.size / 1e6:.1f} MB, {sum(copy.rows.values())} rows.")
