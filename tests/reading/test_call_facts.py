"""Kinds of facts of call pages, each with its neighbours: hosting years, the state, marks and times, links to apply."""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import CallNotice
from cmr_watch.reading import read
from tests.reading.test_call_kinds import DEADLINE, MAY, short

SITE = "https://clustercollaboration.eu"


def call_of(
    body: str, title: str = "Call for expression of interest: host a Clusters meet Regions event"
) -> CallNotice:
    content = f"<html><body><main><article><h1>{title}</h1>{body}</article></main></body></html>"
    (call,) = read("call", content.encode()).snapshot.calls
    return call


YEARS: list[tuple[str, tuple[int, ...]]] = [
    ("<p>The call for hosts is open.</p><p>It is about the workshops of spring 2027.</p>", (2027,)),
    ("<p>The call for hosts is open.</p><p>Six workshops are planned for 2027 and 2028.</p>", (2027, 2028)),
    ("<p>The call for hosts is open.</p><p>We are looking for ten regions for the 2028 edition.</p>", (2028,)),
    ("<p>The call for hosts is open.</p><p>Hosting period: March to November 2028</p>", (2028,)),
    ("<p>The call for hosts is open.</p><p>Period of the events: September 2027 – June 2028</p>", (2027, 2028)),
    ("<p>The call for hosts is open.</p><p>Years: 2027–2029</p>", ()),
    (
        "<p>The call for hosts is open.</p><p>Dates of the workshops: between September 2027 and June 2028.</p>",
        (2027, 2028),
    ),
    ("<p>The call for hosts is open.</p><p>More than 30 workshops have taken place since 2022.</p>", ()),
    ("<p>The call for hosts is open.</p><p>In 2025, eight workshops took place.</p>", ()),
    ("<p>The call for hosts is open.</p><p>The workshops of 2025 brought together 900 people.</p>", ()),
    ("<p>The call for hosts is open.</p><p>The results are published in June 2027.</p>", ()),
    ("<p>The call for hosts<br>of events in<br>2028 is open.</p>", (2028,)),
    ("<p>The call for hosts of events<br>in 2027 and 2028 is open.</p>", (2027, 2028)),
    ("<p>The call for hosts is open.</p><p>Regions can become a host in 2028.</p>", (2028,)),
    ("<p>The call for hosts is open.</p><p>The events will take place from March to June 2028.</p>", (2028,)),
    ("<p>The call for hosts is open.</p><p>Events: 2028</p>", (2028,)),
    (
        "<dl><dt>Events</dt><dd>2027/28</dd><dt>Deadline</dt><dd>3 May 2027</dd></dl><p>The call for hosts "
        "is open.</p>",
        (2027, 2028),
    ),
    ("<p>The call for hosts, opened in January 2027, is for events in 2028.</p>", (2028,)),
    ("<p>The call for hosts is open. The budget of the platform until 2028 is known.</p>", ()),
]


@pytest.mark.parametrize(("body", "years"), YEARS)
def test_hosting_years(body: str, years: tuple[int, ...]) -> None:
    assert call_of(body + DEADLINE).hosting_years == years


TITLES = [
    ("Call for hosts 2027", (2027,)),
    ("2028 call for hosts of Clusters meet Regions", (2028,)),
    ("Call for hosts of events 2027–2028", (2027, 2028)),
    ("Call for hosts (2027-28)", (2027, 2028)),
    ("Clusters meet Regions 2028: call for hosts", (2028,)),
    ("Call for expression of interest in hosting 2028", (2028,)),
]


@pytest.mark.parametrize(("title", "years"), TITLES)
def test_the_title_names_hosting_years(title: str, years: tuple[int, ...]) -> None:
    assert call_of(DEADLINE, title).hosting_years == years


STATES = [
    ("<p>The next call for hosts opens on 1 March 2027 and closes on 3 May 2027.</p>", "announced"),
    ("<p>The call for hosts will be open from 1 March to 3 May 2027.</p>", "announced"),
    ("<p>The call for hosts is expected to open in March 2027.</p><p>Deadline: 3 May 2027</p>", "announced"),
    ("<p>The call for hosts is not yet open.</p><p>Deadline: 3 May 2027</p>", "announced"),
    (
        "<p>The call for hosts will open in March 2027.</p><p>The <a href='/t.docx'>template of the "
        "application</a> is here already.</p>",
        "announced",
    ),
    (
        "<p>The call for hosts will open in March 2027.</p><p>See the <a href='/t.pdf'>guide for applicants"
        "</a> and the <a href='/l'>letter of support (form)</a>.</p>",
        "announced",
    ),
    (
        "<p>The call for hosts will open in March 2027.</p><p>The application form will be available here "
        "from 1 March.</p>",
        "announced",
    ),
    (
        "<p>The call for hosts will open in March 2027.</p><p>Subscribe with <a href='/n'>this form</a> to "
        "our newsletter.</p>",
        "announced",
    ),
    ("<p>The call for hosts will open in March 2027.</p><p><a href='/f'>Application form</a></p>", "open"),
    ("<p>The call for hosts ran from 1 March to 30 April 2026.</p>", "closed"),
    ("<p>The call for hosts was open until 30 April 2026.</p>", "closed"),
    ("<p>The call for hosts is now over.</p>", "closed"),
    ("<p>The call for hosts has expired.</p><p>Deadline: 3 May 2026</p>", "closed"),
    ("<p>The call for hosts is finished.</p><p>Deadline: 3 May 2026</p>", "closed"),
    ("<p>The call for hosts ended on 3 May 2026.</p>", "closed"),
    ("<p>Applications for the call for hosts could be submitted until 3 May 2026.</p>", "closed"),
    ("<p>The call for hosts of future editions is closed.</p>", "closed"),
    ("<p>The call for hosts is open.</p><p>Past calls are closed.</p>", "open"),
    ("<p>The call for hosts is open. More than 20 regions have applied; our last call is over.</p>", "open"),
    ("<p>The call for hosts of the last events of 2027 is closed; thank you.</p>", "closed"),
    ("<p>Apply by 3 May 2027 to our call for hosts.</p>", "open"),
    ("<p>The call for hosts was launched on 1 March 2027.</p>", "open"),
    ("<p>The call for hosts was opened on 1 March 2027 and runs until 3 May 2027.</p>", "open"),
    ("<p>We no longer accept applications to our call for hosts.</p>", "closed"),
    ("<p>The call for hosts is being drafted.</p>", "announced"),
]


@pytest.mark.parametrize(("body", "status"), STATES)
def test_state(body: str, status: str) -> None:
    assert call_of(body).status == status


