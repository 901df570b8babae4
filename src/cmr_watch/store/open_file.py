"""Notices that the file of an SQLite database was deleted or replaced while it is in use.

On Unix, SQLite would go on in the old file, which nobody else can see. At the end of the process, it would be lost, and
with it what was sent and who has unsubscribed. In WAL mode, SQLite does not report that.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from cmr_watch.exceptions import StoreUnavailable


class OpenFile:
    """The file that the first connection has opened. All others must find the same one under its name."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._name = name
        self._identity: tuple[int, int] | None = None

    def watch(self, engine: Engine) -> None:
        """Look at the file before each transaction, and before a connection is opened."""
        event.listen(engine, "do_connect", self._require_same)
        event.listen(engine, "checkout", self._require_same)

    def forget(self) -> None:
        """All connections are closed."""
        self._identity = None

    def _require_same(self, *_: Any) -> None:
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            identity = None
        except OSError:  # opening it says why
            return
        else:
            identity = (found.st_dev, found.st_ino)
        if self._identity is None:
            self._identity = identity
        if identity != self._identity:
            raise StoreUnavailable(f"{self._name} was deleted or replaced while it was in use: restart cmr-watch")
