"""Kinds of fault on editions' own pages, each with its neighbours; and what the rules leave to a careful reader."""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import Edition, Snapshot
from cmr_watch.reading import read
from tests.reading.pages import codes, days

TITLE = "Clusters meet Regions – Ghent, Belgium"
WHEN = "<p>12-13 March 2027</p>"
MARCH = "2027-03-12/03-13"


def snapshot(body: str, title: str = TITLE) -> Snapshot:
    page = f"<html><body><main><article><h1>{title}</h1>{body}</article></main></body></html>"
    return read("edition", page.encode()).snapshot


def only(body: str, title: str = TITLE) -> Edition:
    (edition,) = snapshot(body, title).editions
    return edition


PLACES = [
    ("Invitation for the Clusters meet Regions Chișinău, Moldova", WHEN, "Chișinău, None, MD"),
    (
        "Clusters meet Regions East and North Finland",
        "<p>📍 25-27 April 2027, Kittilä, Lapland, Finland</p>",
        "Kittilä, Lapland, FI",
    ),
    ("Clusters meet Regions – Kosovo*", "<p>Pristina, Kosovo* – 12-13 March 2027</p>", "Pristina, None, XK"),
    ("Clusters meet Regions", "<p>Arlon (Luxembourg, Belgium) – 12-13 March 2027</p>", "Arlon, Luxembourg, BE"),
    ("Clusters meet Regions – Graz (AT)", WHEN, "Graz, None, AT"),
    ("Clusters meet Regions – Patras, Greece (online)", WHEN, "Patras, None, GR"),
    ("Clusters meet Regions – TALLINN, ESTONIA", WHEN, "TALLINN, None, EE"),
    ("Clusters meet Regions: Green steel in Ghent, Belgium", WHEN, "Ghent, None, BE"),
    ("Clusters meet Regions <span class='badge'>Save the date</span> Ghent, Belgium", WHEN, "Ghent, None, BE"),
    ("Clusters meet Regions | Katowice | Poland", WHEN, "Katowice, None, PL"),
    ("European Cluster Platform", f"<h2>Clusters meet Regions – Ghent, Belgium</h2>{WHEN}", "Ghent, None, BE"),
    ("Brno: Clusters meet Regions", WHEN, "Brno, None, None"),
    ("Clusters meet Regions in Brno", WHEN, "Brno, None, None"),
    ("Clusters meet Regions: Skills", "<p>Ghent, Belgium – 12-13 March 2027</p>", "Ghent, None, BE"),
    ("Clusters meet Regions: Green steel", "<p>12-13 March 2027, Ghent, Belgium</p>", "Ghent, None, BE"),
    ("Clusters meet Regions: Brno", f"{WHEN}<p>Fly to Vienna, Austria.</p>", "Brno, None, None"),
    (
        "Clusters meet Regions: Brno",
        f"{WHEN}<p>The next edition takes place in Porto, Portugal on 3-4 May 2028.</p>",
        "Brno, None, None",
    ),
    (
        "Clusters meet Regions: Brno",
        "<p>Brno, Czechia</p><p>After Porto, Portugal, 3-4 May 2026, we meet on 12-13 March 2027.</p>",
        "Brno, None, CZ",
    ),
    (
        "Clusters meet Regions: Tyrol, Austria",
        "<p>The workshop is in Innsbruck on 12 March 2027.</p>",
        "Innsbruck, Tyrol, AT",
    ),
    ("Clusters meet Regions: Tyrol, Austria", "<p>12 March 2027 in Innsbruck</p>", "Innsbruck, Tyrol, AT"),
    ("Clusters meet Regions: Tyrol", "<p>Innsbruck, Austria, 12 March 2027</p>", "Innsbruck, Tyrol, AT"),
    (
        "Clusters meet Regions: Tyrol, Austria",
        "<p>12 March 2027</p><p>Innsbruck is in the Alps.</p>",
        "Tyrol, None, AT",
    ),
    ("Clusters meet Regions: Graz, Austria", "<p>The workshop is in Leoben on 12 March 2027.</p>", "Graz, None, AT"),
    (
        "Clusters meet Regions: Emilia-Romagna",
        "<p>12 March 2027 | Tecnopolo, Via Stalingrado 84/3, 40128 Bologna, Italy</p>",
        "Bologna, Emilia-Romagna, IT",
    ),
    ("Clusters meet Regions – Bruges, West Flanders, Belgium", WHEN, "Bruges, West Flanders, BE"),
    ("Clusters meet Regions – Timișoara, West Region, Romania", WHEN, "Timișoara, West Region, RO"),
    ("Clusters meet Regions <span class=badge>New date</span> Arnhem, Netherlands", WHEN, "Arnhem, None, NL"),
    ("Clusters meet Regions <span class=badge>New venue!</span> Arnhem, Netherlands", WHEN, "Arnhem, None, NL"),
    (
        "Clusters meet Regions <span class=badge>Registration closed</span> Arnhem, Netherlands",
        WHEN,
        "Arnhem, None, NL",
    ),
    ("Clusters meet Regions – New Delhi, India", WHEN, "New Delhi, None, IN"),
    ("Clusters meet Regions Online", f"{WHEN}<ul><li>Azores</li><li>Réunion</li></ul>", "Online, None, None"),
    ("Clusters meet Regions “Ghent, Belgium”", WHEN, "Ghent, None, BE"),
    ("Clusters​ meet Regions: “Gh&shy;ent (Belgium)”", WHEN, "Ghent, None, BE"),
    ("Clusters meet Regions “Bruges, West Flanders, Belgium”", WHEN, "Bruges, West Flanders, BE"),
    ("Clusters meet Regions “Green Steel” in Ghent, Belgium", WHEN, "Ghent, None, BE"),
    ("Clusters meet Regions: Brno", f"{WHEN}<ul><li>Moravia</li><li>Czechia</li></ul>", "Brno, None, CZ"),
]


@pytest.mark.parametrize(("title", "body", "place"), PLACES)
def test_place(title: str, body: str, place: str) -> None:
    edition = only(body, title)
    assert f"{edition.city}, {edition.region}, {edition.country_code}" == place


NO_PLACE = [
    *("Access denied", "Clusters meet Regions", "Page not found", "Speak at Clusters meet Regions"),
    *("Clusters meet Regions: a workshop series for Europe", "Host Clusters meet Regions"),
]


@pytest.mark.parametrize("title", NO_PLACE)
def test_a_page_without_a_place_is_a_warning(title: str) -> None:
    found = snapshot("<p>Sorry.</p>", title)
    assert (found.editions, codes(found)) == ((), ["edition-missing"])


DAYS = [
    (TITLE, "<p>Date: 12 March 2027, 09:00 – 13 March 2027, 13:00</p>", MARCH),
    (TITLE, "<h4>Day 1: Friday 12 March 2027</h4><p>09:00</p><h4>Day 2: Saturday 13 March 2027</h4>", MARCH),
    (TITLE, "<h3>Programme 2027</h3><p>12 March: arrival</p><p>13 March: workshop</p>", MARCH),
    (TITLE, "<p>Rescheduled from 9-10 February 2027: the workshop now takes place on 12-13 March 2027.</p>", MARCH),
    (TITLE, "<p>Was: 9-10 February 2027. New date: 12-13 March 2027</p>", MARCH),
    (f"{TITLE} – 3 May 2027", "<p><b>When?</b> 12-13 March 2027</p>", MARCH),
    (f"{TITLE} – 12-13 March 2027", "<p>When can I register? 3 May 2027</p>", MARCH),
    (f"{TITLE} – 12-13 March 2027", "<p>Date: May 2027</p>", MARCH),
    (f"{TITLE} – 12-13 March 2027", "<p>Registration</p><p>Date: 3 January 2027</p>", MARCH),
    (TITLE, "<p>The event takes place on 12 and 13 March 2027.</p><h4>3 May 2027: arrival</h4>", MARCH),
    (TITLE, "<p>Day 1: 12 March 2027, Day 2: 13 March 2027</p>", MARCH),
    (TITLE, "<p>Date<br>12 March 2027<br>Site visit: 13 March 2027</p>", "2027-03-12"),
    (TITLE, "<p>Date<br>12 March 2027<br>Registration until 3 March 2027</p>", "2027-03-12"),
    (
        TITLE,
        "<p>Following up the workshop in Porto, Portugal, on 3-4 June 2026, the next Clusters meet Regions workshop "
        "takes place in Ghent, Belgium, on 12-13 March 2027.</p>",
        MARCH,
    ),
    (TITLE, "<p>Following up the workshop of 3-4 June 2026, we meet on 12-13 March 2027.</p>", MARCH),
    (TITLE, "<p>This workshop follows up the one of 3-4 June 2026.</p>", "unknown"),
    (TITLE, "<p>The workshop has been moved from 10-11 February to 12-13 March 2027.</p>", MARCH),
    (f"{TITLE} – 10-11 March 2027", "<p>Ghent, Belgium, 12-13 March 2027</p>", MARCH),
    (f"{TITLE} – 12-13 March 2027", "<p>Bruges, Belgium, 10-11 March 2027</p>", MARCH),
    (TITLE, "<p>The workshop takes place in October 2027, exact dates will be published in January 2027.</p>", "month"),
    ("Clusters meet Regions in Ghent 2027", "<p>12-13 March</p>", MARCH),
    (TITLE, "<p>12-13 March</p><p>Submitted by X on 3 May 2026</p>", "unknown"),
    (TITLE, "<table><tr><td>When</td><td>12-13 March 2027</td></tr><tr><td>Where</td><td>ICC</td></tr></table>", MARCH),
    (
        TITLE,
        "<table><tr><th>When</th><th>Where</th><th>Register</th></tr><tr><td>12-13 March 2027</td><td>ICC Ghent</td>"
        "<td>online</td></tr></table>",
        MARCH,
    ),
    (TITLE, "<p>Submitted by X on 3 May 2026</p><p>12-13 March 2027</p><p>Hotel rate until 3 February 2027</p>", MARCH),
    (TITLE, "<p>From 12 March, 13h00, to 13 March 2027, 12h30</p>", MARCH),
    (TITLE, "<p>Date: Friday 12 March, 9.30 am, until Saturday 13 March 2027, 1 pm</p>", MARCH),
    (
        f"{TITLE} – 4-5 March 2027",
        "<table><tr><td>Ghent, Belgium</td><td>12-13 March 2027</td></tr></table>",
        MARCH,
    ),
    (
        f"{TITLE} – 4-5 March 2027",
        "<table><tr><th>Place</th><th>Days</th></tr><tr><td>Ghent (Belgium)</td><td>12-13 March 2027</td></tr></table>",
        MARCH,
    ),
    (TITLE, "<p>On the 12 & 13 March 2027, in Ghent, clusters and regions discussed skills and energy.</p>", MARCH),
    (TITLE, "<p>Ghent hosted more than a hundred clusters and public authorities on 12-13 March 2027.</p>", MARCH),
    (
        TITLE,
        "<div role=tablist><button role=tab aria-controls=a>About</button><button role=tab aria-controls=b>Details"
        "</button></div><div id=a><h3>Who should attend?</h3><p>All</p></div><div id=b><p>Date: 12-13 March 2027</p>"
        "</div>",
        MARCH,
    ),
    (
        TITLE,
        "<ul><li><a role=tab href='#b' aria-controls=b>When</a></li></ul><h3>Registration</h3><p>Soon</p>"
        "<div id=b><p>12-13 March 2027</p></div>",
        MARCH,
    ),
    (TITLE, "<p>VTT and the region of Flanders cordially invite you on 12-13 March 2027.</p>", MARCH),
    (TITLE, "<p>You are warmly invited to Ghent on 12 and 13 March 2027.</p>", MARCH),
    (TITLE, "<p>On 12 and 13 March 2027, Flanders opened its doors to clusters from across the EU.</p>", MARCH),
    (TITLE, f"<p>Block the 12th and 13th of March 2027 in your diary{', it is worth it' * 4}.</p>", MARCH),
    (TITLE, f"<p>All hosts are invited to dinner on 12 and 13 March 2027{', it is worth it' * 4}.</p>", "unknown"),
    (TITLE, f"<p>Last year, on 3-4 June 2026, clusters were in Porto{', and liked it' * 4}.</p>", "unknown"),
    (TITLE, f"<p>She led a cluster from 12 March 2019 to 4 May 2024{', and led it well' * 4}.</p>", "unknown"),
    (TITLE, "<p>When: Q3 2027</p><h3>News about us</h3><p>Academy, 9-10 June 2026, Brussels, Belgium</p>", "season"),
    (TITLE, "<p>When: Q3 2027</p><h3>About</h3><p>Academy, 9-10 June 2026, Brussels, Belgium</p>", "season"),
    (TITLE, "<h3>News about the workshop</h3><p>It takes place on 12-13 March 2027.</p>", MARCH),
    (TITLE, "<p>Begin: 12 March 2027, 10:00</p><p>End: 13 March 2027, 12:00</p>", MARCH),
    (TITLE, "<p>12-13 March 2027 | ICC Ghent, Main Street 1 | <a href=/r>Register by 1 February 2027</a></p>", MARCH),
    (TITLE, "<p>Ghent, in Flanders, near the port | 12-13 March 2027 | Register by 1 February 2027</p>", MARCH),
    (TITLE, "<p>ICC Ghent, with a view of the old port | see the hotels nearby | until 12 March 2027</p>", "unknown"),
    (TITLE, "<p>Pre-event: 11 March 2027</p><p>Workshop: 12-13 March 2027</p>", MARCH),
    (TITLE, f"<p>12-13 March 2027 is when Flanders shows its port{', and its ships' * 4}.</p>", MARCH),
    (TITLE, f"<p>Flanders had a fair on 3-4 June 2026{', and was proud of it' * 4}.</p>", "unknown"),
]


@pytest.mark.parametrize(("title", "body", "when"), DAYS)
def test_days(title: str, body: str, when: str) -> None:
    assert days(only(body, title)) == when


def test_a_stray_number_is_a_warning() -> None:
    found = snapshot("<p>26–26 27 March 2027</p>")
    assert (days(found.editions[0]), codes(found)) == ("2027-03-26/03-27", ["date-remainder"])


STATUSES = [
    ("<p>The site visit is cancelled.</p>", "scheduled"),
    ("<p>Sessions may be cancelled.</p>", "scheduled"),
    ("<p>CANCELLED</p>", "cancelled"),
    ("<p><b>This event has been postponed.</b></p>", "postponed"),
    ("<p>The workshop was to take place in Porto.</p>", "scheduled"),
    ("<p>Thank you for your interest.</p>", "scheduled"),
    ("<p>Thank you for joining us!</p>", "held"),
    ("<p>Following up the workshop in Linz, Austria, which brought together 140 people, we meet now.</p>", "scheduled"),
    ("<p>Building on the workshop in Linz, which gathered 140 people, we meet now.</p>", "scheduled"),
    ("<p>The workshop in Linz, Austria, gathered 140 people.</p>", "scheduled"),
    ("<p>The workshop in Ghent gathered 140 people.</p>", "held"),
    ("<p>The workshop in Belgium gathered 140 people.</p>", "held"),
    ("<p>The workshop gathered 140 people from Linz, Austria.</p>", "held"),
    ("<p>The workshop, postponed from 5-6 May 2026, takes place on 12-13 March 2027.</p>", "scheduled"),
    ("<p>The workshop has been postponed from 12-13 March 2027, new date to be announced.</p>", "postponed"),
    ("<p>Date: 12-13 March 2027 <b>Postponned!!</b></p>", "postponed"),
    ("<p>Date: 12-13 March 2027 (canceled)</p>", "cancelled"),
    ("<p>Session 3 is postponed to the afternoon.</p>", "scheduled"),
    ("<p>The panel on steel has been cancelled.</p>", "scheduled"),
    ("<p>More than 120 participants attended the workshop.</p>", "held"),
    ("<p>We thank all participants!</p>", "held"),
    ("<p>We thank the region for its support.</p>", "scheduled"),
    ("<p>120 people attended the previous workshop in Porto.</p>", "scheduled"),
    ("<p>We invite you to the next workshop, organised together with the Port of Ghent.</p>", "scheduled"),
    ("<p>The upcoming edition, hosted by the city of Ghent, is about steel.</p>", "scheduled"),
    ("<p>Ghent hosted the workshop.</p>", "held"),
]


