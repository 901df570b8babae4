"""The scheduler of the daemon's jobs."""

from __future__ import annotations

import logging
from datetime import UTC
from typing import Final

from apscheduler.schedulers.base import BaseScheduler


class _SchedulerMessages(logging.Filter):
    """Rewords apscheduler's errors, and drops all else: its messages show triggers and internal names of jobs.

    What an operator should know is logged by `Daemon`, which also catches the exceptions of jobs.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = "the scheduler could not run a job", ()
        return record.levelno >= logging.ERROR


_SCHEDULER_MESSAGES: Final = _SchedulerMessages()


def thread_scheduler() -> BaseScheduler:
    """A scheduler with one thread per job, not started yet."""
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.schedulers.background import BackgroundScheduler

    for name in ("apscheduler.scheduler", "apscheduler.executors.default"):
        logging.getLogger(name).addFilter(_SCHEDULER_MESSAGES)
    return BackgroundScheduler(executors={"default": ThreadPoolExecutor(4)}, timezone=UTC)
