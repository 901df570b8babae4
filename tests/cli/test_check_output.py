from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cmr_watch.check_report import CheckReport
from cmr_watch.cli.check_output import summary
from cmr_watch.clock import BRUSSELS
from cmr_watch.models import (
    CallNotice,
    Change,
    ChangeKind,
    CheckResult,
    Edition,
    PageRef,
    ReadingWarning,
    RecordedChange,
    Snapshot,
)
from cmr_watch.notify.outbox import DeliveryReport

NOW = datetime(2024, 4, 2, 10, 30, tzinfo=UTC)
READ = CheckResult(
    "unchanged",
    PageRef("https://clustercollaboration.eu/", "initiative"),
    NOW,
    Snapshot(editions=(Edition("Lyon"), Edition("Milan")), calls=(CallNotice("open"),)),
    previous_read_at=datetime(2024, 4, 2, 7, 12, tzinfo=UTC),
)
LYON = Change(ChangeKind.EDITION_ANNOUNCED, "lyon-fr-2023-10", None, Edition("Lyon"))
CHANGES = (RecordedChange(1, LYON, READ.page.url, NOW),)


@pytest.mark.parametrize(
    ("check", "delivery", "sentence"),
    [
        (READ, None, "read 2 editions, 1 call: no changes since 09:12"),
        (READ, DeliveryReport(), "read 2 editions, 1 call: no changes since 09:12"),
        (
            replace(READ, previous_read_at=datetime(2024, 4, 1, 21, 59, tzinfo=UTC)),
            None,
            "read 2 editions, 1 call: no changes since 1 April 2024, 23:59",
        ),
        (
            replace(READ, previous_read_at=datetime(2024, 4, 1, 22, 1, tzinfo=UTC)),
            None,
            "read 2 editions, 1 call: no changes since 00:01",
        ),
        (
            replace(READ, outcome="changed", changes=CHANGES),
            DeliveryReport(sent=3),
            "read 2 editions, 1 call: 1 change, 3 messages sent",
        ),
        (
            replace(READ, outcome="changed", changes=CHANGES * 5),
            DeliveryReport(sent=1, logged=1, pending=2, failed=1),
            "read 2 editions, 1 call: 5 changes, 1 message sent, 1 message only logged because no mail "
            "server is configured, 2 messages will be retried, 1 message failed permanently",
        ),
        (
            replace(READ, outcome="baseline", previous_read_at=None),
            None,
            "read 2 editions, 1 call: first reading, stored as the baseline",
        ),
        (
            replace(READ, snapshot=Snapshot(warnings=(ReadingWarning("line-unread", "?"),))),
            None,
            "read 0 editions, 0 calls, 1 warning: no changes since 09:12",
        ),
        (
            replace(READ, outcome="failed", snapshot=None, detail="example.org refused the connection"),
            DeliveryReport(sent=1),
            "could not check the page: example.org refused the connection, 1 message sent",
        ),
        (
            replace(READ, outcome="suspect", detail="there are no editions"),
            None,
            "the page looks wrong, so its content was not used: there are no editions; "
            "if the page is correct, run: cmr-watch accept",
        ),
        (
            replace(READ, outcome="suspect", detail="the page ends early", changes=CHANGES),
            DeliveryReport(sent=1),
            "the page looks wrong, so its content was not used, except for 1 new edition: the page ends early, "
            "1 message sent; if the page is correct, run: cmr-watch accept",
        ),
        (
            replace(READ, outcome="discarded", snapshot=None, detail="another check was faster"),
            None,
            "reading discarded: another check was faster",
        ),
    ],
)
def test_summary(check, delivery, sentence):
    assert summary(CheckReport(check, delivery), BRUSSELS) == sentence


def test_summary_of_the_other_pages():
    other = replace(READ, page="call", changes=CHANGES)
    report = CheckReport(
        READ, None, (other, replace(other, outcome="suspect", changes=()), replace(READ, page="edition"))
    )
    assert summary(report, BRUSSELS).endswith("no changes since 09:12, 3 more pages: 1 change, 1 failed or suspect")


@pytest.mark.parametrize(
    ("check", "delivery", "failed"),
    [
        (READ, None, False),
        (READ, DeliveryReport(sent=2, logged=1), False),
        (READ, DeliveryReport(pending=1, failures=("451",)), True),
        (READ, DeliveryReport(failed=1, failures=("550",)), True),
        (replace(READ, outcome="suspect"), None, True),
        (replace(READ, outcome="failed"), None, True),
        (replace(READ, outcome="discarded"), None, False),
    ],
)
def test_which_results_count_as_failed(check, delivery, failed):
    assert CheckReport(check, delivery).has_failures is failed
