"""The public site on a database with a story, and on an empty one."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient, Response

from cmr_watch.config.settings import PageSection, Settings, WebSection
from cmr_watch.store.database import Database, open_database
from cmr_watch.web.public.site import site_application
from tests.fakes.site import FakeSite
from tests.web.public import sample
from tests.web.public.html_checks import Page, checked

LIST_URL = "https://platform.example.eu/clusters-meet-regions"


@dataclass
class Told:
    """The database of the sample, and the address of its list."""

    path: Path
    list_url: str


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The sample, made once: tests work on copies."""
    folder = tmp_path_factory.mktemp("told")
    database = open_database(f"sqlite:///{folder / 'sample.db'}", begin_new=True)
    with FakeSite() as site:
        sample.tell(site, database).app.__exit__(None, None, None)
        list_url = site.url(sample.PATH)
    database.close()
    return Told(folder / "sample.db", list_url)


class Reader:
    """Somebody who reads the site at a time. `page` checks each page that it opens."""

    def __init__(self, database: Database, list_url: str, now: datetime, web: WebSection) -> None:
        self.now = now
        settings = Settings(page=PageSection(list_url), web=web)
        app = site_application(settings, database, lambda: self.now)
        self._transport = ASGITransport(app, raise_app_exceptions=False)
        self._runner = asyncio.Runner()

    def get(self, path: str, **headers: str) -> Response:
        """The response."""
        return self._runner.run(self._get(path, headers))

    async def _get(self, path: str, headers: dict[str, str]) -> Response:
        client = AsyncClient(transport=self._transport, base_url="http://site.example.eu")
        return await client.get(path, headers=headers)

    def close(self) -> None:
        """End the event loop."""
        self._runner.close()

    def page(self, path: str, status: int = 200) -> Page:
        """The page, which must be an HTML page without an error in it."""
        response = self.get(path)
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return checked(response.text)


MakeReader = Callable[..., Reader]


@pytest.fixture
def reader_of() -> Iterator[MakeReader]:
    """Makes readers of databases."""
    opened: list[Reader | Database] = []

    def make(path: Path, list_url: str = LIST_URL, now: datetime = sample.NOW, **web: str) -> Reader:
        database = open_database(f"sqlite:///{path}", begin_new=not path.exists())
        reader = Reader(database, list_url, now, WebSection(**web))
        opened.extend((database, reader))
        return reader

    yield make
    for one in reversed(opened):
        one.close()


@pytest.fixture
def reader(told: Told, tmp_path: Path, reader_of: MakeReader) -> Reader:
    """A reader of the sample, at its end."""
    return reader_of(Path(shutil.copytree(told.path.parent, tmp_path / "told")) / "sample.db", told.list_url)


@pytest.fixture
def first_reader(tmp_path: Path, reader_of: MakeReader) -> Reader:
    """A reader of an installation that has read nothing yet."""
    return reader_of(tmp_path / "new.db")
