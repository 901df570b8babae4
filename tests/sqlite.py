"""A SQLite database whose file is replaced for each test while its engine is kept.

An engine compiles each statement once, which takes longer than running it on a small database.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from cmr_watch.store.database import Database


def replace(path: Path, template: Path) -> None:
    """Replace a database, which must be closed, with a copy of `template`."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    shutil.copyfile(template, path)


def empty(database: Database, template: Path) -> Database:
    """Replace the content of an open database with a copy of `template`, and return the database."""
    assert database.path is not None
    database.close()
    replace(database.path, template)
    return database
