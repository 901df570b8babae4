"""Refuses an SQLite file that was put in place by hand beside the write-ahead log of the one that it replaced.

SQLite would write the pages of the old log over the new file, whatever it is: a backup would lose its mark, and so send
everything a second time, or be damaged. It cannot tell, since a log does not name its file
(sqlite.org/howtocorrupt.html, §1.4).

We can: a backup is in rollback mode, and SQLite makes a log only after it has switched the file to WAL mode.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final

from cmr_watch.exceptions import DatabaseDamaged

_VERSIONS: Final = slice(18, 20)
"""The bytes of the file format versions: sqlite.org/fileformat.html, §1.3.3."""
_ROLLBACK_MODE: Final = b"\1\1"


def require_none(database: Path) -> None:
    """DatabaseDamaged if the log beside the database is that of another file."""
    wal = database.with_name(f"{database.name}-wal")
    with suppress(OSError):  # a file that cannot be read is reported when it is opened
        # in this order: another process may be switching the file to WAL mode, or back
        if wal.stat().st_size and _is_in_rollback_mode(database) and wal.exists():
            raise DatabaseDamaged(
                f"the database {database} was replaced, but files of the earlier one were left beside it; to restore a"
                f" backup, use: cmr-watch restore FILE; or, if {database.name} is the backup, move {wal.name} and"
                f" {database.name}-shm away"
            )


def _is_in_rollback_mode(database: Path) -> bool:
    with database.open("rb") as file:
        return file.read(_VERSIONS.stop)[_VERSIONS] == _ROLLBACK_MODE
