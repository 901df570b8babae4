"""Readable reasons for database errors."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from cmr_watch.store import error_messages


class DriverError(Exception):
    """An error of a database driver, with its attributes."""

    def __init__(self, message: str = "", **attributes: Any) -> None:
        super().__init__(message)
        for name, value in attributes.items():
            setattr(self, name, value)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (DriverError(sqlite_errorname="SQLITE_READONLY_DBMOVED"), "was deleted or replaced"),
        (DriverError(sqlite_errorname="SQLITE_READONLY_DIRECTORY"), "is read-only"),
        (DriverError(sqlite_errorname="SQLITE_IOERR_WRITE"), "the disk reports an error"),
        (DriverError(sqlite_errorname="SQLITE_BUSY_SNAPSHOT"), "is locked"),
        (
            DriverError("no such table: x\nsecret", sqlite_errorname="SQLITE_ERROR"),
            "cannot be used: no such table: x",
        ),
        (DriverError(sqlstate="53100"), "the disk is full"),
        (DriverError(sqlstate="53300"), "too many connections"),
        (DriverError(sqlstate="53200"), "out of memory"),
        (DriverError(sqlstate="28P01"), "rejected the user name or password"),
        (DriverError(sqlstate="57P01"), "ended the connection: it is shutting down, or an administrator"),
        (DriverError(sqlstate="57P02"), "ended the connection: it has crashed"),
        (DriverError(sqlstate="57P03"), "is starting up or shutting down"),
        (DriverError(sqlstate="57P04"), "was dropped"),
        (DriverError(sqlstate="57P05"), "ended the connection: it was idle for too long"),
        (DriverError(sqlstate="57014"), "cancelled a statement"),
        (DriverError(sqlstate="25P03"), "ended the connection: a transaction was idle for too long"),
        (DriverError(sqlstate="40P01"), "at the same time"),
        (DriverError("relation x\nLINE 1", sqlstate="42P01"), "cannot be used: relation x"),
        (DriverError('FATAL:  password authentication failed for user "a"'), "rejected the user name or password"),
        (DriverError("fe_sendauth: no password supplied"), "rejected the user name or password"),
        (DriverError('FATAL:  database "x" does not exist'), "does not exist"),
        (DriverError("could not translate host name"), "cannot be reached"),
    ],
)
def test_errors_have_readable_reasons(error: DriverError, expected: str) -> None:
    reason = error_messages.reason(DBAPIError("SELECT 'a secret'", None, error))
    assert expected in reason
    assert "secret" not in reason
    assert "\n" not in reason


@pytest.mark.parametrize("reason", sorted({*error_messages._SQLITE.values(), *error_messages._POSTGRESQL.values()}))
def test_each_reason_has_advice_that_fits(reason: str) -> None:
    # what is left has the general advice: the URL, or permissions
    if reason.startswith(("cannot be opened", "rejected a row")) or reason == error_messages.DAMAGED:
        assert not error_messages.advice(reason)
    else:
        assert error_messages.advice(reason).endswith(".")
