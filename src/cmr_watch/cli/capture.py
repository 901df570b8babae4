"""`cmr-watch capture`"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import click

from cmr_watch.app import fetch_page
from cmr_watch.cli.context import clock, load_settings
from cmr_watch.cli.options import config_option, page_option
from cmr_watch.cli.output import Refused, line
from cmr_watch.cli.page_files import content_of
from cmr_watch.exceptions import ParseError
from cmr_watch.models import FetchedPage, PageKind, Snapshot
from cmr_watch.monitor.parse import read
from cmr_watch.render.plural import counted
from cmr_watch.serialization import reading_to_dict


@click.command()
@config_option
@page_option
@click.option("--force", is_flag=True, help="Also over the files of an earlier capture.")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.argument("source", metavar="[URL|FILE]", default=None, required=False)
def command(folder: Path, page: PageKind, source: str | None, force: bool) -> None:
    """Save a page as a test fixture: DIR/page.html as it came, DIR/expected.json as it is read today.

    What was fetched has DIR/headers.json beside them. Without URL or FILE, it is the page that the configuration
    names. Mend expected.json where the reading is wrong: the
    fixture is then a test that fails until the parser is mended.

    \b
    Example:
      cmr-watch capture tests/fixtures/oddities/new-dash saved-page.html
    """
    names = ("page.html", "expected.json", "headers.json")
    files = [folder / name for name in names]
    if not force:
        _refuse_existing(files)
    content, fetched = _content(source)
    snapshot = _read(page, content, fetched)
    written = [content, _json(reading_to_dict(snapshot))] + ([_json(_headers(fetched))] if fetched else [])
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, body in zip(files, written, strict=False):
            file.write_bytes(body)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}") from error
    read = f"{counted(len(snapshot.editions), 'edition')}, {counted(len(snapshot.calls), 'call')}"
    line(f"Saved {files[0]} and {files[1]} ({read}).")


def _refuse_existing(files: Iterable[Path]) -> None:
    """An expected.json that was mended by hand is work."""
    try:
        there = next((file for file in files if file.exists()), None)
    except OSError as error:
        raise Refused(f"{error.filename} cannot be looked at: {error.strerror}") from error
    if there:
        raise Refused(f"{there} is there already; to write over it: --force")


def _read(kind: PageKind, content: bytes, fetched: FetchedPage | None) -> Snapshot:
    return read(kind, content, fetched.charset, fetched.url) if fetched else read(kind, content)


def _content(source: str | None) -> tuple[bytes, FetchedPage | None]:
    if source is not None and "://" not in source:
        try:
            return content_of(source), None
        except ParseError as error:
            raise ParseError(f"{source}: {error}") from error
    settings = load_settings()
    fetched = fetch_page(settings, source or settings.page.url, clock)
    return fetched.content, fetched


def _headers(page: FetchedPage) -> dict[str, object]:
    """Where the page came from, and what its server said of it."""
    return {"url": page.url, "final_url": page.final_url, "headers": dict(page.headers)}


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
