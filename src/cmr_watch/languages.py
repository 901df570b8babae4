"""The languages in which readers are served. Pure. Operators are served in English."""

from __future__ import annotations

from typing import Final

ENGLISH: Final = "en"
LANGUAGES: Final = {
    ENGLISH: "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "pl": "Polski",
}
"""Their codes (ISO 639-1), and what they call themselves. Each has a complete catalogue: a test demands it."""
