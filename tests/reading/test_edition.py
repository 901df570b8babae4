"""An edition's own page: place, days, tense, registration, materials."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.exceptions import ParseError
from cmr_watch.models.readings import Edition, Snapshot
from cmr_watch.reading.document import open_document
from cmr_watch.reading.edition import read_edition as read_document
from tests.reading.pages import codes, days

PAGE = "https://www.clustercollaboration.eu/content/clusters-meet-regions-charleroi-belgium"
FORM = "https://forms.example.org/1"
TITLE = "Clusters meet Regions – Charleroi, Belgium"
WHEN = "<p>27-28 November 2024</p>"


def read_edition(content: bytes, charset: str | None = None, url: str | None = None) -> Snapshot:
    return read_document(open_document(content, charset), url)[0]


def page(body: str, title: str = TITLE) -> str:
    """A page as the site writes it: comments, a menu, teasers, the article with its author, a footer."""
    return (
        "<!DOCTYPE html><!-- THEME DEBUG --><!-- THEME HOOK: 'html' --><html><head><title>x</title></head><body>"
        '<nav><a href="/agenda">Agenda</a><a href="/register">Register</a></nav><main role="main">'
        f'<article class="node node--type-page"><h1><span class="field field--name-title">{title}</span></h1>'
        'Submitted by <span typeof="schema:Person">Jane Doe</span> <span class="date">on 05 April 2023</span>'
        "<!-- BEGIN CUSTOM TEMPLATE OUTPUT --><!-- <p>1-2 May 2020</p> -->"
        f'<div class="clearfix text-formatted field field--name-body field__item">{body}</div></article>'
        '<section class="block block-views"><h2>Upcoming events</h2><article class="node--view-mode-teaser">'
        "<h3>European Cluster Conference – Brussels, Belgium – 7-8 May 2024</h3></article></section></main>"
        '<footer><p>Riga, Latvia – 1-2 March 2024</p><a href="/summary">Summary</a></footer></body></html>'
    )


def read(body: str, title: str = TITLE) -> Snapshot:
    return read_edition(page(body, title).encode(), None, PAGE)


def only(body: str, title: str = TITLE) -> Edition:
    (edition,) = read(body, title).editions
    return edition


PLACES = [  # newest bugs on top
    ("Clusters meet Regions in Lyon", WHEN, "Lyon, None, None"),
    ("Clusters meet Regions in Lyon", f"{WHEN}<p>Join us in Lyon, France, for two days.</p>", "Lyon, None, FR"),
    ("Clusters meet Regions – Charleroi, Belgium", WHEN, "Charleroi, None, BE"),
    ("Clusters meet Regions: Skåne, Sweden", WHEN, "Skåne, None, SE"),
    ("Clusters meet Regions: Kittilä, Lapland, Finland", WHEN, "Kittilä, Lapland, FI"),
    ("Clusters meet Regions<br>Košice, Slovakia", WHEN, "Košice, None, SK"),
    ("POSTPONED: Clusters meet Regions – Lyon, France", WHEN, "Lyon, None, FR"),
    ("Clusters meet Regions – Textiles – Lyon, France", WHEN, "Lyon, None, FR"),
    ("Clusters meet Regions workshop in Iași, Romania: skills", WHEN, "Iași, None, RO"),
    (
        "Clusters meet Regions: Skåne, Sweden",
        "<p>📍15 - 16 June 2023, Media Evolution, Stora Varvsgatan 6A, Malmö , Sweden</p>",
        "Malmö, Skåne, SE",
    ),
    (
        "Clusters meet Regions",
        "<p>The workshop will meet in Lyon, France, on 12-13 October 2024.</p>",
        "Lyon, None, FR",
    ),
]
NO_EDITIONS = ["Page not found", "Access denied", "Service Unavailable", "Clusters meet Regions", "Just a moment..."]
DAYS = [  # newest bugs on top
    ("<p>The workshop on 27 and 28 November 2024 brought clusters together.</p>", "2024-11-27/11-28"),
    ("<p>The previous workshop in Lyon took place on 12-13 October 2023.</p>" + WHEN, "2024-11-27/11-28"),
    ("<p>The previous workshop in Lyon took place on 12-13 October 2023.</p>", "unknown"),
    (WHEN + "<p>The next edition in Porto takes place on 3-4 April 2025.</p>", "2024-11-27/11-28"),
    ("<p>The next workshop will take place on 27-28 November 2024.</p>", "2024-11-27/11-28"),
    ("<p>After Lyon, France (12-13 October 2023) we meet in Charleroi on 27-28 November 2024.</p>", "2024-11-27/11-28"),
    ("<h3>Earlier workshops</h3><p>Lyon, France, 12-13 October 2023</p>", "unknown"),
    ("<p>Register by 3 May 2024.</p>", "unknown"),
    ("<h3>Agenda</h3><p>Day 1 – 27 November 2024</p><p>09:00</p><p>Day 2 – 28 November 2024</p>", "2024-11-27/11-28"),
    ("<table><tr><td>Date</td><td>27 November 2024</td></tr></table>", "2024-11-27"),
    ("<ul><li><b>When:</b> 27–28 November 2024</li><li>Where: CEME</li></ul>", "2024-11-27/11-28"),
    ("<p><b>Date</b><br>27/28 November 2024<br><b>Agenda</b><br>9:00 Welcome</p>", "2024-11-27/11-28"),
    ("<p>Date: November 2024</p>", "month"),
    ("<p>The Commission adopted the act on 8 February 2022.</p>", "unknown"),
    ("<p>Join us!</p>", "unknown"),
]
STATUSES = [  # newest bugs on top
    ("<p>The event is cancelled.</p>", "upcoming cancelled"),
    ("<p>Registrations can be cancelled until Monday.</p>", "upcoming scheduled"),
    ("<p>The workshop is postponed.</p>", "upcoming postponed"),
    ("<p>The deadline is postponed.</p>", "upcoming scheduled"),
    ("<p>Save the date!</p>", "upcoming save_the_date"),
    ("<p>The workshop will be held in Charleroi.</p>", "upcoming scheduled"),
    ("<p>The workshop was held in Charleroi.</p>", "past held"),
    ("<p>Thank you all for joining us.</p>", "past held"),
    ("<p>More than 100 clusters gathered in Charleroi.</p>", "past held"),
    ("<p>The last workshop took place in Lyon.</p>", "upcoming scheduled"),
    ('<p><a href="/p">📸 Pictures</a></p>', "past held"),
    ('<p><a href="/p">📋 Participant Booklet</a></p>', "upcoming scheduled"),
    ('<p>Read the <a href="/s">summary of the previous workshop in Lyon</a></p>', "upcoming scheduled"),
]
VENUES = [
    ("<p>27-28 November 2024, Hotel CEME, Rue des Français 147, Charleroi</p>", "Hotel CEME, Rue des Français 147"),
    ("<p>12-13 October 2023, Town Hall, Lyon, France</p>", None),
    ("<p>Date and venue: 27-28 November 2024, CEME, Charleroi, Belgium</p>", "CEME"),
    ("<p><b>Venue:</b> CEME, Rue des Français 147</p>", "CEME, Rue des Français 147"),
    ("<p>📍 CEME, 6020 Charleroi, Belgium</p>", "CEME"),
    ("<table><tr><td>Location</td><td>CEME, Charleroi</td></tr></table>", "CEME"),
    ("<p><strong>Where</strong><br>CEME, Rue des Français 147, Charleroi, Belgium</p>", "CEME, Rue des Français 147"),
    ("<p>Place: Charleroi, Belgium</p>", None),
    ("<p>Venue: to be announced</p>", None),
]
REGISTRATIONS = [  # newest bugs on top
    (f'<p>The next workshop will be in Prague on 3-4 March 2025. <a href="{FORM}">Register here</a></p>', None, None),
    (f'<p><a href="{FORM}">Register here</a></p>', FORM, None),
    (f'<p>Please sign up <a href="{FORM}">here</a>.</p>', FORM, None),
    (f'<p><a href="{FORM}">Registration</a> will close on 14 April.</p>', FORM, "2024-04-14"),
    (f'<p><a href="{FORM}">Register</a> by 3 May 2024</p>', FORM, "2024-05-03"),
    ("<p>Registration deadline: 3 May 2024</p>", None, "2024-05-03"),
    ("<h3>Registration</h3><p>Deadline: 3 May 2024, 18:00 CET</p>", None, "2024-05-03"),
    (f'<p>Registration is closed. <a href="{FORM}">Register</a></p>', None, None),
    (f'<p>The workshop is fully booked. <a href="{FORM}">Register</a></p>', None, None),
    (f'<p><a href="{FORM}">Registration</a> will open soon.</p>', None, None),
    ('<p><a href="mailto:a@example.org">Register</a></p>', None, None),
    ('<p><a href="https://x.example.org">Sign up for our newsletter</a></p>', None, None),
]
MATERIALS = [  # newest bugs on top
    ('Find all presentations <a href="/1">here</a>', ["slides here"]),
    ('<a href="/a.pdf">🗓️ Agenda</a>', ["agenda Agenda"]),
    ('<a href="/a.pdf">Draft programme</a>', ["agenda Draft programme"]),
    ('<a href="/a">Horizon Europe programme</a>', []),
    ('<a href="/a">European Skills Agenda</a>', []),
    ('<a href="/a.pdf">📑Read the Input Paper on video skills</a>', ["paper Read the Input Paper on video skills"]),
    ('<a href="/a.pdf">Concept note</a>', ["paper Concept note"]),
    ('<a href="/a">✍️ Read the event\'s proceedings</a>', ["proceedings Read the event's proceedings"]),
    ('<a href="https://youtu.be/1">🎥 Watch again</a>', ["recording Watch again"]),
    ('<a href="https://www.youtube.com/@eccp">YouTube</a>', []),
    ('Ann Bell, Lyon – <a href="/1.pdf">Download presentation</a>', ["slides Ann Bell, Lyon"]),
    ('Ann Bell: presentation <a href="/1.pdf">here</a>', ["slides Ann Bell"]),
    ('<a href="/a.pdf">Agenda</a><br><a href="/a.pdf">The agenda</a>', ["agenda Agenda"]),
    ('<a href="#agenda">Agenda</a>', []),
    ('<a href="javascript:x()">Photos</a>', []),
    ('<a href="/content/clusters-meet-regions-lyon-france">Photos of Lyon</a>', []),
]


@pytest.mark.parametrize(("title", "body", "place"), PLACES)
def test_place(title: str, body: str, place: str) -> None:
    edition = only(body, title)
    assert f"{edition.city}, {edition.region}, {edition.country_code}" == place


@pytest.mark.parametrize("title", NO_EDITIONS)
def test_a_page_that_names_no_place_is_no_edition(title: str) -> None:
    assert read("<p>Sorry.</p>", title).editions == ()


@pytest.mark.parametrize(("body", "when"), DAYS)
def test_days(body: str, when: str) -> None:
    assert days(only(body)) == when


@pytest.mark.parametrize(("body", "status"), STATUSES)
def test_section_and_status(body: str, status: str) -> None:
    edition = only(WHEN + body)
    assert f"{edition.section} {edition.status}" == status


@pytest.mark.parametrize(("body", "venue"), VENUES)
def test_venue(body: str, venue: str | None) -> None:
    assert only(WHEN + body).venue == venue


@pytest.mark.parametrize(("body", "url", "closes_on"), REGISTRATIONS)
def test_registration(body: str, url: str | None, closes_on: str | None) -> None:
    edition = only(WHEN + body)
    closing = edition.registration_closes_on
    assert (edition.registration_url, closing and closing.isoformat()) == (url, closes_on)
    assert days(edition) == "2024-11-27/11-28"


@pytest.mark.parametrize(("body", "found"), MATERIALS)
def test_materials(body: str, found: list[str]) -> None:
    assert [f"{one.kind} {one.title}" for one in only(f"{WHEN}<p>{body}</p>").materials] == found


def test_a_deadline_without_a_year_lies_before_the_event() -> None:
    body = "<p>15-16 January 2025</p><p>Registration closes on 20 December.</p>"
    assert str(only(body).registration_closes_on) == "2024-12-20"


def test_a_date_that_cannot_be_is_unread() -> None:
    snapshot = read("<p>Date: 31 November 2024</p>")
    assert (codes(snapshot), snapshot.outline.dated_lines, snapshot.outline.unread_lines) == (["date-impossible"], 0, 1)


def test_outline() -> None:
    snapshot = read(f"<h2>Where and when</h2>{WHEN}<p><b>Agenda</b></p><h2>{'x' * 200}</h2>")
    assert snapshot.outline.headings == (TITLE, "Where and when", "Agenda", "x" * 80)
    assert (snapshot.outline.complete, snapshot.outline.sections, snapshot.outline.dated_lines) == (True, (), 1)


def test_the_pages_own_address() -> None:
    assert only(WHEN).url == PAGE
    assert read_edition(page(WHEN).encode()).editions[0].url is None


_PIECES = """<p> </p> <br> <h1> </h1> <table> <tr> <td> <a_href='//['> <a_href='x'> </a> <article> <b> </b> Lyon,_France
Clusters_meet_Regions in_ 31_June_2024 1-2_May_2024 📍 Venue: ( Agenda here Register_by_29_February took_place
The_last_workshop _–_ ._ 29_February_2024 Day_1 Summary"""


@settings(deadline=None)
@given(st.lists(st.sampled_from(_PIECES.split()) | st.text(max_size=8), max_size=40))
def test_any_markup_is_read_or_refused(pieces: list[str]) -> None:
    try:
        snapshot = read_edition("".join(pieces).replace("_", " ").encode("utf-8", "replace"), None, PAGE)
    except ParseError:
        return
    assert len(snapshot.editions) <= 1


# ── what carries no meaning ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("dash", "‐‑‒–—―−-")
def test_any_dash_in_a_file_name_and_a_postcode_is_the_same_and_a_venue_is_kept_as_written(dash: str) -> None:
    edition = only(
        f"{WHEN}<p>Venue: UPTEC {dash} Science Park, Rua 455, B{dash}6000 Charleroi, Belgium</p>"
        f'<p><a href="/p.pdf">CMR{dash}Input{dash}Paper.pdf</a></p>'
    )
    assert edition.venue == f"UPTEC {dash} Science Park, Rua 455"
    assert [one.kind for one in edition.materials] == ["paper"]


@pytest.mark.parametrize("sign", ["", "• ", "🗓️ ", "✅\u00a0"])
def test_a_sign_before_a_sentence_or_an_address_is_a_bullet(sign: str) -> None:
    edition = only(
        f"{WHEN}<p>{sign}Don't miss the European Cluster Conference in Namur, Belgium on 7-8 May 2024.</p>"
        f"<h3>Venue</h3><p>{sign}Town Hall, Place 1, 6000 Charleroi, Belgium</p>"
    )
    assert (days(edition), edition.venue) == ("2024-11-27/11-28", "Town Hall, Place 1")


@pytest.mark.parametrize("lead", ["🗓️ ", "📅 Save the date: ", "📆 We will be there on "])
def test_a_calendar_before_its_days_marks_them(lead: str) -> None:
    assert days(only(f"<p>3-4 March 2024</p><p>{lead}27-28 November 2024</p>")) == "2024-11-27/11-28"


PARTS = [
    ("<p><b>Presentations</b></p><p><b>Session 1</b></p>", ["slides"]),
    ("<h3>Presentations</h3><p><b>Morning</b></p>", ["slides"]),
    ("<p><b>Presentations</b></p><p><b>Further reading</b></p>", []),
    ("<h3>Presentations</h3><h3>Further reading</h3>", []),
]


@pytest.mark.parametrize(("headings", "kinds"), PARTS)
def test_a_bold_line_that_counts_sessions_ends_no_part(headings: str, kinds: list[str]) -> None:
    edition = only(f'{WHEN}{headings}<p><a href="/t.pdf">Max Beispiel – Hydrogen valleys</a></p>')
    assert [one.kind for one in edition.materials] == kinds


def test_text_that_runs_on_after_the_address_is_no_part_of_the_venue() -> None:
    edition = only(
        "<p>📍27-28 November 2024, Town Hall, Place 1, Charleroi, Belgium The region welcomed us. Thanks</p>"
    )
    assert (edition.venue, edition.country_code) == ("Town Hall, Place 1", "BE")
