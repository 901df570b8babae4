"""What `check` and `accept` print: one line of what was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from cmr_watch.app import CheckReport
from cmr_watch.cli.output import complain, json_line, line, plain
from cmr_watch.models import CheckResult
from cmr_watch.notify.outbox import DeliveryReport
from cmr_watch.render.plural import counted
from cmr_watch.render.sentences import MONTHS, sentence
from cmr_watch.serialization import change_to_dict, instant


def show_check(report: CheckReport, zone: tzinfo, as_json: bool) -> None:
    """The sentence, or the JSON; and on stderr why messages did not go out."""
    sentence = plain(words(report, zone))
    if as_json:
        json_line({**_public(report), "sentence": sentence})
    else:
        line(sentence)
    for trouble in report.troubles:
        complain(plain(trouble))


def words(report: CheckReport, zone: tzinfo) -> str:
    """“read 15 editions, 1 call: 5 changes, 3 messages sent”."""
    parts = [
        _outcome(report.check, zone),
        *_of_others(report.others),
        *(_delivered(report.delivery) if report.delivery else []),
    ]
    hint = "; if the page is right: cmr-watch accept" if report.check.outcome == "suspect" else ""
    return ", ".join(parts) + hint


def _of_others(others: Sequence[CheckResult]) -> list[str]:
    """“3 more pages: 2 changes”."""
    if not others:
        return []
    changes = sum(len(other.changes) for other in others)
    failed = sum(other.has_failed for other in others)
    trouble = f", {failed} of them not read or not believed" if failed else ""
    return [f"{counted(len(others), 'more page')}: {counted(changes, 'change')}{trouble}"]


def _outcome(check: CheckResult, zone: tzinfo) -> str:
    if check.outcome == "failed":
        return f"could not check the page: {check.detail}"
    if check.outcome == "suspect":
        news = f", {counted(len(check.changes), 'new edition')}" if check.changes else ""
        return f"read a page that is not believed, and kept it aside: {check.detail}{news}"
    if check.outcome == "discarded":
        return f"read the page in vain: {check.detail}"
    return f"{_read(check)}: {_news(check, zone)}"


def _read(check: CheckResult) -> str:
    if check.snapshot is None:
        return "read"
    editions, calls = len(check.snapshot.editions), len(check.snapshot.calls)
    lines = f", {counted(len(check.snapshot.warnings), 'warning')}" if check.snapshot.warnings else ""
    return f"read {counted(editions, 'edition')}, {counted(calls, 'call')}{lines}"


def _news(check: CheckResult, zone: tzinfo) -> str:
    if check.outcome == "baseline":
        return "the first reading, which later ones are compared with"
    if check.changes:
        return counted(len(check.changes), "change")
    since = f" since {_since(check.previous_read_at, check.checked_at, zone)}" if check.previous_read_at else ""
    return f"nothing new{since}"


def _since(then: datetime, now: datetime, zone: tzinfo) -> str:
    """`09:12` today, else `2 April 2024, 09:12`."""
    then, now = then.astimezone(zone), now.astimezone(zone)
    day = "" if then.date() == now.date() else f"{then.day} {MONTHS[then.month - 1]} {then.year}, "
    return f"{day}{then:%H:%M}"


def _delivered(delivery: DeliveryReport) -> list[str]:
    kinds = (
        (delivery.sent, "sent"),
        (delivery.logged, "only logged, for no mail server is configured"),
        (delivery.pending, "to be tried again"),
        (delivery.failed, "set aside"),
    )
    return [f"{counted(number, 'message')} {what}" for number, what in kinds if number]


def _public(report: CheckReport) -> dict[str, Any]:
    delivery = report.delivery or DeliveryReport()
    return {
        **_page(report.check),
        "pages": [_page(other) for other in report.others],
        "sent": delivery.sent,
        "logged": delivery.logged,
        "pending": delivery.pending,
        "failed": delivery.failed,
        "failures": list(delivery.failures),
    }


def _page(check: CheckResult) -> dict[str, Any]:
    snapshot = check.snapshot
    return {
        "outcome": check.outcome,
        "page_url": check.page.url,
        "checked_at": instant(check.checked_at),
        "detail": check.detail,
        "editions": len(snapshot.editions) if snapshot else None,
        "calls": len(snapshot.calls) if snapshot else None,
        "warnings": len(snapshot.warnings) if snapshot else None,
        "changes": [{"id": one.id, **change_to_dict(one.change, sentence(one.change))} for one in check.changes],
    }
