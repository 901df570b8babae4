"""Which lines make a notice, and which lines after it belong to it."""

from __future__ import annotations

import pytest

from cmr_watch.reading.call_state import said_state
from cmr_watch.reading.hosting_years import hosting_years
from cmr_watch.reading.notices import names_call
from cmr_watch.reading.tokens import scan
from tests.reading.pages import BURGAS, LYON, read, read_line, read_upcoming

CALL = "The call for hosts of events in 2026 is open."
Facts = list[tuple[str, tuple[int, ...], int]]
NOTICES: list[tuple[str, Facts]] = [  # newest bugs on top; status, years, number of cut-offs
    (
        "<p>The call for hosts of events in 2027 is open – two cut-offs: 27 March and 30 October 2026.</p>",
        [("open", (2027,), 2)],
    ),
    ("<p>The call for hosts of future editions is closed. We thank all regions.</p>", [("closed", (), 0)]),
    ("<p>The call for hosts of the last events of 2026 is closed; thank you.</p>", [("closed", (2026,), 0)]),
    ("<p>The call for hosts of events in 2026 was open until 31 May 2025.</p>", [("closed", (2026,), 0)]),
    ("<p>The call for hosts in 2026 is open from May 3, 2025 to May 31, 2025.</p>", [("open", (2026,), 1)]),
    (f"<p>{CALL}</p><ul><li>Cut-off 1: 31 May 2025</li><li>Cut-off 2: 30 June 2025</li></ul>", [("open", (2026,), 0)]),
    (f"<p>{CALL} Cut-offs:</p><ul><li>31 May 2025</li><li>30 June 2025</li></ul>", [("open", (2026,), 0)]),
    (f"<p>{CALL}<br>Questions: q@example.eu<br>Deadline: 31 May 2025</p>", [("open", (2026,), 1)]),
    (
        f"<p>{CALL} Cut-off dates:<br>31 May 2025 – 18:00 CET (Brussels time) – CLOSED<br>"
        "Potentially, depending on results, 31 January 2026 – 18:00 CET (Brussels time) (tbc)</p>",
        [("open", (2026,), 2)],
    ),
    (f"<p>{CALL} Deadlines:<br>– 31 May 2025<br>– 30 June 2025</p>", [("open", (2026,), 2)]),
    (f"<p>{CALL}</p><p>Deadline: 31 May 2025</p><p><a href=/x>Apply here</a></p>", [("open", (2026,), 0)]),
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
    ("<p><b>Call for hosts</b></p><p>Host an event in 2026. The call is open.</p>", [("open", (), 0)]),
    ("<h3>Call for hosts</h3><p>Events in 2026. Apply by 31 May 2025!</p>", [("open", (2026,), 1)]),
    ("<h4>📢 Call for hosts:</h4><ul><li>Events in 2026 – apply now</li></ul>", [("open", (2026,), 0)]),
]


@pytest.mark.parametrize(("body", "expected"), HEADED)
def test_a_heading_that_names_a_call_takes_the_lines_below_it(body: str, expected: Facts) -> None:
    page = read_upcoming(f"<p>{LYON}</p>{body}<p>{BURGAS}</p>")

    assert [(call.status, call.hosting_years, len(call.cutoffs)) for call in page.calls] == expected
    assert [edition.city for edition in page.editions] == ["Lyon"]
    assert [warning.code for warning in page.warnings] == ["section-unknown"]


@pytest.mark.parametrize("section", ["<h2>Next editions in 2025</h2>", "<p><b>Next editions in 2025</b></p>"])
def test_a_bold_line_heads_its_own_paragraph_alone(section: str) -> None:
    page = read(f"{section}<p><b>Call for hosts 2026</b><br>Status: open<br>Deadline: 31 May 2025</p><p>{LYON}</p>")

    assert [(call.status, call.hosting_years, len(call.cutoffs)) for call in page.calls] == [("open", (2026,), 1)]
    assert [edition.city for edition in page.editions] == ["Lyon"]


def test_the_cells_of_a_row_make_a_notice() -> None:
    page = read_upcoming("<table><tr><td>Call for hosts of events in 2026<td>open<td>Deadline 31 May 2025</table>")

    assert [(call.status, call.hosting_years, len(call.cutoffs)) for call in page.calls] == [("open", (2026,), 1)]


