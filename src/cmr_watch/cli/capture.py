"""`cmr-watch capture`"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click

from cmr_watch import new_files
from cmr_watch.cli.context import clock, load_settings
from cmr_watch.cli.options import config_option, page_option
from cmr_watch.cli.output import CommandError, print_line
from cmr_watch.cli.page_files import content_of
from cmr_watch.exceptions import ParseError
from cmr_watch.models.readings import FetchedPage, PageKind, Snapshot
from cmr_watch.monitor.fetch import fetch_page, fetch_settings
from cmr_watch.plural import counted
from cmr_watch.reading import read
from cmr_watch.serialization import reading_to_dict


@click.command()
@config_option
@page_option
@click.option("--force", is_flag=True, help="Overwrite the files of an earlier capture.")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.argument("source", metavar="[URL|FILE]", default=None, required=False)
def command(folder: Path, page: PageKind, source: str | None, force: bool) -> None:
    """Save a page as a test fixture: DIR/page.html (unchanged) and DIR/expected.json (the parser's output).

    Without URL or FILE, the configured page is fetched. A fetched page also gets DIR/headers.json. Correct
    expected.json where the parser is wrong: the fixture then fails as a test until the parser is fixed.

    \b
    Example:
      cmr-watch capture tests/fixtures/oddities/new-dash saved-page.html
    """
    names = ("page.html", "expected.json", "headers.json")
    files = [folder / name for name in names]
    _refuse_existing(files, force)
    content, fetched = _load_page(source)
    snapshot = _parse(page, content, fetched)
    contents = [content, _json(reading_to_dict(snapshot))] + ([_json(_headers(fetched))] if fetched else [])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, data in zip(files, contents, strict=False):
            new_files.write_public(file, data, "file of a capture", lambda _: force)
    except OSError as error:
        raise CommandError(f"cannot write to {folder}: {error.strerror}") from error
    content_summary = f"{counted(len(snapshot.editions), 'edition')}, {counted(len(snapshot.calls), 'call')}"
    print_line(f"Saved {files[0]} and {files[1]} ({content_summary}).")


def _refuse_existing(files: Sequence[Path], force: bool) -> None:
    """Protects an expected.json that was corrected by hand; with `force`, all files but those of an earlier capture."""
    try:
        existing = [file for file in files if os.path.lexists(file)]
        is_capture = bool(existing) and force and _is_expectation(files[1])
    except OSError as error:
        raise CommandError(f"{error.filename} cannot be accessed: {error.strerror}") from error
    if existing and not force:
        raise CommandError(f"{existing[0]} already exists; use --force to overwrite it")
    if existing and not is_capture:
        raise CommandError(f"{existing[0]} is not part of an earlier capture, so it is not overwritten")


def _is_expectation(file: Path) -> bool:
    """Whether a file is the expected.json of a capture, possibly corrected by hand."""
    if file.is_symlink() or not file.is_file():
        return False
    try:
        content = json.loads(file.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"page", "editions", "calls"} <= content.keys()


def _parse(kind: PageKind, content: bytes, fetched: FetchedPage | None) -> Snapshot:
    reading = read(kind, content, fetched.charset, fetched.url) if fetched else read(kind, content)
    return reading.snapshot


def _load_page(source: str | None) -> tuple[bytes, FetchedPage | None]:
    """The bytes of the page, and the response they came with unless they were read from a file."""
    if source is not None and "://" not in source:
        try:
            return content_of(source), None
        except ParseError as error:
            raise ParseError(f"{source}: {error}") from error
    settings = load_settings()
    fetched = fetch_page(fetch_settings(settings), source or settings.page.url, clock)
    return fetched.content, fetched


def _headers(page: FetchedPage) -> dict[str, object]:
    """The URLs and the response headers of the page."""
    return {"url": page.url, "final_url": page.final_url, "headers": dict(page.headers)}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
