"""`cmr-watch backup`"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from cmr_watch.app import App
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import print_line


@click.command()
@config_option
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path, force: bool) -> None:
    """Back up the live SQLite database to FILE, in an existing folder, and verify the backup.

    The backup is marked so that nothing is sent automatically after a restore. It contains e-mail addresses and is
    readable by its owner only. For PostgreSQL use pg_dump; see `cmr-watch db hold --help`.

    \b
    Example:
      cmr-watch backup /var/backups/cmr-watch/today.db
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        copy = app.backup(file, force=force)
    print_line(f"Backup written and verified: {copy.path} ({copy.size / 1e6:.1f} MB, {sum(copy.rows.values())} rows).")
