"""Kinds of fault on call pages, each with its neighbours, and what the rules leave to a careful reader."""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import CallNotice, Cutoff
from cmr_watch.reading import read
from cmr_watch.reading.lexicon import ENTRIES
from tests.reading.pages import codes

TITLE = "Call for expression of interest: host a Clusters meet Regions event"
INTRO = "<p>The call for expression of interest to host Clusters meet Regions workshops in 2027 - 2028 is here.</p>"
DEADLINE = "<p>Deadline: 3 May 2027</p>"
MAY = "2027-05-03 21:59"


def page(body: str, intro: str = INTRO) -> bytes:
    return f"<html><body><main><article><h1>{TITLE}</h1>{intro}{body}</article></main></body></html>".encode()


def call_of(body: str, intro: str = INTRO) -> CallNotice:
    (call,) = read("call", page(body, intro)).snapshot.calls
    return call


def short(cutoff: Cutoff) -> str:
    return f"{cutoff.at:%Y-%m-%d %H:%M}{' C' * cutoff.closed}{' T' * cutoff.tentative}"


def cutoffs(body: str) -> list[str]:
    return [short(cutoff) for cutoff in call_of(body).cutoffs]


NOT_A_CUTOFF = [  # beside the deadline: no second cut-off
    "<p>Cut-off: 3 May 2027. The platform pays for the venue. Prices are those of 1 January 2024. Ask us.</p>",
    "<p>Deadline: 3 May 2027, 23:59. Hosts are named in a list. The last list is of 4 April 2026.</p>",
    "<p>Questions? Write to <a href='mailto:a@b.eu'>us</a> before 5 February 2027.</p>",
    "<p>Hosts sign the agreement before 30 April 2027.</p>",
    "<p>The letter of support may be sent later, but no later than 5 March 2027.</p>",
    "<p>Deadline for questions: 4 April 2027</p>",
    "<p>Deadline of the second phase (invited regions only): 3 July 2027</p>",
    "<p>Signature before 30 September 2027</p>",
    "<p>Hosts confirm their dates by 3 June 2027 and send the programme before 5 July 2027.</p>",
    "<h3>Until when can I ask questions?</h3><p>Until 3 April 2027.</p>",
    "<h3>Late applications</h3><p>Applications after 3 May 2027 are kept until 5 June 2027.</p>",
    "<h2>Other open calls</h2><p>Deadline: 4 June 2027</p>",
    "<h2>Latest news</h2><p>Deadline: 5 June 2027</p>",
    "<p>The letter of support is signed by the authority and may be submitted up to two weeks after the cut-off, that "
    "is until 17 May 2027.</p>",
    "<p>Requests to the ministry have to be made before 15 March 2027.</p>",
    "<p>A letter by your ministry may be handed in until 14 May 2027.</p>",
    "<h3>Duties of hosts</h3><ul><li>name a contact by 3 July 2027</li><li>book a hall by 1 July 2027</li></ul>",
    "<p>Regions that hosted an event before 1 January 2026 can apply again.</p>",
    "<p>Event dates: from 1 September 2027 until 30 June 2028</p>",
    "<p>The proposals are read by a jury that finishes its work by 7 June 2027.</p>",
    "<p>If you would like a chat about it, our colleague is here until 16 April 2027.</p>",
    "<p>Rooms in the hotel are held until 16 April 2027.</p>",
    "<h2>Deadlines</h2><p>The series began on 16 February 2022.</p>",
    "<h2>Deadlines</h2><p>The event is scheduled for 22 September 2027.</p>",
    "<h2>Deadlines</h2><p>Version of 9 January 2027</p>",
    "<h2>Deadlines</h2><p>Regulation (EU) 2018/1725 of 23 October 2018</p>",
    "<h2>Deadlines</h2><p>Brussels, 3 March 2026</p>",
    "<h2>Deadlines</h2><p>Late applications until 9 May 2027</p>",
    "<h2>Deadlines</h2><p>Information session: 5 April 2027 (register by 3 April 2027)</p>",
    "<dl><dt>Publication</dt><dd>1 March 2027</dd><dt>Information session</dt><dd>5 April 2027</dd></dl>",
    "<h3>Contact</h3><p>Ann Lee (on leave until 9 April 2027)</p>",
    "<h2>Contact person</h2><p>Ann Lee, until 1 June 2027</p>",
    "<p>Join the webinar about the call on 9 April 2027 at 11:00 (registration until 7 April 2027).</p>",
    "<p>The info day on the call is on 9 April 2027 (sign up until 7 April 2027).</p>",
    "<h2>Call for speakers</h2><p>Deadline: 10 April 2027</p>",
    "<h3>Call for papers</h3><p>Apply by 10 April 2027</p>",
    "<div><div>Last update</div><div>22 January 2027</div></div>",
    "<p>Published</p><p>22 January 2027</p>",
    "<p>Next deadline: 3 May 2027 Events: from 15 September 2027 to 15 December 2027 How to apply</p>",
    "<p>Next deadline: 3 May 2027 Events: 15 September 2027</p>",
    "<p>Next deadline: 3 May 2027 – events from 15 September to 15 December 2027</p>",
    "<p>Cut-off: 3 May 2027, 23:59 CEST Workshops between 15 September 2027 and 15 December 2027</p>",
    "<p>Cut-off: 3 May 2027 Expected period of the events: from 15 September 2027 until 15 December 2027</p>",
]


@pytest.mark.parametrize("body", NOT_A_CUTOFF)
def test_a_day_of_something_else_is_no_cutoff(body: str) -> None:
    assert cutoffs(DEADLINE + body) == [MAY]
    assert codes(read("call", page(DEADLINE + body)).snapshot) == []


CUTOFFS = [
    (
        "<p>The next cut-off is 3 May 2027.</p><p>The following one will be on 4 June 2027.</p>",
        [MAY, "2027-06-04 21:59"],
    ),
    ("<p>The next cut-off is 3 May 2027.</p><p>The next workshop will be on 4 June 2027.</p>", [MAY]),
    ("<p>1 March 2027: the call opens</p><p>3 May 2027: the call closes</p>", [MAY]),
    ("<p>2 May 2027: registration closes</p><p>3 May 2027 – the call closes</p>", [MAY]),
    (
        "<p>The next deadline is 4 June 2027!</p><p>Cut-offs: 3 May 2027; 4 June 2027, 12:00</p>",
        ["2027-06-04 10:00", MAY],
    ),
    (
        "<p>The cut-offs are</p><p>3 May 2027<br>4 June 2027</p><p>at 15:00 each.</p>",
        ["2027-05-03 13:00", "2027-06-04 13:00"],
    ),
    (
        "<table><tr><th>Round</th><th>Cut-off</th></tr><tr><td>1</td><td>3 May 2027</td></tr></table>"
        "<p>Each round ends at 16:00, Brussels time.</p>",
        ["2027-05-03 14:00"],
    ),
    ("<p>Deadline: 3 May 2027</p><p>Each webinar begins at 11:00.</p>", [MAY]),
    ("<p>Send the application form and a letter of support by 3 May 2027.</p>", [MAY]),
    ("<p>The letter of support is part of the application. It closes on 3 May 2027.</p>", [MAY]),
    ("<p>Applications that arrive after the deadline of 3 May 2027 are not read.</p>", [MAY]),
    ("<p>There are several cut-off dates for the evaluation of the applications:</p><p>3 May 2027</p>", [MAY]),
    ("<p>The last day to submit it is 3 May 2027; the jury decides by 7 June 2027.</p>", [MAY]),
    ("<p>Regions that have not hosted an event can apply until 3 May 2027.</p>", [MAY]),
    (
        "<p>Apply by 26 February 2027, 28 May 2027 or 24 September 2027 (each at 17:00 Brussels time)</p>",
        ["2027-02-26 16:00", "2027-05-28 15:00", "2027-09-24 15:00"],
    ),
    (
        "<p>All deadlines are at 17:00 Brussels time.</p><p>Deadlines: 26 February 2027; 28 May 2027</p>",
        ["2027-02-26 16:00", "2027-05-28 15:00"],
    ),
    ("<p>First deadline: 26 February 2027. Second deadline: 28 May.</p>", ["2027-02-26 22:59", "2027-05-28 21:59"]),
    (
        "<p>Cut-off dates: 12 February, 14 May and 8 October 2027</p>",
        ["2027-02-12 22:59", "2027-05-14 21:59", "2027-10-08 21:59"],
    ),
    ("<p>In 2027 there are two cut-offs: 3 May and 4 June</p>", [MAY, "2027-06-04 21:59"]),
    ("<p>Deadline</p><p>31 May 2027, 16h00</p>", ["2027-05-31 14:00"]),
    ("<p>Deadline: 31 May 2027, 16h</p>", ["2027-05-31 14:00"]),
    ("<p>Deadline: 31 May 2027, 4.00 p.m. (Brussels, Belgium)</p>", ["2027-05-31 14:00"]),
    ("<p>Deadline: 31 May 2027, 17:00 Central European Time</p>", ["2027-05-31 15:00"]),
    ("<p>Deadline: 3 December 2027, 18:00 CET/CEST</p>", ["2027-12-03 17:00"]),
    ("<p>Deadline: 31 May 2027, 18:00 UTC</p>", ["2027-05-31 18:00"]),
    ("<p>Deadline: 31 May 2027, 16:00 GMT / 18:00 CEST</p>", ["2027-05-31 16:00"]),
    ("<p>Deadline: 31 May 2027, midnight</p>", ["2027-05-31 21:59"]),
    ("<p>Deadline: 31 May 2027, 00:00</p>", ["2027-05-30 22:00"]),
    ("<h4><button aria-expanded=false>Cut-off dates</button></h4><div><p>3 May 2027</p></div>", [MAY]),
    ("<dl><dt>Deadline</dt><dd>3 May 2027</dd></dl>", [MAY]),
    ("<h3>Closed cut-offs</h3><p>3 May 2026</p><h3>Next cut-offs</h3><p>3 May 2027</p>", ["2026-05-03 21:59 C", MAY]),
    (
        "<table><tr><th>Round</th><th>Cut-off</th><th>Results</th><th>Status</th></tr><tr><td>1</td><td>3 May 2026</td>"
        "<td>3 June 2026</td><td>closed</td></tr><tr><td>2</td><td>3 May 2027</td><td></td><td>open</td></tr></table>",
        ["2026-05-03 21:59 C", MAY],
    ),
    ("<p>The call is open from 1 March to 3 May 2027.</p>", [MAY]),
    ("<p>Application period: 1 March – 3 May 2027</p>", [MAY]),
    ("<p>Deadline: 3 May 2027<sup>1</sup></p>", [MAY]),
    ("<p>Deadline: 17 September 2027, 17:00 (UTC +2)</p>", ["2027-09-17 15:00"]),
    ("<p>Deadline: 17 September 2027, 17:00 GMT +1</p>", ["2027-09-17 16:00"]),
    ("<p>Deadline: 26 November 2027, 18:00 CEST (Brussels)</p>", ["2027-11-26 17:00"]),
    ("<p>Deadline: 26 November 2027, 18:00 in Brussels</p>", ["2027-11-26 17:00"]),
    (
        "<h2>Timetable</h2><ul><li>1 March 2027 – opening of the call</li><li>3 May 2027, 18:00 (Brussels time) – "
        "deadline for applications</li><li>28 June 2027 – results</li></ul>",
        ["2027-05-03 16:00"],
    ),
    ("<p>3 May 2027, 18:00 (time in Brussels): cut-off date</p>", ["2027-05-03 16:00"]),
    (
        "<p>Cut-off dates: Friday, 26 February 2027, 6 pm; Friday, 28 May 2027, 6 pm; Friday, 24 September 2027.</p>",
        ["2027-02-26 17:00", "2027-05-28 16:00", "2027-09-24 21:59"],
    ),
    ("<p>Deadlines: 3 May 2027; May 31, 2027; June 4, 2027</p>", [MAY, "2027-05-31 21:59", "2027-06-04 21:59"]),
    (
        "<ul role=tablist><li><button role=tab aria-controls=a>Deadline</button></li><li><button role=tab "
        "aria-controls=b>Results</button></li></ul><div id=a><p>3 May 2027</p></div><div id=b><p>4 June 2027</p></div>",
        [MAY],
    ),
    (
        "<a role=tab href='#' aria-controls=a>Questions</a><a role=tab href='#' aria-controls=b>Cut-offs</a>"
        "<div id=a><p>4 June 2027</p></div><div id=b><p>3 May 2027</p></div>",
        [MAY],
    ),
]


@pytest.mark.parametrize(("body", "expected"), CUTOFFS)
def test_cutoffs(body: str, expected: list[str]) -> None:
    assert cutoffs(body) == expected


def test_a_stray_number_is_a_warning() -> None:
    assert codes(read("call", page("<p>Deadline: 3 3 May 2027</p>")).snapshot) == ["date-remainder"]


STATES = [
    ("<p>The next call for hosts will be launched in May.</p><p>Cut-off: 3 May 2027</p>", "announced"),
    ("<p>The call for hosts is open.</p><p>The next call will be launched in May.</p>", "open"),
    ("<p>The call will be launched in January 2027.</p><p>Cut-off: 3 May 2027</p>", "announced"),
    ("<p>The call had closed in July 2026 and has been reopened.</p>", "open"),
    ("<p>The call for 2026 is closed. A new call for hosts in 2027 is open now.</p>", "open"),
    ("<p>The call for 2026 is closed. The call for 2027 is open.</p>", "open"),
    ("<h3>Cut-off dates</h3><p>31 May 2026 – closed</p><p>30 June 2026 – closed</p>", "closed"),
    ("<p>The call has come to an end.</p>", "closed"),
    ("<p>The call closed on 3 May 2026.</p>", "closed"),
    ("<p>Late applications are closed.</p><p>Cut-off: 3 May 2027</p>", "open"),
    ("<p>Is the call closed?</p><p>Cut-off: 3 May 2027</p>", "open"),
    ("<table><tr><th>Cut-off</th><th>Status</th></tr><tr><td>3 May 2027</td><td>open</td></tr></table>", "open"),
    (
        "<p>The call will open in March.</p><p>Cut-off: 3 May 2027</p><p>Firms of any Member State are welcome.</p>",
        "announced",
    ),
    ("<p>The call will open in March.</p><p>Cut-off: 3 May 2027</p><p>Partners are welcome.</p>", "announced"),
]


@pytest.mark.parametrize(("body", "status"), STATES)
def test_state(body: str, status: str) -> None:
    assert call_of(body).status == status


YEARS = [
    ("The call for hosts is open. Workshops may be held between September 2027 and June 2028.", (2027, 2028)),
    ("The call for hosts is closed. The regions that will welcome the events in 2027 are informed now.", (2027,)),
    ("The call for hosts is open for all. More than 30 events were held in 2024.", ()),
    ("The call for hosts and their expressions of interest, 2027 editions, is open.", (2027,)),
    ("The call for expressions of interest of hosts, 2027 and 2028 workshops, is open.", (2027, 2028)),
    ("Call for hosts – expression of interest 2027/28 events: open", (2027, 2028)),
    ("The call for hosts of events in 2027 is open, while the workshops of 2026 are fully planned.", (2027,)),
    ("The call for hosts of events in 2027, 2028 and 2029 is open.", (2027, 2028, 2029)),
    ("After the workshops held in 2025, the call for hosts is open. The call is for events in 2027.", (2027,)),
    ("As in 2025, the call for hosts of events in 2027 is open.", (2027,)),
    ("Thank you to all that answered our call in 2025! The hosts of the events in 2026 were selected through it.", ()),
    ("We thank the 31 regions that answered our call in 2025 for events in 2026.", ()),
]


@pytest.mark.parametrize(("text", "years"), YEARS)
def test_hosting_years(text: str, years: tuple[int, ...]) -> None:
    """Those of the clause that names the call, never those of an earlier one (O4)."""
    new = "<p>The new call for hosts of events in 2031 is open.</p>"
    content = f"<main><article><h1>Call for expression of interest</h1><p>{text}</p>{new}{DEADLINE}</article></main>"

    (call,) = read("call", content.encode()).snapshot.calls

    assert call.hosting_years == (years or (2031,))


NEEDS = [
    (
        "<h3>What to submit</h3><ul><li>A letter</li><li>A plan</li><li>A budget</li></ul>",
        ("A letter", "A plan", "A budget"),
    ),
    ("<p>Please submit:<br>– a letter<br>– a plan<br>– a budget</p>", ("a letter", "a plan", "a budget")),
    ("<p>Please submit:</p><p>1. A letter</p><p>2) A plan.</p>", ("A letter", "A plan.")),
    ("<p>Applicants must attach a plan. The events are free.</p>", ("Applicants must attach a plan.",)),
    ("<p>Please submit:</p><p>- a letter</p><p>Questions? Write to a@b.eu.</p>", ("a letter",)),
    (
        "<h3>What to submit</h3><p>Please send us:</p><ul><li>the form<ul><li>part A</li></ul></li><li>a plan</li></ul>"
        "<h3>Contact</h3><p>a@b.eu</p>",
        ("the form", "part A", "a plan"),
    ),
    (
        "<p><b>Requirements</b></p><p>A signed letter.</p><p>A description of the event.</p>",
        ("A signed letter.", "A description of the event."),
    ),
    (
        "<h2>Requirements</h2><ul><li>– A letter</li><li>- a plan;</li><li>• a budget</li></ul>",
        ("A letter", "a plan;", "a budget"),
    ),
]


@pytest.mark.parametrize(("body", "needs"), NEEDS)
def test_what_to_submit_is_the_whole_list(body: str, needs: tuple[str, ...]) -> None:
    assert call_of(DEADLINE + body).needs == needs


@pytest.mark.parametrize("sentence", [one.example for one in ENTRIES if one.concept in ("need", "must", "submit")])
def test_each_phrase_asks_for_something(sentence: str) -> None:
    assert call_of(f"{DEADLINE}<p>{sentence}</p>").needs == (sentence,)


BULLETS = ["• ", "·&nbsp;&nbsp; ", "▪", "* ", "- ", "– ", "➢ ", "✓ ", "📅 ", "→ "]


@pytest.mark.parametrize("bullet", BULLETS)
def test_a_bullet_hides_nothing(bullet: str) -> None:
    marks = f"<h2>Cut-offs</h2><p>{bullet}CLOSED: 22 December 2026</p><p>{bullet}OPEN: 31 May 2027</p>"

    assert cutoffs(marks) == ["2026-12-22 22:59 C", "2027-05-31 21:59"]
    assert cutoffs(f"<p>{bullet}Deadline: 3 May 2027, 16h</p>") == ["2027-05-03 14:00"]


FRAME = "<iframe title='{}' src='{}'></iframe>"
LINKS = [
    (FRAME.format("Application form", "https://f.example/1?a=1&amp;b=2"), "https://f.example/1?a=1&b=2"),
    (FRAME.format("Form", "https://ec.europa.eu/eusurvey/runner/x"), "https://ec.europa.eu/eusurvey/runner/x"),
    (FRAME.format("How to apply", "https://www.youtube.com/embed/1"), None),
    (FRAME.format("Newsletter application", "https://f.example/newsletter"), None),
    ("<a href='/x'>Apply</a>" + FRAME.format("Application form", "https://f.example/1"), "/x"),
    (
        "<a href='/a.docx'>Application form (Word template)</a> <a href='/h'>How to apply</a> <a href='/x'>Apply</a>",
        "/x",
    ),
    ("<a href='/i'>Information on the platform</a> <a href='/j'>More</a>", None),
    ("<a href='/only'>More</a>", "/only"),
    ("<a href='/privacy'>Privacy statement</a>", None),
    ("<a href='/regulation'>Regulation (EU) 2018/1724</a>", None),
    ("<a href='/guide.pdf'>Guide for hosts</a> (the application form is on page 7)", "/guide.pdf"),
    ("<a href='/guide.pdf'>Guide</a> <a href='mailto:a@b.eu'>Write to us</a>", "/guide.pdf"),
    ("<a href='/guide.pdf'>Guide</a> <a href='/criteria.pdf'>Criteria</a>", None),
    ("<a href='/l.docx'>Letter of support (form)</a></p><p>Application form: <a href='/x'>open</a>", "/x"),
    ("<a href='/annex'>Annex: application form</a> <a href='/x'>Application</a>", "/x"),
]


@pytest.mark.parametrize(("body", "path"), LINKS)
def test_the_link_to_apply(body: str, path: str | None) -> None:
    url = call_of(f"{DEADLINE}<p>{body}</p>").apply_url
    assert (url and url.removeprefix("https://clustercollaboration.eu")) == path


def test_evidence_of_cutoffs() -> None:
    reading = read("call", page(DEADLINE))

    fact = reading.evidence.of("calls[0]")["cutoffs[0]"]
    line = next(use for use in reading.evidence.lines if use.line == fact.line)
    assert (fact.rule, line.text, line.what) == ("C4", "Deadline: 3 May 2027", "cut-off")


NO_CALLS = [
    "<h2>Open calls</h2><p>SILICON – 2nd call for SMEs: deadline 15/06/2027</p>",
    "<h2>Open calls</h2><p>Call for papers: apply by 15 June 2027</p>",
]


@pytest.mark.parametrize("body", NO_CALLS)
def test_a_page_about_hosting_with_other_calls_names_none(body: str) -> None:
    content = f"<main><h1>What does it mean to host an event?</h1><p>Hosts told us.</p>{body}</main>"

    assert read("call", content.encode()).snapshot.calls == ()
