"""How commands print: lines, JSON Lines, tables of 80 columns; and how they end."""

from __future__ import annotations

import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any, Final, TextIO

import click

from cmr_watch.exceptions import CmrWatchError

FINE, FAILED, WRONG, CHANGED = 0, 1, 2, 3
# what a shell reports of a program that SIGINT, SIGPIPE, SIGTERM ended
INTERRUPTED, PIPE_CLOSED, TERMINATED = 130, 141, 143
GAP: Final = "  "
WIDEST: Final = 32


class OutputError(CmrWatchError):
    """The output cannot be written."""


class Refused(click.ClickException):
    """What was asked for cannot be begun, though the command line is well formed."""

    exit_code = WRONG


def line(text: str = "") -> None:
    """One line to stdout; ends the program quietly when nobody reads it any more."""
    with to_stdout():
        click.echo(text)


def raw(content: bytes) -> None:
    """Bytes to stdout, as they are."""
    with to_stdout():
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@contextmanager
def to_stdout() -> Iterator[None]:
    """OutputError when what is printed cannot be written: the disk is full."""
    try:
        yield
    except BrokenPipeError:
        _give_up(sys.stdout)
        raise SystemExit(PIPE_CLOSED) from None
    except OSError as error:
        _give_up(sys.stdout)
        raise OutputError(f"cannot write the output: {error.strerror or error}") from error


def _give_up(stream: TextIO) -> None:
    """What is still in the buffer goes nowhere: at the exit the interpreter would complain of it once more."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def complain(text: str) -> None:
    """One line to stderr, if anything can be written there."""
    try:
        click.echo(f"cmr-watch: {text}", err=True)
    except OSError:
        _give_up(sys.stderr)


def json_line(value: dict[str, Any]) -> None:
    """One JSON object in one line."""
    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    line(json.dumps(value, ensure_ascii=not unicode))


def local_time(at: datetime, zone: tzinfo) -> str:
    """A time as people read it."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"


def plain(text: str) -> str:
    """Text of a page as it may go to a terminal: no control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as they need; the last one is wrapped into what the terminal leaves."""
    cells = [tuple(head), *(tuple(plain(cell) for cell in row) for row in rows)]
    widths = [min(WIDEST, max(width(row[column]) for row in cells)) for column in range(len(head) - 1)]
    left = max(20, shutil.get_terminal_size((80, 24)).columns - sum(widths) - len(GAP) * len(widths))
    for row in cells:
        first, *more = wrap(row[-1], left)
        line(GAP.join([*map(fit, row[:-1], widths), first]).rstrip())
        for rest in more:
            line(" " * (sum(widths) + len(GAP) * len(widths)) + rest)


def width(text: str) -> int:
    """How many columns a text takes: marks none, wide letters and emoji two."""
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def fit(text: str, columns: int) -> str:
    """The text in exactly so many columns: filled with spaces, or cut with an ellipsis."""
    if width(text) > columns:
        while width(text) > columns - 1:
            text = text[: columns - 1] if len(text) > columns else text[:-1]
        text += "…"
    return text + " " * (columns - width(text))


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines of so many columns, parted at spaces; a word that is too long stays whole."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(joined) > columns:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines
