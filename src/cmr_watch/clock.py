"""The clock type that functions take instead of reading the time themselves, and the platform's time zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
"""Returns the current time as an aware UTC datetime."""

BRUSSELS: Final = ZoneInfo("Europe/Brussels")
"""The zone in which the platform states its dates and cut-offs."""
