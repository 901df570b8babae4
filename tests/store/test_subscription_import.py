"""Adding many subscriptions at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from cmr_watch.exceptions import RefusedAddress
from cmr_watch.store.database import Database
from cmr_watch.store.subscription_import import importing
from cmr_watch.store.subscriptions import UNSUBSCRIBED, Subscriptions
from tests.factories import NOW, wanted


def requests(count: int) -> list[Any]:
    return [wanted(f"user{number}@example.org") for number in range(count)]


def statements_of_import(database: Database, count: int) -> list[str]:
    """Import this number of subscriptions; return the statements that this took."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with importing(database, NOW) as batch:
            for request in requests(count):
                assert not batch.has_equal(request)
                batch.add(request)
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return statements


def test_the_number_of_statements_does_not_grow_with_the_rows(database: Database) -> None:
    assert len(statements_of_import(database, 500)) < 10
    assert len(Subscriptions(database).active()) == 500


def test_an_import_adds_what_single_additions_would(database: Database) -> None:
    store = Subscriptions(database)
    with importing(database, NOW) as batch:
        for request in requests(3):
            batch.add(request)
    imported = store.active()
    for request in requests(3):
        assert store.add(request, NOW) in imported
    assert store.active() == imported


def test_what_is_being_added_is_present(database: Database) -> None:
    with importing(database, NOW) as batch:
        batch.add(wanted("Ada@Example.org"))
        assert batch.has_equal(wanted("Ada@example.org"))
        assert not batch.has_equal(wanted("Ada@example.org", topics=("calls",)))


def interrupted_import(database: Database) -> None:
    with importing(database, NOW) as batch:
        batch.add(wanted("ada@example.org"))
        raise RuntimeError


def test_an_import_that_fails_adds_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        interrupted_import(database)
    assert Subscriptions(database).active() == ()


def test_refused_addresses_are_not_added(database: Database) -> None:
    store = Subscriptions(database)
    for address in ("ada@example.org", "bob@example.org"):
        store.add(wanted(address), NOW)
    store.end("ada@example.org", UNSUBSCRIBED, NOW)
    store.erase("bob@example.org", NOW)
    with importing(database, NOW) as batch:
        for address in ("ADA@example.org", "bob@example.org"):
            with pytest.raises(RefusedAddress):
                batch.add(wanted(address))
    assert store.active() == ()
