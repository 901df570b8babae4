"""Reads a Maildir folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cmr_watch.exceptions import MailboxError
from cmr_watch.notify.incoming_mail import MAX_BYTES
from cmr_watch.os_errors import os_reason


class Maildir:
    """A key is the part of a file name before the flags, which mail programs change."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.unreadable: list[str] = []
        with self._os_errors_reported():
            if not root.is_dir():
                raise MailboxError(f"The Maildir {root} does not exist.")
            if not (root / "new").is_dir() or not (root / "cur").is_dir():
                raise MailboxError(f"{root} is not a Maildir: it needs the folders new and cur.")

    def mails(self) -> Iterator[tuple[str, bytes]]:
        with self._os_errors_reported():
            unseen = [path for path in self._files() if path.parent.name == "new" or "S" not in _flags(path)]
        for path in unseen:
            content = self._content(path)
            if content is not None:
                yield _key(path), content

    def done(self, key: str) -> None:
        path = self._find(key)
        if path is None:
            return
        try:
            path.rename(self._root / "cur" / f"{key}:2,{''.join(sorted({*_flags(path), 'S'}))}")
        except FileNotFoundError:  # another program was faster
            return
        except OSError as error:
            self._skip(path, error)

    def _find(self, key: str) -> Path | None:
        """The current path of the mail, None if it is gone: a mail program may have moved or deleted it."""
        with self._os_errors_reported():
            unmoved = self._root / "new" / key
            return unmoved if unmoved.is_file() else next((path for path in self._files() if _key(path) == key), None)

    def _files(self) -> list[Path]:
        entries = (entry for name in ("new", "cur") for entry in sorted(os.scandir(self._root / name), key=_name))
        return [Path(entry.path) for entry in entries if not entry.name.startswith(".") and _is_file(entry)]

    def _content(self, path: Path) -> bytes | None:
        try:
            with path.open("rb") as file:
                return file.read(MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._skip(path, error)
            return None

    def _skip(self, path: Path, error: OSError) -> None:
        """Note that a file cannot be used, and go on with the next one."""
        self.unreadable.append(f"{path.parent.name}/{path.name}: {os_reason(error)}")

    @contextmanager
    def _os_errors_reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise MailboxError(f"The Maildir {self._root} cannot be accessed: {os_reason(error)}.") from error


def _key(path: Path) -> str:
    return path.name.partition(":")[0]


def _flags(path: Path) -> str:
    return path.name.partition(":2,")[2]


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # such as a loop of links: an unreadable file
        return True


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
