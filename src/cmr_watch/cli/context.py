"""What commands start from: the settings, the database, the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from cmr_watch import log
from cmr_watch.cli.options import CONFIG
from cmr_watch.cli.output import Refused
from cmr_watch.config import Settings, load
from cmr_watch.exceptions import StoreUnavailable
from cmr_watch.store.database import Database, open_database


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