CUTOFFS = [
    ("<p>Cut-offs: 12.03.27 / 11.06.27</p>", ["2027-03-12 22:59", "2027-06-11 21:59"]),
    (
        "<p>Cut-offs: 12/03/2027 / 11/06/2027 / 10/09/2027</p>",
        ["2027-03-12 22:59", "2027-06-11 21:59", "2027-09-10 21:59"],
    ),
    ("<p>Cut-offs: 12/03/27 / 11/06/27</p>", ["2027-03-12 22:59", "2027-06-11 21:59"]),
    ("<p>Cut-offs: 12 March 2027 / 11 June 2027</p>", ["2027-03-12 22:59", "2027-06-11 21:59"]),
    ("<p>Cut-offs: 2027-03-12 / 2027-06-11</p>", ["2027-03-12 22:59", "2027-06-11 21:59"]),
    ("<p>Cut-offs: 12.3.2027 | 11.6.2027</p>", ["2027-03-12 22:59", "2027-06-11 21:59"]),
    ("<p>Open: 12.03.2027 – 11.06.2027. The call closes on the last day.</p>", ["2027-06-11 21:59"]),
    ("<p>Deadline: 3 May 2027, 1700 (Brussels time)</p>", ["2027-05-03 15:00"]),
    ("<p>Deadline: 3 May 2027, 2000 hrs</p>", ["2027-05-03 18:00"]),
    ("<p>Deadline: 3 May 2027 CEST</p>", [MAY]),
    ("<p>Deadline: 3 May 2027, 18:00 Lisbon time</p>", ["2027-05-03 16:00"]),
    ("<p>Deadline: 3 May 2027, 18:00 (Athens time)</p>", ["2027-05-03 15:00"]),
    ("<p>Deadline: 3 May 2027, 18:00 Finnish time</p>", ["2027-05-03 15:00"]),
    ("<p>Deadline: 3 May 2027, 18:00 Vienna time</p>", ["2027-05-03 16:00"]),
    ("<p>Deadline: 3 May 2027, 18:00 Eastern European Time</p>", ["2027-05-03 15:00"]),
    ("<p>Deadline: 3 May 2027 at 18:00 time of Helsinki</p>", ["2027-05-03 15:00"]),
    ("<p>Deadline: 3 May 2027 – over</p><p>Deadline: 4 June 2027</p>", ["2027-05-03 21:59 C", "2027-06-04 21:59"]),
    ("<p>Deadline: 3 May 2027 (is over)</p><p>Deadline: 4 June 2027</p>", ["2027-05-03 21:59 C", "2027-06-04 21:59"]),
    ("<p>Deadline: 3 May 2027, over 20 regions apply every year.</p>", [MAY]),
    ("<p>Deadline: 3 May 2027, as early as possible</p>", [MAY]),
    (
        "<h3>Earlier cut-offs</h3><p>3 May 2027</p><h3>Last cut-off</h3><p>4 June 2027</p>",
        ["2027-05-03 21:59 C", "2027-06-04 21:59"],
    ),
    ("<h3>Future cut-offs</h3><p>4 June 2027</p>", ["2027-06-04 21:59"]),
    ("<h3>Cut-offs to be confirmed</h3><p>4 June 2027</p>", ["2027-06-04 21:59 T"]),
    ("<h3>Possible cut-offs</h3><p>4 June 2027</p>", ["2027-06-04 21:59 T"]),
    ("<h3>Planned cut-offs</h3><p>4 June 2027</p>", ["2027-06-04 21:59"]),
    (
        "<table><tr><th>Cut-off</th><th>State</th></tr><tr><td>3 May 2027</td><td>over</td></tr><tr><td>4 "
        "June 2027</td><td>provisional</td></tr></table>",
        ["2027-05-03 21:59 C", "2027-06-04 21:59 T"],
    ),
    (
        "<table><tr><th>State</th><th>Cut-off</th></tr><tr><td>past</td><td>3 May 2027</td></tr><tr><td>open"
        "</td><td>4 June 2027</td></tr></table>",
        ["2027-05-03 21:59 C", "2027-06-04 21:59"],
    ),
    (
        "<table><tr><th>Year</th><th>Cut-off</th><th>Results by</th></tr><tr><td rowspan=2>2027</td><td>3 "
        "May 2027</td><td>5 June 2027</td></tr><tr><td>4 June 2027</td><td>5 July 2027</td></tr></table>",
        [MAY, "2027-06-04 21:59"],
    ),
    (
        "<p>Submission is possible until</p><ul><li>3 May 2027, 16:00</li><li>4 June 2027</li></ul>",
        ["2027-05-03 14:00", "2027-06-04 21:59"],
    ),
    ("<p>You can apply by:</p><ul><li>3 May 2027</li><li>4 June 2027</li></ul>", [MAY, "2027-06-04 21:59"]),
    (
        "<p>You can ask questions until:</p><ul><li>3 May 2027</li></ul><p>Deadline: 4 June 2027</p>",
        ["2027-06-04 21:59"],
    ),
    ("<p>The call for hosts in 2028 is open, with cut-offs on 3 May and 4 June 2027.</p>", [MAY, "2027-06-04 21:59"]),
    ("<p>The call is open from May 3, 2027 to June 4, 2027.</p>", ["2027-06-04 21:59"]),
    ("<h2>Events in 2028</h2><p>Deadline: 3 May 2027</p>", [MAY]),
]


@pytest.mark.parametrize(("body", "cutoffs"), CUTOFFS)
def test_marks_times_and_lists(body: str, cutoffs: list[str]) -> None:
    assert [short(cutoff) for cutoff in call_of(body, "Call for hosts").cutoffs] == cutoffs


LINKS = [
    ("<p>Forms: <a href='/a.odt'>ODT</a> | <a href='/a.docx'>Word</a></p>", "/a.odt"),
    (
        "<p>Application form: <a href='/x'>download</a></p><p>Example of a good application: <a "
        "href='/y'>download</a></p>",
        "/x",
    ),
    (
        "<p>Example of a good application: <a href='/y'>download</a></p><p>Application form: <a "
        "href='/x'>download</a></p>",
        "/x",
    ),
    ("<p>Template: <a href='/y'>here</a>. Application form: <a href='/x'>here</a></p>", "/x"),
    ("<p>The link to the application: <a href='/x'>host a workshop</a>. <a href='/p'>Privacy statement</a></p>", "/x"),
    ("<p><a href='/fb'>Give feedback with this form</a></p><p><a href='/x'>Go to the form</a></p>", "/x"),
    ("<p><a href='/fb'>Contact form</a></p><p><a href='/g'>Map</a></p>", None),
    ("<p><a href='/fb'>Feedback form</a></p>", None),
    ("<p>Hand in your <a href='/x'>application</a> and see the <a href='/g'>map</a>.</p>", "/x"),
    ("<p>See the <a href='/plat'>platform</a> and the <a href='/inf'>information</a>.</p>", None),
]


@pytest.mark.parametrize(("body", "path"), LINKS)
def test_the_link_to_apply(body: str, path: str | None) -> None:
    url = call_of(DEADLINE + body).apply_url

    assert (url and url.removeprefix(SITE)) == path