def test_a_notice_above_the_headings_counts() -> None:
    page = read(f"<p>{CALL}</p><h2>Next editions</h2><p>{LYON}</p><h2>Past editions</h2><p>{BURGAS}</p>")

    assert len(page.calls) == 1


def test_a_notice_among_other_peoples_events_does_not() -> None:
    body = f"<h2>Next editions</h2><p>{LYON}</p><h2>Past editions</h2><p>{BURGAS}</p><h2>Upcoming events</h2>"

    page = read(f"{body}<h3>Matchmaking</h3><p>{CALL}</p><p>Ghent, Belgium – 1-2 May 2025</p>")

    assert page.calls == ()
    assert page.warnings == ()
    assert len(page.editions) == 2


STATUSES = [  # newest bugs on top
    ("The call for hosts, launched on 3 March 2025, is closed.", "closed"),
    ("The call for hosts, published on 3 March 2025, has been closed.", "closed"),
    ("The call for hosts is open. The cut-off of 3 March 2025 is closed.", "open"),
    ("The call for hosts is open until 31 May 2025. Registration for the info day is closed.", "open"),
    ("The call for hosts is open. Late submissions are no longer possible.", "open"),
    ("The call for hosts of 2026 had closed in July and was relaunched.", "open"),
    ("The call for hosts had closed in July and will be relaunched.", "closed"),
    ("The call for hosts had its deadline on 3 May 2025. It is now closed.", "closed"),
    ("The call for hosts will be re‑opened in May.", "announced"),
    ("The call for hosts has not been closed.", "open"),
    ("The call for hosts is not closed yet: apply!", "open"),
    ("The call for hosts will close on 31 May 2025.", "open"),
    ("The call for hosts will be closed on 31 May 2025.", "open"),
    ("Call for hosts – open", "open"),
    ("The call for hosts will be re-opened in May.", "announced"),
    ("The call for hosts opens on 1 September 2025.", "announced"),
    ("The call for hosts is open. Cut-off: 31 May 2025 – CLOSED", "open"),
    ("The call for hosts is now closed. A new one will open soon.", "closed"),
    ("The call for hosts closed on 31 May 2025.", "closed"),
    ("The call for hosts is no longer accepting applications.", "closed"),
    ("The call to host events in 2026 has ended.", "closed"),
    ("A new call for hosts will be launched. Stay tuned, and apply then!", "announced"),
    ("The call for hosts is not yet open.", "announced"),
    ("The call for hosts is coming soon.", "announced"),
    ("The call for hosts is continuously open.", "open"),
    ("Apply by 31 May 2025 to the call for hosts.", "open"),
    ("The deadline of the call for hosts has been extended.", "open"),
    ("The call for hosts has been launched.", "open"),
    ("Call for hosts 2026", None),
]
YEARS = [
    ("The new call for hosts is not open yet. Hosts will be sought for editions from June 2026 to June 2027.", ()),
    ("The call for hosts is open, for the 2026 and 2027 editions.", (2026, 2027)),
    ("The call for hosts is open. The 2025 editions are over.", ()),
    ("The next call for hosts is expected in 2026.", ()),
    ("The call for hosts of events in 2026 will be launched in spring 2025.", (2026,)),
    ("The call for hosts is open. Deadline: May 2025", ()),
    ("The call to host events between September 2024 and June 2025 is open.", (2024, 2025)),
    ("The call for hosts of 2025 is closed. The next call will open in 2026.", (2025,)),
    ("New call for hosts of “Clusters meet Regions” events in 2026 – 2027", (2026, 2027)),
    ("call to host events in 2024 - 2026", (2024, 2025, 2026)),
    ("call to host events in 2024/25", (2024, 2025)),
    ("call to host events in 2024 and 2026", (2024, 2026)),
    ("Apply by 31 May 2025 to host an event in 2026", (2026,)),
    ("call for hosts", ()),
]
NO_CALLS = [
    "Deadline: 31 May 2025, 18:00 CET (Brussels time)",
    "The call for papers is open.",
    "Would you like to host an edition? Contact us.",
    "The call for applications is open.",
    "Do not call us: hosting is free.",
    "Recall: clusters meet regions.",
]


