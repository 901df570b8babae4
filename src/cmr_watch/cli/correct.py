"""`cmr-watch correct`"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final

import click

from cmr_watch.app import App
from cmr_watch.cli.arguments import ID
from cmr_watch.cli.check_output import show_check
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import (
    FAILED,
    OK,
    PAGE_NAMES,
    CommandError,
    in_zone,
    local_time,
    print_json,
    print_line,
    print_table,
    printable,
)
from cmr_watch.config import Settings
from cmr_watch.exceptions import CorrectionRefused
from cmr_watch.log import redact_page_url
from cmr_watch.models.corrections import Correction
from cmr_watch.models.readings import PageRef
from cmr_watch.monitor.correct import CorrectionPreview, preview_correction, preview_drop
from cmr_watch.plural import counted
from cmr_watch.render.reading_diff import differences
from cmr_watch.render.sentences import sentence
from cmr_watch.serialization import instant
from cmr_watch.store.checks import Checks

_NOT_AN_ENTRY: Final = "not an entry"
notify_option = click.option("--notify", is_flag=True, help="Notify the subscribers of what changes.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Only show what would change.")


@click.group()
def command() -> None:
    """Correct single lines that are misread, without a new version of the program.

    A correction holds as long as its line stays on the page, word for word. When it ends, the operator is notified.
    """


@command.command("add", short_help="Correct a line.")
@config_option
@click.option(
    "--page",
    default="list",
    show_default=True,
    metavar="PAGE",
    help="The page: list (of editions), call, or the URL of a page.",
)
@click.option("--line", required=True, metavar="TEXT", help="The text of the line, as on the page.")
@click.option("--not-an-entry", is_flag=True, help="The line is not an edition, a call or a cut-off.")
@notify_option
@dry_run_option
@click.argument("values", nargs=-1, metavar="[FIELD=VALUE]...")
def add(page: str, line: str, not_an_entry: bool, notify: bool, dry_run: bool, values: tuple[str, ...]) -> int:
    """Say what a line means: the right value of each field that was misread.

    \b
    An edition:    city, region, country, country_code, starts_on, ends_on,
                   section, status, url, summary_url
    its own page:  also venue, registration_url, registration_closes_on
    a call:        status, hosting_years, apply_url, contact
    a cut-off:     at (Brussels time), closed, tentative

    An empty value means that the page does not say it. To see the lines of a page and what was read from each, run
    `cmr-watch snapshots show ID --explain`. A line that was not taken as an entry becomes one if it gets a city. Values
    that would make another edition of a line are refused. Subscribers are not notified, unless you use --notify.

    \b
    Examples:
      cmr-watch correct add --line "Ghent, 12 to 13 March (Thu-Fri)" \\
        starts_on=2026-03-12 ends_on=2026-03-13
      cmr-watch correct add --line "Regional Days, 3 May" --not-an-entry
      cmr-watch correct add --page call --line "Round 2: 30 Sept. 18h" \\
        at=2026-09-30T18:00
    """
    fields = None if not_an_entry else _fields(values)
    if not_an_entry and values:
        raise CommandError("--not-an-entry takes no values")
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        checks = Checks(database)
        try:
            preview = preview_correction(_page(page, settings, checks), line, fields, checks, StoreClock(database))
        except CorrectionRefused as refused:
            raise CommandError(str(refused)) from refused
        return _finish(app, preview, notify=notify, dry_run=dry_run)


@command.command("list", short_help="List the corrections.")
@config_option
@json_option
@click.option("--all", "with_ended", is_flag=True, help="Include those that have ended.")
def list_(as_json: bool, with_ended: bool) -> None:
    """List the corrections that hold, oldest first.

    \b
    Example:
      cmr-watch correct list
    """
    settings = load_settings()
    with closing(open_store(settings)) as database:
        found = [one for one in Checks(database).corrections.list_all() if with_ended or one.ended_at is None]
    if as_json:
        for one in found:
            print_json(_to_dict(one))
    elif found:
        zone = settings.messages.zone
        rows = [
            (
                str(one.id),
                local_time(one.created_at, zone),
                PAGE_NAMES[one.page.kind],
                one.end_reason or "holds",
                f"{one.line} → {_described(one)} ({redact_page_url(one.page.url)})",
            )
            for one in found
        ]
        print_table(("ID", in_zone("MADE AT", zone), "PAGE", "STATE", "LINE"), rows)
    else:
        print_line("No corrections.")


@command.command("drop", short_help="End a correction.")
@config_option
@notify_option
@dry_run_option
@click.argument("number", metavar="ID", type=ID)
def drop(number: int, notify: bool, dry_run: bool) -> int:
    """End a correction: its line is read by the rules again. Subscribers are not notified, unless you use --notify.

    \b
    Example:
      cmr-watch correct drop 3
    """
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        checks = Checks(database)
        found = [one for one in checks.corrections.list_all() if one.id == number]
        if not found or found[0].ended_at:
            state = f"has ended already ({found[0].end_reason})" if found else "does not exist"
            raise CommandError(f"correction {number} {state}; see: cmr-watch correct list --all")
        preview = preview_drop(found[0], checks, StoreClock(database))
        return _finish(app, preview, notify=notify, dry_run=dry_run)


def _finish(app: App, preview: CorrectionPreview, *, notify: bool, dry_run: bool) -> int:
    """Print what changes, and store it unless it is a dry run."""
    if notify and preview.is_silent_only:
        raise CommandError(
            "the place was misread, so subscribers would be notified of another edition; correct it without --notify"
        )
    for line in _shown(app, preview, notify=notify, dry_run=dry_run):
        print_line(printable(line))
    if dry_run:
        return OK
    report = app.correct(preview, notify=notify)
    if report is None:
        return OK
    show_check(report, as_json=False, with_changes=False)
    return FAILED if report.has_failures else OK


def _shown(app: App, preview: CorrectionPreview, *, notify: bool, dry_run: bool) -> Iterator[str]:
    yield f"{PAGE_NAMES[preview.page.kind].capitalize()} {redact_page_url(preview.page.url)}"
    changed = list(differences(preview.before, preview.after))
    yield from (f"  {difference}" for difference in changed or ["nothing changes"])
    would = "would be " if dry_run else ""
    if not notify:
        yield f"Subscribers {'would not be' if dry_run else 'are not'} notified."
        return
    recipients = app.recipients_of(preview.changes, preview.page.url)
    for change, mailboxes in zip(preview.changes, recipients, strict=True):
        yield f"  {would}reported: {sentence(change)} – {counted(len(mailboxes), 'subscriber')}"


def _fields(values: Sequence[str]) -> dict[str, str]:
    """The values, by field: `city=Ghent`."""
    if not values:
        raise CommandError("nothing to correct; give at least one FIELD=VALUE, or --not-an-entry")
    pairs = [value.partition("=") for value in values]
    wrong = next((value for value, (_, sign, _) in zip(values, pairs, strict=True) if not sign), None)
    if wrong is not None:
        raise CommandError(f'found "{wrong}", expected FIELD=VALUE such as city=Ghent')
    return {name.strip(): value.strip() for name, _, value in pairs}


def _page(page: str, settings: Settings, checks: Checks) -> PageRef:
    """The page with this URL, which may lack the query, or the only one of this kind."""
    if page == "list":
        return PageRef(settings.page.url, "initiative")
    pages = [last.page for last in checks.last_fetches()]
    found = [one for one in pages if page in (one.url, redact_page_url(one.url), one.kind)]
    if len(found) != 1:
        known = f"{counted(len(found), 'page')} of this name {'is' if len(found) == 1 else 'are'} known"
        raise CommandError(f"{known}: {page}; name the page by its URL, see: cmr-watch snapshots list")
    return found[0]


def _described(correction: Correction) -> str:
    if correction.values is None:
        return _NOT_AN_ENTRY
    return ", ".join(f"{name}={value}" for name, value in correction.values.items())


def _to_dict(correction: Correction) -> dict[str, Any]:
    ended = correction.ended_at
    return {
        "id": correction.id,
        "page_url": correction.page.url,
        "page": correction.page.kind,
        "line": correction.line,
        "values": None if correction.values is None else dict(correction.values),
        "created_at": instant(correction.created_at),
        "ended_at": instant(ended) if ended else None,
        "end_reason": correction.end_reason,
    }
