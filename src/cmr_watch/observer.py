"""Observes an installation: what its database says about its health (health.py judges that)."""

from __future__ import annotations

from datetime import timedelta

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.exceptions import StoreError
from cmr_watch.health import HealthStatus
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.schema import REVISION


class Observer:
    """Observes one installation. It only reads."""

    def __init__(self, database: Database, settings: Settings, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._checks = Checks(database)
        self._queue = MatchQueue(database)
        self._deliveries = Deliveries(database)

    def observe(self) -> HealthStatus:
        """The current health. If the database cannot be used, the result says so; no exception is raised."""
        interval = timedelta(minutes=self._settings.daemon.check_every)
        try:
            now = self._clock()
            if (revision := self._database.revision()) != REVISION:
                return HealthStatus(now, interval, f"{self._database.name} has the schema {revision}, not {REVISION}")
            if self._database.is_read_only():
                return HealthStatus(now, interval, f"{self._database.name} is read-only")
            due = [at for at in (self._deliveries.oldest_due(now), self._queue.oldest_due(now)) if at]
            read_at = self._checks.last_read_at(self._settings.page.url)
            return HealthStatus(
                now, interval, None, read_at, min(due, default=None), self._deliveries.counts()["pending"]
            )
        except StoreError as error:
            return HealthStatus(self._clock(), interval, str(error))

    def deliveries_by_channel(self) -> dict[tuple[str, str], int]:
        """The number of messages for each channel and outcome."""
        return self._deliveries.counts_by_channel()

    def was_checked_within(self, duration: timedelta) -> bool:
        """Whether any process has checked the list in the last `duration`, and could fetch it."""
        last = self._checks.last_check(self._settings.page.url)
        return last is not None and last.outcome != "failed" and abs(self._clock() - last.checked_at) < duration
