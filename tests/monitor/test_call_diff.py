"""The changes between two pages with notices of calls, in the notation of tests/monitor/small.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.models.readings import CallNotice, KnownCall
from cmr_watch.monitor.call_diff import compare_calls
from tests.monitor.small import changes_between

OPEN = "! The call for applications to host events in {} is open now."
SOON = "! A new call for hosts of events in {} will open soon. Stay tuned!"
CLOSED = "! The call for applications to host events in {} is closed."
BY = OPEN.format("2024") + " Deadline: {}."
TWO = OPEN.format("2024") + " Deadlines: 31 May 2024 and 30 September 2024."

ROWS = [
    ("announced", "", SOON.format(2024), "call.announced call-2024"),
    ("opened", "", OPEN.format("2024 - 2025"), "call.opened call-2024-2025"),
    ("closed", "", CLOSED.format(2024), "call.closed call-2024"),
    ("announced to open", SOON.format(2024), OPEN.format(2024), "call.opened call-2024"),
    ("open to closed", OPEN.format(2024), CLOSED.format(2024), "call.closed call-2024"),
    ("closed to open", CLOSED.format(2024), OPEN.format(2024), "call.opened call-2024"),
    ("open to announced", OPEN.format(2024), SOON.format(2024), "call.announced call-2024"),
    ("closed to announced", CLOSED.format(2024), SOON.format(2024), "call.announced call-2024"),
    ("withdrawn, open", OPEN.format(2024), "", "call.withdrawn call-2024"),
    ("withdrawn, announced", SOON.format(2024), "", "call.withdrawn call-2024"),
    ("removed after it was closed", CLOSED.format(2024), "", ""),
    ("different wording", OPEN.format(2024), "! Our call for hosts of events in 2024 is open: apply now!", ""),
    ("a link added", OPEN.format(2024), OPEN.format(2024) + " [Apply](/apply)", ""),
    # matching
    ("other years", OPEN.format(2024), OPEN.format("2024 - 2025"), "call.updated call-2024"),
    (
        "opened for other years",
        SOON.format(2024),
        OPEN.format("2024 - 2025"),
        "call.opened call-2024",
    ),
    ("no overlap: another call", OPEN.format(2024), OPEN.format(2025), "call.opened call-2025"),
    ("no overlap, the old one closed", CLOSED.format(2024), SOON.format(2025), "call.announced call-2025"),
    ("one has no years", "! The call for hosts is open.", CLOSED.format(2024), "call.closed call"),
    ("years removed", OPEN.format(2024), "! The call for hosts is closed.", "call.closed call-2024"),
    ("years added", "! The call for hosts is open.", OPEN.format(2024), "call.updated call"),
    ("a second call", OPEN.format(2024), f"{OPEN.format(2024)} ;; {SOON.format(2026)}", "call.announced call-2026"),
    (
        "one of two is removed",
        f"{OPEN.format(2024)} ;; {SOON.format(2026)}",
        OPEN.format(2024),
        "call.withdrawn call-2026",
    ),
    ("both are replaced", f"{OPEN.format(2024)} ;; {SOON.format(2026)}", OPEN.format(2028), "call.opened call-2028"),
    (
        "closed, and the next one open",
        OPEN.format("2024 - 2025"),
        f"{OPEN.format('2025 - 2026')} ;; {CLOSED.format('2024 - 2025')}",
        "call.opened call-2025-2026, call.closed call-2024-2025",
    ),
    (
        "two, neither with years",
        "! The call for hosts is open. ;; ! A new call for hosts will open soon.",
        "! The call for hosts is closed. ;; ! A new call for hosts will open soon.",
        "call.closed call",
    ),
    # cut-offs
    ("a cut-off is added", OPEN.format(2024), BY.format("31 May 2024"), "call.cutoff_added call-2024"),
    ("a cut-off moves", BY.format("31 May 2024"), BY.format("14 June 2024"), "call.cutoff_moved call-2024"),
    ("its time of day moves", BY.format("31 May 2024"), BY.format("31 May 2024, 18:00"), "call.cutoff_moved call-2024"),
    ("a second one is added", BY.format("31 May 2024"), TWO, "call.cutoff_added call-2024"),
    ("one is removed", TWO, BY.format("31 May 2024"), "call.updated call-2024"),
    ("all are removed when the call closes", TWO, CLOSED.format(2024), "call.closed call-2024"),
    (
        "one moves past the other",
        TWO,
        TWO.replace("31 May", "31 October"),
        "call.cutoff_added call-2024, call.updated call-2024",
    ),
    ("the second moves", TWO, TWO.replace("30 September", "31 October"), "call.cutoff_moved call-2024"),
    (
        "both move",
        TWO,
        TWO.replace("May", "July").replace("30 Sep", "15 Sep"),
        "call.cutoff_moved call-2024, call.cutoff_moved call-2024",
    ),
    (
        "extended",
        BY.format("31 May 2024"),
        "! The call for hosts of events in 2024: deadline extended to 14 June 2024.",
        "call.cutoff_moved call-2024",
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_change_kinds(old: str, new: str, expected: str) -> None:
    assert changes_between(old, new) == expected


@pytest.mark.parametrize("page", sorted({side for row in ROWS for side in row[1:3]}))
def test_a_page_compared_with_itself_has_no_changes(page: str) -> None:
    assert changes_between(page, page) == ""


def test_removing_a_past_cutoff_is_not_a_change() -> None:
    assert changes_between(TWO, BY.format("30 September 2024"), at="2024-06-02") == ""
    assert changes_between(TWO, BY.format("30 September 2024"), at="2024-05-30") == "call.updated call-2024"


# ── several readings in a row ────────────────────────────────────────────────────────────────────────────────────────

START = datetime(2024, 4, 2, 9, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
FIRST = CallNotice("open", (2024,))
SECOND = CallNotice("open", (2026,))
FIRST_CLOSED = CallNotice("closed", (2024,))
WITHOUT_YEARS = CallNotice("open")


def changes_of(*readings: tuple[CallNotice, ...], minutes: int = 30) -> list[str]:
    """The change kinds of each reading after the first."""
    known: tuple[KnownCall, ...] = ()
    kinds = []
    for number, notices in enumerate(readings):
        now = START + number * timedelta(minutes=minutes)
        changes, known = compare_calls(known, notices, now, HALF_AN_HOUR)
        kinds.append(" ".join(change.kind.value.removeprefix("call.") for change in changes))
    assert len({entry.key for entry in known}) == len(known)
    return kinds[1:]


SEQUENCES = [
    ("missing in one reading", [(FIRST,), (), (FIRST,)], ["", ""]),
    ("missing in two readings", [(FIRST,), (), (), ()], ["", "withdrawn", ""]),
    ("missing after it was closed", [(FIRST_CLOSED,), (), (), (FIRST_CLOSED,)], ["", "", ""]),
    ("withdrawn, then back", [(FIRST,), (), (), (FIRST,)], ["", "withdrawn", "opened"]),
    ("replaced immediately and permanently", [(FIRST,), (SECOND,), (SECOND,), (SECOND,)], ["opened", "", ""]),
    ("replaced after a gap", [(FIRST,), (), (SECOND,), (SECOND,)], ["", "opened", ""]),
    ("replaced, then both listed", [(FIRST,), (SECOND,), (FIRST, SECOND)], ["opened", ""]),
    ("replaced for one reading", [(FIRST,), (SECOND,), (FIRST,), (FIRST,)], ["opened", "", "withdrawn"]),
    ("withdrawn, then another", [(FIRST,), (), (), (SECOND,)], ["", "withdrawn", "opened"]),
    ("without years, withdrawn, back", [(WITHOUT_YEARS,), (), (), (WITHOUT_YEARS,)], ["", "withdrawn", "opened"]),
    ("years removed, then added again", [(FIRST,), (WITHOUT_YEARS,), (FIRST,)], ["", "updated"]),
    (
        "closed one removed, then a new one without years",
        [(FIRST_CLOSED,), (), (), (WITHOUT_YEARS,)],
        ["", "", "opened"],
    ),
]


@pytest.mark.parametrize(("readings", "kinds"), [row[1:] for row in SEQUENCES], ids=[row[0] for row in SEQUENCES])
def test_several_readings_in_a_row(readings: list[tuple[CallNotice, ...]], kinds: list[str]) -> None:
    assert changes_of(*readings) == kinds


def test_an_absence_is_confirmed_only_after_half_an_hour() -> None:
    assert changes_of((FIRST,), (), (), (), minutes=14) == ["", "", ""]
    assert changes_of((FIRST,), (), (), (), (), minutes=14) == ["", "", "", "withdrawn"]
