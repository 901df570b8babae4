"""The robots.txt of each host, cached across processes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from cmr_watch.store import readable
from cmr_watch.store.database import Database
from cmr_watch.store.schema import robots


class StoredRobots:
    """The cache of the fetcher, in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cached_robots(self, host: str) -> tuple[str | None, int, datetime] | None:
        """Return the text, HTTP status and fetch time of a host's robots.txt."""
        with self._database.read() as connection:
            found = connection.execute(select(robots).where(robots.c.host == host)).all()
            row = next(readable.rows(connection, robots, found), None)
        return (row.text, row.status, row.fetched_at) if row else None

    def save_robots(self, host: str, text: str | None, status: int, fetched_at: datetime) -> None:
        """Store a host's robots.txt, replacing the previous one."""
        values = {"text": text, "status": status, "fetched_at": fetched_at}
        statement = self._database.insert(robots).values(host=host, **values)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=[robots.c.host], set_=values))
