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
from cmr_watch.cli.pages import content_of, refuse_others
from cmr_watch.exceptions import ParseError
from cmr_watch.models import Snapshot
from cmr_watch.monitor.parse import read_initiative
from cmr_watch.render.words import counted
from cmr_watch.wire import reading_to_dict


@click.command()
@config_option
@page_option
@click.option("--force", is_flag=True, help="Also over the files of an earlier capture.")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.argument("source", metavar="[URL|FILE]", default=None, required=False)
def command(folder: Path, page: str, source: str | None, force: bool) -> None:
    """Save a page as a test fixture: DIR/page.html as it came, DIR/expected.json as it is read today.

    Without URL or FILE, the page that the configuration names. Mend expected.json where the reading is wrong: the
    fixture is then a test that fails until the parser is mended.

    \b
    Example:
      cmr-watch capture tests/fixtures/oddities/new-dash saved-page.html
    """
    refuse_others(page)
    files = folder / "page.html", folder / "expected.json"
    if not force:
        _refuse_existing(files)
    content, charset = _content(source)
    snapshot = read_initiative(content, charset)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        files[0].write_bytes(content)
        files[1].write_text(_expected(snapshot), encoding="utf-8")
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


def _content(source: str | None) -> tuple[bytes, str | None]:
    if source is not None and "://" not in source:
        try:
            return content_of(source), None
        except ParseError as error:
            raise ParseError(f"{source}: {error}") from error
    settings = load_settings()
    fetched = fetch_page(settings, source or settings.page.url, clock)
    return fetched.content, fetched.charset


def _expected(snapshot: Snapshot) -> str:
    return json.dumps(reading_to_dict(snapshot), ensure_ascii=False, indent=2) + "\n"
