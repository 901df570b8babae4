"""The schema: migrations, indexes and constraints."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from cmr_watch.store import migrate
from cmr_watch.store.claims import CLAIMABLE
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.schema import REVISIONS, deliveries, incidents, metadata, subscriptions
from tests.factories import NOW


def is_no_index(_object: Any, _name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    return kind != "index"


def test_the_migrations_create_the_declared_tables(database: Database) -> None:
    options = {"compare_type": True, "include_object": is_no_index}
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []


def test_all_revisions_are_listed() -> None:
    script = ScriptDirectory.from_config(migrate.configuration())
    assert tuple(entry.revision for entry in reversed(list(script.walk_revisions()))) == REVISIONS


def test_the_indexes(database: Database) -> None:
    with database.read() as connection:
        found = {name: inspect(connection).get_indexes(name) for name in metadata.tables}
    unique = {index["name"] for indexes in found.values() for index in indexes if index["unique"]}
    assert unique - {"uq_deliveries_message_id", "uq_bodies_sha256"} == {
        "ux_subscriptions_name",
        "ux_subscriptions_request",
        "ux_incidents_open",
    }
    assert {index["name"] for index in found["deliveries"]} >= {"ix_deliveries_due", "ix_deliveries_pending"}


def subscription(**values: Any) -> dict[str, Any]:
    defaults = {"address": "a@b.org", "topics": [], "countries": [], "status": "active", "after_change_id": 0}
    return {**defaults, "created_at": NOW, **values}


INCIDENT = {"kind": "fetch-failing", "subject": "x", "detail": "", "opened_at": NOW}


@pytest.mark.parametrize(
    ("table", "first", "second", "is_allowed"),
    [
        (subscriptions, subscription(), subscription(), False),
        (subscriptions, subscription(), subscription(status="ended"), True),
        (subscriptions, subscription(), subscription(countries=["FR"]), True),
        (subscriptions, subscription(name="x"), subscription(name="x", address="c@d.org"), False),
        (subscriptions, subscription(name="x", status="ended"), subscription(name="x"), True),
        (subscriptions, subscription(), subscription(name="x"), True),
        (incidents, INCIDENT, INCIDENT, False),
        (incidents, {**INCIDENT, "resolved_at": NOW}, INCIDENT, True),
        (incidents, INCIDENT, {**INCIDENT, "subject": "y"}, True),
    ],
)
def test_unique_indexes(
    database: Database, table: Any, first: dict[str, Any], second: dict[str, Any], is_allowed: bool
) -> None:
    with database.write() as connection:
        connection.execute(table.insert(), first)
    if is_allowed:
        with database.write() as connection:
            connection.execute(table.insert(), second)
        return
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(table.insert(), second)


def test_an_id_is_never_used_twice(database: Database) -> None:
    row = {"address": "a", "route": "mail", "message_id": "<1>", "subject": "", "text": "", "html": ""}
    row = {**row, "created_at": NOW, "due_at": NOW, "attempts": 0}
    ids = []
    for _ in range(2):
        with database.write() as connection:
            ids.append(connection.execute(deliveries.insert().returning(deliveries.c.id), row).scalar_one())
            connection.execute(deliveries.delete())
    assert ids == [1, 2]


def test_claiming_uses_indexes_only(tmp_path: Path, sqlite_template: Path) -> None:
    # PostgreSQL would prefer a scan while the table is empty
    shutil.copyfile(sqlite_template, tmp_path / "test.db")
    with closing(open_database(f"sqlite:///{tmp_path / 'test.db'}")) as database, database.read() as connection:
        statement = CLAIMABLE.params(at=NOW, latest=NOW, size=20).compile(
            connection, compile_kwargs={"literal_binds": True}
        )
        plan = " ".join(str(row) for row in connection.execute(text(f"EXPLAIN QUERY PLAN {statement}")))
    assert "USING INDEX ix_deliveries_due" in plan
    assert "USING INDEX ix_deliveries_pending" in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


def test_claiming_looks_up_earlier_messages_one_by_one(empty_url: str) -> None:
    # with statistics from before a burst, PostgreSQL would join each message with all that are pending
    with closing(open_database(empty_url)) as database, database.read() as connection:
        if connection.dialect.name == "sqlite":
            return
        statement = CLAIMABLE.params(at=NOW, latest=NOW, size=20).compile(
            connection, compile_kwargs={"literal_binds": True}
        )
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}"))
    [condition] = [line for line in plan.splitlines() if "id < deliveries.id" in line]
    assert "Index Cond" in condition, plan


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT max(created_at) FROM deliveries WHERE mailbox IN (?) AND purpose = ?", "ix_deliveries_recipient"),
        ("UPDATE deliveries SET address = ? WHERE mailbox = ?", "ix_deliveries_recipient"),
        (
            "SELECT id FROM deliveries WHERE outcome IS NOT NULL AND done_at < ? AND body_id IS NOT NULL",
            "ix_deliveries_texts",
        ),
        ("SELECT * FROM subscriptions WHERE mailbox = ? ORDER BY id", "ix_subscriptions_recipient"),
        (
            "UPDATE subscriptions SET name = NULL WHERE status = 'active' AND welcome_delivery_id IN (?)",
            "welcome",
        ),
        ("SELECT id FROM changes WHERE check_id = ?", "ix_changes_check_id"),
        ("SELECT checked_at FROM checks WHERE page_url = ? AND outcome = ? ORDER BY id DESC", "ix_checks_outcome"),
        ("SELECT change_id FROM matches WHERE held_at IS NOT NULL AND settled_at IS NULL", "ix_matches_held"),
        ("SELECT count(*) FROM deliveries WHERE held_at IS NOT NULL AND outcome IS NULL", "ix_deliveries_held"),
        ("SELECT min(checked_at) FROM checks WHERE page_url = ? AND outcome = ?", "ix_checks_outcome"),
    ],
)
def test_what_is_asked_of_large_tables_has_an_index(
    tmp_path: Path, sqlite_template: Path, statement: str, index: str
) -> None:
    shutil.copyfile(sqlite_template, tmp_path / "test.db")
    with closing(sqlite3.connect(tmp_path / "test.db")) as connection:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", ("x",) * statement.count("?"))
        plan = " ".join(row[3] for row in rows)
    assert index in plan
    assert "TEMP B-TREE" not in plan
