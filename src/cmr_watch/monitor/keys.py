"""Keys of editions and calls, which appear in URLs and messages.

A key is assigned when an edition or a call is first seen, and never changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cmr_watch.models.readings import CallNotice, Edition
from cmr_watch.places import fold

MAX_LENGTH: Final = 80
"""In characters, without the number that makes a key unique."""


class KeyGenerator:
    """Generates unique keys: `lyon-fr-2023-10`, or `lyon-fr-2023-10-2` if that is taken."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._next_numbers: dict[str, int] = {}

    def for_edition(self, edition: Edition) -> str:
        """A new key from the city, the country code and the month or period, as far as they are known."""
        when = f"{edition.starts_on:%Y-%m}" if edition.starts_on else (edition.period or "").split("/")[0]
        parts = [fold(edition.city), (edition.country_code or "").lower(), when.lower()]
        return self._unique("-".join("-".join(part.split()) for part in parts if part)[:MAX_LENGTH] or "edition")

    def for_call(self, notice: CallNotice) -> str:
        """A new key from the hosting years: `call-2024-2025`."""
        return self._unique("-".join(["call", *map(str, notice.hosting_years)])[:MAX_LENGTH])

    def _unique(self, stem: str) -> str:
        key, number = stem, self._next_numbers.get(stem, 2)
        while key in self._taken:
            key, number = f"{stem}-{number}", number + 1
        self._next_numbers[stem] = number
        self._taken.add(key)
        return key
