"""Kinds of fault in the links of editions' own pages, each with its neighbours: registration (E3), materials (O3)."""

from __future__ import annotations

import pytest

from tests.reading.pages import days
from tests.reading.test_edition_kinds import MARCH, WHEN, only

FORM = "https://r.example/1"

REGISTRATIONS = [
    (f"<p>Register before 1 February 2027 <a href='{FORM}'>here</a></p>", FORM, "2027-02-01"),
    (
        "<p>Hotel rate until 3 February 2027. Registration for the B2B platform closes on 1 February 2027.</p>",
        None,
        None,
    ),
    (
        f"<p>Registration opens on 3 January, closes on 1 March 2027. <a href='{FORM}'>Sign up</a></p>",
        FORM,
        "2027-03-01",
    ),
    (f"<p>Registration will open in February. <a href='{FORM}'>Register</a></p>", None, None),
    ("<p>Registration closed on 30.11.2026</p>", None, "2026-11-30"),
    ("<p>Registration was closed on 1 March 2027. We look forward to it.</p>", None, "2027-03-01"),
    ("<p>The call for hosts closed on 1 March 2027.</p>", None, None),
    ("<p>Registration is closed. We informed all on 1 March 2027.</p>", None, None),
    (f"<p>Registration for the dinner is closed.</p><p><a href='{FORM}'>Register</a></p>", FORM, None),
    (f"<p>The hotel is fully booked.</p><p><a href='{FORM}'>Register</a></p>", FORM, None),
    (f"<p>The workshop and the hotel are fully booked.</p><p><a href='{FORM}'>Register</a></p>", None, None),
    (f"<p>If registration is closed, write to us.</p><p><a href='{FORM}'>Register</a></p>", FORM, None),
    (f"<p>You can register until the event is full.</p><p><a href='{FORM}'>Register</a></p>", FORM, None),
    (f"<p>Once registration is closed, we write to you.</p><p><a href='{FORM}'>Register</a></p>", FORM, None),
    (f"<p>Registration until 3 March 2027 is closed.</p><p><a href='{FORM}'>Register</a></p>", None, "2027-03-03"),
    (f"<p>If you want to come: registration is closed.</p><p><a href='{FORM}'>Register</a></p>", None, None),
    (f"<p><a href='{FORM}'>Registration</a> is open until 3 March 2027.</p>", FORM, "2027-03-03"),
    (f"<div>Registration</div><div>will open in February (<a href='{FORM}'>link</a>)</div>", None, None),
    (f"<div>Matchmaking</div><div>will open soon.</div><p><a href='{FORM}'>Register</a></p>", FORM, None),
    (
        f"<div>Registration</div><div><a href='{FORM}'>I want to participate!</a><br>Last day: 3 March 2027</div>",
        FORM,
        "2027-03-03",
    ),
    ("<div>Hotels</div><div>Hotel Ghent<br>Last day: 3 February 2027</div>", None, None),
    (f"<p>Registration: <a href='{FORM}'>cmr-ghent.example.org</a></p>", FORM, None),
    (f"<p>Registration (until 3 March 2027): <a href='{FORM}'>ghent.example/cmr</a></p>", FORM, "2027-03-03"),
    (f"<p>Registration: <a href='{FORM}'>privacy statement</a></p>", None, None),
    (f"<p>Agenda: <a href='{FORM}'>cmr-ghent.example.org</a></p>", None, None),
    ("<p>Next workshop: Porto, Portugal, 1-2 October 2027 (registration until 12 February 2027)</p>", None, None),
    ("<p>Register until 12 February 2027, 18:00 (Brussels, Belgium).</p>", None, "2027-02-12"),
    ("<p>Register until 12 February 2027. The next workshop is in Porto, Portugal.</p>", None, "2027-02-12"),
    ("<p>Registered participants will be informed by 1 March 2027.</p>", None, None),
    (f"<p>To register for the site visits, write by 3 March 2027.</p><p><a href='{FORM}'>Register</a></p>", FORM, None),
    (f"<p>The next edition is in Porto on 3-4 April 2028. <a href='{FORM}'>Register</a></p>", None, None),
    (
        f"<table><tr><td>Registration</td><td><a href='{FORM}'>here</a> until 3 March 2027</td></tr></table>",
        FORM,
        "2027-03-03",
    ),
    (f"<p>Last day of registration: 25 February 2027. <a href='{FORM}'>Register</a></p>", FORM, "2027-02-25"),
    ("<p>The last day to register is 25 February 2027.</p>", None, "2027-02-25"),
    (f"<dl><dt>Registration</dt><dd><a href='{FORM}'>EUSurvey</a></dd></dl>", FORM, None),
    (f"<table><tr><td>Register</td><td><a href='{FORM}'>EU Login</a></td></tr></table>", FORM, None),
    (f"<p>Registration <a href='{FORM}'>on Eventbrite</a> is open and ends on 3 March 2027.</p>", FORM, "2027-03-03"),
    (f"<p>Sign up <a href='{FORM}'>via Invajo</a> by 3 March 2027.</p>", FORM, "2027-03-03"),
    (f"<p>Register via <a href='{FORM}'>b2match</a> by 3 March 2027.</p>", FORM, "2027-03-03"),
    (f"<p>Please sign up on <a href='{FORM}'>Invajo</a>.</p>", FORM, None),
    (f"<p>Registration follows. Follow us on <a href='{FORM}'>LinkedIn</a>.</p>", None, None),
    (
        f"<h2>Registration</h2><p><a href='{FORM}'>Here</a>, from 1 February to 3 March 2027</p>",
        FORM,
        "2027-03-03",
    ),
    ("<dl><dt>Registration</dt><dd>1 February 2027 to 3 March 2027</dd></dl>", None, "2027-03-03"),
    ("<h2>Registration</h2><p>The event runs from 12 to 13 March 2027.</p>", None, None),
    (
        "<p><b>Side event on 11 March 2027: Lab, Aalst, Belgium</b></p><p><a href=/lab>Register</a> by 3 January</p>"
        f"<p><b>Registration</b></p><p><a href='{FORM}'>Register here</a> by 3 March 2027</p>",
        FORM,
        "2027-03-03",
    ),
    (
        "<h3>Webinar: What is new?</h3><p><a href=/lab>Register</a> by 3 January 2027</p>"
        f"<h3>Workshop</h3><p><a href='{FORM}'>Register here</a> by 3 March 2027</p>",
        FORM,
        "2027-03-03",
    ),
    (f"<p>Registration follows. Follow us <a href='{FORM}'>on LinkedIn</a>.</p>", None, None),
    (f"<p><a href='{FORM}'>Book your place</a></p><p>Bookings close on 3rd March 2027.</p>", FORM, "2027-03-03"),
    (f"<p><a href='{FORM}'>Reserve your place</a> by 3 March 2027.</p>", FORM, "2027-03-03"),
    (f"<p>Bookings for the hotel close on 3 March 2027.</p><p><a href='{FORM}'>Register</a></p>", FORM, None),
    (
        "<p>Registration: write to <a href='mailto:a@b.example'>a@b.example</a> by 3 March 2027, with your name and "
        "the visit that you prefer.</p>",
        None,
        "2027-03-03",
    ),
    (
        f"<p>Register <a href='{FORM}'>here</a> by 3 March 2027 and tell us which visit you prefer.</p>",
        FORM,
        "2027-03-03",
    ),
    (f"<p><a href='{FORM}'>Register</a></p><p>Register by 3 March 2027 for the site visit.</p>", FORM, None),
    (
        "<div><div class=field__label>Registration</div><div class=field__item>Will open in June.</div>"
        "<p>Do you want to present? Send two slides by 3 February 2027.</p></div>",
        None,
        None,
    ),
    (
        f"<div><div class=field__label>Registration</div><div class=field__item><a href='{FORM}'>here</a></div>"
        "<div class=field__item>until 3 March 2027</div></div>",
        FORM,
        "2027-03-03",
    ),
    (
        f"<dl><dt>Registration</dt><dd><a href='{FORM}'>here</a></dd><dd>until 3 March 2027</dd></dl>",
        FORM,
        "2027-03-03",
    ),
    (f"<p>Registration is open! <a href='{FORM}'>Go to the form</a>. Deadline: 3 March 2027</p>", FORM, "2027-03-03"),
    (f"<p><a href='{FORM}'>Register here</a>! You have until 3 March 2027.</p>", FORM, "2027-03-03"),
    (f"<p><a href='{FORM}'>I want to participate</a> – last day: 3 March 2027</p>", FORM, "2027-03-03"),
    (f"<p>Registration will be possible from January. <a href='{FORM}'>Registration</a></p>", None, None),
    (f"<p>Registered participants receive the list by 3 March 2027. <a href='{FORM}'>Register</a></p>", FORM, None),
]


@pytest.mark.parametrize(("body", "url", "closes_on"), REGISTRATIONS)
def test_registration(body: str, url: str | None, closes_on: str | None) -> None:
    edition = only(WHEN + body)
    closing = edition.registration_closes_on
    assert (edition.registration_url, closing and closing.isoformat()) == (url, closes_on)
    assert days(edition) == MARCH


MATERIALS = [
    (
        "<a href='/s'><strong>Download the event slides</strong></a></p><p><a href='/w'>White Book</a>",
        ["slides", "paper"],
    ),
    ("Photos will be taken; see our <a href='/p'>privacy statement</a>.", []),
    ("10:30 Presentation by <a href='https://biopark.be'>BioPark</a>", []),
    ("</p><h3>Presentations</h3><p>Anne Exemple – <a href='/1.pdf'>PDF</a>", ["slides"]),
    ("</p><h3>Recordings</h3><p><a href='https://www.youtube.com/watch?v=1'>Morning session</a>", ["recording"]),
    ("<a href='/l'>Watch live</a> <a href='/lp'>List of participants</a>", []),
    ("Earlier editions: <a href='/a'>Agenda of Lyon</a>", []),
    ("<a href='/s'>Read the summary</a> <a href='/t'>Summary of the Porto edition</a>", ["summary"]),
    ("Presentations: <a href='/1'>Ann Lee</a>, <a href='/2'>Bob Ray</a>", ["slides", "slides"]),
    ("Agenda: <a href='/en.pdf'>EN</a> | <a href='/fr.pdf'>FR</a>", ["agenda", "agenda"]),
    ("</p><h3>Other events</h3><p><a href='/a'>Agenda</a>", []),
    ("Read the <a href='/s'>report</a> of the workshop.", ["proceedings"]),
    ("<a href='/s'>Single Market Programme</a> <a href='/t'>European Skills Agenda</a>", []),
    ("Read the <a href='/content/event-summary-clusters-meet-regions-porto-portugal'>event summary of Porto</a>.", []),
    ("<a href='/files/Agenda_Clusters_meet_Regions_Lyon_France.pdf'>Agenda</a>", []),
    ("<a href='/files/agenda-ghent-belgium.pdf'>Agenda</a>", ["agenda"]),
    ("</p><table><tr><td>Input paper</td><td><a href='/1.pdf'>PDF, 2 MB</a></td></tr></table><p>", ["paper"]),
    ("Agenda: <a href='/1.pdf'>PDF (300 KB)</a>", ["agenda"]),
    ("</p><dl><dt>Input paper</dt><dd><a href='/1.pdf'>Ports in transition</a></dd></dl><p>", ["paper"]),
    ("</p><table><tr><td>Photos</td><td><a href='/1'>Ghent in March</a></td></tr></table><p>", ["photos"]),
    ("<a href='/v'>Slides and videos</a> <a href='/w'>Presentation recordings</a>", ["slides", "recording"]),
    ("<a href='/w'>Watch the presentation</a>", ["recording"]),
    (
        "<a href='/1'>The 2030 Agenda</a> <a href='/2'>Agenda 2027</a> <a href='/3'>Agenda of 12 March</a>",
        ["agenda"] * 2,
    ),
    ("<a href='/1'>Paper on skills</a> <a href='/2'>Issues paper</a> <a href='/3'>Discussion note</a>", ["paper"] * 2),
    ("<a href='/x'>Agenda</a>, <a href='/x'>photos</a> and <a href='/y'>photos</a>", ["agenda", "photos"]),
    (
        "</p><h2>Programme</h2><p><a href='/e'>English</a> | <a href='/f'>French</a> | <a href='/d'>DA</a>",
        ["agenda"] * 3,
    ),
    ("</p><h2>Programme</h2><p><a href='/e'>English Heritage</a>", []),
    ("<a href='/s'>Summary of the Naples workshop</a> <a href='/t'>Summary of the workshop</a>", ["summary"]),
    ("<a href='/s'>Final Report of the Opening Workshop</a>", ["proceedings"]),
    (
        "<a href='/s'>Slides of the Cluster workshop</a> <a href='/t'>Photos of the Spring workshop</a>",
        ["slides", "photos"],
    ),
    ("<a href='/s'>Photos from Porto, Portugal</a> <a href='/t'>Slides by Ann Lee, Porto, Portugal</a>", ["slides"]),
    (
        "</p><ul class=nav><li><a href='#a' data-toggle=pill>Slides</a></li>"
        "<li><a href='#b' data-toggle=pill>Photos</a></li></ul>"
        "<div id=a><a href='/1.pdf'>PDF</a></div><div id=b><a href='/2'>here</a></div><p>",
        ["slides", "photos"],
    ),
    (
        "</p><ul><li><a href='#a'>Slides</a></li></ul><div id=a><a href='/1.pdf'>PDF</a></div><p>",
        [],
    ),
    ("</p><h2>Presentations</h2><h3>22 October</h3><p><a href='/1.pdf'>Ann Lee</a>", ["slides"]),
    ("</p><h2>Presentations</h2><h3>Friday</h3><p><a href='/1.pdf'>Ann Lee</a>", ["slides"]),
    ("</p><h2>Photos</h2><h3>12 March</h3><p><a href='/1'>here</a>", ["photos"]),
    ("</p><h2>Presentations</h2><h3>12 March</h3><p>Visit hosted by <a href='https://b.example'>BioPark</a>", []),
    ("</p><h2>Presentations</h2><h3>Useful links</h3><p><a href='/1.pdf'>Ann Lee</a>", []),
    ("Download the agenda <a href='/1'>here</a> and the booklet <a href='/2'>here</a>.", ["agenda", "booklet"]),
    ("Click <a href='/1'>here</a> for the agenda, and <a href='/2'>here</a> for the booklet.", ["agenda", "booklet"]),
    ("</p><h2>Agenda</h2><p><a href='/1'>12 March</a> – <a href='/2'>Saturday</a>", ["agenda"] * 2),
    ("Presentations: <a href='/1.pdf'>Friday 12 March</a>", ["slides"]),
    ("</p><h2>Agenda</h2><p><a href='/1'>March of the tailors</a>", []),
    ("Next stop: Porto, Portugal, 14-15 October 2027 (<a href='/1'>agenda</a>)", []),
    ("Next workshop: Ghent, Belgium, 12-13 March 2027 (<a href='/1'>agenda</a>)", ["agenda"]),
    ("</p><h3>Read more</h3><p><a href='/1'>Input paper</a>", ["paper"]),
    ("</p><h3>Read more news</h3><p><a href='/1'>Annual report</a>", []),
    ("</p><p><b>Side event on 11 March 2027: Lab</b></p><p>The Lab has its own <a href='/1'>programme</a>.", []),
    (
        "</p><h2>Info session</h2><p><a href='/1'>Recording</a></p><h2>Workshop</h2><p><a href='/2'>Agenda</a>",
        ["agenda"],
    ),
    ("<a href='/1'>Interreg programme</a> <a href='/2'>Final programme</a>", ["agenda"]),
]


@pytest.mark.parametrize(("body", "kinds"), MATERIALS)
def test_materials(body: str, kinds: list[str]) -> None:
    assert [one.kind for one in only(f"{WHEN}<p>{body}</p>").materials] == kinds
