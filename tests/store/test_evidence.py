"""The evidence of readings: stored along with them, and removed with them."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select

from cmr_watch.models.evidence import Evidence, Fact, LineUse
from cmr_watch.reading import read
from cmr_watch.store.database import Database
from cmr_watch.store.evidence import load_evidence, save_evidence
from cmr_watch.store.schema import evidence, snapshots
from tests.store.test_checks import Checks, record
from tests.test_fixtures import FIXTURES

FOUND = Evidence(
    "body field",
    (Fact("editions[0]", "city", 1, 0, 12, "P2"), Fact("editions[0]", "starts_on", 2, 0, 5, "D1")),
    (
        LineUse(-1, "Clusters meet Regions \ud83d\ufffd", "title", "E1"),
        LineUse(1, "Lyon, France\0", "entry", "P1"),
        LineUse(2, "12 May", "entry", "P1"),
    ),
)


@pytest.fixture
def snapshot_id(database: Database) -> int:
    checks = Checks(database)
    assert checks.commit(record()) is not None
    (row,) = checks.snapshots()
    return row.id


def test_evidence_is_read_back_as_it_was_stored(database: Database, snapshot_id: int) -> None:
    with database.write() as connection:
        assert load_evidence(connection, snapshot_id) is None
        save_evidence(database, connection, snapshot_id, FOUND)
        assert load_evidence(connection, snapshot_id) == FOUND
        save_evidence(database, connection, snapshot_id, FOUND._replace(article="article"))
        assert load_evidence(connection, snapshot_id) == FOUND._replace(article="article")


def test_evidence_is_removed_with_its_snapshot(database: Database, snapshot_id: int) -> None:
    with database.write() as connection:
        save_evidence(database, connection, snapshot_id, FOUND)
        connection.execute(delete(snapshots).where(snapshots.c.id == snapshot_id))
        assert connection.execute(select(func.count()).select_from(evidence)).scalar_one() == 0


def test_evidence_is_compact(database: Database, snapshot_id: int) -> None:
    content = (FIXTURES / "initiative" / "2024-04-list" / "page.html").read_bytes()
    found = read("initiative", content).evidence
    assert len(found.facts) > 200
    with database.write() as connection:
        save_evidence(database, connection, snapshot_id, found)
        size = connection.execute(select(func.length(evidence.c.body))).scalar_one()
        assert load_evidence(connection, snapshot_id) == found
    assert size < 3_000
