"""A notice of the list, rule by rule: C1, C2, and O2 and O4 of calls (docs/reading.md), each with a neighbour."""

from __future__ import annotations

import pytest

from tests.reading.pages import read
from tests.reading.rules import short_call

GHENT, LYON = "Ghent, Belgium – 12-13 March 2027", "Lyon, France – 3-4 May 2024"
NEXT, PAST = "<h2>Next editions</h2>", "<h2>Previous editions</h2>"

CALLS = [  # a paragraph above the sections, and the call in it
    ("O2", "The call for hosts of events in 2027 is open. <a href='/a'>Apply here</a>", "open 2027 /a"),
    ("O2", "The call for hosts of events in 2027 is open. Application form: <a href='/a'>here</a>", "open 2027 /a"),
    (
        "O2",
        "The call for hosts of events in 2027 is open. <a href='/g'>How to apply</a> <a href='/a'>Application</a>",
        "open 2027 /a",
    ),
    (
        "O2",
        "The call for hosts of events in 2027 is open. <a href='/g'>Guide for applicants</a> <a href='/x'>Rules</a>",
        "open 2027 /g",
    ),
    (
        "O2",
        "The call for hosts of events in 2027 is open. <a href='/t'>Template of the form</a> <a href='/a'>Form</a>",
        "open 2027 /a",
    ),
    (
        "O2",
        "The call for hosts of events in 2027 is open. <a href='/p'>Our platform</a> <a href='/i'>Information</a>",
        "open 2027",
    ),
    ("O2", "The call for hosts of events in 2027 is open. <a href='/p'>Read it</a>", "open 2027 /p"),
    ("O2", "The call for hosts of events in 2027 is closed. <a href='/r'>Results</a>", "closed 2027 /r"),
    (
        "O2",
        "The call for hosts of events in 2027 is open. <a href='/p'>Privacy statement</a>",
        "open 2027",
    ),
    (
        "O2",
        "The call for hosts of events in 2027 is open. <a href='/r'>Regulation (EU) 2018/1725</a>",
        "open 2027",
    ),
    ("O2", "The call for hosts of events in 2027 is closed. <a href='/a'>Application form</a>", "closed 2027 /a"),
    ("O4", "The call to host events in 2026–2028 is open.", "open 2026 2027 2028"),
    ("O4", "The call to host events in 2027/2028 is open.", "open 2027 2028"),
    ("O4", "The call to host events in 2027-28 is open.", "open 2027 2028"),
    ("O4", "The call to host workshops in 2027 and 2028 is open.", "open 2027 2028"),
    ("O4", "The call to host events from September 2027 to March 2028 is open.", "open 2027 2028"),
    ("O4", "The call for expression of interest to host events in 2026 has been extended to 2027.", "open 2026 2027"),
    ("O4", "The call for hosts of events in 2027 is open until 3 May 2026.", "open 2027"),
    ("O4", "The call for hosts of events in 2027, published in 2025, is closed.", "closed 2027"),
    ("O4", "The call for hosts is open.", "open"),
    ("C1", "Call for proposals to host events in 2027: <a href='/a'>apply</a>", "open 2027 /a"),
    ("C1", "The call for applications to host Clusters meet Regions is open.", "open"),
    (
        "C1",
        "Thank you for answering the call for hosts! The hosts of the events in 2027 were selected through our call.",
        None,
    ),
    ("C1", "The call for applications for cluster grants is open until 3 May 2027.", None),
    ("C1", "Read about hosting events.", None),
    (
        "C1",
        "The call for hosts of events in 2027 is open.</p><p>Deadline: 3 May 2027 <a href='/a'>Apply</a>",
        "open 2027",
    ),
    ("C1", "The call for hosts of events<br>in 2027 is open:<br><a href='/a'>apply</a>", "open 2027 /a"),
    (
        "C2",
        "The call for hosts of events in 2027, which had closed in July, has been reopened.",
        "open 2027",
    ),
    ("C2", "The call for hosts in 2027 has been relaunched.", "open 2027"),
    ("C2", "The call for hosts of events in 2027 is still open.", "open 2027"),
    ("C2", "The call for hosts of events in 2027 is closed and will be reopened in May.", "closed 2027"),
    ("C2", "The call for hosts of events in 2027 will be reopened in May.", "announced 2027"),
    ("C2", "The call for hosts of events in 2027 is no longer open.", "closed 2027"),
    ("C2", "Applications to the call for hosts of events in 2027 are no longer accepted.", "closed 2027"),
    ("C2", "The call for hosts of events in 2027 has ended.", "closed 2027"),
    ("C2", "The call for hosts of events in 2027 has come to an end.", "closed 2027"),
    ("C2", "The call for hosts of events in 2027 is over.", "closed 2027"),
    ("C2", "There is no open call for hosts of events now.", "closed"),
    ("C2", "The call for hosts of events in 2027 is not open yet.", "announced 2027"),
    ("C2", "The call for hosts of events in 2027 will open soon.", "announced 2027"),
    ("C2", "The call for hosts of events in 2027 will be launched in May.", "announced 2027"),
    ("C2", "A call for hosts of events in 2027 is being prepared.", "announced 2027"),
    ("C2", "The call for hosts of events in 2027 opens on 3 May 2026.", "announced 2027"),
    ("C2", "New call for hosts of events in 2027: stay tuned!", "announced 2027"),
    ("C2", "The call for hosts of events in 2027 is open until 3 May 2026. Apply by then.", "open 2027"),
    ("C2", "The call for hosts of events in 2027 has been extended.", "open 2027"),
    ("C2", "Call for hosts of events in 2027: <a href='/a'>Applications</a>", "open 2027 /a"),
    ("C2", "The call for hosts of events in 2027 is closed. Stay tuned for the next one!", "closed 2027"),
    ("C2", "The call for hosts of events in 2027 is open. It may be closed earlier.", "open 2027"),
    (
        "C2",
        "The call for hosts of events in 2027 is open. Late applications are no longer accepted.",
        "open 2027",
    ),
    ("C2", "Call for hosts of events in 2027<br>Status: Closed", "closed 2027"),
    (
        "C2",
        "The call for hosts of events in 2026 is closed. A new call for hosts in 2027 is open now: "
        "<a href='/a'>apply here</a>",
        "closed 2026 | open 2027 /a",
    ),
    ("C2", "The call for hosts of events in 2026 has been extended to 2027 and is open.", "open 2026 2027"),
]


@pytest.mark.parametrize(("rule", "text", "expected"), CALLS)
def test_call_on_the_list(rule: str, text: str, expected: str | None) -> None:
    found = read(f"<p>{text}</p>{NEXT}<p>{GHENT}</p>{PAST}<p>{LYON}</p>")

    assert " | ".join(map(short_call, found.calls)) == (expected or ""), rule
    assert [edition.city for edition in found.editions] == ["Ghent", "Lyon"]
    assert all(call.title is None for call in found.calls)


@pytest.mark.parametrize(
    "body", ["{call}{next}{past}", "{next}{call}{past}", "{next}{past}{call}", "{next}{past}<h3>2023</h3>{call}"]
)
def test_a_notice_may_be_anywhere(body: str) -> None:
    call = "<p>The call for hosts of events in 2028 is open: <a href='/c'>apply</a></p>"
    found = read(body.format(call=call, next=f"{NEXT}<p>{GHENT}</p>", past=f"{PAST}<p>{LYON}</p>"))

    assert [short_call(one) for one in found.calls] == ["open 2028 /c"], "C1"
