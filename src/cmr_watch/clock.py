"""Time zone of the watched pages, and the type of a clock. Pure: no clock is read here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

BRUSSELS: Final = ZoneInfo("Europe/Brussels")
"""The zone in which the pages give their dates and cut-offs."""

Clock = Callable[[], datetime]
"""Returns the current time as an aware UTC datetime. Only the command line passes the real clock."""