@pytest.mark.parametrize(("body", "status"), STATUSES)
def test_status(body: str, status: str) -> None:
    assert only(WHEN + body).status == status


VENUES = [
    ("<dl><dt>Venue</dt><dd>ICC Ghent, Main Street 2</dd></dl>", "ICC Ghent, Main Street 2"),
    ("<div class=field><div class=field__label>Venue</div><div class=field__item>ICC Ghent</div></div>", "ICC Ghent"),
    ("<p>We meet in Ghent, Belgium. Venue: ICC Ghent, Main Street 2</p>", "ICC Ghent, Main Street 2"),
    ("<p>The venue is the ICC Ghent.</p>", "ICC Ghent"),
    ("<p>Where? ICC Ghent</p>", "ICC Ghent"),
    (
        "<table><tr><th>When</th><th>Where</th><th>Register</th></tr><tr><td>12-13 March 2027</td>"
        "<td>ICC Ghent, Main Street 1</td><td>online</td></tr></table>",
        "ICC Ghent, Main Street 1",
    ),
    ("<p>Location: Het Pand, Onderbergen 1, 9000 Gent (<a href='/m'>see map</a>)</p>", "Het Pand, Onderbergen 1"),
    ("<h3>Location</h3><p>The event takes place in a hall.</p>", None),
    ("<p>📍 ICC Ghent</p>", "ICC Ghent"),
    ("<p>Where: ICC Ghent, Main Street 2, 9000 Gent, Belgium</p>", "ICC Ghent, Main Street 2"),
    ("<p>Date: 12-13 March 2027 | Venue: ICC Ghent | Language: English</p>", "ICC Ghent"),
    ("<p>Venue: <s>Old Hall</s> New Hall, Main Street 1</p>", "New Hall, Main Street 1"),
    ("<p><b>Venue</b></p><p>to be announced</p>", None),
    ("<p><a href='/v'><b>Venue and directions</b></a></p><p>We look forward to it.</p>", None),
    ("<p>The event will be held at the Flanders Expo and online.</p>", "Flanders Expo"),
    (
        "<table><tr><td>When</td><td>12-13 March 2027</td></tr><tr><td>Where</td><td>ICC Ghent</td></tr></table>",
        "ICC Ghent",
    ),
    ("<p>📍 Noesis, 6th km Ghent–Aalst</p>", "Noesis, 6th km Ghent–Aalst"),
    ("<p>Venue: ICC ― Floor 2</p>", "ICC ― Floor 2"),
    ("<p>12-13 March 2027, Ghent (BE)</p><p>Venue: ICC Ghent, Hall 1</p>", "ICC Ghent, Hall 1"),
    ("<p>Where: ICC Ghent, 9000 Gent, BE</p>", "ICC Ghent"),
    ("<p>Venue: the ICC, in Ghent</p>", "ICC"),
    ("<p>Venue: House of the Guilds, in the port, Ghent</p>", "House of the Guilds, in the port"),
    ("<p>Venue: ICC, Ghent (the room will be announced)</p>", "ICC"),
    ("<p>The venue for this workshop is the ICC.</p>", "ICC"),
    ("<p>The venue of the dinner is Oude Vismijn.</p>", None),
    ("<p>Location: Ghent (the address will be sent to participants)</p>", None),
    ("<p>Venue: ICC, Main Street 2, Ghent GHE 9000</p>", "ICC, Main Street 2"),
    ("<p>Venue: Main Hall, Ghent ICC</p>", "Main Hall, Ghent ICC"),
    (
        "<p>On 12 March 2027 clusters met at the Flemish Science and Technology Park, Main Street 2, in Ghent.</p>",
        "Flemish Science and Technology Park, Main Street 2",
    ),
    ("<p>The workshop takes place at ICC Ghent, and 160 people of Flanders 4 come.</p>", "ICC Ghent"),
    ("<p>Venue: ICC (building 3)</p>", "ICC, building 3"),
    ("<p>The workshop takes place at the ICC brought to life in 1970.</p>", "ICC"),
    ("<p>The event on 12 and 13 March 2027 at ICC Ghent starts early.</p>", "ICC Ghent"),
    ("<p>Book your hotel room by 12 March 2027 at Hotel Ghent.</p>", None),
    ("<p>Register by 12 January 2027 at EventCorner.</p>", None),
    ("<p>Where? The ICC Ghent, Main Street 1</p>", "ICC Ghent, Main Street 1"),
    ("<h4>Venue</h4><p>THE ICC Ghent</p>", "ICC Ghent"),
    ("<p>Venue: Theatre Tinnen Pot</p>", "Theatre Tinnen Pot"),
    ("<p>Location: ICC Ghent, 37 Tsar Boris III Blvd., 9000 Ghent</p>", "ICC Ghent, 37 Tsar Boris III Blvd."),
    ("<p>Location: ICC, Main Bldg. (gate 3), Ghent</p>", "ICC, Main Bldg., gate 3"),
    ("<p>Venue: Zoom</p>", None),
    ("<p>Venue: online via Webex (the link will be sent)</p>", None),
    ("<p>Venue: ICC Ghent and online</p>", "ICC Ghent"),
    ("<p>Venue: ICC Ghent, Main Street 4, 9000 Ghent (OV), Belgium</p>", "ICC Ghent, Main Street 4"),
    ("<p>Venue: ICC Ghent, Main Street 4, 9000 Ghent (OV)</p>", "ICC Ghent, Main Street 4"),
    ("<p>Venue: ICC (VTT), Main Street 4, Ghent</p>", "ICC, VTT, Main Street 4"),
    ("<p>► New venue: ICC Ghent, Main Street 1 (previously Old Hall, 13 Square)</p>", "ICC Ghent, Main Street 1"),
    ("<p>Change of venue: ICC Ghent instead of Old Hall 3</p>", "ICC Ghent"),
    ("<h3>Where to find us</h3><p>ICC Ghent, Main Street 1</p>", "ICC Ghent, Main Street 1"),
    ("<p>Where are you from? ICC Ghent</p>", None),
    (
        "<p>The next workshop will be held on 12 and 13 March 2027 at Alfândega, Rua Nova da Alfândega.</p>",
        "Alfândega, Rua Nova da Alfândega",
    ),
    ("<p>The workshop will be held on 12 and 13 March 2027 at the ICC, Rua Nova, Ghent, Belgium.</p>", "ICC, Rua Nova"),
    ("<p>The workshop will be held on 12 and 13 March 2027 at Navitas, Flanders and VTT will speak.</p>", "Navitas"),
    ("<h3>Venue and accommodation</h3><p>ICC Ghent, Main Street 1</p>", "ICC Ghent, Main Street 1"),
    ("<h3>Accommodation and dinner venue</h3><p>Hotel Ghent, Main Street 1</p>", None),
    ("<p>Venue: ICC Ghent (Main Street 1) | Room: Gold</p>", "ICC Ghent, Main Street 1"),
    ("<p>Venue: ICC Ghent, address: Main Street 1</p>", "ICC Ghent"),
    ("<p>On 12-13 March 2027 the workshop takes place at ICC Ghent (Main Street 1).</p>", "ICC Ghent, Main Street 1"),
]


