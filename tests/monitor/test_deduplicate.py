"""One fact on two pages is told once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from cmr_watch.models import CallNotice, Change, ChangeKind, Cutoff, Known, KnownCall
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


MOVED = {"starts_on": date(2023, 11, 1), "ends_on": date(2023, 11, 2)}
SUMMARY = {"summary_url": "https://example.org/s"}
CASES = [
    # the change, what another page told, whether it is old news
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
    (of_edition(K.EDITION_RESCHEDULED, **MOVED), [of_edition(K.EDITION_RESCHEDULED, **MOVED)], True),
    (of_edition(K.EDITION_RESCHEDULED, **MOVED), [of_edition(K.EDITION_DATED, **MOVED)], True),
    (of_edition(K.EDITION_RESCHEDULED, **MOVED), [of_edition(K.EDITION_RESCHEDULED)], False),
    (of_edition(K.EDITION_CANCELLED, status="cancelled"), [of_edition(K.EDITION_CANCELLED, status="cancelled")], True),
    (of_edition(K.EDITION_RELOCATED, city="Nice"), [of_edition(K.EDITION_RELOCATED, city="NICE")], True),
    (of_edition(K.EDITION_SUMMARY_PUBLISHED, **SUMMARY), [of_edition(K.EDITION_SUMMARY_PUBLISHED, **SUMMARY)], True),
    (of_edition(K.EDITION_MATERIALS_PUBLISHED), [of_edition(K.EDITION_SUMMARY_PUBLISHED, **SUMMARY)], False),
    (of_edition(K.EDITION_REGISTRATION_OPENED), [of_edition(K.EDITION_REGISTRATION_OPENED)], False),
]


@pytest.mark.parametrize(("change", "told", "old"), CASES)
def test_what_was_told_elsewhere(change: Change, told: list[Change], old: bool) -> None:
    assert is_already_reported(change, told) is old


def compared(*calls: KnownCall) -> Comparison:
    changes = tuple(Change(K.CALL_OPENED, one.key, None, one.call) for one in calls)
    return Comparison(changes, Known((), calls))


def call(key: str, *years: int) -> KnownCall:
    return KnownCall(key, CallNotice("open", years))


def test_the_same_call_has_the_key_that_it_has_elsewhere():
    shared = with_shared_keys(Known(), compared(call("call", 2024)), [call("call-2023-2024", 2023, 2024)])
    assert [one.key for one in shared.known.calls] == ["call-2023-2024"]
    assert [one.key for one in shared.changes] == ["call-2023-2024"]


def test_another_call_has_a_key_that_nobody_has():
    shared = with_shared_keys(Known(), compared(call("call-2026", 2026)), [call("call-2026", 2024)])
    assert [one.key for one in shared.known.calls] == ["call-2026-2"]


def test_a_call_that_was_known_here_keeps_its_key():
    before = Known((), (call("mine", 2024),))
    shared = with_shared_keys(before, compared(call("mine", 2024)), [call("theirs", 2024)])
    assert [one.key for one in shared.known.calls] == ["mine"]
