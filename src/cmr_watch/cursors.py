"""Cursors: opaque texts that name a place in the list of all changes, for links and for the API. Pure.

A cursor names the change that was stored last when it was made: what comes after it, came after that.
"""

from __future__ import annotations

import re
from typing import Final

PATTERN: Final = "c[0-9]{1,9}"
"""What a cursor looks like, for the description of the API."""
_CURSOR: Final = re.compile(PATTERN)


def cursor_of(change_id: int) -> str:
    """The cursor of a change; 0 comes before all changes."""
    return f"c{change_id}"


def change_id_of(cursor: str) -> int | None:
    """The ID of the change of a cursor; None if the text is no cursor."""
    return int(cursor[1:]) if _CURSOR.fullmatch(cursor) else None
