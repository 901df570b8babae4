"""Schema upgrades with alembic, without an alembic.ini, in the caller's transaction."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from cmr_watch import new_files
from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store import sqlite

_FOLDER = Path(__file__).with_name("migrations")


def to_head(connection: Connection) -> None:
    """Run the missing migrations. migrations/env.py gets the connection from the configuration."""
    command.upgrade(configuration(connection), "head")


def configuration(connection: Connection | None = None) -> Config:
    """Return what would otherwise be in alembic.ini."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def back_up(path: Path, revision: str) -> Path:
    """Copy an SQLite file to a new file next to it, readable by its owner only; return the path of the copy."""
    target = _unused_name(path, revision)
    try:
        with new_files.partial_folder(path.parent) as folder:
            part = folder / target.name
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with closing(sqlite.connect(path)) as source, closing(sqlite.connect(part)) as copied:
                source.backup(copied)
            new_files.put_in_place(part, target, replace=False)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"could not create the backup {target}: {error}") from error
    return target


def _unused_name(path: Path, revision: str) -> Path:
    for number in range(1, 1000):
        target = path.with_name(f"{path.name}.before-{revision}{f'-{number}' if number > 1 else ''}.bak")
        if not os.path.lexists(target):
            return target
    raise StoreUnavailable(f"there are too many backups next to {path}; remove some of them")
