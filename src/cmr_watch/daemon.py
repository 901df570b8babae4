"""Jobs on a clock: they call what the commands call. The door of apscheduler, and the one broad except.

- check: every hour or so, once at the start, and not when another process has just looked;
- deliver: every minute, and at once after a change; it enqueues, composes (digests, reminders) and sends;
- bounces: every ten minutes, where a mailbox is configured;
- keep: once a day, retention and the copy of the database.

A host that slept runs each job once when it wakes (coalesce), however late (no misfire grace), and never two of a kind
at a time. What is to be done stands in the database's NULLs, so the job store is memory and nothing is lost with it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final

from apscheduler.schedulers.base import BaseScheduler

from cmr_watch.app import App, CheckReport
from cmr_watch.config import Settings
from cmr_watch.exceptions import CmrWatchError
from cmr_watch.health import HealthStatus, problems_in_data, problems_in_service
from cmr_watch.models import CheckResult
from cmr_watch.monitor.fetch import ping
from cmr_watch.store.database import Database
from cmr_watch.web.metrics import TEXT, Metrics
from cmr_watch.web.server import Response, Route, troubles

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
OpenApp = Callable[[Settings, Database, Clock, Callable[[float], None]], App]
DELIVER_EVERY: Final = 60  # seconds
BOUNCES_EVERY: Final = 600
KEEP_EVERY: Final = 86_400
KEEP_AFTER: Final = 300  # a start has other things to do, and some machines start often
GOOD: Final = frozenset({"baseline", "changed", "unchanged"})


@dataclass(frozen=True, slots=True)
class _Job:
    """What is done every so many seconds, each time up to `jitter` later; the first time after `first_after`."""

    run: Callable[[], None]
    seconds: int
    jitter: int = 0
    first_after: int = 0


class Daemon:
    """The jobs of one installation, each with an App of its own: they run in different threads.

    `scheduler` is not started yet; `clock` is the database's, `wall` the one that the scheduler goes by.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        scheduler: BaseScheduler,
        wall: Clock,
        open_app: OpenApp = App,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._scheduler = scheduler
        self._wall = wall
        self._open = open_app
        self._ended = threading.Event()
        self._again = threading.Event()
        self._hands: dict[str, threading.Lock] = {}
        self._apps: dict[str, App] = {}
        self._seen = self._opened()
        self.metrics = Metrics(self.observe, self._seen.deliveries_by_channel)

    def observe(self) -> HealthStatus:
        """How it goes."""
        return self._seen.observe()

    # ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Begin with everything; the first check is made at once."""
        for name, job in self._jobs().items():
            self._add(name, job)
        self._scheduler.start()

    def reload(self, settings: Settings) -> None:
        """Go on with other settings; what is in hand is finished with the old ones."""
        self._settings = settings
        for name in [*self._hands]:
            with self._hands[name]:
                self._close(name)
        seen, self._seen = self._seen, self._opened()
        seen.__exit__(None, None, None)
        wanted = self._jobs()
        for job in self._scheduler.get_jobs():
            if job.id not in wanted:
                job.remove()
        for name, job in wanted.items():
            self._add(name, job)

    def deliver_soon(self) -> None:
        """Deliver at once; once more where a round is under way, for it may have passed what is new."""
        self._again.set()
        self._scheduler.modify_job("deliver", next_run_time=self._wall())

    def stop(self, seconds: float) -> bool:
        """Take no more work, and wait for what is in hand; whether all of it was finished in time."""
        if self._ended.is_set():
            return True
        self._ended.set()
        self._scheduler.shutdown(wait=False)
        end = time.monotonic() + seconds
        finished = [hand.acquire(timeout=max(0.0, end - time.monotonic())) for hand in self._hands.values()]
        if all(finished):
            for name in [*self._apps]:
                self._close(name)
        return all(finished)

    def _add(self, name: str, job: _Job) -> None:
        self._hands.setdefault(name, threading.Lock())
        self._scheduler.add_job(
            lambda: self._run(name),
            "interval",
            id=name,
            seconds=job.seconds,
            jitter=job.jitter or None,
            next_run_time=self._wall() + timedelta(seconds=job.first_after),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            replace_existing=True,
        )

    def _jobs(self) -> Mapping[str, _Job]:
        daemon, bounces = self._settings.daemon, self._settings.bounces
        jobs = {
            "check": _Job(self._check, daemon.check_every * 60, daemon.jitter * 60),
            "deliver": _Job(self._deliver, DELIVER_EVERY),
            "keep": _Job(self._keep, KEEP_EVERY, first_after=KEEP_AFTER),
        }
        return {**jobs, "bounces": _Job(self._bounces, BOUNCES_EVERY)} if bounces.maildir or bounces.host else jobs

    def _run(self, name: str) -> None:
        """One job, whatever comes: the next one is not to suffer from it."""
        with self._hands[name]:
            if self._ended.is_set():
                return
            try:
                with self.metrics.seconds.labels(name).time():
                    self._jobs()[name].run()
            except CmrWatchError as error:
                self._broke_off(name, str(error))
            except Exception as error:  # a mistake of ours, or what nobody thought of
                log.exception("%s broke off", name)
                self._broke_off(name, type(error).__name__)

    def _broke_off(self, name: str, why: str) -> None:
        self.metrics.failures.labels(name).inc()
        self._close(name)  # it may hold what is broken
        log.error("%s: %s; it is tried again at its next time", name, why)

    # ── the jobs ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _check(self) -> None:
        app = self._app("check")
        if app.was_checked_within(timedelta(minutes=self._settings.daemon.check_every / 2)):
            return
        self._ping("/start")
        report = app.check(notify=False)
        self._count(report)
        good = report.check.outcome in GOOD
        log.info("check: %s, %d changes", report.check.outcome, sum(len(one.changes) for one in _results(report)))
        self._ping("" if good else "/fail")
        self.deliver_soon()  # for a change; and after the first reading there are people to welcome

    def _deliver(self) -> None:
        self._again.set()
        while self._again.is_set() and not self._ended.is_set():
            self._again.clear()
            self._deliver_once()

    def _deliver_once(self) -> None:
        app = self._app("deliver")
        app.enqueue()
        report = app.deliver(self._ended.is_set)
        if report.sent or report.failures:
            log.info("deliver: %d sent, %d to be tried again, %d set aside", report.sent, report.pending, report.failed)
        for failure in report.failures:
            log.warning("deliver: %s", failure)

    def _bounces(self) -> None:
        self._app("bounces").bounces()

    def _keep(self) -> None:
        app = self._app("keep")
        app.retain()
        app.daily_backup()

    def _count(self, report: CheckReport) -> None:
        for result in _results(report):
            self.metrics.checks.labels(result.outcome).inc()
            for change in result.changes:
                self.metrics.changes.labels(change.change.kind.value).inc()

    def _ping(self, what: str) -> None:
        if self._settings.daemon.ping:
            ping(self._settings.daemon.ping, what)

    # ── apps ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _app(self, name: str) -> App:
        if name not in self._apps:
            self._apps[name] = self._opened()
        return self._apps[name]

    def _opened(self) -> App:
        return self._open(self._settings, self._database, self._clock, self._sleep)

    def _close(self, name: str) -> None:
        app = self._apps.pop(name, None)
        if app is not None:
            app.__exit__(None, None, None)

    def _sleep(self, seconds: float) -> None:
        self._ended.wait(seconds)


def threads() -> BaseScheduler:
    """A scheduler with a thread for each job."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    return BackgroundScheduler(executors={"default": ThreadPoolExecutor(4)}, timezone=UTC)


def routes(daemon: Daemon) -> dict[str, Route]:
    """What is answered over HTTP: the process, whether it can work, whether all is well, what is measured."""
    return {
        "/livez": lambda: troubles(()),
        "/readyz": lambda: troubles(problems_in_service(daemon.observe())),
        "/healthz": lambda: troubles(problems_in_data(daemon.observe())),
        "/metrics": lambda: Response(HTTPStatus.OK, TEXT, daemon.metrics.text()),
    }


def _results(report: CheckReport) -> tuple[CheckResult, ...]:
    return (report.check, *report.others)
