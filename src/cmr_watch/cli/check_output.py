"""The output of `check` and `accept`: a summary and what changed, or JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from cmr_watch.check_report import CheckReport
from cmr_watch.cli.output import PAGE_NAMES, print_error, print_json, print_line, printable
from cmr_watch.models.readings import Change, CheckResult, Snapshot
from cmr_watch.models.reports import DeliveryReport
from cmr_watch.plural import counted
from cmr_watch.serialization import change_to_dict, instant

MAX_CAUSES: Final = 3
MAX_CHANGES: Final = 10


def show_check(report: CheckReport, as_json: bool, *, with_changes: bool = True) -> None:
    """Print the summary and what changed, or the JSON; and on stderr which pages and messages failed, and why."""
    _print_result(report, as_json, with_changes)
    _print_faults(report)
    for remark in () if as_json else (report.remark, *report.doubles):
        if remark:
            print_error(printable(remark))


def show_quietly(report: CheckReport, as_json: bool) -> None:
    """Like `show_check`, but print nothing if nothing changed and nothing failed, and all faults on stderr.

    Items on hold are reported each time, because nothing is sent about them until the operator decides.
    """
    if report.has_failures and not as_json:
        for line in (summary(report), *changes(report)):
            print_error(printable(line))
    elif report.has_failures or report.has_changes:
        _print_result(report, as_json)
    _print_faults(report)


def changes(report: CheckReport) -> Iterator[str]:
    """One line for each change, oldest first; how to see the others if there are more than ten."""
    recorded = sorted((change for result in report.results for change in result.changes), key=lambda change: change.id)
    shown = recorded[:MAX_CHANGES]
    yield from (f"  {_sentence(change.change)}" for change in shown)
    if more := len(recorded) - len(shown):
        yield f"  and {more} more; see: cmr-watch changes --since {shown[-1].id}"


def _print_result(report: CheckReport, as_json: bool, with_changes: bool = True) -> None:
    if as_json:
        print_json({**_report_to_dict(report), "sentence": printable(summary(report))})
        return
    for line in (summary(report), *(changes(report) if with_changes else ()), *report.configured):
        print_line(printable(line))


def _print_faults(report: CheckReport) -> None:
    for fault in (*report.problems, *([report.hold] if report.hold else [])):
        print_error(printable(fault))


def summary(report: CheckReport) -> str:
    """“15 editions, 1 call: 5 changes, 3 messages sent; 5 of 6 edition pages failed (404)”."""
    check, elsewhere = report.check, any(other.changes for other in report.linked)
    deliveries = _deliveries(report.delivery or DeliveryReport(), report.waiting)
    # the cause of a failure is a clause of its own: what was sent must not seem to be part of it
    first = "; " if check.has_failed else ", "
    parts = [first.join([_outcome(check, elsewhere), *([", ".join(deliveries)] if deliveries else [])])]
    hint = ["if the page is correct, run: cmr-watch accept"] if check.acceptable else []
    return "; ".join([*parts, *_other_pages(report.linked, _cause(check) if check.has_failed else ""), *hint])


def _other_pages(others: Sequence[CheckResult], known_cause: str) -> Iterator[str]:
    """“call page: 1 change”, “5 of 6 edition pages failed (404)”. `known_cause` was given for the list already."""
    for kind in ("call", "edition"):
        yield from _pages_of_a_kind(
            [other for other in others if other.page.kind == kind], PAGE_NAMES[kind], known_cause
        )


def _pages_of_a_kind(pages: Sequence[CheckResult], name: str, known_cause: str) -> Iterator[str]:
    is_one = len(pages) == 1
    changes = sum(len(page.changes) for page in pages)
    if changes:
        yield f"{name if is_one else f'{name}s'}: {counted(changes, 'change')}"
    for outcome, verb in (("failed", "failed"), ("suspect", "gave a suspect reading")):
        faulty = [page for page in pages if page.outcome == outcome]
        if faulty:
            causes = _causes(faulty)
            reason = "for the same reason" if causes == known_cause else f"({causes})"
            yield f"{name if is_one else f'{len(faulty)} of {len(pages)} {name}s'} {verb} {reason}"


def _causes(pages: Sequence[CheckResult]) -> str:
    """`404`; `4 × 404, 1 × 503` for several."""
    causes = Counter(_cause(page) for page in pages)
    if len(causes) == 1:
        return next(iter(causes))
    shown = [f"{number} × {cause}" for cause, number in causes.most_common(MAX_CAUSES)]
    return ", ".join(shown) + (", …" if len(causes) > MAX_CAUSES else "")


def _cause(page: CheckResult) -> str:
    """The HTTP status if that is the cause, else the reason without the name of the host."""
    status = re.search(r"\((\d{3}) [^()]* for ", page.detail)
    if status:
        return status[1]
    subject, _, rest = page.detail.partition(" ")
    return rest if subject == urlsplit(page.page.url).netloc else page.detail


def _outcome(check: CheckResult, elsewhere: bool) -> str:
    """What the check of the list found. `elsewhere`: there are changes on other pages."""
    if check.outcome == "failed":
        return f"could not check the page: {check.detail}"
    if check.outcome == "suspect":
        used = f", except for {counted(len(check.changes), 'new edition')}" if check.changes else ""
        return f"the page looks wrong, so its content was not used{used}: {check.detail}"
    if check.outcome == "discarded":
        return f"reading discarded: {check.detail}"
    return f"{_content(check.snapshot or Snapshot())}: {_changes(check, elsewhere)}"


def _content(snapshot: Snapshot) -> str:
    editions, calls = len(snapshot.editions), len(snapshot.calls)
    warnings = (
        f", {counted(len(snapshot.warnings), 'warning')} (see: cmr-watch snapshots show)" if snapshot.warnings else ""
    )
    return f"{counted(editions, 'edition')}, {counted(calls, 'call')}{warnings}"


def _changes(check: CheckResult, elsewhere: bool) -> str:
    if check.outcome == "baseline":
        return "first reading, stored as the baseline"
    if check.changes:
        return counted(len(check.changes), "change")
    return "nothing new on the list" if elsewhere else "nothing new"


def _deliveries(delivery: DeliveryReport, waiting: int) -> list[str]:
    counts = (
        (delivery.sent, "sent"),
        (delivery.logged, "only logged because no mail server is configured"),
        (delivery.pending, "will be retried"),
        (delivery.failed, "failed permanently"),
        (waiting, "waiting"),
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
        "waiting": report.waiting,
        "held": report.held,
        "configured": list(report.configured),
    }


def _page_to_dict(check: CheckResult) -> dict[str, Any]:
    snapshot = check.snapshot
    return {
        "outcome": check.outcome,
        "page_url": check.page.url,
        "checked_at": instant(check.checked_at),
        "previous_read_at": instant(check.previous_read_at) if check.previous_read_at else None,
        "detail": check.detail,
        "editions": len(snapshot.editions) if snapshot else None,
        "calls": len(snapshot.calls) if snapshot else None,
        "warnings": len(snapshot.warnings) if snapshot else None,
        "changes": [
            {"id": recorded.id, **change_to_dict(recorded.change, _sentence(recorded.change))}
            for recorded in check.changes
        ],
    }


def _sentence(change: Change) -> str:
    from cmr_watch.render.sentences import sentence  # a check in which nothing came does not need it

    return sentence(change)
