"""The log lines of the daemon and the workers: what a check or a delivery round did, in one line each."""

from __future__ import annotations

from cmr_watch.check_report import CheckReport
from cmr_watch.config import Settings
from cmr_watch.log import redact_page_url
from cmr_watch.models.readings import CheckResult
from cmr_watch.models.reports import DeliveryReport
from cmr_watch.plural import counted
from cmr_watch.store.database import Database
from cmr_watch.store.schema import REVISION

_MAX_ERRORS = 3


def configuration_and_database(settings: Settings, database: Database) -> str:
    """`configuration /etc/cmr-watch/cmr-watch.toml; database /var/lib/cmr-watch/cmr-watch.db, schema 0004`."""
    source = f"configuration {settings.file}" if settings.file else "no configuration file, using defaults"
    return f"{source}; {database.name.removeprefix('the ')}, schema {REVISION}"


def page_failure(result: CheckResult) -> str:
    """Which page could not be read, or has a suspect reading, and why."""
    verdict = "suspect reading: " if result.outcome == "suspect" else ""
    return f"{redact_page_url(result.page.url)}: {verdict}{result.detail}"


def page_recovery(result: CheckResult) -> str:
    """Which page can be read again."""
    return f"{redact_page_url(result.page.url)}: can be read again"


def check_summary(report: CheckReport) -> str:
    """`7 pages read: nothing new`, `2 pages read, 5 failed or suspect: 1 change`, `0 pages read, 1 failed or suspect`.

    If nothing was read, it is not known whether there is anything new.
    """
    results = report.results
    failed = sum(result.has_failed for result in results)
    changes = sum(len(result.changes) for result in results)
    failures = f", {failed} failed or suspect" if failed else ""
    read = len(results) - failed
    if changes:
        found = f": {counted(changes, 'change')}"
    elif read:
        found = ": stored as the baseline" if report.check.outcome == "baseline" else ": nothing new"
    else:
        found = ""
    return f"{counted(read, 'page')} read{failures}{found}"


def delivery_summary(report: DeliveryReport) -> str:
    """`3 messages sent, 1 message will be retried: smtp.example.eu refused …`; empty if nothing was sent or failed."""
    counts = (
        (report.sent, "sent"),
        (report.logged, "only logged because no mail server is configured"),
        (report.pending, "will be retried"),
        (report.failed, "failed permanently"),
    )
    text = ", ".join(f"{counted(number, 'message')} {state}" for number, state in counts if number)
    errors = list(report.failures[:_MAX_ERRORS])
    if len(report.failures) > _MAX_ERRORS:
        errors.append(f"and {counted(len(report.failures) - _MAX_ERRORS, 'other error')}")
    return ": ".join(filter(None, (text, "; ".join(errors))))
