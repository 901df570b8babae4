"""The cache of robots.txt files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cmr_watch.store.database import Database
from cmr_watch.store.robots import StoredRobots

NOW = datetime(2024, 4, 2, 12, 0, tzinfo=UTC)


def test_robots_txt_is_cached_and_replaced(database: Database) -> None:
    stored = StoredRobots(database)
    assert stored.cached_robots("a.eu") is None
    stored.save_robots("a.eu", "User-agent: *\0", 200, NOW)
    assert stored.cached_robots("a.eu") == ("User-agent: *\ufffd", 200, NOW)
    stored.save_robots("a.eu", None, 404, NOW + timedelta(minutes=1))
    assert stored.cached_robots("a.eu") == (None, 404, NOW + timedelta(minutes=1))
    assert stored.cached_robots("b.eu") is None
