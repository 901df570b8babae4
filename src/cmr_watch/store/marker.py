"""A marker beside an SQLite database: a file that says that there is one.

Without it, a database that was deleted, emptied, or whose disk is not mounted, would look like a new installation, and
a new database sends no notifications at first: its first reading is the baseline.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from cmr_watch.exceptions import DatabaseDamaged

_SUFFIX: Final = ".exists"
_TEXT: Final = """\
cmr-watch has a database beside this file. If that is missing or empty, cmr-watch refuses to begin a new one.
To restore a backup: cmr-watch restore FILE. To begin a new database on purpose: cmr-watch db init --new
"""


def marker_of(database: Path) -> Path:
    """Return the path of the marker of a database."""
    return database.with_name(database.name + _SUFFIX)


def require_present(database: Path) -> None:
    """DatabaseDamaged if there was a database, and its file is gone or has no content."""
    if not os.path.lexists(database):
        _refuse(database, "is gone")
    elif database.is_file() and not database.stat().st_size:
        _refuse(database, "is empty")


def require_not_emptied(database: Path) -> None:
    """DatabaseDamaged if there was a database; its file is there, but without tables."""
    _refuse(database, "is empty")


def _refuse(database: Path, what: str) -> None:
    if os.path.exists(marker_of(database)):  # False for a folder that cannot be read, which opening it reports
        raise DatabaseDamaged(
            f"the database {database} {what}, but was in use before; if its disk is mounted, restore a backup with:"
            " cmr-watch restore FILE; or begin a new one with: cmr-watch db init --new"
        )


def write_marker(database: Path) -> None:
    """Mark that there is a database. A folder that cannot be written is reported by whatever needs it."""
    marker = marker_of(database)
    if os.path.exists(marker):
        return
    with suppress(OSError), open(os.open(marker, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(_TEXT)
