"""A page of changes costs the same, however many changes there are before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, text

from cmr_watch.models.readings import ChangeKind
from cmr_watch.store import row_mapping
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.public import ChangeFilter, Position, PublicStore
from cmr_watch.store.schema import changes
from tests.factories import NOW, URL, change, edition
from tests.store.test_checks import record

K = ChangeKind
NUMBER = 10_000
PER_PAGE = 25
RARE, RARE_KEY, LAST_KEY = K.EDITION_SUMMARY_PUBLISHED, "key-3", "key-last"


@pytest.fixture
def store(database: Database) -> PublicStore:
    """Ten thousand changes: three at a time, one of 400 of a rare kind, one of 300 with each key."""
    check = Checks(database)
    check.commit(record())
    with database.write() as connection:
        connection.execute(insert(changes), list(_rows()))
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE changes"))
    return PublicStore(database, URL)


def _rows() -> Iterator[dict[str, Any]]:
    for number in range(NUMBER):
        kind = RARE if number % 400 == 0 else K.EDITION_UPDATED
        key = LAST_KEY if number == 0 else f"key-{number % 300}"
        at = NOW + timedelta(minutes=10 * (number // 3))
        made = change(kind, edition(), before=edition(), key=key)
        yield {**row_mapping.change_row(URL, at, made), "check_id": 1, "enqueued_at": NOW, "published": number + 1}


def position(store: PublicStore, page: int) -> Position | None:
    """Where a page of the list of all changes begins."""
    found = store.change(NUMBER - PER_PAGE * (page - 1) + 1)
    return Position(found.read_at, found.id) if found else None


WANTED = {
    "all": ChangeFilter(),
    "a rare key": ChangeFilter(keys=[RARE_KEY]),
    "the oldest key": ChangeFilter(keys=[LAST_KEY]),
    "a rare kind": ChangeFilter(kinds=[RARE]),
    "since": ChangeFilter(since=NOW + timedelta(days=3)),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_page_200_takes_as_many_steps_as_page_1(store: PublicStore) -> None:
    """SQLite's own instructions are counted: time would depend on the load of the machine."""
    steps: dict[tuple[str, int], int] = {}
    for name, wanted in WANTED.items():
        for number in (1, 200, 390):
            here = position(store, number)
            with counted_steps() as count:
                store.changes(wanted, PER_PAGE + 1, here)
            steps[name, number] = count()
    # an entry takes about 20 steps, so a scan of all of them would take 200,000
    assert max(steps.values()) < 3_000
    everything = [steps["all", number] for number in (1, 200, 390)]
    assert max(everything) < 1.5 * min(everything)


@contextmanager
def counted_steps() -> Iterator[Callable[[], int]]:
    """Count the instructions of SQLite's virtual machine, in tens."""
    steps, connections = [], []

    def watch(connection: Any, *_: Any) -> None:
        raw = connection.connection.driver_connection
        connections.append(raw)
        raw.set_progress_handler(lambda: steps.append(10) and None, 10)

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        yield lambda: sum(steps)
    finally:
        event.remove(Engine, "before_cursor_execute", watch)
        for raw in connections:
            raw.set_progress_handler(None, 0)


@pytest.mark.parametrize("name", WANTED)
def test_no_page_reads_all_changes(store: PublicStore, database: Database, name: str) -> None:
    with statements() as seen:
        store.changes(WANTED[name], PER_PAGE + 1, position(store, 200))
    plan = explained(database, *seen[-1])
    assert "ix_changes_" in plan
    assert "TEMP B-TREE" not in plan
    if "key" not in name:  # PostgreSQL sorts the few changes of one key
        assert "Sort" not in plan


def test_neighbours_and_sources_are_found_by_an_index(store: PublicStore, database: Database) -> None:
    found = store.change(NUMBER // 2)
    assert found is not None
    with statements() as seen:
        assert store.neighbours(Position(found.read_at, found.id)) == (NUMBER // 2 - 1, NUMBER // 2 + 1)
        store.sources(found)
    plans = [explained(database, *one) for one in seen if "FROM changes" in one[0] or "FROM snapshots" in one[0]]
    assert len(plans) == 3
    for plan in plans:
        assert "ix_" in plan
        assert "Sort" not in plan


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """The statements that are executed, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def watch(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", watch)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", watch)


def explained(database: Database, statement: str, parameters: Any) -> str:
    """How the engine would execute a statement on tables that are too large to be scanned."""
    with database.read() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if not is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        how = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        return "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{how} {statement}", parameters))
