"""Which lines make a notice, and which lines after it belong to it."""

from __future__ import annotations

import pytest

from tests.reading.pages import BURGAS, LYON, read, read_upcoming

CALL = "The call for hosts of events in 2026 is open."
Facts = list[tuple[str, tuple[int, ...], int]]
NOTICES: list[tuple[str, Facts]] = [  # newest bugs on top; status, years, number of cut-offs
    (f"<p>{CALL}</p><ul><li>Cut-off 1: 31 May 2025</li><li>Cut-off 2: 30 June 2025</li></ul>", [("open", (2026,), 2)]),
    (
        f"<p>{CALL} Cut-off dates:</p><ul><li>31 May 2025 – 18:00 CET (Brussels time) – CLOSED</li>"
        "<li>Potentially, depending on results, 31 January 2026 – 18:00 CET (Brussels time) (tbc)</li></ul>",
        [("open", (2026,), 2)],
    ),
    (f"<p>{CALL} Deadlines:<br>– 31 May 2025<br>– 30 June 2025</p>", [("open", (2026,), 2)]),
    (f"<p>{CALL}</p><p>Deadline: 31 May 2025</p><p><a href=/x>Apply here</a></p>", [("open", (2026,), 1)]),
    (
        "<p>The call for hosts in 2025 is closed.</p><p>A new call for hosts in 2026 will open soon.</p>",
        [("closed", (2025,), 0), ("announced", (2026,), 0)],
    ),
    (
        f"<ul><li>The call for hosts in 2025 is closed.</li><li>{CALL}</li></ul>",
        [("closed", (2025,), 0), ("open", (2026,), 0)],
    ),
    ("<p>A new call for hosts<br>of events in 2026<br>is open now.</p>", [("open", (2026,), 0)]),
    ("<p>Deadline: 31 May 2025</p>", []),
]


@pytest.mark.parametrize(("body", "expected"), NOTICES, ids=[row[0][:60] for row in NOTICES])
def test_notices(body: str, expected: Facts) -> None:
    page = read_upcoming(f"{body}<p>{LYON}</p>")

    assert [(call.status, call.hosting_years, len(call.cutoffs)) for call in page.calls] == expected
    assert [edition.city for edition in page.editions] == ["Lyon"]


HEADED = [
    ("<p><b>Call for hosts</b></p><p>Host an event in 2026. The call is open.</p>", [("open", (2026,), 0)]),
    ("<h3>Call for hosts</h3><p>Events in 2026. Apply by 31 May 2025!</p>", [("open", (2026,), 1)]),
    ("<h4>📢 Call for hosts:</h4><ul><li>Events in 2026 – apply now</li></ul>", [("open", (2026,), 0)]),
]


@pytest.mark.parametrize(("body", "expected"), HEADED)
def test_a_heading_that_names_a_call_takes_the_lines_below_it(body: str, expected: Facts) -> None:
    page = read_upcoming(f"<p>{LYON}</p>{body}<p>{BURGAS}</p>")

    assert [(call.status, call.hosting_years, len(call.cutoffs)) for call in page.calls] == expected
    assert [edition.city for edition in page.editions] == ["Lyon"]
    assert [warning.code for warning in page.warnings] == ["section-unknown"]


def test_a_notice_above_the_headings_counts() -> None:
    page = read(f"<p>{CALL}</p><h2>Next editions</h2><p>{LYON}</p><h2>Past editions</h2><p>{BURGAS}</p>")

    assert len(page.calls) == 1


def test_a_notice_among_other_peoples_events_does_not() -> None:
    body = f"<h2>Next editions</h2><p>{LYON}</p><h2>Past editions</h2><p>{BURGAS}</p><h2>Upcoming events</h2>"

    page = read(f"{body}<h3>Matchmaking</h3><p>{CALL}</p><p>Ghent, Belgium – 1-2 May 2025</p>")

    assert page.calls == ()
    assert page.warnings == ()
    assert len(page.editions) == 2
