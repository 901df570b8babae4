"""`cmr-watch accept`"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import tzinfo
from typing import Final

import click

from cmr_watch.app import App
from cmr_watch.cli.check_output import show_check
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import (
    FAILED,
    OK,
    PAGE_NAMES,
    CommandError,
    local_time,
    print_error,
    print_line,
    printable,
    to_stdout,
)
from cmr_watch.log import redact_page_url
from cmr_watch.models.readings import Change, KnownCall, KnownEdition, Snapshot
from cmr_watch.monitor.accept import AcceptPreview
from cmr_watch.plural import counted
from cmr_watch.render.sentences import call_name, days, place, sentence

MAX_MISSING: Final = 10
"""Missing entries to list if no subscriber is notified of them; one more is listed rather than counted."""


@click.command()
@config_option
@json_option
@click.option("--yes", "confirmed", is_flag=True, help="Do not ask. Required without a terminal, and with --json.")
@click.option("--no-notify", is_flag=True, help="Do not notify now; the next check will.")
@click.argument("page_url", metavar="[PAGE]", required=False)
def command(as_json: bool, confirmed: bool, no_notify: bool, page_url: str | None) -> int:
    """Accept the newest suspect reading of the page with the URL PAGE (default: the list of editions).

    Shows what would change, also with the next check, and how many subscribers would be notified; then asks. If you
    agree, the reading becomes the new baseline, and its changes are recorded and sent. To see the reading itself, use
    `cmr-watch snapshots list` and `cmr-watch snapshots show ID`.

    \b
    Examples:
      cmr-watch accept
      cmr-watch accept https://clustercollaboration.eu/content/some-edition
    """
    settings = load_settings()
    zone = settings.messages.zone
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        preview, recipients = app.preview_accept(page_url)
        if not as_json:
            for line in _preview(preview, recipients, zone):
                print_line(printable(line))
        if not (confirmed or _is_agreed(as_json)):
            print_line("Nothing was accepted.")
            return FAILED
        if app.preview_accept(page_url)[0].row.id != preview.row.id:
            print_error("nothing was accepted: a newer reading was stored in the meantime; run accept again")
            return FAILED
        report = app.accept(page_url, notify=not no_notify)
    show_check(report, as_json, with_changes=False)  # the preview has shown them
    return FAILED if report.has_failures else OK


def _is_agreed(as_json: bool) -> bool:
    """Ask on the terminal. CommandError if there is none, or if the question would be printed among JSON."""
    if as_json or not sys.stdin.isatty():
        raise CommandError("nothing was accepted; to accept this reading without being asked, use --yes")
    with to_stdout():
        return click.confirm("Accept it?")


def _preview(preview: AcceptPreview, recipients: Sequence[frozenset[str]], zone: tzinfo) -> Iterator[str]:
    row = preview.row
    yield f"Reading {row.id} of {redact_page_url(row.page_url)} ({PAGE_NAMES[row.kind]})"
    doubt = f"suspect: {row.reason}" if row.assessment == "suspect" else "plausible, with other section headings"
    yield f"  fetched on {local_time(row.fetched_at, zone)}; {doubt}"
    yield f"  reading: {_content(preview.snapshot)}"
    yield f"  baseline: {_content(preview.baseline) if preview.baseline else 'none yet'}"
    if preview.baseline is None:
        yield "It would become the first baseline; no one would be notified."
        return
    number = len(preview.changes)
    yield from _changes(preview.changes, recipients[:number])
    yield from _missing(preview, recipients[number:])
    notified = frozenset[str]().union(*recipients)
    yield f"In total, {_subscribers(notified)} would be notified."


def _changes(changes: Sequence[Change], recipients: Sequence[frozenset[str]]) -> Iterator[str]:
    if not changes:
        yield "It would change nothing at once."
        return
    yield f"{counted(len(changes), 'change')} would be recorded and sent:"
    for change, notified in zip(changes, recipients, strict=True):
        yield f"  {sentence(change)} – {_subscribers(notified)}"


def _missing(preview: AcceptPreview, recipients: Sequence[frozenset[str]]) -> Iterator[str]:
    """The entries that the reading lacks, and what would be sent about each; the silent ones come last, abridged."""
    if not preview.missing:
        return
    entries = counted(len(preview.missing), "entry", "entries")
    verb = "is" if len(preview.missing) == 1 else "are"
    yield f"{entries} of the baseline {verb} missing from this reading. If the next check does not find them either:"
    later = {change.key: (change, notified) for change, notified in zip(preview.later, recipients, strict=True)}
    loud = [(change, notified) for change, notified in later.values() if notified]
    yield from (f"  {sentence(change)} – {_subscribers(notified)}" for change, notified in loud)
    told = {change.key for change, _ in loud}
    silent = [f"  {_entry(entry)} – no subscriber" for entry in preview.missing if entry.key not in told]
    shown = silent if len(silent) <= MAX_MISSING + 1 else silent[:MAX_MISSING]
    yield from shown
    if more := len(silent) - len(shown):
        yield f"  and {more} more – no subscriber"


def _subscribers(mailboxes: frozenset[str]) -> str:
    return counted(len(mailboxes), "subscriber") if mailboxes else "no subscriber"


def _content(snapshot: Snapshot) -> str:
    return f"{counted(len(snapshot.editions), 'edition')}, {counted(len(snapshot.calls), 'call')}"


def _entry(entry: KnownEdition | KnownCall) -> str:
    if isinstance(entry, KnownCall):
        return call_name(entry.call)
    return ", ".join(filter(None, (place(entry.edition), days(entry.edition))))
