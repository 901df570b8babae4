"""`cmr-watch restore`"""

from __future__ import annotations

from pathlib import Path

import click

from cmr_watch.cli.context import clock, load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import print_line
from cmr_watch.store.backup import restore
from cmr_watch.store.schema import REVISION


@click.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Restore the SQLite database from the backup FILE. The current database is kept under another name.

    Stop cmr-watch first. Messages that were pending in the backup, and changes found by the first check after the
    restore, are held until you review them with `cmr-watch deliveries release`. Addresses that have been
    unsubscribed or erased since the backup stay unsubscribed or erased.

    \b
    Example:
      cmr-watch restore /var/backups/cmr-watch/today.db
      cmr-watch check && cmr-watch deliveries release
    """
    restored = restore(file, load_settings().database.url, clock())
    upgraded = f", schema upgraded from {restored.revision} to {REVISION}" if restored.revision != REVISION else ""
    print_line(f"Restored from {file}{upgraded}.")
    if restored.kept:
        print_line(f"The previous database was kept as {restored.kept}.")
    print_line("Nothing that was pending is sent until you release it. To review it, run: cmr-watch deliveries release")
