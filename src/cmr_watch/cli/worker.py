"""`cmr-watch worker`"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing

import click

from cmr_watch import __version__
from cmr_watch.app import App
from cmr_watch.cli.context import StoreClock, load_settings, open_store
from cmr_watch.cli.options import config_option
from cmr_watch.cli.output import FAILED, OK, print_error, print_line, printable
from cmr_watch.cli.signals import StopSignals
from cmr_watch.exceptions import CmrWatchError
from cmr_watch.log_lines import configuration_and_database, delivery_summary
from cmr_watch.models.reports import DeliveryReport
from cmr_watch.plural import counted

log = logging.getLogger("cmr_watch.worker")

_MIN_POLL, _MAX_POLL = 0.1, 3600
_MAX_PAUSE = 60.0


def _seconds(text: str) -> float:
    """A number of seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not _MIN_POLL <= seconds <= _MAX_POLL:
        raise click.BadParameter(f'found "{text}", expected a number of seconds from {_MIN_POLL} to {_MAX_POLL}')
    return seconds


@click.command()
@config_option
@click.option(
    "--poll",
    default=5.0,
    show_default=True,
    metavar="NUMBER",
    type=_seconds,
    help="Polling interval in seconds.",
)
@click.option("--once", is_flag=True, help="Send the messages that are due now, then exit.")
def command(poll: float, once: bool) -> int:
    """Send due messages until SIGTERM or Ctrl-C, without checking pages.

    Any number of workers on any number of hosts can share one PostgreSQL database; two processes can share an SQLite
    file. On SIGTERM, the worker finishes the current message, releases any others it has claimed and exits with 0.
    Results are logged to stderr; with --once, they are printed, and the exit code is 1 if a message was not delivered.

    \b
    Example:
      cmr-watch worker
    """
    with StopSignals() as signals:
        settings = load_settings(service=not once)
        with closing(open_store(settings)) as database:
            clock = StoreClock(database)
            if not once:
                log.info("cmr-watch %s worker started; %s", __version__, configuration_and_database(settings, database))
            with App(settings, database, clock, sleep=signals.wait) as app:
                if once:
                    return FAILED if _deliver(app, clock, signals, _print_round).has_failures else OK
                _deliver_until(signals, poll, lambda: _deliver(app, clock, signals, _log_round))
    return OK


def _deliver(
    app: App, clock: StoreClock, signals: StopSignals, report_round: Callable[[DeliveryReport], None]
) -> DeliveryReport:
    clock.adjust()
    report = app.deliver(lambda: signals.stop)
    report_round(report)
    return report


def _deliver_until(signals: StopSignals, poll: float, deliver: Callable[[], DeliveryReport]) -> None:
    """Deliver again and again. After an error, such as a database that is restarted, the pauses grow to a minute."""
    failures = 0
    while not signals.stop:
        try:
            deliver()
            failures = 0
        except CmrWatchError as error:
            failures += 1
            log.error("%s; will retry", error)
        signals.wait(max(poll, min(2.0**failures, _MAX_PAUSE)) if failures else poll)


def _print_round(report: DeliveryReport) -> None:
    if report.sent:
        print_line(f"{counted(report.sent, 'message')} sent")
    for failure in report.failures:
        print_error(printable(failure))


def _log_round(report: DeliveryReport) -> None:
    if summary := delivery_summary(report):
        log.log(logging.WARNING if report.failures else logging.INFO, "%s", summary)
