"""`cmr-watch bounces`"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict

import click

from cmr_watch.app import App
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option, json_option
from cmr_watch.cli.output import print_json, print_line
from cmr_watch.notify.bounce_processing import BounceReport
from cmr_watch.plural import counted
from cmr_watch.store.hard_bounces import DueEnding


@click.command()
@click.option("--held", "shows_held", is_flag=True, help="List the addresses whose subscriptions are kept.")
@click.option("--end-held", "ends_held", is_flag=True, help="End those subscriptions: the addresses do not exist.")
@config_option
@json_option
def command(shows_held: bool, ends_held: bool, as_json: bool) -> None:
    """Process bounces and unsubscribe requests in the mailbox set by [bounces] in the configuration.

    A bounce that says that the address does not exist ends its subscriptions, once a second one, a day later, confirms
    it; any other bounce pauses them for a while. Unsubscribe requests and complaints end subscriptions. Unrelated
    messages stay in the mailbox unread.

    If many addresses bounce at once, their subscriptions are kept until you decide: --held lists them, --end-held ends
    them.

    \b
    Example:
      cmr-watch bounces
    """
    if shows_held and ends_held:
        raise click.UsageError("--held and --end-held exclude each other")
    settings = load_settings()
    with closing(open_store(settings)) as database, App(settings, database, StoreClock(database)) as app:
        if shows_held:
            _print_held(app.endings.held(), as_json)
        elif ends_held:
            _print_report(BounceReport(hard=app.endings.apply(end_held=True).ended), as_json)
        else:
            _print_report(app.process_bounces(), as_json)


def _print_report(report: BounceReport, as_json: bool) -> None:
    if as_json:
        print_json(asdict(report))
        return
    bounced = f"{counted(report.hard, 'address', 'addresses')} bounced permanently, {report.soft} paused"
    extras = (
        f", {report.held} held" if report.held else "",
        f", {counted(report.complaints, 'complaint')}" if report.complaints else "",
        f", {counted(report.requests, 'request')} for the operator" if report.requests else "",
        f", {report.unreadable} unreadable" if report.unreadable else "",
    )
    others = counted(report.others, "unrelated message")
    print_line(f"{bounced}, {report.unsubscribed} unsubscribed{''.join(extras)}; {others} left unread.")


def _print_held(held: tuple[DueEnding, ...], as_json: bool) -> None:
    for ending in held:
        if as_json:
            print_json(asdict(ending))
        else:
            print_line(f"{ending.address}: {ending.reason}")
    if not held and not as_json:
        print_line("No subscriptions are held.")
