"""Output of the commands: lines, JSON Lines, tables that fit the terminal, and the exit codes."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any, Final, TextIO
from zoneinfo import ZoneInfo

import click

from cmr_watch.escaping import escaped, json_line
from cmr_watch.exceptions import CmrWatchError

OK, FAILED, USAGE_ERROR, CHANGED = 0, 1, 2, 3
# 128 + signal number, as shells report a process that SIGINT, SIGPIPE or SIGTERM ended
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143
PAGE_NAMES: Final = {"initiative": "list of editions", "call": "call page", "edition": "edition page"}
GAP: Final = "  "
MAX_WIDTH: Final = 32
"""Columns of any table cell but the last, which is wrapped."""


class OutputError(CmrWatchError):
    """The output cannot be written."""


class CommandError(click.ClickException):
    """The command line is valid, but the command cannot run. Exit code 2."""

    exit_code = USAGE_ERROR


def print_line(text: str = "") -> None:
    """Print one line to stdout. Exits silently when the pipe was closed."""
    with to_stdout():
        click.echo(text)


def print_bytes(content: bytes) -> None:
    """Write bytes to stdout unchanged."""
    with to_stdout():
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@contextmanager
def to_stdout() -> Iterator[None]:
    """Turn errors of writing to stdout into an exit (closed pipe) or an OutputError (disk full)."""
    try:
        yield
    except BrokenPipeError:
        _discard_buffer(sys.stdout)
        raise SystemExit(PIPE_CLOSED) from None
    except OSError as error:
        _discard_buffer(sys.stdout)
        raise OutputError(f"cannot write the output: {error.strerror or error}") from error


def _discard_buffer(stream: TextIO) -> None:
    """Redirect the stream to the null device, so that flushing it at exit does not raise the same error again."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def print_error(text: str) -> None:
    """Print one line to stderr, if it can be written."""
    try:
        click.echo(f"cmr-watch: {escaped(text)}", err=True)
    except OSError:
        _discard_buffer(sys.stderr)


def print_json(value: dict[str, Any]) -> None:
    """Print one JSON object on one line, in ASCII when stdout is not UTF-8."""
    encoding = sys.stdout.encoding if sys.stdout else None  # None: it was closed before the start
    is_utf8 = (encoding or "").lower().replace("-", "") == "utf8"
    print_line(json_line(value, only_ascii=not is_utf8))


def local_time(at: datetime, zone: tzinfo) -> str:
    """`2024-04-02 09:12` in the given time zone."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def in_zone(heading: str, zone: ZoneInfo) -> str:
    """The heading of a column of times: `READ AT (Brussels)`."""
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return f"{heading} ({place})"


def printable(text: str) -> str:
    """The text with control characters replaced by spaces, so that scraped text cannot drive the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print columns as wide as their content; the last one is wrapped to the width that is left in the terminal."""
    cells = [tuple(head), *(tuple(printable(cell) for cell in row) for row in rows)]
    widths = [min(MAX_WIDTH, max(width(row[column]) for row in cells)) for column in range(len(head) - 1)]
    indent = sum(widths) + len(GAP) * len(widths)
    last_width = max(20, shutil.get_terminal_size((80, 24)).columns - indent)
    for row in cells:
        first, *more = wrap(row[-1], last_width)
        print_line(GAP.join([*map(fit, row[:-1], widths), first]).rstrip())
        for rest in more:
            print_line(" " * indent + rest)


def width(text: str) -> int:
    """Terminal columns that a text takes: 0 for combining marks, 2 for wide characters and emoji (UAX #11)."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, columns: int) -> str:
    """The text in exactly `columns` columns: padded with spaces, or cut off with an ellipsis."""
    if width(text) > columns:
        while width(text) > columns - 1:
            text = text[: columns - 1] if len(text) > columns else text[:-1]
        text += "…"
    return text + " " * (columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines of at most `columns` columns, broken at spaces; a longer word is not broken."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(joined) > columns:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines
