"""The call's page, rule by rule: C, and O where it speaks of calls (docs/reading.md), each with a neighbour.

A reading in short: the status, the hosting years, the form; a cut-off in UTC with C(losed), T(entative); warnings.
"""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import Cutoff, Snapshot
from cmr_watch.reading import read
from tests.reading.pages import codes
from tests.reading.rules import short_call

TITLE = "Call for expression of interest: host a Clusters meet Regions event"
OPEN = "<p>The call for hosts is open.</p>"
DEADLINE = "<p>Deadline: 31 May 2027</p>"
MAY = "05-31 21:59"
FORM = "<p><a href='/f'>Application form</a></p>"


def page(body: str, title: str = TITLE) -> Snapshot:
    content = f"<html><body><main><article><h1>{title}</h1>{body}</article></main></body></html>"
    return read("call", content.encode()).snapshot


def short_cutoff(cutoff: Cutoff) -> str:
    """Of 2027 unless it says so."""
    at = f"{cutoff.at:%Y-%m-%d %H:%M}".removeprefix("2027-")
    return f"{at}{' C' * cutoff.closed}{' T' * cutoff.tentative}"


def cutoffs(body: str) -> str:
    found = page(body)
    days = [short_cutoff(cutoff) for call in found.calls for cutoff in call.cutoffs]
    return ", ".join([*days, *[f"!{code}" for code in codes(found)]])


