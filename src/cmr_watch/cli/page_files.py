"""Saved pages as input of `parse`, `diff` and `capture`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from cmr_watch.config import files
from cmr_watch.exceptions import ParseError
from cmr_watch.models.readings import PageKind, Snapshot
from cmr_watch.reading import Reading, read
from cmr_watch.reading.content import has_content

_MAX_SIZE: Final = 50 * 2**20
"""In bytes: ten times what a check downloads."""


def read_file(file: str, page: PageKind) -> Snapshot:
    """Parse a saved page; `-` is standard input. ParseError also if the file cannot be opened."""
    return read(page, content_of(file)).snapshot


def read_page(file: str, page: PageKind) -> Reading:
    """Like `read_file`; ParseError also if the file has no part that could be the content of a page (READING O5)."""
    content = content_of(file)
    reading = read(page, content)
    if not has_content(content, reading.snapshot):
        raise ParseError("has no content that could be read: no heading, list or paragraph")
    return reading


def content_of(file: str) -> bytes:
    """The bytes of a saved page; `-` is standard input."""
    try:
        content = sys.stdin.buffer.read(_MAX_SIZE + 1) if file == "-" else files.read_file(Path(file), _MAX_SIZE)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the file name
        raise ParseError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if len(content) > _MAX_SIZE:
        raise ParseError(f"is larger than {_MAX_SIZE // 2**20} MiB")
    return content
