"""A SQLite database whose file is replaced for each test while its engine is kept.

An engine compiles each statement once, which takes longer than to run it on a small database.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from cmr_watch.store.database import Database


def replace(path: Path, template: Path) -> None:
    """Put a copy of another database in the place of this one, which must be closed."""
    for old in path.parent.glob(f"{path.name}*"):
        old.unlink()
    shutil.copyfile(template, path)


def empty(database: Database, template: Path) -> Database:
    """The same database, with the content of another one."""
    assert database.path is not None
    database.close()
    replace(database.path, template)
    return database
