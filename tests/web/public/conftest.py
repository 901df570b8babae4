"""The sample database, told once for all tests, and the site on a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cmr_watch.config import Settings
from cmr_watch.store.database import Database, open_database
from cmr_watch.web.public.site import site_application
from tests.fakes.site import FakeSite
from tests.web.public.client import Client
from tests.web.public.sample import NOW, tell


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Settings]:
    """The file of the sample database, and the settings of its installation. Not to be changed."""
    path = tmp_path_factory.mktemp("sample") / "sample.db"
    with closing(open_database(f"sqlite:///{path}")) as database, FakeSite() as site:
        story = tell(site, database)
        story.app.__exit__(None, None, None)
    return path, story.settings


@pytest.fixture
def sample(told: tuple[Path, Settings], tmp_path: Path) -> Iterator[Database]:
    """A copy of the sample database."""
    copy = tmp_path / "sample.db"
    shutil.copy(told[0], copy)
    with closing(open_database(f"sqlite:///{copy}")) as database:
        yield database


@pytest.fixture
def client(sample: Database, told: tuple[Path, Settings]) -> Client:
    """The site on the sample database, at the end of its story."""
    return Client(site_application(told[1], sample, lambda: NOW))
