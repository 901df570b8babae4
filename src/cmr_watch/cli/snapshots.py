"""`cmr-watch snapshots`"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import tzinfo
from pathlib import Path
from typing import Final

import click

from cmr_watch import new_files
from cmr_watch.cli.arguments import ID, whole_number
from cmr_watch.cli.context import clock, load_settings, open_store
from cmr_watch.cli.explain import evidence_to_dict, explanation, shares_line
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import (
    PAGE_NAMES,
    CommandError,
    in_zone,
    local_time,
    print_bytes,
    print_json,
    print_line,
    print_table,
    printable,
)
from cmr_watch.exceptions import ParseError
from cmr_watch.log import redact_page_url
from cmr_watch.models.evidence import Evidence
from cmr_watch.models.readings import Cutoff, Edition, PageRef, Snapshot
from cmr_watch.monitor.accept import why_not_acceptable
from cmr_watch.plural import counted
from cmr_watch.render.sentences import cutoff_words, days, place
from cmr_watch.serialization import instant, reading_to_dict
from cmr_watch.store.checks import Checks
from cmr_watch.store.database import Database
from cmr_watch.store.snapshots import SnapshotRow, StoredSnapshot

_WARNINGS: Final = {
    "date-unknown": "no date recognised",
    "date-impossible": "impossible date",
    "date-tentative": "date not confirmed",
    "date-remainder": "date not fully understood",
    "country-unknown": "unknown country",
    "country-missing": "no country given",
    "country-ambiguous": "ambiguous country",
    "edition-missing": "no edition recognised",
    "section-unknown": "line outside any known section",
    "line-unread": "line not understood",
    "duplicate": "duplicate entry",
    "cutoff-zone": "time zone does not match the date of the cut-off",
}
"""The codes of ReadingWarning (READING O5)."""


@click.group()
def command() -> None:
    """List, show and export stored readings."""


@command.command("list", short_help="List the stored readings.")
@config_option
@json_option
@click.option(
    "--limit", default=50, show_default=True, metavar="N", type=whole_number(1), help="Show only the newest N."
)
def list_(as_json: bool, limit: int) -> None:
    """List the stored readings, oldest first. The baseline, which the next reading is compared with, is marked *.

    A reading is plausible, suspect (with the reason) or archived (from a web archive).

    \b
    Example:
      cmr-watch snapshots list
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        rows = Checks(database).snapshots(limit=limit)
    if as_json:
        for row in rows:
            print_json(_row_to_dict(row))
    elif rows:
        zone = settings.messages.zone
        print_table(("ID", in_zone("READ AT", zone), "PAGE", "OUTCOME", "CONTENT"), [_cells(row, zone) for row in rows])
    else:
        print_line("No readings stored yet. To make the first, run: cmr-watch check")


