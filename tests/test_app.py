"""The operations of `App` that the journeys (tests/test_journeys*.py) do not cover."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cmr_watch.app import App
from cmr_watch.config import Settings
from cmr_watch.exceptions import ConfigError
from cmr_watch.store.database import Database
from tests.factories import NOW


@pytest.fixture
def app(database: Database) -> Iterator[App]:
    with App(Settings(), database, lambda: NOW) as app:
        yield app


def test_bounces_need_a_mailbox(app: App) -> None:
    with pytest.raises(ConfigError, match="no mailbox is configured"):
        app.process_bounces()


def test_no_daily_backup_without_a_folder(app: App) -> None:
    assert app.daily_backup() is None


def test_health_of_a_new_installation(app: App) -> None:
    status = app.observe()

    assert (status.database_error, status.last_read_at, status.due_since, status.pending) == (None, None, None, 0)
