"""Reads rows one by one: a row that cannot be read is noted and left out, and the others are used (promise R5).

What was noted is reported to the operator as an incident with the table and the key of the row (`unreadable_rows.py`).
The row itself is not changed, so that it can be repaired.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import Any, Final, TypeVar

from sqlalchemy import Boolean, Connection, DateTime, Integer, LargeBinary, Table

from cmr_watch.exceptions import StoreError
from cmr_watch.log import redact_address
from cmr_watch.store import conformity
from cmr_watch.store.column_types import INVALID, Json

log = logging.getLogger(__name__)

Model = TypeVar("Model")
UNREADABLE: Final = "cmr_watch_unreadable"
"""The execution option with the UnreadableRows of a database."""
FAULTS: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, zlib.error)
"""What can be raised where a model is made from a row that holds anything."""
_MAX_NOTED: Final = 1000


class UnreadableRow(StoreError):
    """A row that is needed cannot be read."""


class UnreadableRows:
    """The rows that could not be read since they were last taken, each with the reason."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._new: dict[str, str] = {}
        self._logged: set[str] = set()

    def note(self, subject: str, reason: str) -> None:
        """Note a row; it is logged once."""
        with self._lock:
            if len(self._new) < _MAX_NOTED:
                self._new[subject] = reason
            if subject in self._logged or len(self._logged) >= _MAX_NOTED:
                return
            self._logged.add(subject)
        shown = redact_address(subject)  # the key of a row may be an address with secrets
        log.warning("the row %s of the database cannot be read, and is left out: %s", shown, reason)

    def take(self) -> dict[str, str]:
        """Return what was noted, and forget it."""
        with self._lock:
            noted, self._new = self._new, {}
        return noted


def models(
    connection: Connection, table: Table, rows: Iterable[Any], decode: Callable[[Any], Model]
) -> Iterator[Model]:
    """Yield the models that `decode` makes of the rows of a table, without those that cannot be read."""
    for row in rows:
        try:
            model = decode(row)
            conformity.require(model)
        except FAULTS as error:
            note(connection, table, row, error)
        else:
            yield model


def model(connection: Connection, table: Table, row: Any, decode: Callable[[Any], Model]) -> Model:
    """Return the model of a row that is needed; UnreadableRow if it cannot be read."""
    for found in models(connection, table, (row,), decode):
        return found
    raise UnreadableRow(f"the row {redact_address(subject_of(table, row))} of the database cannot be read")


def rows(connection: Connection, table: Table, found: Iterable[Any]) -> Iterator[Any]:
    """Yield the rows of which each value has the type of its column. They may have only some columns of the table."""
    for row in found:
        if wrong := wrong_column(table, row):
            note(connection, table, row, ValueError(f"{wrong} is not valid"))
        else:
            yield row


def row(connection: Connection, table: Table, found: Any) -> Any:
    """Return a row that is needed; UnreadableRow if it cannot be read."""
    for readable in rows(connection, table, (found,)):
        return readable
    raise UnreadableRow(f"the row {redact_address(subject_of(table, found))} of the database cannot be read")


def time_of(value: Any) -> datetime | None:
    """Return a time that was computed by the database; None if it is no time, which one bad row is enough for."""
    return value if isinstance(value, datetime) else None


def note(connection: Connection, table: Table, row: Any, error: Exception) -> None:
    """Note a row that cannot be read."""
    reason = str(error) if isinstance(error, ValueError) and str(error).endswith(" is not valid") else ""
    wrong = wrong_column(table, row)
    reason = f"{wrong} is not valid" if wrong else reason or f"{type(error).__name__} in one of its values"
    connection.get_execution_options()[UNREADABLE].note(subject_of(table, row), reason)


def subject_of(table: Table, row: Any) -> str:
    """Return the name of the table and the key of a row: `subscriptions 17`."""
    values = row._mapping if hasattr(row, "_mapping") else row
    key = [values.get(column.name, "?") for column in table.primary_key]
    return " ".join((table.name, *(str(part) for part in key)))


def wrong_column(table: Table, row: Any) -> str | None:
    """Return the name of the first column whose value has another type than the column; None if there is none."""
    # a row finds a value by its place much faster than by its name
    names, values = (row._fields, row) if hasattr(row, "_fields") else _names_and_values(row)
    for name, place, is_valid in _column_checks(table, names):
        if not is_valid(values[place]):
            return name
    return None


def _names_and_values(row: Any) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    """The same of a mapping, or of what has one because some values of a row were replaced (snapshots.py)."""
    values = getattr(row, "_mapping", row)
    return tuple(values), tuple(values.values())


@lru_cache(maxsize=256)
def _column_checks(table: Table, names: tuple[str, ...]) -> tuple[tuple[str, int, Callable[[Any], bool]], ...]:
    """Return each column of the table that is among the names, its place there, and what its values must be."""
    known = (column for column in table.columns if column.name in names)
    return tuple((column.name, names.index(column.name), _column_check(column)) for column in known)


def _column_check(column: Any) -> Callable[[Any], bool]:
    kind = getattr(column.type, "impl", column.type)
    if isinstance(column.type, Json):
        return lambda value: value is not INVALID and (value is not None or column.nullable)
    hint: Any = str
    for sql_type, python_type in ((Boolean, bool), (Integer, int), (DateTime, datetime), (LargeBinary, bytes)):
        if isinstance(kind, sql_type):
            hint = python_type
    return conformity.check_of(hint | None if column.nullable else hint)
