"""Reads files that the operator names: the configuration, and what it or a command refers to."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

MAX_SIZE: Final = 4 * 1024 * 1024
"""In bytes; more than ten thousand subscriptions, and the certificates of all known authorities, fit in."""


def read_file(path: Path, most: int = MAX_SIZE) -> bytes:
    """The content of a file of at most `most` bytes. OSError if it cannot be read, or is not what it should be.

    A pipe, or a device other than the null device, is refused: reading it could block, or never end.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) and str(path) != os.devnull:
            raise OSError(errno.EINVAL, "it is not a regular file")
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most // 1024**2} MiB")
    return content
