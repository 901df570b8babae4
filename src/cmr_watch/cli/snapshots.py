"""`cmr-watch snapshots`"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

import click

from cmr_watch.cli.context import load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import Refused, json_line, line, local_time, plain, raw, table
from cmr_watch.render.plural import counted
from cmr_watch.render.sentences import days, place
from cmr_watch.serialization import instant, reading_to_dict
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.snapshots import SnapshotRow, StoredSnapshot

ID: Final = click.IntRange(1, 2**63 - 1)


@click.group()
def command() -> None:
    """List, show and export the readings that are kept."""


@command.command("list")
@config_option
@json_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="How many, the newest.")
def list_(as_json: bool, limit: int) -> None:
    """List the readings that are kept; * marks the one that the next is compared with.

    \b
    Example:
      cmr-watch snapshots list
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        rows = Checks(database).snapshots(limit=limit)
    if as_json:
        for row in rows:
            json_line(_public(row))
    elif rows:
        zone = settings.messages.zone
        table(("ID", "READ AT", "WHAT"), [(str(row.id), local_time(row.fetched_at, zone), _what(row)) for row in rows])
    else:
        line("No reading is kept yet; cmr-watch check makes the first.")


@command.command("show")
@config_option
@json_option
@click.argument("number", metavar="ID", type=ID)
def show(as_json: bool, number: int) -> None:
    """Show what one reading says.

    \b
    Example:
      cmr-watch snapshots show 3
    """
    with closing(open_store(load_settings())) as database:
        stored = _stored(database, number)
    if as_json:
        json_line({**_public(stored.row), **reading_to_dict(stored.snapshot)})
        return
    line(_what(stored.row))
    for edition in stored.snapshot.editions:
        line(plain(f"  {edition.section}: {place(edition)}, {days(edition) or edition.date_text or 'no date yet'}"))
    for call in stored.snapshot.calls:
        line(plain(f"  call, {call.status}: {call.text}"))
    for warning in stored.snapshot.warnings:
        line(plain(f"  {warning.code}: {warning.text}"))


@command.command("export")
@config_option
@click.argument("number", metavar="ID", type=ID)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
def export(number: int, file: str) -> None:
    """Write the page of one reading, as it was fetched, to FILE or to the standard output.

    \b
    Example:
      cmr-watch snapshots export 3 page.html
    """
    with closing(open_store(load_settings())) as database:
        content = _stored(database, number).fetched.content
    if file == "-":
        raw(content)
        return
    try:
        Path(file).write_bytes(content)
    except OSError as error:
        raise click.FileError(file, error.strerror) from error


def _stored(database: Database, number: int) -> StoredSnapshot:
    try:
        return Checks(database).snapshot(number)
    except KeyError:
        raise Refused(f"there is no snapshot {number}; see: cmr-watch snapshots list") from None


def _what(row: SnapshotRow) -> str:
    parts = [counted(row.editions, "edition"), counted(row.calls, "call")]
    if row.warnings:
        parts.append(counted(row.warnings, "warning"))
    verdict = f"{row.assessment}: {row.reason}; " if row.reason else ""
    return f"{'* ' if row.is_baseline else ''}{verdict}{', '.join(parts)}"


def _public(row: SnapshotRow) -> dict[str, object]:
    return {
        "id": row.id,
        "page_url": row.page_url,
        "fetched_at": instant(row.fetched_at),
        "assessment": row.assessment,
        "reason": row.reason,
        "is_baseline": row.is_baseline,
        "sha256": row.content_sha256,
    }