@pytest.mark.parametrize(("text", "status"), STATUSES, ids=[row[0] for row in STATUSES])
def test_status_by_its_words(text: str, status: str | None) -> None:
    assert said_state(scan(text)) == status


@pytest.mark.parametrize(("text", "years"), YEARS, ids=[row[0] for row in YEARS])
def test_hosting_years(text: str, years: tuple[int, ...]) -> None:
    assert hosting_years(scan(text)) == years


@pytest.mark.parametrize("text", NO_CALLS)
def test_what_is_no_call(text: str) -> None:
    assert not names_call(scan(text))


APART: list[tuple[str, Facts]] = [
    (
        "The call to host events in 2026 is closed. A new call for events in 2027 is open now, until 30 April 2026.",
        [("closed", (2026,), 0), ("open", (2027,), 1)],
    ),
    (
        "The call for 2026 is closed. A new call to host events in 2027 is open.",
        [("closed", (2026,), 0), ("open", (2027,), 0)],
    ),
    (
        "The 2025 call to host events has closed. The 2026 call to host events opens in May.",
        [("closed", (2025,), 0), ("announced", (2026,), 0)],
    ),
    ("The call to host events in 2026 is closed. Stay tuned for the next one!", [("closed", (2026,), 0)]),
    ("The call for hosts was extended to 2027.", [("open", (2027,), 0)]),
    ("The hosts of the 2026 events were selected through our call for hosts.", []),
    ("Thank you to all who answered the call for hosts of 2026 events.", []),
    ("Call for hosts 2027", []),
    ('Call for hosts of 2027 events: <a href="/x">application form</a>', [("open", (2027,), 0)]),
    ("The call for hosts is open.<br>Deadline<br>31 May 2027, 16h00", [("open", (), 1)]),
]


@pytest.mark.parametrize(("line", "expected"), APART, ids=[row[0] for row in APART])
def test_each_call_of_a_notice_has_its_state(line: str, expected: Facts) -> None:
    page = read_line(line)

    assert [(call.status, call.hosting_years, len(call.cutoffs)) for call in page.calls] == expected


LINKS = [
    ('The call for hosts is open.<br>Questions: q@b.eu<br>Apply: <a href="/call">here</a>', "/call"),
    ('The call for hosts is open.</p><p>Apply: <a href="/call">here</a>', None),
    ('The <a href="/call">call for interest</a> to host events is open. <a href="/faq">FAQ</a>', None),
    ('The <a href="/call">call for interest</a> to host events is open.', "/call"),
    ('The call for hosts is no longer open. See our <a href="/p">privacy statement</a>.', None),
    ('The call for hosts will open soon. See <a href="/a">the results</a> and <a href="/b">the FAQ</a>.', None),
    (
        'The call for hosts is open. <a href="/g.pdf">Guide for applicants</a> <a href="/f">Application form</a> '
        '<a href="/l.docx">Letter of support (form)</a>',
        "/f",
    ),
    ('The call for hosts is open. Application form: <a href="/f">open</a>, <a href="/faq">FAQ</a>', "/f"),
    ('The call for hosts is open: <a href="/g.pdf">guide</a>', "/g.pdf"),
    ('The call for hosts is open. <a href="/guide">Guide</a>. <a href="/call">Apply here!</a>', "/call"),
    ('The call for hosts is open. Apply <a href="/call">here</a> or <a href="mailto:a@b.eu">write</a>.', "/call"),
    ('The call for hosts is open. <a href="javascript:x()">Apply</a>', None),
    ("The call for hosts is open.", None),
]


@pytest.mark.parametrize(("line", "path"), LINKS)
def test_the_way_to_apply(line: str, path: str | None) -> None:
    (call,) = read_line(line).calls

    assert call.apply_url == (f"https://clustercollaboration.eu{path}" if path else None)


@pytest.mark.parametrize(
    "line", ["Lyon, France – 1-2 May 2026: call for hosts of B2B", "Call for Evidence – Lyon, France – 1-2 May 2026"]
)
def test_an_edition_may_speak_of_a_call(line: str) -> None:
    page = read_line(line)

    assert [edition.city for edition in page.editions] == ["Lyon"]
    assert page.calls == ()
