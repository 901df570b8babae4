"""Contents that several pages share, and processes that store and delete them at the same time."""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from cmr_watch.models.readings import PARSER_VERSION, FetchedPage, PageRef
from cmr_watch.serialization import snapshot_to_dict
from cmr_watch.store.check_records import CheckRecord
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.retention import Retention
from cmr_watch.store.schema import contents, snapshots
from cmr_watch.store.snapshots import ReadingToStore, get_snapshot, store_plausible
from tests import postgres
from tests.factories import MINUTE, NOW, known, page, snapshot

GHENT, TURKU = "https://clustercollaboration.eu/ghent", "https://clustercollaboration.eu/turku"
READING = snapshot()


@pytest.fixture
def url(postgres_server: postgres.Server, postgres_template: str) -> Iterator[str]:
    created = postgres_server.create(template=postgres_template)
    yield created
    postgres_server.drop(created)


def commit(database: Database, page_url: str, content: bytes, number: int) -> None:
    fetched = page(content, url=page_url, final_url=page_url, fetched_at=NOW + number * MINUTE)
    revision = number if number else None
    values: dict[str, Any] = {"fetched": fetched, "snapshot": READING, "known": known(READING), "revision": revision}
    assert (
        Checks(database).commit(
            CheckRecord(PageRef(page_url, "edition"), fetched.fetched_at, "changed" if number else "baseline", **values)
        )
        == ()
    )


def store(database: Database, connection: Connection, page_url: str, content: bytes) -> None:
    """Store a page as a check does."""
    fetched: FetchedPage = page(content, url=page_url, final_url=page_url, fetched_at=NOW + MINUTE)
    reading = ReadingToStore(page_url, NOW + MINUTE, fetched, snapshot_to_dict(READING), PARSER_VERSION, None)
    number = connection.execute(select(snapshots.c.id).where(snapshots.c.page_url == page_url)).scalar_one()
    store_plausible(database, connection, reading, get_snapshot(connection, number))


def wait_until_blocked(database: Database, action: Future[Any]) -> None:
    """Wait until another connection waits for a lock, or the action has ended."""
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(500):
        with database.engine.connect() as connection:
            if connection.execute(text(blocked)).scalar_one() or action.done():
                return
        time.sleep(0.02)
    raise AssertionError("nothing waits")


@pytest.mark.parametrize("is_deleted_first", [True, False])
def test_a_page_gets_the_content_that_another_one_loses(url: str, is_deleted_first: bool) -> None:
    shared, own, new = b"<html>shared</html>", b"<html>own</html>", b"<html>new</html>"
    with closing(open_database(url)) as database, closing(open_database(url)) as other:
        commit(database, GHENT, shared, 0)
        commit(database, TURKU, own, 0)
        steps = [(GHENT, new), (TURKU, shared)]
        first, second = steps if is_deleted_first else reversed(steps)
        with ThreadPoolExecutor() as pool:
            with database.write() as connection:
                store(database, connection, *first)
                action = pool.submit(commit, other, *second, 1)
                wait_until_blocked(database, action)
            action.result()
        with database.read() as connection:
            used = connection.execute(select(snapshots.c.content_sha256)).scalars().all()
            assert sorted(connection.execute(select(contents.c.sha256)).scalars()) == sorted(used)
            assert len(set(used)) == 2


def test_retention_leaves_a_content_that_a_check_is_about_to_use(url: str) -> None:
    unused = b"<html>unused</html>"
    row = {"sha256": sha256(unused).hexdigest(), "size": len(unused), "body": zlib.compress(unused)}
    with closing(open_database(url)) as database, closing(open_database(url)) as other:
        commit(database, GHENT, b"<html>own</html>", 0)
        with database.write() as connection:
            connection.execute(contents.insert(), row)
        with ThreadPoolExecutor() as pool:
            with database.write() as connection:
                store(database, connection, GHENT, unused)
                action = pool.submit(Retention(other).run, NOW)
                wait_until_blocked(database, action)
                assert action.done(), "it waits"
            assert action.result().contents == 0
        assert Checks(database).snapshots()[0].content_sha256 == row["sha256"]
