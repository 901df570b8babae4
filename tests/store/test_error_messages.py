from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from cmr_watch.store import error_messages


class DriverError(Exception):
    """What a driver raises."""

    def __init__(self, words: str = "", **marks: Any) -> None:
        super().__init__(words)
        for name, value in marks.items():
            setattr(self, name, value)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (DriverError(sqlite_errorname="SQLITE_READONLY_DBMOVED"), "is read-only"),
        (DriverError(sqlite_errorname="SQLITE_IOERR_WRITE"), "the disk reports an error"),
        (DriverError(sqlite_errorname="SQLITE_BUSY_SNAPSHOT"), "is locked"),
        (
            DriverError("no such table: x\nsecret", sqlite_errorname="SQLITE_ERROR"),
            "cannot be used: no such table: x",
        ),
        (DriverError(sqlstate="53100"), "the disk is full"),
        (DriverError(sqlstate="53300"), "too many connections"),
        (DriverError(sqlstate="53200"), "short of memory"),
        (DriverError(sqlstate="28P01"), "refuses the user or the password"),
        (DriverError(sqlstate="57P01"), "is starting or stopping"),
        (DriverError(sqlstate="40P01"), "at the same time"),
        (DriverError("relation x\nLINE 1", sqlstate="42P01"), "cannot be used: relation x"),
        (DriverError('FATAL:  password authentication failed for user "a"'), "refuses the user or the password"),
        (DriverError("fe_sendauth: no password supplied"), "refuses the user or the password"),
        (DriverError('FATAL:  database "x" does not exist'), "does not exist"),
        (DriverError("could not translate host name"), "cannot be reached"),
    ],
)
def test_a_plain_sentence(said: DriverError, sentence: str) -> None:
    words = error_messages.reason(DBAPIError("SELECT 'a secret'", None, said))
    assert sentence in words
    assert "secret" not in words
    assert "\n" not in words