CUTOFFS = [  # C3, D5: days of 2027
    *[
        ("C3", f"<p>{text} 31 May 2027.</p>", MAY)
        for text in [
            *[
                "Deadline for applications:",
                "Cut-off date:",
                "Apply until",
                "Applications are accepted until",
                "Apply by",
            ],
            *["Submit your application before", "Apply no later than", "Applications are due at the latest on"],
            *["The last day to apply is", "The call closes on", "The call will close on", "The call is open until"],
            *["Proposals must be submitted by", "Submission deadline", "Closing date:"],
        ]
    ],
    ("C3", "<p>Deadline</p><p>31 May 2027, 16h00</p>", "05-31 14:00"),
    ("C3", "<h2>Deadlines</h2><p>31 May 2027</p><p>30 September 2027</p>", f"{MAY}, 09-30 21:59"),
    ("C3", "<dl><dt>Deadline</dt><dd>31 May 2027</dd><dt>Results</dt><dd>30 June 2027</dd></dl>", MAY),
    (
        "C3",
        "<table><tr><th>Round</th><th>Deadline</th><th>Results</th><th>State</th></tr><tr><td>1</td>"
        "<td>31 May 2027</td>"
        "<td>30 June 2027</td><td>Closed</td></tr><tr><td>2</td><td>30 September 2027</td><td></td>"
        "<td>Open</td></tr></table>",
        f"{MAY} C, 09-30 21:59",
    ),
    ("C3", "<p>The call is open from 1 March to 31 May 2027.</p>", MAY),
    ("C3", "<p>Application period: 1 March – 31 May 2027</p>", MAY),
    ("C3", "<p>Submit your application between 1 March and 31 May 2027.</p>", MAY),
    ("C3", "<p>Applications received by 31 May 2027 are evaluated in June 2027.</p>", MAY),
    ("C3", "<p>We received 23 proposals by the deadline of 30 April 2026.</p>", "2026-04-30 21:59"),
    ("C3", "<p>Deadlines: 12 February, 14 May and 8 October 2027</p>", "02-12 22:59, 05-14 21:59, 10-08 21:59"),
    ("C3", "<p>In 2027 there are two cut-offs: 31 May and 30 September.</p>", f"{MAY}, 09-30 21:59"),
    ("C3", "<p>Original deadline: 31 May 2027; new deadline: 14 June 2027</p>", "06-14 21:59"),
    ("C3", "<p>The deadline of 31 May 2027 is extended to 14 June 2027.</p>", "06-14 21:59"),
    ("C3", "<p>Deadline: 31 May extended to 14 June 2027</p>", "06-14 21:59"),
    ("C3", "<p>Deadline: <del>31 May 2027</del> 14 June 2027</p>", "06-14 21:59"),
    ("C3", "<p>Deadline moved from 31 May to 14 June 2027</p>", "06-14 21:59"),
    ("C3", "<p>Apply by 31 May 2027.</p><ul><li>Deadline: 31 May 2027, 18:00</li></ul>", "05-31 16:00"),
    (
        "C3",
        "<p>Apply by 31 May 2027, 17:00.</p><p>Deadlines:</p><ul><li>31 May 2027, 18:00</li>"
        "<li>3 September 2027</li></ul>",
        "05-31 15:00, 09-03 21:59",
    ),
    ("C3", "<p>Deadline: 31 May</p>", "!date-unknown"),
    ("C3", "<p>The call is for events in 2028.</p><p>Deadline: 31 May</p>", "!date-unknown"),
    (
        "C3",
        "<h2>Events in 2028</h2><p>Deadline for applications: 31 May</p>",
        "!date-unknown",
    ),
    ("C3", "<h2>Deadlines in 2027</h2><p>31 May</p>", MAY),
    ("C3", "<p>Deadline: end of May 2027</p>", "!date-unknown"),
    ("C3", "<p>Deadline: 31 June 2027</p>", "!date-impossible"),
    ("C3", "<h2>Deadline</h2><p>The call was published on 3 March 2027. Apply until 31 May 2027.</p>", MAY),
    ("D5", "<p>Deadline: 28 28 May 2027</p>", "05-28 21:59, !date-remainder"),
    ("D5", "<p>Cut-off 1: 31 May 2027</p><p>2nd cut-off: 30 September 2027</p>", f"{MAY}, 09-30 21:59"),
    ("D5", "<p>Deadline: 31 May 2027<sup>2</sup></p>", MAY),
    ("O6", "<p>DEADLINE: 31 May 2027</p>", MAY),
    ("O6", "<p>Cutoff date: 31 May 2027</p>", MAY),
    ("O6", "<p>Cut off: 31 May 2027</p>", MAY),
    ("O6", "<p>Deadline: 1 Septmber 2027</p>", "09-01 21:59"),
    *[
        ("C3", f"{DEADLINE}{other}", MAY)
        for other in [  # other days, which are no cut-offs
            *[
                "<p>Published on 3 March 2027</p>",
                "<p>The call starts on 1 March 2027.</p>",
                "<p>The call opens on 1 March 2027.</p>",
            ],
            *["<p>The events take place between 1 September and 30 November 2027.</p>", "<p>Results: 30 June 2027</p>"],
            *["<p>Applicants are informed of the results by 30 June 2027.</p>", "<p>Evaluation until 20 June 2027</p>"],
            *[
                "<p>Information session: 3 April 2027</p>",
                "<p>Register for the information session by 1 April 2027.</p>",
            ],
            *["<p>Questions can be sent until 20 May 2027.</p>"],
            *[
                "<h3>Until when can I send questions?</h3><p>Until 20 May 2027.</p>",
                "<p>Regulation (EU) 2021/690 of 28 April 2021</p>",
            ],
            *[
                "<p>Late applications are accepted until 7 June 2027.</p>",
                "<h3>Late applications</h3><p>Until 7 June 2027</p>",
            ],
            *[
                "<p>The contract ends on 31 December 2028.</p>",
            ],
            *["<p>Hosts confirm by 30 June 2027.</p>"],
            *["<p>Hosts sign before 15 July 2027.</p>"],
            *[
                "<p>The last call closed on 27 November 2026.</p>",
                "<p>Regions that applied before 1 January 2026 may apply again.</p>",
            ],
            *["<h2>Other calls</h2><p>Deadline: 3 July 2027</p>", "<h2>News</h2><p>Deadline: 3 July 2027</p>"],
            *[
                "<h2>Other events</h2><p>Apply by 3 July 2027</p>",
                "<h3>Related calls</h3><ul><li>Deadline: 3 July 2027</li></ul>",
            ],
        ]
    ],
    ("C3", f"{DEADLINE}<p>The letter of support may be sent until 7 June 2027.</p>", MAY),
    ("C3", f"{DEADLINE}<p>Hosts send the programme by 30 August 2027.</p>", MAY),
    ("C3", f"{DEADLINE}<p>Deadline of the second phase: 15 July 2027</p>", MAY),
    ("C3", f"{DEADLINE}<p>Book your hotel before 3 April 2027.</p>", MAY),
    ("C3", f"{DEADLINE}<p>Send the letter of support by 7 June 2027.</p>", MAY),
    ("C3", f"{DEADLINE}<p>The programme must be sent by 30 August 2027.</p>", MAY),
    ("C3", f"{DEADLINE}<p>Second phase, invited applicants only: until 15 July 2027</p>", MAY),
    ("C3", "<h2>Other calls</h2><p>Deadline: 3 July 2027</p><h2>Timetable</h2><p>Deadline: 31 May 2027</p>", MAY),
    ("C5", "<p>Deadline: 31 May 2027 (closed)</p><p>Deadline: 30 September 2027</p>", f"{MAY} C, 09-30 21:59"),
    *[
        (
            "C5",
            f"<p>Cut-offs:</p><ul><li>31 May 2027 – {word}</li><li>30 September 2027</li></ul>",
            f"{MAY} C, 09-30 21:59",
        )
        for word in ["CLOSED", "expired", "passed"]
    ],
    ("C5", "<p>Deadline: 31 May 2027 (ended)</p>", f"{MAY} C"),
    ("C5", "<p>Deadline: 31 May 2027 – over</p>", f"{MAY} C"),
    ("C5", "<p>Deadline: 31 May 2027 – past</p>", f"{MAY} C"),
    (
        "C5",
        "<h3>Closed cut-offs</h3><p>31 May 2027</p><h3>Open cut-offs</h3><p>30 September 2027</p>",
        f"{MAY} C, 09-30 21:59",
    ),
    (
        "C5",
        "<h3>Past cut-offs</h3><p>31 May 2027</p><h3>Next cut-offs</h3><p>30 September 2027</p>",
        f"{MAY} C, 09-30 21:59",
    ),
    *[
        ("C5", f"<p>Deadline: 31 May 2027 ({word})</p>", f"{MAY} T")
        for word in ["tbc", "to be confirmed", "provisional", "tentative"]
    ],
    ("C5", "<p>Deadline: 31 May 2027 (potentially)</p>", f"{MAY} T"),
    ("C5", "<p>Deadline: 31 May 2027 (possibly)</p>", f"{MAY} T"),
    ("C5", "<p>Potentially: deadline 31 May 2027</p>", f"{MAY} T"),
    ("C5", "<p>Planned deadline: 31 May 2027</p>", MAY),
    ("C5", "<p>Deadline: 31 May 2027 (planned)</p>", MAY),
    (
        "O5",
        "<p>Deadline: 31 May 2027, 18:00 CET</p><p>Deadline: 26 November 2027, 18:00 CEST</p>",
        "05-31 16:00, 11-26 16:00, !cutoff-zone, !cutoff-zone",
    ),
    (
        "O5",
        "<p>Deadlines: 31 May 2027, 18:00 CET; 26 November 2027, 18:00 CEST</p>",
        "05-31 16:00, 11-26 16:00, !cutoff-zone, !cutoff-zone",
    ),
    (
        "C4",
        "<p>Deadlines: 31 May 2027 and 30 September 2027, 18:00</p>",
        "05-31 16:00, 09-30 16:00",
    ),
    (
        "C4",
        "<p>All deadlines at 18:00, Brussels time.</p><p>Deadline: 31 May 2027</p>"
        "<p>Deadline: 30 September 2027, 12:00</p>",
        "05-31 16:00, 09-30 10:00",
    ),
]


