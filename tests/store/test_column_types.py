"""Column types: the same values on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select
from sqlalchemy.exc import StatementError

from cmr_watch.store.column_types import ExternalText, Json, Utc
from cmr_watch.store.database import Database

things = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", Utc),
    Column("text", ExternalText),
    Column("json", Json),
)


def round_trip(database: Database, **values: Any) -> Any:
    with database.write() as connection:
        things.create(connection)
        connection.execute(things.insert(), values)
        return connection.execute(select(things)).one()


@pytest.mark.parametrize(
    "value",
    [
        datetime(2024, 4, 2, 9, 12, tzinfo=UTC),
        datetime(2024, 4, 2, 9, 12, 1, 234567, tzinfo=UTC),
        datetime(2024, 10, 27, 2, 30, tzinfo=timezone(timedelta(hours=2))),
        datetime(1900, 1, 1, tzinfo=UTC),
        datetime(2999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
        None,
    ],
)
def test_times_are_loaded_in_utc(database: Database, value: datetime | None) -> None:
    loaded = round_trip(database, at=value).at
    assert loaded == value
    assert loaded is None or loaded.tzinfo is UTC


def test_times_are_compared_as_instants(database: Database) -> None:
    noon = datetime(2024, 4, 2, 12, tzinfo=UTC)
    round_trip(database, at=noon)
    elsewhere = noon.astimezone(timezone(timedelta(hours=-9)))
    with database.read() as connection:
        assert connection.execute(select(things.c.id).where(things.c.at <= elsewhere)).all() == [(1,)]
        assert connection.execute(select(things.c.id).where(things.c.at < elsewhere)).all() == []


def test_a_time_without_a_time_zone_is_rejected(database: Database) -> None:
    with pytest.raises(StatementError, match="a datetime without a time zone"):
        round_trip(database, at=datetime(2024, 4, 2))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("", ""),
        (None, None),
        ("Kittilä – Донецьк 🎉", "Kittilä – Донецьк 🎉"),
        ("a\0b", "a\ufffdb"),
        ("ä\0b", "ä\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
    ],
)
def test_characters_that_cannot_be_stored_are_replaced(
    database: Database, text: str | None, stored: str | None
) -> None:
    assert round_trip(database, text=text).text == stored


@pytest.mark.parametrize("value", [None, [], {"a": [1, None, "x\0\ud800ä"]}, "", 0])
def test_json_is_loaded_as_it_was_stored(database: Database, value: Any) -> None:
    assert round_trip(database, json=value).json == value
