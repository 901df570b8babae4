"""The operations of `App` that the journeys (tests/test_journeys*.py) do not cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cmr_watch.app import App
from cmr_watch.config import BackupSection, PageSection, Settings
from cmr_watch.exceptions import ConfigError
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from tests.factories import NOW, URL
from tests.store.test_checks import record


@pytest.fixture
def app(database: Database) -> Iterator[App]:
    with App(Settings(page=PageSection(URL)), database, lambda: NOW) as app:
        yield app


def test_bounces_need_a_mailbox(app: App) -> None:
    with pytest.raises(ConfigError, match="no mailbox is configured"):
        app.process_bounces()


def test_the_folder_of_the_backups_is_not_created(app: App, tmp_path: Path) -> None:
    app._settings = replace(app._settings, backup=BackupSection(tmp_path / "missing", 3))
    with pytest.raises(ConfigError, match=r"^\[backup\] folder: .*missing does not exist or is not a folder; create"):
        app.daily_backup()
    assert not (tmp_path / "missing").exists()


def test_no_daily_backup_without_a_folder(app: App) -> None:
    assert app.daily_backup() is None


def test_health_of_a_new_installation(app: App) -> None:
    status = app.observer.observe()

    assert (status.database_error, status.last_read_at, status.due_since, status.pending) == (None, None, None, 0)


def test_a_check_in_the_future_is_not_recent(app: App, database: Database) -> None:
    """The daemon would not check before that time comes, if the clock was ahead and has been corrected."""
    Checks(database).commit(record(checked_at=NOW + timedelta(days=3650)))
    assert not app.observer.was_checked_within(timedelta(hours=1))