@pytest.mark.parametrize(("rule", "body", "expected"), CUTOFFS)
def test_cutoffs(rule: str, body: str, expected: str) -> None:
    assert cutoffs(OPEN + body) == expected, rule


INSTANTS = [  # C4: a time and its zone on 31 May and, in winter, on 26 November 2027
    *[
        (f"31 May 2027, {text}", "05-31 16:00")
        for text in [
            *["18:00", "18.00", "18h", "18h00", "18:00h", "18:00 hrs", "6 pm", "6:00 PM", "6.00 p.m."],
            *["18:00:00", "18:00 Brussels time", "18:00 CET (Brussels time)", "18:00 CEST", "18:00 local time"],
            *["18:00 Central European Time", "18:00 Central European Summer Time", "18:00 (Brussels, Belgium)"],
            *["18:00 Paris time", "18:00 CET/CEST", "18:00 CE(S)T", "18:00 UTC+2", "18:00 GMT+2", "18:00 GMT +02:00"],
            *["16:00 UTC", "16:00 GMT", "17:00 GMT / 18:00 CEST", "18:00 BST", "at 18:00", "18 pm"],
        ]
    ],
    *[(f"31 May 2027, {text}", "05-31 16:00, !cutoff-zone") for text in ["18:00 CET", "18:00 EET", "18:00 WET"]],
    *[(f"31 May 2027, {text}", "05-31 15:00") for text in ["18:00 EEST", "18:00 UTC+3", "5 pm"]],
    ("31 May 2027, 1800 hrs", "05-31 16:00"),
    ("31 May 2027, 1800h", "05-31 16:00"),
    ("31 May 2027, 1800 CEST", "05-31 16:00"),
    ("31 May 2027, 18:00 Helsinki time", "05-31 15:00"),
    *[
        (f"26 November 2027, {text}", "11-26 17:00")
        for text in ["18:00 CET", "18:00", "6 pm CET", "18:00 (Brussels time)"]
    ],
    ("26 November 2027, 18:00 CEST", "11-26 16:00, !cutoff-zone"),
    ("26 November 2027, 18:00 EET", "11-26 16:00"),
    ("26 November 2027, 18:00 CEST, Brussels time", "11-26 17:00"),
    ("31 May 2027, 15 pm", "05-31 13:00"),
    *[(f"31 May 2027, {text}", "05-31 10:00") for text in ["noon", "12 pm", "12:00", "12 noon"]],
    *[(f"31 May 2027, {text}", "05-30 22:00") for text in ["12 am", "00:00"]],
    *[(f"31 May 2027, {text}", MAY) for text in ["midnight", "24:00", "24:00 CEST", "23:59"]],
    ("31 May 2027", MAY),
    ("31 May 2027, midnight UTC", "05-31 23:59"),
    ("18:00 CEST on 31 May 2027", "05-31 16:00"),
    ("31 May 2027, 6.00 p.m. Brussels time. Late applications until 3 June 2027.", "05-31 16:00"),
]


