"""Old notices → new notices → the changes. The notation is that of tests/monitor/small.py."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cmr_watch.models import CallNotice, KnownCall
from cmr_watch.monitor.call_diff import compare_calls
from tests.monitor.small import news

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
    ("a closed one goes silently", CLOSED.format(2024), "", ""),
    ("other words", OPEN.format(2024), "! Our call for hosts of events in 2024 is open: apply now!", ""),
    ("another link", OPEN.format(2024), OPEN.format(2024) + " [Apply](/apply)", ""),
    # which call is it?
    ("other years", OPEN.format(2024), OPEN.format("2024 - 2025"), "call.updated call-2024"),
    (
        "opened for other years",
        SOON.format(2024),
        OPEN.format("2024 - 2025"),
        "call.opened call-2024, call.updated call-2024",
    ),
    ("no overlap: another call", OPEN.format(2024), OPEN.format(2025), "call.opened call-2025"),
    ("no overlap, the old one closed", CLOSED.format(2024), SOON.format(2025), "call.announced call-2025"),
    ("one has no years", "! The call for hosts is open.", CLOSED.format(2024), "call.closed call"),
    ("one loses its years", OPEN.format(2024), "! The call for hosts is closed.", "call.closed call-2024"),
    ("years come late", "! The call for hosts is open.", OPEN.format(2024), "call.updated call"),
    ("a second call", OPEN.format(2024), f"{OPEN.format(2024)} ;; {SOON.format(2026)}", "call.announced call-2026"),
    ("one of two goes", f"{OPEN.format(2024)} ;; {SOON.format(2026)}", OPEN.format(2024), "call.withdrawn call-2026"),
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
    ("a cut-off comes", OPEN.format(2024), BY.format("31 May 2024"), "call.cutoff_added call-2024"),
    ("a cut-off moves", BY.format("31 May 2024"), BY.format("14 June 2024"), "call.cutoff_moved call-2024"),
    ("its hour moves", BY.format("31 May 2024"), BY.format("31 May 2024, 18:00"), "call.cutoff_moved call-2024"),
    ("a second one", BY.format("31 May 2024"), TWO, "call.cutoff_added call-2024"),
    ("one goes", TWO, BY.format("31 May 2024"), "call.updated call-2024"),
    ("all go with the call", TWO, CLOSED.format(2024), "call.closed call-2024"),
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
def test_each_kind(old: str, new: str, expected: str) -> None:
    assert news(old, new) == expected


@pytest.mark.parametrize("said", sorted({side for row in ROWS for side in row[1:3]}))
def test_a_page_beside_itself_is_silent(said: str) -> None:
    assert news(said, said) == ""


def test_a_cutoff_that_is_over_goes_in_silence() -> None:
    assert news(TWO, BY.format("30 September 2024"), at="2024-06-02") == ""
    assert news(TWO, BY.format("30 September 2024"), at="2024-05-30") == "call.updated call-2024"


# ── one reading after the other ──────────────────────────────────────────────────────────────────────────────────

START = datetime(2024, 4, 2, 9, tzinfo=UTC)
HALF_AN_HOUR = timedelta(minutes=30)
FIRST = CallNotice("open", (2024,))
SECOND = CallNotice("open", (2026,))
DONE = CallNotice("closed", (2024,))
BARE = CallNotice("open")


def story(*readings: tuple[CallNotice, ...], minutes: int = 30) -> list[str]:
    """The kinds told at each reading, after a silent first one."""
    known: tuple[KnownCall, ...] = ()
    told = []
    for number, notices in enumerate(readings):
        now = START + number * timedelta(minutes=minutes)
        changes, known = compare_calls(known, notices, now, HALF_AN_HOUR)
        told.append(" ".join(change.kind.value.removeprefix("call.") for change in changes))
    assert len({one.key for one in known}) == len(known)
    return told[1:]


STORIES = [
    ("a gap of one reading", [(FIRST,), (), (FIRST,)], ["", ""]),
    ("two readings in a row", [(FIRST,), (), (), ()], ["", "withdrawn", ""]),
    ("a closed one", [(DONE,), (), (), (DONE,)], ["", "", ""]),
    ("withdrawn, and back", [(FIRST,), (), (), (FIRST,)], ["", "withdrawn", "opened"]),
    ("replaced at once, for good", [(FIRST,), (SECOND,), (SECOND,), (SECOND,)], ["opened", "", ""]),
    ("replaced after a gap", [(FIRST,), (), (SECOND,), (SECOND,)], ["", "opened", ""]),
    ("replaced, and both back", [(FIRST,), (SECOND,), (FIRST, SECOND)], ["opened", ""]),
    ("replaced for one reading", [(FIRST,), (SECOND,), (FIRST,), (FIRST,)], ["opened", "", "withdrawn"]),
    ("withdrawn, then another", [(FIRST,), (), (), (SECOND,)], ["", "withdrawn", "opened"]),
    ("without years, withdrawn, back", [(BARE,), (), (), (BARE,)], ["", "withdrawn", "opened"]),
    ("loses its years, gets them again", [(FIRST,), (BARE,), (FIRST,)], ["", "updated"]),
    ("gone silently, a new one without years", [(DONE,), (), (), (BARE,)], ["", "", "opened"]),
]


@pytest.mark.parametrize(("readings", "told"), [row[1:] for row in STORIES], ids=[row[0] for row in STORIES])
def test_readings_in_a_row(readings: list[tuple[CallNotice, ...]], told: list[str]) -> None:
    assert story(*readings) == told


def test_two_readings_within_half_an_hour_are_no_proof() -> None:
    assert story((FIRST,), (), (), (), minutes=14) == ["", "", ""]
    assert story((FIRST,), (), (), (), (), minutes=14) == ["", "", "", "withdrawn"]
