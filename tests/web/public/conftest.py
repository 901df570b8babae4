"""The sample database, built once for all tests, and the site on a copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from cmr_watch.config import Settings
from cmr_watch.config.settings import WebSection
from cmr_watch.store.database import Database, open_database
from cmr_watch.web.public.site import site_application
from tests.fakes.site import FakeSite
from tests.web.public.client import Client
from tests.web.public.reader import Reader
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


MakeReader = Callable[..., Reader]


@pytest.fixture
def reader_of(told: tuple[Path, Settings]) -> Iterator[MakeReader]:
    """Makes readers of databases; a database that does not exist is made."""
    with ExitStack() as opened:

        def make(path: Path, now: datetime = NOW, **web: str) -> Reader:
            database = opened.enter_context(closing(open_database(f"sqlite:///{path}")))
            return Reader(database, replace(told[1], web=WebSection(**web)), now)

        yield make


@pytest.fixture
def reader(sample: Database, told: tuple[Path, Settings]) -> Reader:
    """A reader of the sample database, at the end of its story."""
    return Reader(sample, told[1], NOW)


@pytest.fixture
def first_reader(tmp_path: Path, reader_of: MakeReader) -> Reader:
    """A reader of an installation that has read nothing yet."""
    return reader_of(tmp_path / "new.db")