@pytest.mark.parametrize(("text", "expected"), INSTANTS)
def test_instant(text: str, expected: str) -> None:
    assert cutoffs(f"{OPEN}<p>Deadline: {text}</p>") == expected


CALLS = [  # C6, C2, O1, O2, O4: the call, without its cut-offs
    ("C6", f"<p>The call is closed.</p>{DEADLINE}", "closed"),
    ("C6", f"<p>The call for hosts is no longer open.</p>{FORM}", "closed /f"),
    ("C6", f"<p>Applications are no longer accepted.</p>{DEADLINE}", "closed"),
    ("C6", "<p>Deadlines:</p><p>31 May 2027 – closed</p><p>30 September 2027</p>", "open"),
    ("C6", f"<p>The call will open in March 2027.</p>{DEADLINE}", "announced"),
    ("C6", f"<p>The call will open in March 2027.</p>{DEADLINE}{FORM}", "open /f"),
    ("C6", f"<p>The call will be launched soon.</p>{DEADLINE}", "announced"),
    (
        "C6",
        "<p>The call will be launched soon.</p><p>Apply by 31 May 2027.</p>",
        "announced",
    ),
    ("C6", f"{OPEN}<p>Deadline: 31 May 2027 – closed</p><p>Deadline: 30 June 2027 – closed</p>", "closed"),
    ("C6", f"{OPEN}<p>Deadline: 31 May 2027 – closed</p>{FORM}", "open /f"),
    ("C6", DEADLINE, "open"),
    ("C6", OPEN, "open"),
    ("C6", FORM, "open /f"),
    ("C6", "<p>Hosting an event has many advantages.</p>", ""),
    ("C6", "<form action='/search'><input name=q><button>Apply</button></form><p>Hosting is fun.</p>", ""),
    ("C6", "<form action='/newsletter'><input type=email><button>Subscribe</button></form><p>Hosting is fun.</p>", ""),
    (
        "C6",
        "<iframe src='https://ec.europa.eu/eusurvey/runner/application-cmr' title='Application form'></iframe>"
        "<p>Hosting.</p>",
        "open https://ec.europa.eu/eusurvey/runner/application-cmr",
    ),
    ("C6", f"<p>The call is closed.</p><p>A template is here: <a href='/t.docx'>Template</a></p>{FORM}", "closed /f"),
    ("C6", f"<p>Registration for the info day is closed.</p>{DEADLINE}", "open"),
    ("C6", f"<p>The call may be closed earlier.</p>{DEADLINE}", "open"),
    ("C6", f"<p>Late applications are no longer accepted.</p>{DEADLINE}", "open"),
    ("C2", f"<p>Status: Closed</p>{DEADLINE}", "closed"),
    ("C2", f"<p>Status: Open</p>{DEADLINE}", "open"),
    ("C2", "<p>The call, which had closed in July, has been reopened.</p>", "open"),
    ("C2", "<p>The call is closed. Stay tuned for the next one!</p>", "closed"),
    ("C2", "<p>The call is closed and will be reopened in 2028.</p>", "closed"),
    ("C2", f"<p>The call has been extended.</p>{DEADLINE}", "open"),
    ("C2", "<p>There is no open call at the moment.</p>", "closed"),
    ("C2", "<p>The call is not open yet.</p>", "announced"),
    ("O1", "<p>The call for hosts in 2026 is closed. The call for hosts in 2027 is open.</p>", "open 2027"),
    ("O1", "<p>The call for hosts in 2027 is open. The call for hosts in 2026 is closed.</p>", "open 2027"),
    (
        "O1",
        "<p>The call for hosts in 2027 will open soon. The call for hosts in 2026 is closed.</p>",
        "announced 2027",
    ),
    (
        "O1",
        "<p>The call for hosts in 2026 is closed.</p><p>The call for hosts in 2027 will open soon.</p>",
        "announced 2027",
    ),
    ("O1", "<p>The call for hosts in 2025 is closed. The call for hosts in 2026 is closed.</p>", "closed 2026"),
    ("O2", f"{OPEN}<p><a href='form'>Apply</a></p>", "open /content/form"),
    ("O2", f"{OPEN}<p>Application form: <a href='/f'>here</a></p>", "open /f"),
    ("O2", f"{OPEN}<p><a href='/g'>Guide for applicants</a></p><p><a href='/f'>Apply now</a></p>", "open /f"),
    ("O2", f"{OPEN}<p><a href='/h'>How to apply</a></p><p><a href='/f'>Application form</a></p>", "open /f"),
    ("O2", f"{OPEN}<p><a href='/l'>Letter of support (form)</a></p><p><a href='/f'>Apply</a></p>", "open /f"),
    ("O2", f"{OPEN}<p><a href='/x'>Example of an application</a></p><p><a href='/f'>Apply</a></p>", "open /f"),
    ("O2", f"{OPEN}<p><a href='/x'>Annex: application</a></p><p><a href='/f'>Apply</a></p>", "open /f"),
    ("O2", f"{OPEN}<p><a href='/t'>Application form (template)</a></p>", "open /t"),
    ("O2", f"{OPEN}<p><a href='/p'>Our platform</a> <a href='/i'>Information</a></p>", "open"),
    ("O2", f"{OPEN}<p><a href='mailto:a@b.eu'>Apply by e-mail</a></p>", "open"),
    ("O2", f"{OPEN}<p><a href='#apply'>Apply</a></p><p><a href='/f'>Form</a></p>", "open /f"),
    ("O2", f"<p>The call is closed.</p>{FORM}", "closed /f"),
    ("O2", f"{OPEN}<iframe src='https://forms.example/1' title='Application form'></iframe>{FORM}", "open /f"),
    ("O2", f"{OPEN}<p><a href='/p'>Privacy statement</a></p>", "open"),
    ("O2", f"{OPEN}<p>See <a href='/d'>the description</a>.</p>", "open /d"),
    ("O4", "<p>The call for hosts of events in 2027/2028 is open.</p>", "open 2027 2028"),
    ("O4", "<p>The call for hosts of events in 2027-28 is open.</p>", "open 2027 2028"),
    ("O4", "<p>The call for hosts of events in 2026–2028 is open.</p>", "open 2026 2027 2028"),
    ("O4", "<p>The call for hosts of events from September 2027 to March 2028 is open.</p>", "open 2027 2028"),
    (
        "O4",
        f"{OPEN}<p>Events may be held in 2027 and 2028.</p>",
        "open 2027 2028",
    ),
    ("O4", "<p>The call for hosts of events in 2027 is open.</p><p>Events may be held in 2028.</p>", "open 2027"),
    ("O4", f"{OPEN}<p>Deadline: 3 May 2026</p><p>Published in 2025.</p>", "open"),
    ("O4", "<p>The call to host events in 2026 has been extended to 2027.</p>", "open 2026 2027"),
]


@pytest.mark.parametrize(("rule", "body", "expected"), CALLS)
def test_call(rule: str, body: str, expected: str) -> None:
    found = page(body)

    assert " | ".join(map(short_call, found.calls)) == expected, rule
    assert all(call.title == TITLE for call in found.calls)
    assert (found.kind, found.editions, codes(found)) == ("call", (), []), "O1, O5"


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Call for hosts of Clusters meet Regions in 2027 and 2028", DEADLINE, "open 2027 2028"),
        ("Call for hosts 2027", f"<p>Events may be held in 2028.</p>{DEADLINE}", "open 2027"),
        ("Access denied", "<p>You are not allowed to see this page.</p>", ""),
    ],
)
def test_title(title: str, body: str, expected: str) -> None:
    assert " | ".join(map(short_call, page(body, title).calls)) == expected, "O4, C6"


def test_a_page_on_another_host() -> None:
    content = f"<main><article><h1>{TITLE}</h1>{OPEN}<p><a href='form'>Apply</a></p></article></main>".encode()

    (call,) = read("call", content, url="https://mirror.example/a/b").snapshot.calls
    assert call.apply_url == "https://mirror.example/a/form", "O2"
