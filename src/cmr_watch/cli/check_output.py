"""The output of `check` and `accept`: a one-line summary, or JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from cmr_watch.check_report import CheckReport
from cmr_watch.cli.output import print_error, print_json, print_line, printable
from cmr_watch.models import CheckResult
from cmr_watch.notify.outbox import DeliveryReport
from cmr_watch.render.plural import counted
from cmr_watch.render.sentences import MONTHS, sentence
from cmr_watch.serialization import change_to_dict, instant


def show_check(report: CheckReport, zone: tzinfo, as_json: bool) -> None:
    """Print the summary, or the JSON; and on stderr which pages and messages failed, and why."""
    sentence = printable(summary(report, zone))
    if as_json:
        print_json({**_report_to_dict(report), "sentence": sentence})
    else:
        print_line(sentence)
    for problem in report.problems:
        print_error(printable(problem))


def summary(report: CheckReport, zone: tzinfo) -> str:
    """“read 15 editions, 1 call: 5 changes, 3 messages sent”."""
    parts = [
        _outcome(report.check, zone),
        *_linked_pages(report.linked),
        *(_deliveries(report.delivery) if report.delivery else []),
    ]
    hint = "; if the page is correct, run: cmr-watch accept" if report.check.outcome == "suspect" else ""
    return ", ".join(parts) + hint


def _linked_pages(results: Sequence[CheckResult]) -> list[str]:
    """“3 more pages: 2 changes, 1 failed or suspect”."""
    if not results:
        return []
    changes = sum(len(result.changes) for result in results)
    failed = sum(result.has_failed for result in results)
    failures = f", {failed} failed or suspect" if failed else ""
    return [f"{counted(len(results), 'more page')}: {counted(changes, 'change')}{failures}"]


def _outcome(check: CheckResult, zone: tzinfo) -> str:
    if check.outcome == "failed":
        return f"could not check the page: {check.detail}"
    if check.outcome == "suspect":
        used = f", except for {counted(len(check.changes), 'new edition')}" if check.changes else ""
        return f"the page looks wrong, so its content was not used{used}: {check.detail}"
    if check.outcome == "discarded":
        return f"reading discarded: {check.detail}"
    return f"{_content(check)}: {_changes(check, zone)}"


def _content(check: CheckResult) -> str:
    if check.snapshot is None:
        return "read"
    editions, calls = len(check.snapshot.editions), len(check.snapshot.calls)
    warnings = f", {counted(len(check.snapshot.warnings), 'warning')}" if check.snapshot.warnings else ""
    return f"read {counted(editions, 'edition')}, {counted(calls, 'call')}{warnings}"


def _changes(check: CheckResult, zone: tzinfo) -> str:
    if check.outcome == "baseline":
        return "first reading, stored as the baseline"
    if check.changes:
        return counted(len(check.changes), "change")
    since = f" since {_time_or_date(check.previous_read_at, check.checked_at, zone)}" if check.previous_read_at else ""
    return f"no changes{since}"


def _time_or_date(at: datetime, now: datetime, zone: tzinfo) -> str:
    """`09:12` if it was today, else `2 April 2024, 09:12`."""
    at, now = at.astimezone(zone), now.astimezone(zone)
    day = "" if at.date() == now.date() else f"{at.day} {MONTHS[at.month - 1]} {at.year}, "
    return f"{day}{at:%H:%M}"


def _deliveries(delivery: DeliveryReport) -> list[str]:
    counts = (
        (delivery.sent, "sent"),
        (delivery.logged, "only logged because no mail server is configured"),
        (delivery.pending, "will be retried"),
        (delivery.failed, "failed permanently"),
    )
    return [f"{counted(number, 'message')} {state}" for number, state in counts if number]


def _report_to_dict(report: CheckReport) -> dict[str, Any]:
    delivery = report.delivery or DeliveryReport()
    return {
        **_page_to_dict(report.check),
        "pages": [_page_to_dict(result) for result in report.linked],
        "sent": delivery.sent,
        "logged": delivery.logged,
        "pending": delivery.pending,
        "failed": delivery.failed,
        "failures": list(delivery.failures),
    }


def _page_to_dict(check: CheckResult) -> dict[str, Any]:
    snapshot = check.snapshot
    return {
        "outcome": check.outcome,
        "page_url": check.page.url,
        "checked_at": instant(check.checked_at),
        "detail": check.detail,
        "editions": len(snapshot.editions) if snapshot else None,
        "calls": len(snapshot.calls) if snapshot else None,
        "warnings": len(snapshot.warnings) if snapshot else None,
        "changes": [
            {"id": recorded.id, **change_to_dict(recorded.change, sentence(recorded.change))}
            for recorded in check.changes
        ],
    }
