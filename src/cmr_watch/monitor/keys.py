"""Keys: given when an edition or a call is first seen, and never changed. They are in addresses and in mails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from cmr_watch.models import CallNotice, Edition
from cmr_watch.places import fold

_LONGEST: Final = 80


class Keys:
    """Gives out keys that nothing else has: `lyon-fr-2023-10`, and `lyon-fr-2023-10-2` if it is taken."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def edition(self, edition: Edition) -> str:
        """A new key for an edition."""
        when = f"{edition.starts_on:%Y-%m}" if edition.starts_on else (edition.period or "").split("/")[0]
        parts = [fold(edition.city), (edition.country_code or "").lower(), when.lower()]
        return self._new("-".join("-".join(part.split()) for part in parts if part)[:_LONGEST] or "edition")

    def call(self, notice: CallNotice) -> str:
        """A new key for a call."""
        return self._new("-".join(["call", *map(str, notice.hosting_years)])[:_LONGEST])

    def _new(self, stem: str) -> str:
        key, number = stem, self._next.get(stem, 2)
        while key in self._taken:
            key, number = f"{stem}-{number}", number + 1
        self._next[stem] = number
        self._taken.add(key)
        return key
