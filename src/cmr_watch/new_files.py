"""Creates files without ever harming others: nothing is overwritten but an earlier file of the same kind.

A file gets its name when it is complete. Until then it is in a private folder next to it, which is removed even after
the process was killed: by the next one that creates a file there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from cmr_watch.exceptions import ConfigError

_PREFIX: Final = ".cmr-watch-partial-"

IsOwn = Callable[[Path], bool]
"""Whether an existing file is an earlier one of the same kind. It is called for regular files only."""


def require_new(path: Path, kind: str, is_own: IsOwn | None = None) -> None:
    """ConfigError unless a file can be created here; with `is_own`, an earlier file of its kind may be there.

    `kind` names that kind: `backup of cmr-watch`. No folder is created: its name may be misspelt, or its disk not
    mounted.
    """
    if not path.parent.is_dir():
        raise ConfigError(f"{path.parent} does not exist or is not a folder; create it first")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise ConfigError(f"{path} is a folder, not a file")
    if stat.S_ISLNK(mode):
        raise ConfigError(f"{path} is a symbolic link, which is never written through; choose another name")
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path} is not a regular file; choose another name")
    if is_own is None:
        raise ConfigError(f"{path} already exists; choose another name")
    if not is_own(path):
        raise ConfigError(f"{path} is not a {kind}, so it is not overwritten; choose another name")


def write_private(path: Path, content: bytes, kind: str, is_own: IsOwn | None = None) -> None:
    """Create a file that only its owner can read, where `require_new` allows it. Raises OSError."""
    _write(path, content, kind, is_own, 0o600)


def write_public(path: Path, content: bytes, kind: str, is_own: IsOwn | None = None) -> None:
    """Like `write_private`, but others can read it as far as the umask allows."""
    _write(path, content, kind, is_own, 0o666)


def _write(path: Path, content: bytes, kind: str, is_own: IsOwn | None, mode: int) -> None:
    require_new(path, kind, is_own)
    with partial_folder(path.parent) as folder:
        part = folder / path.name
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
            file.write(content)
        put_in_place(part, path, replace=is_own is not None)


@contextmanager
def partial_folder(parent: Path) -> Iterator[Path]:
    """Make a private folder: what is created in it can be moved to its place in `parent` by a single rename.

    The folder is locked while it is in use, so that a folder left by a killed process can be recognised and removed.
    """
    _remove_leftovers(parent)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def put_in_place(part: Path, path: Path, *, replace: bool) -> None:
    """Give a complete file its name, durably. Raises FileExistsError if there is one, unless that is to be replaced."""
    _fsync(part)
    if replace:
        os.replace(part, path)
    else:
        _move_to_new_name(part, path)
    _fsync(path.parent)


def _move_to_new_name(part: Path, path: Path) -> None:
    """Unlike a rename, a link never replaces a file that was created in the meantime."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # the file system has no hard links: reserve the name
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        os.replace(part, path)


def _remove_leftovers(parent: Path) -> None:
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                _remove_unless_in_use(Path(entry.path))


def _remove_unless_in_use(folder: Path) -> None:
    with suppress(OSError):  # it is another user's, or another process has removed it
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            if _lock(descriptor):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock an open folder for as long as it is open; return False if another process has locked it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # the file system has no locks, so nothing there can be known to be left over
        return False
    return True


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
