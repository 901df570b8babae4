"""The scheduled jobs. They call the same functions as the commands.

The only module with a broad `except`, apart from `web.public.act_serving`.

- check: every `check_every` minutes and once at start, unless another process has just checked;
- deliver: every minute, and immediately after a check; enqueues, composes (digests, reminders) and sends;
- bounces: every ten minutes, if a mailbox is configured;
- maintenance: once a day; a check of the database for damage, retention and the database backup.

A job that fails because of the database runs again after a minute, if it fails again after two, four, and so on, up to
its interval. After the host was suspended, each job runs once (coalesce), however late (no misfire grace time). A job
never runs twice at the same time. All pending work is recorded in the database, so an in-memory job store loses
nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobEvent
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.base import BaseScheduler

from cmr_watch.app import App
from cmr_watch.check_report import CheckReport, undelivered
from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.exceptions import CmrWatchError, DatabaseDamaged, StoreError
from cmr_watch.health import HealthStatus, problems_in_data, problems_in_service
from cmr_watch.log_lines import check_summary, delivery_summary, page_failure, page_recovery
from cmr_watch.memory import give_back_free_memory
from cmr_watch.plural import counted
from cmr_watch.store.database import Database
from cmr_watch.web.metrics import CONTENT_TYPE, Metrics

if TYPE_CHECKING:
    from cmr_watch.web.monitoring import Page

log = logging.getLogger(__name__)

OpenApp = Callable[[Settings, Database, Clock, Callable[[float], None]], App]
DELIVER_EVERY: Final = 60  # seconds
BOUNCES_EVERY: Final = 600
_TOLERANCE: Final = 60
MAINTENANCE_EVERY: Final = 86_400
FIRST_RETRY_AFTER: Final = 60
FIRST_MAINTENANCE_AFTER: Final = 300  # leaves the start to checks and deliveries; some hosts restart often


def pause_after(failures: int, interval: int) -> int | None:
    """Seconds until a job runs again that has failed so often in a row; None: it waits for its interval."""
    pause = FIRST_RETRY_AFTER * 2 ** min(failures - 1, 30)
    return pause if pause < interval else None


@dataclass(frozen=True, slots=True)
class _Job:
    """A function that runs every `interval` seconds.

    Each run is delayed by a random time up to `jitter`, the first one by `initial_delay` (both in seconds).
    """

    run: Callable[[], None]
    interval: int
    jitter: int = 0
    initial_delay: int = 0


class Daemon:
    """The jobs of one installation. Each has an App of its own, because they run in different threads.

    `scheduler` must not have been started. `clock` gives the time for the application and its database,
    `scheduler_clock` the time by which the scheduler runs its jobs.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        scheduler: BaseScheduler,
        scheduler_clock: Clock,
        open_app: OpenApp = App,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._scheduler = scheduler
        self._scheduler_clock = scheduler_clock
        self._app_factory = open_app
        self._stopping = threading.Event()
        self._delivery_requested = threading.Event()
        self._unreported_check: App | None = None
        self._locks: dict[str, threading.Lock] = {}
        self._apps: dict[str, tuple[Settings, App]] = {}
        self._is_first_check = True
        self._overlong_jobs: set[str] = set()
        self._store_failures: Counter[str] = Counter()
        self._damage: str | None = None
        self._app = self._open_app(settings)
        self.metrics = Metrics(self.observe, self._app.observer.deliveries_by_channel)

    def observe(self) -> HealthStatus:
        """The current health of the installation."""
        status = self._app.observer.observe()
        return replace(status, database_error=status.database_error or self._damage)

    # ── life cycle ───────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def next_check(self) -> datetime:
        """When the first check after the start takes place: now, unless another process has just checked."""
        interval = timedelta(minutes=self._settings.daemon.check_every)
        was_checked = self._app.observer.was_checked_within(interval / 2)
        return self._scheduler_clock() + (interval if was_checked else timedelta(0))

    def start(self) -> None:
        """Schedule all jobs and start the scheduler; the first check runs immediately, in a thread of its own."""
        self._scheduler.add_listener(self._log_skipped_run, EVENT_JOB_MAX_INSTANCES)
        for name, job in self._jobs().items():
            self._schedule(name, job)
        self._scheduler.start()

    def look_for_damage(self) -> None:
        """Check the file of the database; `/readyz` reports damage until a later check finds none."""
        known = self._damage
        try:
            self._database.require_sound()
        except DatabaseDamaged as error:
            self._damage = str(error)
            log.error("%s", error)
        else:
            if self._damage is known:  # else a job has found some meanwhile, where the quick check does not look
                self._damage = None

    def reload(self, settings: Settings) -> None:
        """Apply new settings, except to running jobs, which finish with the old ones.

        ConfigError: the new settings cannot be used; all of the old ones stay in force.
        """
        app = self._open_app(settings)
        self._settings = settings
        previous, self._app = self._app, app
        previous.__exit__(None, None, None)
        jobs = self._jobs()
        for scheduled in self._scheduler.get_jobs():
            if scheduled.id not in jobs:
                scheduled.remove()
        for name, job in jobs.items():
            self._schedule(name, job)

    def deliver_soon(self) -> None:
        """Deliver now. A delivery that is already running is repeated, as it may have missed the newest messages."""
        self._delivery_requested.set()
        with suppress(JobLookupError):  # the daemon is stopping, which removes all jobs
            self._scheduler.modify_job("deliver", next_run_time=self._scheduler_clock())

    def notice_clock_change(self) -> None:
        """Run a job now whose next run is later than it can be: the clock was set back, by hours or by years."""
        now, jobs = self._scheduler_clock(), self._jobs()
        for scheduled in self._scheduler.get_jobs():
            job = jobs.get(scheduled.id)
            latest = max(job.interval, job.initial_delay) + job.jitter + _TOLERANCE if job else 0
            if job and scheduled.next_run_time and scheduled.next_run_time > now + timedelta(seconds=latest):
                log.warning("%s: the clock was set back; running it now", scheduled.id)
                with suppress(JobLookupError):  # the daemon is stopping
                    self._scheduler.modify_job(scheduled.id, next_run_time=now)

    def stop(self, seconds: float) -> bool:
        """Start no more jobs and wait up to `seconds` for the running ones.

        Returns False on a timeout. The messages that were being sent are free then; the process must end at once.
        """
        if self._stopping.is_set():
            return True
        self._stopping.set()
        self._scheduler.shutdown(wait=False)
        end = time.monotonic() + seconds
        finished = [self._close_finished(name, max(0.0, end - time.monotonic())) for name in self._locks]
        self._report_check()
        if not all(finished):
            self._give_back()
        return all(finished)

    def _close_finished(self, name: str, timeout: float) -> bool:
        """Wait for the job's run to finish, and close its app; False on a timeout.

        The lock is released again: a run that was about to start takes it, and returns at once.
        """
        if not self._locks[name].acquire(timeout=timeout):
            return False
        self._close_app(name)
        self._locks[name].release()
        return True

    def _give_back(self) -> None:
        for _, app in list(self._apps.values()):
            with suppress(CmrWatchError):  # the leases will expire
                app.give_back()

    def _schedule(self, name: str, job: _Job) -> None:
        self._locks.setdefault(name, threading.Lock())
        self._scheduler.add_job(
            lambda: self._run(name),
            "interval",
            id=name,
            name=name,
            seconds=job.interval,
            jitter=job.jitter or None,
            next_run_time=self._scheduler_clock() + timedelta(seconds=job.initial_delay),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
            replace_existing=True,
        )

    def _log_skipped_run(self, event: JobEvent) -> None:
        """Log that a job was due while it was still running, once for each such run."""
        name = event.job_id
        if name not in self._overlong_jobs:
            self._overlong_jobs.add(name)
            # a delivery in progress also sends what becomes due meanwhile, so nothing is late
            level = logging.DEBUG if name == "deliver" else logging.INFO
            log.log(level, "%s: the previous run is still in progress, so this one is skipped", name)

    def _jobs(self) -> Mapping[str, _Job]:
        daemon, bounces = self._settings.daemon, self._settings.bounces
        jobs = {
            "check": _Job(self._check, daemon.check_every * 60, daemon.jitter * 60),
            "deliver": _Job(self._deliver, DELIVER_EVERY),
            "maintenance": _Job(self._maintain, MAINTENANCE_EVERY, initial_delay=FIRST_MAINTENANCE_AFTER),
        }
        if bounces.maildir or bounces.host:
            jobs["bounces"] = _Job(self._process_bounces, BOUNCES_EVERY)
        return jobs

    def _run(self, name: str) -> None:
        """Run a job once. An error is logged and counted, so that later runs still take place."""
        with self._locks[name]:
            if self._stopping.is_set():
                return
            self._overlong_jobs.discard(name)
            try:
                with self.metrics.seconds.labels(name).time():
                    self._jobs()[name].run()
                self._store_failures[name] = 0
            except StoreError as error:
                if isinstance(error, DatabaseDamaged):
                    self._damage = str(error)
                self._handle_failure(name, str(error), self._run_again_soon(name))
            except CmrWatchError as error:
                self._handle_failure(name, str(error))
            except Exception as error:  # a bug: log its traceback, and keep the daemon running
                log.exception("%s failed unexpectedly", name)
                self._handle_failure(name, type(error).__name__)

    def _handle_failure(self, name: str, reason: str, when: str = "at the next scheduled run") -> None:
        self.metrics.failures.labels(name).inc()
        self._close_app(name)  # the failure may have left it unusable; the next run opens a new one
        log.error("%s: %s; will retry %s", name, reason, when)

    def _run_again_soon(self, name: str) -> str:
        """Schedule a job again before its interval is over, since databases are often restarted; say when it runs."""
        self._store_failures[name] += 1
        pause = pause_after(self._store_failures[name], self._jobs()[name].interval)
        if pause is None:
            return "at the next scheduled run"
        with suppress(JobLookupError):  # the daemon is stopping
            self._scheduler.modify_job(name, next_run_time=self._scheduler_clock() + timedelta(seconds=pause))
        return f"in {counted(pause // 60, 'minute')}"

    # ── the jobs ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _check(self) -> None:
        app = self._get_app("check")
        if app.observer.was_checked_within(timedelta(minutes=self._settings.daemon.check_every / 2)):
            return
        report = app.check(notify=False, is_complete=False, stop=self._stopping.is_set)
        if not report.has_failures:
            self._unreported_check = app  # the delivery that follows reports whether all of it succeeded
        self._count(report)
        self._log_check(report)
        give_back_free_memory()  # of the pages, and of what loading took
        self.deliver_soon()  # even without a change: after the baseline, new subscribers get a welcome message

    def _log_check(self, report: CheckReport) -> None:
        """What the configuration changed, each page that failed or can be read again, and a sum; once, remarks."""
        for line in report.configured:
            log.info("check: %s", line)
        for result in report.results:
            if result.has_failed:
                log.warning("check: %s", page_failure(result))
        for result in report.recovered:
            log.info("check: %s", page_recovery(result))
        log.info("check: %s", check_summary(report))
        if self._is_first_check:
            for remark in report.remarks:
                log.warning("check: %s", remark)
        self._is_first_check = False

    def _deliver(self) -> None:
        self._delivery_requested.set()
        while self._delivery_requested.is_set() and not self._stopping.is_set():
            self._delivery_requested.clear()
            self._deliver_once()

    def _deliver_once(self) -> None:
        app = self._get_app("deliver")
        check = self._unreported_check
        try:
            app.enqueue()
            report = app.deliver(self._stopping.is_set)
        except CmrWatchError as error:
            self._report_failure(app, str(error))
            raise
        if report.has_failures:
            self._report_failure(app, undelivered(report))
        elif check:
            self._report_check()
        if summary := delivery_summary(report):
            log.log(logging.WARNING if report.failures else logging.INFO, "deliver: %s", summary)

    def _report_check(self) -> None:
        """Tell the dead man's switch that the last check succeeded, unless that was reported, or a failure was."""
        check, self._unreported_check = self._unreported_check, None
        if check:
            check.report_result("")

    def _report_failure(self, app: App, failure: str) -> None:
        """Tell the dead man's switch of a failed delivery; with it, the last check has failed."""
        check, self._unreported_check = self._unreported_check, None
        (check or app).report_result(failure)

    def _process_bounces(self) -> None:
        self._get_app("bounces").process_bounces()

    def _maintain(self) -> None:
        app = self._get_app("maintenance")
        self.look_for_damage()
        if self._damage:
            return  # the good backups must not give way to damaged ones
        app.apply_retention()
        if copy := app.daily_backup():
            log.info("maintenance: backed up the database to %s", copy.path)

    def _count(self, report: CheckReport) -> None:
        for result in report.results:
            self.metrics.checks.labels(result.outcome).inc()
            for change in result.changes:
                self.metrics.changes.labels(change.change.kind.value).inc()

    # ── apps ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _get_app(self, name: str) -> App:
        """The app of a job. Called when the job starts: it opens a new one if the settings have been reloaded."""
        settings, app = self._apps.get(name, (None, None))
        if app is None or settings is not self._settings:
            self._close_app(name)
            settings = self._settings
            app = self._open_app(settings)
            self._apps[name] = settings, app
        return app

    def _open_app(self, settings: Settings) -> App:
        return self._app_factory(settings, self._database, self._clock, self._sleep)

    def _close_app(self, name: str) -> None:
        _, app = self._apps.pop(name, (None, None))
        if app is not None:
            app.__exit__(None, None, None)

    def _sleep(self, seconds: float) -> None:
        """Sleep, but wake up when the daemon stops."""
        self._stopping.wait(seconds)


def pages(daemon: Daemon) -> dict[str, Page]:
    """The HTTP endpoints: readiness, freshness of the data, and metrics."""
    from cmr_watch.web.monitoring import health_response, text_response

    return {
        "/readyz": lambda: health_response(problems_in_service(daemon.observe())),
        "/healthz": lambda: health_response(problems_in_data(daemon.observe())),
        "/metrics": lambda: text_response(daemon.metrics.text(), CONTENT_TYPE),
    }
