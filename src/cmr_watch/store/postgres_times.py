"""Reads times from PostgreSQL: what Python has no time for, such as `infinity`, is INVALID (readable.py).

The driver would raise an exception for it, and so lose the other rows of the result.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, DataError
from psycopg.types.datetime import TimestamptzLoader

from cmr_watch.store.column_types import INVALID


class _TimeLoader(TimestamptzLoader):
    def load(self, data: Any) -> Any:
        try:
            return super().load(data)
        except (DataError, ValueError, OverflowError):
            return INVALID


def register(connection: Connection[Any]) -> None:
    """Use it for a connection."""
    connection.adapters.register_loader("timestamptz", _TimeLoader)
