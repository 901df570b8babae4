"""A virtual environment for each program, in the user's cache folder, and what is installed in it."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parent.parent.parent
REQUIREMENTS: Final = Path(__file__).parent / "requirements"
PEERS: Final = ("urlwatch", "webchanges", "changedetection.io")
OURS: Final = "cmr-watch"


class CannotInstall(Exception):
    """A program could not be installed; the text says why, for the reader of the results."""


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package: what its files take on disk, in bytes."""

    name: str
    version: str
    size: int


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment in which one program is installed."""

    program: str
    folder: Path

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def command(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    def packages(self) -> tuple[Package, ...]:
        """All packages, the largest first."""
        listed = subprocess.run([self.python, "-c", _LIST], check=True, capture_output=True, text=True).stdout
        rows = (line.split("\t") for line in listed.splitlines())
        return tuple(sorted((Package(name, version, int(size)) for name, version, size in rows), key=lambda p: -p.size))

    def version(self) -> str:
        return next(package.version for package in self.packages() if package.name == self.program)

    def size(self) -> int:
        """Bytes on disk, as `du` counts them, without pip and setuptools, which any environment has."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and not path.is_symlink())
        return sum(path.stat().st_blocks * 512 for path in files) - self.size_of(("pip", "setuptools"))

    def size_of(self, names: Iterable[str]) -> int:
        return sum(package.size for package in self.packages() if package.name in tuple(names))


_LIST: Final = """
import importlib.metadata, os, re
for distribution in importlib.metadata.distributions():
    paths = {str(file.locate()) for file in distribution.files or ()}
    size = sum(os.stat(path).st_blocks * 512 for path in paths if os.path.isfile(path))
    name = re.sub(r"[-_]+", "-", distribution.metadata["Name"]).lower()
    print(name, distribution.version, size, sep="\\t")
"""


def cache() -> Path:
    """The folder of the environments, outside the repository."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cmr-watch-bench"


def environment(program: str) -> Environment:
    """The environment of a program, made if it does not exist or what it was made from has changed.

    It is looked at once in each run: what is measured stays the same, even if the source is changed meanwhile. What
    cannot be installed is tried once. Raises CannotInstall.
    """
    found = _environment(program)
    if isinstance(found, CannotInstall):
        raise found
    return found


@functools.cache
def _environment(program: str) -> Environment | CannotInstall:
    try:
        return _make(program)
    except CannotInstall as error:
        return error


def _make(program: str) -> Environment:
    installed = Environment(program, cache() / program)
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{program}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two parts may be measured at the same time
        mark, made_from = installed.folder / "made-from", _made_from(program)
        if not mark.exists() or mark.read_text() != made_from:
            print(f"installing {program} into {cache()} …", file=sys.stderr, flush=True)
            shutil.rmtree(installed.folder, ignore_errors=True)
            _run(program, sys.executable, "-m", "venv", str(installed.folder))
            _install_ours(installed) if program == OURS else _install(installed, REQUIREMENTS / f"{program}.txt")
            mark.write_text(made_from)
    return installed


def _made_from(program: str) -> str:
    """A digest of everything that the environment depends on."""
    files = [PROJECT / "requirements.lock", PROJECT / "pyproject.toml", *sorted((PROJECT / "src").rglob("*"))]
    files = files if program == OURS else [REQUIREMENTS / f"{program}.txt"]
    digest = hashlib.sha256(platform.python_version().encode())
    for file in files:
        if file.is_file() and file.suffix != ".pyc":
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _install(installed: Environment, requirements: Path) -> None:
    pip = (installed.python, "-m", "pip", "--quiet", "--disable-pip-version-check")
    _run(installed.program, *pip, "install", "-r", str(requirements))


def _install_ours(installed: Environment) -> None:
    """The wheel of this source tree, with the locked versions of what it needs, and the extra for PostgreSQL."""
    _install(installed, PROJECT / "requirements.lock")
    with tempfile.TemporaryDirectory() as folder:
        _run(OURS, sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder)
        (wheel,) = Path(folder).glob("*.whl")
        _run(
            OURS,
            installed.python,
            "-m",
            "pip",
            "--quiet",
            "--disable-pip-version-check",
            "install",
            "--no-deps",
            str(wheel),
        )


def _run(program: str, *command: str) -> None:
    completed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    if completed.returncode:
        lines = completed.stderr.strip().splitlines() or ["no reason given"]
        # the last one is the plainest; those before it list versions by the dozen
        reason = next((line for line in reversed(lines) if "ERROR" in line), lines[-1]).removeprefix("ERROR: ")
        raise CannotInstall(f"{program} could not be installed, which needs access to PyPI (pip: “{reason}”)")
