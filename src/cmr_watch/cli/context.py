"""What commands start from: the settings, the database, the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from cmr_watch import log
from cmr_watch.cli.options import CONFIG
from cmr_watch.cli.output import Refused
from cmr_watch.config import Settings, load
from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store.database import Database, open_database
from cmr_watch.store.subscriptions import Subscriptions
from cmr_watch.store.suppression_journal import Journal


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def config_file() -> Path | None:
    """What --config named."""
    named: Path | None = click.get_current_context().find_root().meta.get(CONFIG)
    return named


def load_settings() -> Settings:
    """The settings; from here on the log goes where they say."""
    settings = load(config_file())
    log.set_up(settings.log.level, settings.log.format, settings.secrets)
    return settings


def open_store(settings: Settings) -> Database:
    """The database, to be closed."""
    try:
        return open_database(settings.database.url)
    except StoreUnavailable as error:
        raise Refused(str(error)) from error


def people(settings: Settings, database: Database) -> Subscriptions:
    """The subscriptions, after the journal was read: a database that came back from a copy learns who said no."""
    journal = Journal(settings.database.journal)
    journal.replay(database, clock())
    return Subscriptions(database, journal)


class StoreClock:
    """Now, in UTC, by the database's clock where it has one: several hosts then agree on what is due."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ahead = timedelta(0)
        self.adjust()

    def __call__(self) -> datetime:
        return clock() + self._ahead

    def adjust(self) -> None:
        """Compare the clocks again."""
        self._ahead = self._database.ahead(clock)


def store_clock(database: Database) -> StoreClock:
    """The clock of whoever shares this database."""
    return StoreClock(database)
