"""What commands need first: the settings, the database, the clock."""

from __future__ import annotations

import logging
import os.path
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import click

from cmr_watch import log
from cmr_watch.cli.options import CONFIG, STARTED_AT
from cmr_watch.cli.output import CommandError, print_error, printable
from cmr_watch.clock import Clock
from cmr_watch.config import Settings, load
from cmr_watch.config.load import why_another_database
from cmr_watch.exceptions import StoreError, StoreUnavailable
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.store.suppression_journal import SuppressionJournal

_MEASURE_EVERY: Final = 60.0  # seconds
_SET_BY: Final = 1.0  # seconds; NTP corrects less without setting the clock
_LOADED_AT = datetime.now(UTC)


def clock() -> datetime:
    """Now, in UTC; for the thread of the command."""
    return command_clock()()


def command_clock() -> Clock:
    """The clock of this command, for all of its threads, of which click knows only the first.

    With `--at`, the command acts as if it had been started at that time, in UTC.
    """
    context = click.get_current_context(silent=True)
    started_at: datetime | None = context.find_root().meta.get(STARTED_AT) if context else None
    ahead = started_at.replace(tzinfo=UTC) - _LOADED_AT if started_at else timedelta(0)
    return lambda: datetime.now(UTC) + ahead


def system_clock() -> datetime:
    """Now, in UTC, whatever `--at` says."""
    return datetime.now(UTC)


def config_file() -> Path | None:
    """The file given with --config, if any."""
    file: Path | None = click.get_current_context().find_root().meta.get(CONFIG)
    return file


def load_settings(*, service: bool = False) -> Settings:
    """Load the settings, and set up logging as they say, for a service or for a one-off command."""
    settings = load(config_file())
    set_up_logging(settings, service=service)
    return settings


def set_up_logging(settings: Settings, *, service: bool) -> None:
    """Log as the settings say: a service at the level `info` unless they name another one, a command at `warning`.

    The log lines of a command appear between its own messages, so as text they have the same form.
    """
    level = settings.log.level or ("info" if service else "warning")
    is_sentence = settings.log.format == "text" and not service
    log.set_up(level, "sentence" if is_sentence else settings.log.format, settings.secrets)


def open_store(settings: Settings) -> Database:
    """Open the database, and apply what the suppression journal knows better after a restore. The caller closes it.

    If that creates a new SQLite database although the service seems to use another one, say so on stderr.
    """
    url = settings.database.url
    is_new = url.startswith("sqlite:///") and not os.path.exists(url.removeprefix("sqlite:///"))
    try:
        database = open_database(url)
    except StoreUnavailable as error:
        raise CommandError(str(error)) from error
    if is_new and (reason := why_another_database(settings)):
        text = f"created a new, empty database, {database.path}: {reason}"
        if settings.log.format == "json":
            logging.getLogger("cmr_watch.store").warning("%s", text)
        else:
            print_error(printable(text))
    with ExitStack() as stack:
        stack.callback(database.close)
        SuppressionJournal(settings.database.journal).replay(database, clock())
        stack.pop_all()
    return database


def open_subscriptions(settings: Settings, database: Database) -> Subscriptions:
    """The subscriptions; those that end are recorded in the suppression journal."""
    return Subscriptions(database, SuppressionJournal(settings.database.journal))


class StoreClock:
    """Now in UTC, by the database server's clock if there is one, so that all hosts agree on what is due.

    The offset between both clocks is measured again every minute, and at once if the local clock was set, or the host
    suspended: then it has moved by more than the time that has passed.
    """

    def __init__(
        self, database: Database, local: Clock | None = None, passed: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._local = local or command_clock()
        self._passed = passed
        self._offset = timedelta(0)
        self._measured_at = (self._local(), passed())
        self.adjust()

    def __call__(self) -> datetime:
        now, passed = self._local(), self._passed() - self._measured_at[1]
        moved = (now - self._measured_at[0]).total_seconds()
        if passed >= _MEASURE_EVERY or abs(moved - passed) > _SET_BY:
            with suppress(StoreError):
                self.adjust()
        return self._local() + self._offset

    def adjust(self) -> None:
        """Measure the offset between both clocks again."""
        self._measured_at = (self._local(), self._passed())
        self._offset = self._database.clock_offset(self._local)
