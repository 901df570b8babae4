"""Cursors: opaque texts that name a place in the order in which changes were published. Pure.

Changes after a cursor became visible to readers after the cursor was made. A place is a number that is never reused,
not even after a restore (`store/publication.py`), so cursors stay valid forever.
"""

from __future__ import annotations

import re
from typing import Final

PATTERN: Final = "c[0-9]{1,9}"
"""What a cursor looks like, for the description of the API."""
_CURSOR: Final = re.compile(PATTERN)


def cursor_of(place: int) -> str:
    """The cursor of a place; 0 comes before all changes."""
    return f"c{place}"


def place_of(cursor: str) -> int | None:
    """The place of a cursor; None if the text is not a cursor."""
    return int(cursor[1:]) if _CURSOR.fullmatch(cursor) else None
