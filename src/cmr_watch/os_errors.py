"""Readable reasons why a file cannot be used."""

from __future__ import annotations

import os
import pwd
from pathlib import Path


def os_reason(error: OSError) -> str:
    """The reason; if a permission is missing, also which user needs it, and on which file or folder."""
    reason = error.strerror or type(error).__name__
    if not isinstance(error, PermissionError) or not error.filename:
        return reason
    return f"{reason}: the user {_user()} needs access to {_inaccessible(Path(os.fsdecode(error.filename)))}"


def _inaccessible(path: Path) -> Path:
    """The outermost folder of the path that this user may not search; or else the path itself, or its folder."""
    for folder in reversed(path.absolute().parents):
        if folder.is_dir() and not os.access(folder, os.X_OK):
            return folder
    return path if path.exists() else path.parent


def _user() -> str:
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:  # in a container, a user may have no name
        return str(number)
