"""Fixtures for everybody: a database, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from cmr_watch.store.database import Database, open_database
from tests import postgres, sqlite

ENGINES = ("sqlite", "postgresql")

# how long one example takes is the machine's load, and no property of ours
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# SQLite waits for the disk at every commit; in memory there is nothing to wait for
if (in_memory := postgres.memory()) is not None:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", in_memory)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    with postgres.server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: postgres.Server) -> Iterator[str]:
    url = postgres_server.create()
    open_database(url).close()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    open_database(f"sqlite:///{path}").close()
    return path


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, on each engine."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    url = server.create()
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def sqlite_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('database') / 'test.db'}"


@pytest.fixture(scope="session")
def postgres_url(postgres_server: postgres.Server) -> Iterator[str]:
    url = postgres_server.create()
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of a database with today's schema and no rows, on each engine."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    if request.param == "sqlite":
        sqlite.replace(Path(url.removeprefix("sqlite:///")), request.getfixturevalue("sqlite_template"))
    else:
        server: postgres.Server = request.getfixturevalue("postgres_server")
        server.replace(url, template=request.getfixturevalue("postgres_template"))
    return url


@pytest.fixture(scope="session")
def opened() -> dict[str, Database]:
    """Databases by their address. An engine that is kept does not compile its statements again for each test."""
    return {}


@pytest.fixture
def database(database_url: str, opened: dict[str, Database]) -> Iterator[Database]:
    """A fresh database, open, on each engine."""
    if database_url not in opened:
        opened[database_url] = open_database(database_url)
    yield opened[database_url]
    opened[database_url].close()