@pytest.mark.parametrize(("body", "venue"), VENUES)
def test_venue(body: str, venue: str | None) -> None:
    assert only(WHEN + body).venue == venue


def test_evidence_of_the_days_and_the_venue() -> None:
    reading = read("edition", f"<article><h1>{TITLE}</h1>{WHEN}<p>Venue: ICC Ghent</p></article>".encode())

    facts, lines = reading.evidence.of("editions[0]"), {use.line: use.text for use in reading.evidence.lines}
    assert lines[facts["starts_on"].line] == "12-13 March 2027"
    assert (lines[facts["venue"].line], facts["venue"].rule) == ("Venue: ICC Ghent", "E2")
    assert lines[facts["city"].line] == TITLE


@pytest.mark.parametrize("bullet", ["• ", "·&nbsp;&nbsp; ", "▪", "* ", "- ", "– ", "➢ ", "✓ ", "📅 ", "→ "])
def test_a_bullet_before_a_label_hides_nothing(bullet: str) -> None:
    form = "<p>Registration: <a href=/r>Register</a></p>"
    body = f"<p>{bullet}12-13 March 2027</p><p>{bullet}Venue: ICC Ghent</p>{form}<p>{bullet}Deadline: 1 March 2027</p>"

    edition = only(body)

    closing = edition.registration_closes_on
    assert (days(edition), edition.venue, closing and closing.isoformat()) == (MARCH, "ICC Ghent", "2027-03-01")


