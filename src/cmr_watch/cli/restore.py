"""`cmr-watch restore`"""

from __future__ import annotations

from pathlib import Path

import click

from cmr_watch.cli.context import clock, load_settings
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import line
from cmr_watch.store.backup import restore
from cmr_watch.store.schema import REVISION


@click.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path))
def command(file: Path) -> None:
    """Put a copy of the database in its place; the present one is kept under another name.

    Stop cmr-watch first. Afterwards nothing that waited in the copy is sent by itself, nor what the first reading
    finds: `cmr-watch deliveries release` decides about each. Who has ended since stays ended.

    \b
    Example:
      cmr-watch restore /var/backups/cmr-watch/today.db
      cmr-watch check && cmr-watch deliveries release
    """
    done = restore(file, load_settings().database.url, clock())
    older = f", upgraded from schema {done.revision} to {REVISION}" if done.revision != REVISION else ""
    line(f"Restored: {file}{older}.")
    if done.kept:
        line(f"The database before it is kept: {done.kept}")
    line("What waits is held back; see: cmr-watch deliveries release")
