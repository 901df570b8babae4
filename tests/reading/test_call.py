"""The call page: what it names, its cut-offs, its status, and what it asks for."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.exceptions import ParseError
from cmr_watch.models.readings import CallNotice, Cutoff, Snapshot
from cmr_watch.reading.call import URL
from cmr_watch.reading.call import read_call as read_document
from cmr_watch.reading.document import open_document


def read_call(content: bytes, charset: str | None = None) -> Snapshot:
    return read_document(open_document(content, charset))[0]


TITLE = "Call for expression of interest: host a Clusters meet Regions event"
INTRO = "<p>The call for expression of interest to host Clusters meet Regions workshops in 2024 - 2025 is here.</p>"
MAY_2024 = """
<p>The call is continuously open, with these cut-off dates:</p>
<p>– 22 December 2023 – 18:00 CET (Brussels time) – CLOSED</p>
<p>– 31 May 2024 – 18:00 CET (Brussels time)</p>
<p>– 30 September 2024 – 18:00 CET (Brussels time)</p>
<p>– 20 December 2024 – 18:00 CET (Brussels time)</p>
<p>– Potentially, depending on previous selections’ results, 31 January 2025 – 18:00 CET (Brussels time) (tbc)</p>
"""
FIVE = ["2023-12-22 17:00 C", "2024-05-31 16:00", "2024-09-30 16:00", "2024-12-20 17:00", "2025-01-31 17:00 T"]
MAY, MAY_18, JUNE, SEPTEMBER = "2024-05-31 21:59", "2024-05-31 16:00", "2024-06-14 21:59", "2024-09-30 21:59"
PAGES = [  # newest bugs on top: the article's body → status and cut-offs (UTC; C: closed, T: tentative)
    (
        "<h3>Cut-off dates</h3><p>✅ CLOSED: 31 May 2024</p><p>OPEN: 30 September 2024</p>",
        "open",
        [f"{MAY} C", SEPTEMBER],
    ),
    ("<h3>Cut‑off dates</h3><p>31 May 2024</p>", "open", [MAY]),
    (MAY_2024, "open", FIVE),
    (MAY_2024.replace("<p>–", "<li>").replace("</p>", "</li>"), "open", FIVE),
    ("<p>" + MAY_2024.replace("<p>", "").replace("</p>", "<br>") + "</p>", "open", FIVE),
    (MAY_2024.replace("18:00 CET (Brussels time)", "<b>18:00 (Brussels time)</b>"), "open", FIVE),
    (
        "<p>There are four cut-off dates: 29 July 2022, at 18.00 CEST, 30 September 2022, at 18.00 CEST, 30 November"
        " 2022, at 18.00 CET and 31 January 2023, at 18.00 CET.</p>",
        "open",
        ["2022-07-29 16:00", "2022-09-30 16:00", "2022-11-30 17:00", "2023-01-31 17:00"],
    ),
    ("<p>The next deadline is 1 April 2023, at 18.00 CET.</p>", "open", ["2023-04-01 16:00"]),
    ("<p>Applications are taken until June 7th 2023.</p>", "open", ["2023-06-07 21:59"]),
    ("<p>Apply by June 7th, 2023</p>", "open", ["2023-06-07 21:59"]),
    ("<p>Deadline: 07.06.2023</p>", "open", ["2023-06-07 21:59"]),
    ("<p>Deadline extended to 03/07/2023 15 pm CET</p>", "open", ["2023-07-03 13:00"]),
    ("<p>Deadline 31 May 2024 extended to 14 June 2024</p>", "open", [JUNE]),
    ("<p>Deadline: 31 May 2024. The deadline has been extended to 14 June 2024.</p>", "open", [JUNE]),
    ("<p>Deadline: 31 May 2024<br>Extended to 14 June 2024</p>", "open", [JUNE]),
    ("<p>Deadline: 14 June 2024 (extended from 31 May 2024)</p>", "open", [JUNE]),
    ("<p>Deadline: 31 May 2024 → 14 June 2024</p>", "open", [JUNE]),
    ("<p>Deadline: <s>31 May 2024</s> 14 June 2024</p>", "open", [JUNE]),
    ("<p>Deadline: 31 May 2024. The deadline has been extended by two weeks to mid June.</p>", "open", [MAY]),
    ("<p>Deadline: 31 May 2024 at noon</p>", "open", ["2024-05-31 10:00"]),
    ("<p>Deadline: 31 May 2024, midnight</p>", "open", [MAY]),
    ("<p>Deadline: 31 May 2024, 5 pm</p>", "open", ["2024-05-31 15:00"]),
    (
        "<h2>Cut\u2011off dates</h2><p><strong>31 May 2024</strong></p><p>30 September 2024</p>",
        "open",
        [MAY, SEPTEMBER],
    ),
    (
        "<p><b>Deadlines</b></p><p>31 May 2024<br>18:00 (Brussels time)<br>30 September 2024</p>",
        "open",
        [MAY_18, SEPTEMBER],
    ),
    ("<h2>Cut-offs in 2024</h2><ul><li>31 May</li><li>30 September</li></ul>", "open", [MAY, SEPTEMBER]),
    ("<h2>Deadlines</h2><h3>First round</h3><p>31 May 2024</p><h3>Hosts</h3><p>Lyon, 1 June 2024</p>", "open", [MAY]),
    (
        "<table><tr><th>Cut-off</th><th>Date</th><th>State</th></tr><tr><td>1</td><td>31 May 2024</td><td>Closed</td>"
        "</tr><tr><td>2</td><td>30 September 2024</td><td>Open</td></tr></table>",
        "open",
        [f"{MAY} C", SEPTEMBER],
    ),
    (
        "<table><tr><th>Cut-off date</th><th>Results</th></tr><tr><td>31 May 2024</td><td>15 July 2024</td></tr>"
        "<tr><td>30 September 2024</td><td>15 November 2024</td></tr></table>",
        "open",
        [MAY, SEPTEMBER],
    ),
    (
        "<h2>Timeline</h2><table><tr><td>Opening of the call</td><td>1 March 2024</td></tr><tr><td>Cut-off</td>"
        "<td>31 May 2024</td></tr><tr><td>Results</td><td>15 July 2024</td></tr></table>",
        "open",
        [MAY],
    ),
    (
        "<h2>Deadlines</h2><p>Opening: 1 March 2024</p><p>31 May 2024</p><p>15 July 2024: results</p><p>Published on"
        " 5 May 2024</p>",
        "open",
        [MAY],
    ),
    ("<p>The next deadline is 31 May 2024.</p><h2>Cut-offs</h2><p>31 May 2024, 18:00</p>", "open", [MAY_18]),
    ("<p>Submitted by <span>A. Recipient</span> on 05 April 2023</p><p>Deadline: 31 May 2024</p>", "open", [MAY]),
    (
        "<p>Submitted by on 05 April 2023</p><p>Last updated: 6 April 2023</p><p>Deadline: 31 May 2024</p>",
        "open",
        [MAY],
    ),
    ("<p>The call opens on 1 March 2024 and closes on 31 May 2024.</p>", "announced", [MAY]),
    ("<p>Workshops take place between January and June 2025. Deadline: 31 May 2024</p>", "open", [MAY]),
    ("<p>Events are to be hosted until 30 June 2025.</p><p>Apply until 31 May 2024.</p>", "open", [MAY]),
    ("<p>It is possible to apply until 31 May 2024 with partners from all over Europe.</p>", "open", [MAY]),
    ("<p>Apply until 31 May 2024, after which the call will be closed.</p>", "open", [MAY]),
    (
        "<p>First cut-off (closed): 31 May 2024</p><p>Second cut-off: 30 September 2024</p>",
        "open",
        [f"{MAY} C", SEPTEMBER],
    ),
    ("<p>The first cut-off is closed. Next cut-off: 30 September 2024</p>", "open", [SEPTEMBER]),
    ("<p>Deadline: 31 May 2024 – CLOSED</p>", "closed", [f"{MAY} C"]),
    (
        "<p>The call is continuously open.</p><h2>Cut-off dates</h2><p>– – 18:00 CET (Brussels time) – CLOSED</p>",
        "open",
        [],
    ),
    (
        "<p>The call is continuously open.</p><h2>Cut-off dates</h2>"
        "<table><tr><td>18:00 (Brussels time)</td><td>CLOSED</td></tr></table>",
        "open",
        [],
    ),
    ("<p>This call is now closed.</p><p>Deadline: 31 May 2024</p>", "closed", [MAY]),
    ("<p>CALL CLOSED</p><p>Deadline: 31 May 2024</p>", "closed", [MAY]),
    ("<p>Applications are no longer accepted. A new call will open soon.</p>", "closed", []),
    ("<p>The previous call is closed. Next deadline: 31 May 2024</p>", "open", [MAY]),
    ("<p>Once the call is closed, hosts are selected.</p><p>Deadline: 31 May 2024</p>", "open", [MAY]),
    ("<p>The call will open soon. Stay tuned!</p>", "announced", []),
    ("<p>The call will open soon. Possible cut-off: 31 May 2024 (tbc)</p>", "announced", [f"{MAY} T"]),
    ("<p>The call will be launched in March. Cut-off: 31 May 2024</p>", "announced", [MAY]),
    ("<p>The call is open. A new call will open in 2025. Cut-off: 31 May 2024</p>", "open", [MAY]),
    ("<p>The call is continuously open.</p>", "open", []),
    ("<p><a href='https://ec.europa.eu/eusurvey/runner/x'>Apply here</a></p>", "open", []),
    ("<form class='webform-submission-form' action='/form/x'><input type='text'></form>", "open", []),
]
NO_CALLS = [
    "",
    "<html><body><main><article><h1>Page not found</h1><p>Sorry.</p></article></main></body></html>",
    "<html><body><h1>Site under maintenance</h1><p>We are back soon.</p></body></html>",
    f"<html><body><article><h1>{TITLE}</h1></article></body></html>",
    f"<html><body><article><h1>{TITLE}</h1><p>Under maintenance.</p></article></body></html>",
    "<html><body><article><h1>Clusters meet Regions</h1><p>The call to host events in 2024 is open.</p><h2>Next"
    " editions</h2><p>Lyon, France – 1 May 2024</p><h2>Previous editions</h2></article></body></html>",
    "<html><body><article><h1>Call for papers</h1><p>Deadline: 31 May 2024</p></article></body></html>",
]
MENU = "<nav><a href='/apply'>Apply here</a></nav><div class='cookie-banner'>Deadline: 1 May 2020</div>"
FOOTER = "<footer><a href='mailto:site@example.eu'>Contact</a></footer>"


def page(body: str, title: str = TITLE) -> bytes:
    article = f"<article><h1><span>{title}</span></h1>{INTRO}{body}</article>"
    return f"<html><body>{MENU}<main>{article}</main>{FOOTER}</body></html>".encode()


def call_of(body: str, title: str = TITLE) -> CallNotice:
    (call,) = read_call(page(body, title)).calls
    return call


DEADLINE = "<p>Deadline: 31 May 2024</p>"


@pytest.mark.parametrize(
    "body",
    [
        "<form class='newsletter-form' action='/form/x'><input type='text'></form>",
        f"<h2>Related calls</h2>{DEADLINE}",
        "<p>Deadline: 31 February 2024</p>",
    ],
)
def test_a_call_without_state_cutoff_and_form_is_none(body: str) -> None:
    assert read_call(page(body)).calls == ()


def short(cutoff: Cutoff) -> str:
    return f"{cutoff.at:%Y-%m-%d %H:%M}{' C' * cutoff.closed}{' T' * cutoff.tentative}"


def codes(snapshot: Snapshot) -> list[str]:
    return [warning.code for warning in snapshot.warnings]


@pytest.mark.parametrize(("body", "status", "cutoffs"), PAGES, ids=[row[0][:60] for row in PAGES])
def test_status_and_cutoffs(body: str, status: str, cutoffs: list[str]) -> None:
    call = call_of(body)

    assert (call.status, [short(cutoff) for cutoff in call.cutoffs]) == (status, cutoffs)


@pytest.mark.parametrize("markup", NO_CALLS)
def test_a_page_that_names_no_call(markup: str) -> None:
    snapshot = read_call(markup.encode())

    assert (snapshot.kind, snapshot.calls, snapshot.editions) == ("call", (), ())


def test_the_words_around_the_dates() -> None:
    call = call_of(MAY_2024)

    assert (call.title, call.hosting_years) == (TITLE, (2024, 2025))
    assert call.cutoffs[0].text == "– 22 December 2023 – 18:00 CET (Brussels time) – CLOSED"
    assert call.text.startswith("The call for expression of interest to host")


def test_a_title_that_says_closed() -> None:
    assert call_of("<p>Deadline: 31 May 2024</p>", f"{TITLE} – CLOSED").status == "closed"


def test_a_wrong_zone_is_told() -> None:
    assert codes(read_call(page("<p>Next deadline: 1 April 2023, at 18.00 CET</p>"))) == ["cutoff-zone"]


def test_what_is_unread_is_counted() -> None:
    snapshot = read_call(page("<h2>Cut-offs</h2><p>31 February 2024</p><p>31 May 2024</p><p>Results: 1 July 2024</p>"))

    assert codes(snapshot) == ["date-impossible"]
    assert (snapshot.outline.dated_lines, snapshot.outline.unread_lines) == (2, 1)
    assert snapshot.outline.headings == (TITLE, "Cut-offs")
    assert (snapshot.outline.complete, snapshot.outline.sections) == (True, ())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p><a href='/form/apply'>Apply here!</a></p>", "https://clustercollaboration.eu/form/apply"),
        ("<p><a href='mailto:a@b.eu'>Apply by mail</a></p>", None),
        ("<p><a href='#form'>Apply</a></p>", None),
        (
            "<p><a href='/a.pdf'>application form</a> <a href='/s'>EU Survey</a></p>",
            "https://clustercollaboration.eu/s",
        ),
        ("<p><a href='/guide'>Guide: how to apply</a> <a href='/s'>Apply</a></p>", "https://clustercollaboration.eu/s"),
        ("<p>To apply, fill the form <a href='https://x.eu/f'>here</a>.</p>", "https://x.eu/f"),
        ("<p>More on the events <a href='https://x.eu/f'>here</a>.</p>", "https://x.eu/f"),  # its only link
        ("<form id='webform-1'><input type='text'></form>", URL),
    ],
)
def test_the_way_to_apply(body: str, expected: str | None) -> None:
    assert call_of(DEADLINE + body).apply_url == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>Hosts: a@x.eu.</p><p>Questions? Write to <a href='mailto:B@x.eu?subject=Hi'>us</a></p>", "B@x.eu"),
        ("<p>Hosts: a@x.eu.</p>", "a@x.eu"),
        ("<h3>Contact</h3><p>c [at] x.eu</p>", "c@x.eu"),
        ("<p>@clusters</p>", None),
    ],
)
def test_whom_to_ask(body: str, expected: str | None) -> None:
    assert call_of(DEADLINE + body).contact == expected


def test_what_to_hand_in() -> None:
    call = call_of(
        "<p>Deadline: 31 May 2024</p><p>Applicants should submit:</p>"
        "<ul><li>a letter of support from the regional authority;</li><li>a budget</li>"
        "</ul><p>For questions write to a@x.eu.</p><p>A motivation of one page is needed.</p>"
    )

    assert call.needs == (
        "a letter of support from the regional authority;",
        "a budget",
        "A motivation of one page is needed.",
    )


def test_the_body_field_wins_over_teasers() -> None:
    teaser = "<div class='field--name-body'><p>The call for papers. Deadline: 1 May 2020</p></div>"
    body = f"<div class='field--name-body'>{INTRO}<p>Deadline: 31 May 2024</p></div>"
    (call,) = read_call(f"<html><body><h1>{TITLE}</h1>{teaser}{body}</body></html>".encode()).calls

    assert [short(cutoff) for cutoff in call.cutoffs] == [MAY]


PIECES = st.sampled_from(
    [
        TITLE,
        INTRO,
        MAY_2024,
        "<h1>",
        "</h1>",
        "<h2>Deadlines</h2>",
        "<p>",
        "</p>",
        "<br>",
        "<table><tr><td>",
        "<td>",
        "<s>",
        "<form class='webform'><input>",
        "<a href='http://[x'>Apply",
        "<a href='mailto:%ff@x.eu'>",
        "</a>",
        "31 May 2024",
        "extended to",
        "99/99/9999",
        "25 pm",
        "CLOSED",
        "+99:99",
        "Cut-off: ",
        "1 May 0001",
        "\t",
        "<!--",
        "31.12.9999 24:00",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join))
def test_any_markup_is_read_or_refused(markup: str) -> None:
    try:
        snapshot = read_call(markup.encode("utf-8", errors="replace"))
    except ParseError:
        return
    assert len(snapshot.calls) <= 1
    assert snapshot.outline.unread_lines <= snapshot.outline.dated_lines


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(ParseError):
        assert read_call(content).kind == "call"