def test_a_bold_button_heads_its_panel() -> None:
    panel = "<p><strong><button>Venue</button></strong></p><p>International Congress Centre<br>Plac Sławika 1</p>"

    assert only(WHEN + panel).venue == "International Congress Centre, Plac Sławika 1"


ADDRESSES = [
    ("12-13 March 2027, Hall 3, Main Street 2, Ghent, Belgium", "Hall 3, Main Street 2"),
    ("ICC, 20 Place Sainte-Anne, 9000 Ghent | 12-13 March 2027", "ICC, 20 Place Sainte-Anne"),
    ("12-13 March 2027 – ICC, Keizer Karelplein 32H, 9000 Ghent, Belgium", "ICC, Keizer Karelplein 32H"),
    ("Clusters meet Regions | 12-13 March 2027 | Ghent University | English", "Ghent University"),
    ("12-13 March 2027, 9:00-17:00, ICC, Main Street 2", "ICC, Main Street 2"),
    ("12-13 March 2027</p><p>ICC, Main Street 2", "ICC, Main Street 2"),
    ("12-13 March 2027</p><p>120 participants", None),
    ("12-13 March 2027 | Industry 5.0 in the EU27", None),
    ("12-13 March 2027 | Horizon 2030", None),
    ("12-13 March 2027, 160 regions", None),
    ("12-13 March 2027</p><p>The workshop gathered 160 people in Hall 3.", None),
    ("12-13 March 2027</p><p>09:00 Welcome, Hall 3", None),
    ("12-13 March 2027</p><p>Session 2", None),
    ("12-13 March 2027</p><h3>Agenda</h3><p>12 March 2027</p><p>Lunch in the Town Hall", None),
    ("12-13 March 2027</p><p>Visit to the Science Park", None),
    ("12-13 March 2027</p><p>Contact: Ann Lee, Main Street 2", None),
    ("12-13 March 2027, 9000 Ghent, Belgium", None),
    ("12-13 March 2027</p><p>Aalst, Belgium, 3 May 2026, Town Hall", None),
    ("12-13 March 2027, Hall 3</p><p>Venue: ICC Ghent", "ICC Ghent"),
    ("12-13 March 2027, Ghent, Belgium</p><p>ICC, Main Street 2, 9000 Ghent", "ICC, Main Street 2"),
    ("Hybrid event in Ghent, 12-13 March 2027<br>ICC, Main Street 2, 9000 Ghent", "ICC, Main Street 2"),
    ("Join us on 12-13 March 2027 | ICC Hall, ’t Zand 34, 9000 Ghent", "ICC Hall, ’t Zand 34"),
    ("We meet on 12-13 March 2027 – ICC, Main Street 2", "ICC, Main Street 2"),
    (
        "12-13 March 2027, 09:00</p><p>Flemish Conference Centre, Sint-Annaplein",
        "Flemish Conference Centre, Sint-Annaplein",
    ),
    ("12-13 March 2027</p><p>Conference of the Town Hall", None),
    ("12-13 March 2027 | ICC, Main Street 2 | Contact: Ann Lee", "ICC, Main Street 2"),
    ("12-13 March 2027 | Contact: Ann Lee, Main Street 2 | English", None),
    ("12-13 March 2027 | Dinner: Brasserie, Main Street 2", None),
    ("12-13 March 2027</p><p>Chair: Ann Lee, Ghent University", None),
    ("We meet in Ghent on 12-13 March 2027 to talk</p><p>Ann Lee, Ghent University", None),
]


@pytest.mark.parametrize(("line", "venue"), ADDRESSES)
def test_an_address_beside_the_days(line: str, venue: str | None) -> None:
    edition = only(f"<p>{line}</p>")
    assert (edition.venue, days(edition)) == (venue, MARCH)
