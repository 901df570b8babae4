"""Fixtures for all tests: databases on SQLite and PostgreSQL."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from cmr_watch.store.database import Database, open_database
from tests import postgres, sqlite

ENGINES = ("sqlite", "postgresql")

# no deadline per example: its duration depends on the load of the machine
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# a shell that runs the tests in the background lets them ignore SIGINT, and the processes that they start inherit that
signal.signal(signal.SIGINT, signal.default_int_handler)

# in memory if possible: on a disk, SQLite waits for every commit to be written
if (in_memory := postgres.memory_folder()) is not None:
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
    """The URL of a database without tables, on each engine."""
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
    """The URL of a database with the current schema and no rows, on each engine."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    if request.param == "sqlite":
        sqlite.replace(Path(url.removeprefix("sqlite:///")), request.getfixturevalue("sqlite_template"))
    else:
        server: postgres.Server = request.getfixturevalue("postgres_server")
        server.replace(url, template=request.getfixturevalue("postgres_template"))
    return url


@pytest.fixture(scope="session")
def open_databases() -> dict[str, Database]:
    """Databases by URL. Reusing an engine saves compiling its statements again in each test."""
    return {}


@pytest.fixture
def database(database_url: str, open_databases: dict[str, Database]) -> Iterator[Database]:
    """An open database with the current schema and no rows, on each engine."""
    if database_url not in open_databases:
        open_databases[database_url] = open_database(database_url)
    yield open_databases[database_url]
    open_databases[database_url].close()
