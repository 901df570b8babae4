"""Saved pages, read for `parse`, `diff` and `capture`."""

from __future__ import annotations

import sys
from pathlib import Path

from cmr_watch.cli.output import Refused
from cmr_watch.exceptions import ParseError
from cmr_watch.models import Snapshot
from cmr_watch.monitor.parse import read_initiative


def read_file(file: str, page: str) -> Snapshot:
    """What a saved page says; `-` is the standard input. ParseError also when the file cannot be opened."""
    refuse_others(page)
    return read_initiative(content_of(file))


def refuse_others(page: str) -> None:
    """Call and edition pages have names on the command line already; nobody reads them yet."""
    if page != "initiative":
        raise Refused(f"this version reads the initiative page only, no {page} page yet")


def content_of(file: str) -> bytes:
    """The bytes of a saved page."""
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise ParseError(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error
