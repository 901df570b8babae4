"""Column types that make SQLite and PostgreSQL accept and return the same values.

SQLite stores a value of any type in any column. Where a stored value has not the type of its column, the result is
`INVALID` instead of an exception, which would lose all other rows of the result (readable.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from sqlalchemy import Boolean, DateTime, LargeBinary, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_YEARS: Final = range(1900, 3000)
"""A time outside of these years is damaged, and calculating with one at the ends of Python's calendar fails."""
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class Invalid(Enum):
    """The type of INVALID."""

    INVALID = "invalid"


INVALID: Final = Invalid.INVALID
"""Replaces a stored value that cannot be read."""

_Processor = Callable[[Any], Any]
_FLAGS: Final[dict[Any, bool | None]] = {None: None, 0: False, 1: True, "false": False}
"""Flags as they are stored; “false” comes from an early version of schema 0002."""


def _or_invalid(convert: _Processor | None) -> _Processor | None:
    """The same conversion, with INVALID as the result where it fails."""
    if convert is None:
        return None

    def process(value: Any) -> Any:
        try:
            return convert(value)
        except (ValueError, TypeError, OverflowError, RecursionError):
            return INVALID

    return process


def storable(text: str) -> str:
    """Return a text as `ExternalText` stores it."""
    return _UNSTORABLE.sub("\ufffd", text)


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime, to the microsecond; SQLite stores it without the time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime without a time zone: {value}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if not isinstance(value, datetime) or value.year not in _YEARS:
            raise ValueError("not a time")
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> _Processor | None:
        return _or_invalid(super().result_processor(dialect, coltype))


class ExternalText(TypeDecorator[str]):
    """Text from outside. PostgreSQL rejects NUL and SQLite rejects lone surrogates, so both are stored as U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


class Json(TypeDecorator[Any]):
    """Plain JSON types as compact ASCII text: equal values are equal text, and any character can be stored."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> _Processor | None:
        return _or_invalid(super().result_processor(dialect, coltype))


class Flag(Boolean):
    """True or False. No TypeDecorator, for which PostgreSQL would be sent `IS $1`."""

    def result_processor(self, dialect: Dialect, coltype: object) -> _Processor | None:
        return lambda value: _FLAGS.get(value, INVALID)


class Bytes(TypeDecorator[bytes]):
    """Bytes."""

    impl = LargeBinary
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> _Processor | None:
        return _or_invalid(super().result_processor(dialect, coltype))
