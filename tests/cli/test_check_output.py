from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cmr_watch.check_report import CheckReport
from cmr_watch.cli.check_output import summary
from cmr_watch.models.readings import (
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
from cmr_watch.models.reports import DeliveryReport

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
        (READ, None, "2 editions, 1 call: nothing new"),
        (READ, DeliveryReport(), "2 editions, 1 call: nothing new"),
        (
            replace(READ, outcome="changed", changes=CHANGES),
            DeliveryReport(sent=3),
            "2 editions, 1 call: 1 change, 3 messages sent",
        ),
        (
            replace(READ, outcome="changed", changes=CHANGES * 5),
            DeliveryReport(sent=1, logged=1, pending=2, failed=1),
            "2 editions, 1 call: 5 changes, 1 message sent, 1 message only logged because no mail "
            "server is configured, 2 messages will be retried, 1 message failed permanently",
        ),
        (
            replace(READ, outcome="baseline", previous_read_at=None),
            None,
            "2 editions, 1 call: first reading, stored as the baseline",
        ),
        (
            replace(READ, snapshot=Snapshot(warnings=(ReadingWarning("line-unread", "?"),))),
            None,
            "0 editions, 0 calls, 1 warning (see: cmr-watch snapshots show): nothing new",
        ),
        (
            replace(READ, outcome="failed", snapshot=None, detail="example.org refused the connection"),
            DeliveryReport(sent=1),
            "could not check the page: example.org refused the connection; 1 message sent",
        ),
        (
            replace(READ, outcome="suspect", detail="there are no editions", acceptable=True),
            None,
            "the page looks wrong, so its content was not used: there are no editions; "
            "if the page is correct, run: cmr-watch accept",
        ),
        (
            replace(READ, outcome="suspect", detail="the page has no headings"),
            None,
            "the page looks wrong, so its content was not used: the page has no headings",
        ),
        (
            replace(READ, outcome="suspect", detail="the page ends early", changes=CHANGES, acceptable=True),
            DeliveryReport(sent=1),
            "the page looks wrong, so its content was not used, except for 1 new edition: the page ends early; "
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
    assert summary(CheckReport(check, delivery)) == sentence


CALL = replace(READ, page=PageRef("https://clustercollaboration.eu/call", "call"))
EDITION = replace(READ, page=PageRef("https://clustercollaboration.eu/lyon", "edition"))


def failed(page, detail):
    return replace(page, outcome="failed", snapshot=None, detail=detail)


NOT_FOUND = failed(EDITION, "clustercollaboration.eu did not find the page (404 Not Found for /lyon)")
SLOW = failed(EDITION, "clustercollaboration.eu sent its response too slowly; gave up after 60 seconds")


@pytest.mark.parametrize(
    ("others", "end"),
    [
        ((CALL, EDITION), "nothing new"),
        ((EDITION, *[NOT_FOUND] * 5), "nothing new; 5 of 6 edition pages failed (404)"),
        ((NOT_FOUND,), "nothing new; edition page failed (404)"),
        ((CALL, EDITION, SLOW), "1 of 2 edition pages failed (sent its response too slowly; gave up after 60 seconds)"),
        (
            (NOT_FOUND, NOT_FOUND, failed(EDITION, "x reported a server error (503 Service Unavailable for /x)")),
            "nothing new; 3 of 3 edition pages failed (2 × 404, 1 × 503)",
        ),
        ((failed(CALL, "the TLS handshake failed"),), "nothing new; call page failed (the TLS handshake failed)"),
        (
            (replace(CALL, outcome="changed", changes=CHANGES), replace(EDITION, changes=CHANGES * 2), EDITION),
            "nothing new on the list; call page: 1 change; edition pages: 2 changes",
        ),
        (
            (replace(EDITION, outcome="suspect", detail="it names no edition"), NOT_FOUND, EDITION),
            "; 1 of 3 edition pages failed (404); 1 of 3 edition pages gave a suspect reading (it names no edition)",
        ),
    ],
)
def test_summary_of_the_other_pages(others, end):
    assert summary(CheckReport(READ, None, others)).endswith(end)


def test_a_cause_is_given_once():
    cause = "example.org is too busy; robots.txt could not be read, so pages are not fetched"
    text = summary(CheckReport(failed(READ, cause), DeliveryReport(sent=1), (failed(CALL, cause),)))
    assert text == f"could not check the page: {cause}; 1 message sent; call page failed for the same reason"


def test_messages_are_counted_before_the_other_pages():
    text = summary(CheckReport(READ, DeliveryReport(sent=1), (NOT_FOUND,)))
    assert text == "2 editions, 1 call: nothing new, 1 message sent; edition page failed (404)"


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
