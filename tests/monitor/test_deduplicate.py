"""A fact that two pages report is announced once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cmr_watch.models.readings import CallNotice, Change, ChangeKind, Cutoff, Known, KnownCall
from cmr_watch.monitor.deduplicate import is_already_reported, with_shared_keys
from cmr_watch.monitor.diff import Comparison
from tests.factories import NOW, edition

K = ChangeKind
MAY, JUNE = Cutoff(NOW + timedelta(days=60)), Cutoff(NOW + timedelta(days=90))


def of_call(kind: ChangeKind, status: str = "open", *cutoffs: Cutoff, key: str = "call") -> Change:
    after = None if kind is K.CALL_WITHDRAWN else CallNotice(status, (2024,), cutoffs)
    new = cutoffs[-1] if kind in (K.CALL_CUTOFF_ADDED, K.CALL_CUTOFF_MOVED) else None
    return Change(kind, key, CallNotice("announced"), after, None, new)


def of_edition(kind: ChangeKind, **values: object) -> Change:
    return Change(kind, "lyon", edition(), edition(**values))  # type: ignore[arg-type]


NEW_DATES = {"starts_on": date(2023, 11, 1), "ends_on": date(2023, 11, 2)}
SUMMARY = {"summary_url": "https://example.org/s"}
CASES = [
    # the change, the changes reported by other pages, whether it was already reported
    (of_call(K.CALL_OPENED), [], False),
    (of_call(K.CALL_OPENED), [of_call(K.CALL_OPENED)], True),
    (of_call(K.CALL_OPENED), [of_call(K.CALL_OPENED, key="other")], False),
    (of_call(K.CALL_OPENED), [of_call(K.CALL_OPENED), of_call(K.CALL_CLOSED, "closed")], False),
    (of_call(K.CALL_CLOSED, "closed"), [of_call(K.CALL_OPENED), of_call(K.CALL_CLOSED, "closed")], True),
    (of_call(K.CALL_WITHDRAWN), [of_call(K.CALL_WITHDRAWN)], True),
    (of_call(K.CALL_WITHDRAWN), [of_call(K.CALL_OPENED)], False),
    (of_call(K.CALL_CUTOFF_ADDED, "open", MAY), [of_call(K.CALL_CUTOFF_ADDED, "open", MAY)], True),
    (of_call(K.CALL_CUTOFF_ADDED, "open", MAY), [of_call(K.CALL_OPENED, "open", MAY, JUNE)], True),
    (of_call(K.CALL_CUTOFF_MOVED, "open", JUNE), [of_call(K.CALL_OPENED, "open", MAY)], False),
    (of_edition(K.EDITION_RESCHEDULED, **NEW_DATES), [of_edition(K.EDITION_RESCHEDULED, **NEW_DATES)], True),
    (of_edition(K.EDITION_RESCHEDULED, **NEW_DATES), [of_edition(K.EDITION_DATED, **NEW_DATES)], True),
    (of_edition(K.EDITION_RESCHEDULED, **NEW_DATES), [of_edition(K.EDITION_RESCHEDULED)], False),
    (of_edition(K.EDITION_CANCELLED, status="cancelled"), [of_edition(K.EDITION_CANCELLED, status="cancelled")], True),
    (of_edition(K.EDITION_RELOCATED, city="Nice"), [of_edition(K.EDITION_RELOCATED, city="NICE")], True),
    (of_edition(K.EDITION_SUMMARY_PUBLISHED, **SUMMARY), [of_edition(K.EDITION_SUMMARY_PUBLISHED, **SUMMARY)], True),
    (of_edition(K.EDITION_MATERIALS_PUBLISHED), [of_edition(K.EDITION_SUMMARY_PUBLISHED, **SUMMARY)], False),
    (of_edition(K.EDITION_REGISTRATION_OPENED), [of_edition(K.EDITION_REGISTRATION_OPENED)], False),
]


@pytest.mark.parametrize(("change", "reported", "expected"), CASES)
def test_is_already_reported(change: Change, reported: list[Change], expected: bool) -> None:
    assert is_already_reported(change, reported) is expected


def compared(*calls: KnownCall) -> Comparison:
    changes = tuple(Change(K.CALL_OPENED, entry.key, None, entry.call) for entry in calls)
    return Comparison(changes, Known((), calls))


def call(key: str, *years: int) -> KnownCall:
    return KnownCall(key, CallNotice("open", years))


def test_a_new_call_takes_its_key_from_another_page():
    shared = with_shared_keys(Known(), compared(call("call", 2024)), [call("call-2023-2024", 2023, 2024)])
    assert [entry.key for entry in shared.known.calls] == ["call-2023-2024"]
    assert [entry.key for entry in shared.changes] == ["call-2023-2024"]


def test_a_different_call_never_gets_the_same_key():
    shared = with_shared_keys(Known(), compared(call("call-2026", 2026)), [call("call-2026", 2024)])
    assert [entry.key for entry in shared.known.calls] == ["call-2026-2"]


def test_a_call_that_is_known_on_the_page_keeps_its_key():
    before = Known((), (call("here", 2024),))
    shared = with_shared_keys(before, compared(call("here", 2024)), [call("elsewhere", 2024)])
    assert [entry.key for entry in shared.known.calls] == ["here"]