@command.command("show", short_help="Show the content of a reading.")
@config_option
@json_option
@click.option("--explain", is_flag=True, help="Show each line of the page, the rule that took it, and what it gave.")
@click.argument("number", metavar="[ID]", type=ID, required=False)
def show(as_json: bool, explain: bool, number: int | None) -> None:
    """Show the content of a reading, and its warnings (default: the baseline of the list of editions).

    The last line of the content says how many lines of the page were taken for what: an entry, a heading, a call, prose
    and so on. “not taken” is a line that no rule explains. --explain prints each of them, as `parse --explain` does.

    \b
    Examples:
      cmr-watch snapshots show 3
      cmr-watch snapshots show 3 --explain
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        checks = Checks(database)
        stored = _stored(database, number or _baseline(checks, settings.page.url))
        advice = _advice(stored.row, checks)
    found = _explained(stored) if explain else (stored.snapshot, stored.evidence)
    if as_json:
        print_json({**_row_to_dict(stored.row), **_reading_to_dict(*found, explain=explain)})
        return
    for line in (*_head(stored.row, settings.messages.zone), *_lines(*found, explain=explain)):
        print_line(printable(line))
    if explain and stored.evidence is None:
        print_line("This reading was stored without evidence, so its page was read again.")
    if advice:
        print_line(printable(advice))


def _explained(stored: StoredSnapshot) -> tuple[Snapshot, Evidence]:
    """The reading with its evidence. If none is stored, the page is read again, which may give another reading."""
    if stored.evidence is not None:
        return stored.snapshot, stored.evidence
    from cmr_watch.reading import read  # takes long to load

    page = stored.fetched
    try:
        return read(stored.row.kind, page.content, page.charset, page.url)
    except ParseError as error:
        raise CommandError(f"the page of reading {stored.row.id} cannot be read: {error}") from error


def _lines(snapshot: Snapshot, evidence: Evidence | None, *, explain: bool) -> Iterator[str]:
    if explain and evidence:
        yield from explanation(snapshot, evidence)
        return
    yield from _content(snapshot)
    if evidence:
        yield f"  {shares_line(evidence)}"


def _reading_to_dict(snapshot: Snapshot, evidence: Evidence | None, *, explain: bool) -> dict[str, object]:
    row = {**reading_to_dict(snapshot), "shares": evidence.shares if evidence else None}
    return {**row, "evidence": evidence_to_dict(snapshot, evidence)} if explain and evidence else row


@command.command("export", short_help="Write the page of a reading to a file.")
@config_option
@click.argument("number", metavar="ID", type=ID)
@click.argument("file", default="-", type=click.Path(allow_dash=True))
def export(number: int, file: str) -> None:
    """Write the page of a reading, exactly as it was fetched, to FILE (default: standard output).

    FILE must not exist.

    \b
    Example:
      cmr-watch snapshots export 3 page.html
    """
    with closing(open_store(load_settings())) as database:
        content = _stored(database, number).fetched.content
    if file == "-":
        print_bytes(content)
        return
    try:
        new_files.write_private(Path(file), content, "new file")
    except OSError as error:
        raise click.FileError(file, error.strerror) from error


def _advice(row: SnapshotRow, checks: Checks) -> str | None:
    """How to accept the reading, or why it cannot be accepted; None if it need not be."""
    newest = checks.newest_suspect(row.page_url)
    if newest is None or newest.row.id != row.id:
        return None
    refusal = why_not_acceptable(PageRef(row.page_url, row.kind), checks, clock)
    return refusal or f"If the page is correct, run: cmr-watch accept {redact_page_url(row.page_url)}"


def _baseline(checks: Checks, page_url: str) -> int:
    baseline = checks.baseline(page_url)
    if baseline is None:
        raise CommandError("the list has no baseline yet; to make one, run: cmr-watch check")
    return baseline.snapshot_id


def _stored(database: Database, number: int) -> StoredSnapshot:
    try:
        return Checks(database).snapshot(number)
    except KeyError:
        raise CommandError(f"there is no reading {number}; see: cmr-watch snapshots list") from None


def _cells(row: SnapshotRow, zone: tzinfo) -> tuple[str, ...]:
    """The cells of the table: `* plausible`, `list of editions`; `14 editions, 1 call. https://…`."""
    reason = f" {row.reason}." if row.reason else ""
    outcome = f"{'* ' if row.is_baseline else ''}{row.assessment}"
    content = f"{_counts(row)}.{reason} {redact_page_url(row.page_url)}"
    return str(row.id), local_time(row.fetched_at, zone), PAGE_NAMES[row.kind], outcome, content


def _counts(row: SnapshotRow) -> str:
    parts = [counted(row.editions, "edition"), counted(row.calls, "call")]
    return ", ".join([*parts, counted(row.warnings, "warning")] if row.warnings else parts)


def _head(row: SnapshotRow, zone: tzinfo) -> Iterator[str]:
    yield f"Reading {row.id} of {redact_page_url(row.page_url)} ({PAGE_NAMES[row.kind]})"
    baseline = "; the baseline of this page" if row.is_baseline else ""
    yield f"  fetched on {local_time(row.fetched_at, zone)}; {row.assessment}{baseline}"
    if row.reason:
        yield f"  reason: {row.reason}"
    yield f"  {_counts(row)}"


def _content(snapshot: Snapshot) -> Iterator[str]:
    for edition in snapshot.editions:
        section = edition.section or "no section"
        remark = "" if edition.status in ("scheduled", "held") else f", {edition.status.replace('_', ' ')}"
        yield f"  {section}: {place(edition)}, {days(edition) or edition.date_text or 'no date yet'}{remark}"
        yield from _details(edition)
    for call in snapshot.calls:
        yield f"  call, {call.status}: {call.text}"
        yield from map(_cutoff, call.cutoffs)
        if call.apply_url:
            yield f"    apply: {call.apply_url}"
    for warning in snapshot.warnings:
        yield f"  {_WARNINGS.get(warning.code, warning.code)}: {warning.text}"


def _details(edition: Edition) -> Iterator[str]:
    """What only the edition's own page says."""
    if edition.venue:
        yield f"    venue: {edition.venue}"
    if edition.registration_url:
        yield f"    registration: {edition.registration_url}"
    for material in edition.materials:
        yield f"    {material.kind}: {material.url}"


def _cutoff(cutoff: Cutoff) -> str:
    return f"    cut-off: {cutoff_words(cutoff)}{', closed' if cutoff.closed else ''}"


def _row_to_dict(row: SnapshotRow) -> dict[str, object]:
    return {
        "id": row.id,
        "page_url": row.page_url,
        "page": row.kind,
        "fetched_at": instant(row.fetched_at),
        "assessment": row.assessment,
        "reason": row.reason,
        "is_baseline": row.is_baseline,
        "sha256": row.content_sha256,
    }
