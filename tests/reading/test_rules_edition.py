"""An edition's own page, rule by rule: E, and D, O and S where they speak of it (docs/reading.md)."""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import Edition, Snapshot
from cmr_watch.reading import read
from tests.reading.pages import codes, days

TITLE = "Clusters meet Regions – Ghent, Belgium"
WHEN = "<p>12-13 March 2027</p>"
MARCH = "2027-03-12/03-13"
R = "https://r.example/1"
REGISTER = f"<a href='{R}'>Register</a>"


def page(body: str, title: str = TITLE) -> Snapshot:
    content = f"<html><body><main><article><h1>{title}</h1>{body}</article></main></body></html>"
    return read("edition", content.encode()).snapshot


def only(body: str, title: str = TITLE) -> Edition:
    (edition,) = page(body, title).editions
    return edition


PLACES = [  # E1: title, text, place and warnings
    ("Invitation for the Clusters meet Regions Bălți, Moldova", WHEN, "Bălți | None | Moldova | MD"),
    ("Save the date: Clusters meet Regions in Tartu, Estonia", WHEN, "Tartu | None | Estonia | EE"),
    ("“Clusters meet Regions” workshop – Inari, Lapland, Finland", WHEN, "Inari | Lapland | Finland | FI"),
    ("Clusters meet Regions – Tartu", "<p>12-13 March 2027, Tartu, Estonia</p>", "Tartu | None | Estonia | EE"),
    ("Clusters meet Regions – Tartu", WHEN, "Tartu | None | None | None ! country-missing"),
    (
        "Clusters meet Regions – Tartu",
        f"{WHEN}<p>Fly to Riga, Latvia.</p>",
        "Tartu | None | None | None ! country-missing",
    ),
    ("Clusters meet Regions", "<p>Tartu, Estonia – 12-13 March 2027</p>", "Tartu | None | Estonia | EE"),
    (
        "Clusters meet Regions – Skåne",
        "<p>📍12 - 13 March 2027, Media Evolution, Stora Varvsgatan 6A, Malmö , Sweden</p>",
        "Malmö | Skåne | Sweden | SE",
    ),
    (
        "Clusters meet Regions – Flanders",
        "<p>12-13 March 2027</p><p>Venue: Expo, Main Street 1, 9000 Ghent, Belgium</p>",
        "Ghent | Flanders | Belgium | BE",
    ),
    (
        "Clusters meet Regions – Lapland",
        "<p>12-13 March 2027, Arktikum, Pohjoisranta 4, Rovaniemi, Finland</p>",
        "Rovaniemi | Lapland | Finland | FI",
    ),
    (TITLE, f"{WHEN}<p>Venue: Expo, Main Street 1, Aalst, Belgium</p>", "Ghent | None | Belgium | BE"),
    (TITLE, f"{WHEN}<p>Fly to Brussels, Belgium.</p>", "Ghent | None | Belgium | BE"),
    (TITLE, f"{WHEN}<p>Ann Lee, Porto, Portugal</p>", "Ghent | None | Belgium | BE"),
    ("Page not found", "<p>Sorry, 3 May 2027.</p>", "! edition-missing"),
    ("Energy Days", "<p>Everybody is welcome.</p>", "! edition-missing"),
]


@pytest.mark.parametrize(("title", "body", "expected"), PLACES)
def test_place(title: str, body: str, expected: str) -> None:
    found = page(body, title)

    places = [f"{one.city} | {one.region} | {one.country} | {one.country_code}" for one in found.editions]
    assert " ".join([*places, *[f"! {code}" for code in codes(found)]]) == expected
    assert (found.kind, found.calls) == ("edition", ()), "O1"
    assert all(one.url is None for one in found.editions), "O1"


DAYS = [  # E1, D: title after the place, text, days and warnings
    ("E1", "", "<p>The workshop on 12-13 March 2027 in Ghent, Belgium</p><p>Date: 3 May 2027</p>", MARCH),
    (
        "E1",
        "",
        "<table><tr><td>Ghent, Belgium</td><td>12-13 March 2027</td></tr></table><p>When? 3 May 2027</p>",
        MARCH,
    ),
    ("E1", "", "<p>Aalst, Belgium – 3 May 2027</p><p>Date: 12-13 March 2027</p>", MARCH),
    ("E1", " – 3 May 2027", "<p>Date: 12-13 March 2027</p>", MARCH),
    ("E1", " – 3 May 2027", "<p>When? 12-13 March 2027</p>", MARCH),
    ("E1", " – 3 May 2027", "<p>📅 12-13 March 2027</p>", MARCH),
    ("E1", " – 3 May 2027", "<p>📍 12-13 March 2027, ICC</p>", MARCH),
    ("E1", "", "<p>Date: 12 March 2027</p><p>Date: 13 March 2027</p>", MARCH),
    ("E1", " – 12-13 March 2027", "<p>The event takes place on 3 May 2027.</p>", MARCH),
    ("E1", " – 12-13 March 2027", "<p>3 May 2027</p>", MARCH),
    ("E1", "", "<p>12-13 March 2027</p><p>This event takes place on 3 May 2027.</p>", MARCH),
    ("E1", "", "<p>12-13 March 2027, Ghent</p><p>This event takes place on 3 May 2027.</p>", MARCH),
    (
        "E1",
        "",
        "<p>This event takes place on 12 and 13 March 2027.</p><h3>Day 1: Monday 3 May 2027</h3>",
        MARCH,
    ),
    (
        "E1",
        "",
        "<h3>Day 1: Friday 12 March 2027</h3><p>09:00 Hello</p><h3>Day 2: Saturday 13 March 2027</h3><p>End</p>",
        MARCH,
    ),
    ("E1", "", f"{WHEN}<h3>Agenda</h3><p>3 May 2027: arrival</p>", MARCH),
    ("E1", "", f"{WHEN}<p>The next edition takes place in Porto, Portugal on 3-4 May 2027.</p>", MARCH),
    ("E1", "", f"{WHEN}<p>The agenda will be published on 3 February 2027.</p>", MARCH),
    ("E1", "", f"{WHEN}<p>12-13 March 2027</p><p>Date: 12-13 March 2027</p>", MARCH),
    ("E1", "", "<p>The previous edition took place on 3 May 2026.</p>", "unknown ! date-unknown"),
    ("D1", " 2027", "<p>12-13 March</p>", MARCH),
    ("D2", "", "<p>Date: moved from 3-4 February to 12-13 March 2027</p>", MARCH),
    ("D2", "", "<p>New date: 12-13 March 2027 (previously 3-4 February 2027)</p>", MARCH),
    ("D2", "", "<p>Updated on 3 January 2027</p><p>12-13 March 2027</p>", MARCH),
    ("D2", "", "<p>Hotel rate until 3 February 2027</p><p>12-13 March 2027</p>", MARCH),
    ("D3", "", "<p>Date: 12-13 March 2027 (tbc)</p>", f"{MARCH} ! date-tentative"),
    ("D3", "", "<p>Date: March 2027</p>", "month"),
    ("D3", "", "<p>Date: to be announced</p>", "unknown ! date-unknown"),
    ("D3", "", "<p>Date: 30 February 2027</p>", "unknown ! date-impossible"),
    ("D5", "", "<p>Date: 12-12 13 March 2027</p>", f"{MARCH} ! date-remainder"),
    ("D5", "", f"{WHEN}<p>Session 7 has 12 seats 44</p>", MARCH),
    ("S7", "", "<p>Date: 12-13 March 2027</p><p>Postponed</p>", MARCH),
]


@pytest.mark.parametrize(("rule", "more", "body", "expected"), DAYS)
def test_days(rule: str, more: str, body: str, expected: str) -> None:
    found = page(body, TITLE + more)

    (one,) = found.editions
    assert " ! ".join([days(one), *codes(found)]) == expected, rule
    assert (one.city, one.country) == ("Ghent", "Belgium"), rule


STATUSES = [  # E4, D6, S7: status and section
    ("", "scheduled upcoming"),
    ("<p>Cancelled</p>", "cancelled upcoming"),
    ("<p>This event has been postponed.</p>", "postponed upcoming"),
    ("<p>The workshop was called off.</p>", "cancelled upcoming"),
    ("<h2>Postponed</h2>", "postponed upcoming"),
    ("<p>The site visit has been cancelled.</p>", "scheduled upcoming"),
    ("<p>You can cancel your registration by e-mail.</p>", "scheduled upcoming"),
    ("<p>Save the date!</p>", "save_the_date upcoming"),
    ("<p>Save the dates: 12-13 March 2027</p>", "save_the_date upcoming"),
    ("<p>The workshop took place in Ghent.</p>", "held past"),
    ("<p>The event brought together 120 participants.</p>", "held past"),
    ("<p>This event has passed.</p>", "held past"),
    *[
        (f"<p><a href='/x'>{words}</a></p>", "held past")
        for words in ["Event summary", "Proceedings", "Photos", "Recording", "Download the slides"]
    ],
    *[
        (f"<p><a href='/x'>{words}</a></p>", "scheduled upcoming")
        for words in ["Agenda", "Input paper", "Booklet", "Watch live"]
    ],
    ("<p>The previous edition took place in Porto.</p>", "scheduled upcoming"),
    ("<p>A summary will be published here.</p>", "scheduled upcoming"),
    ("<p>The event took place in Ghent.</p><p>Cancelled</p>", "cancelled past"),
    ("<p>Fully booked</p>", "scheduled upcoming"),
]


@pytest.mark.parametrize(("body", "expected"), STATUSES)
def test_status(body: str, expected: str) -> None:
    one = only(WHEN + body)
    assert f"{one.status} {one.section}" == expected


VENUES: list[tuple[str, str | None]] = [  # E2
    ("<p>Venue: Stadshal, Botermarkt 1, 9000 Ghent, Belgium</p>", "Stadshal, Botermarkt 1"),
    ("<p>Where: Stadshal, Botermarkt 1</p>", "Stadshal, Botermarkt 1"),
    ("<p>Location: Stadshal</p>", "Stadshal"),
    ("<p>Place: Stadshal</p>", "Stadshal"),
    ("<p>📍 Stadshal, Botermarkt 1</p>", "Stadshal, Botermarkt 1"),
    ("<dl><dt>Venue</dt><dd>Stadshal</dd></dl>", "Stadshal"),
    ("<h3>Venue</h3><p>Stadshal<br>Botermarkt 1<br>9000 Ghent</p>", "Stadshal, Botermarkt 1"),
    ("<h3>Venue</h3><p>Stadshal<br>Botermarkt 1<br>The hall is next to the river.</p>", "Stadshal, Botermarkt 1"),
    ("<p>The venue of the event is the Stadshal.</p>", "Stadshal"),
    ("<p>Venue: the Stadshal</p>", "Stadshal"),
    ("<p>Venue: Stadshal (see map)</p>", "Stadshal"),
    ("<p>Venue: Stadshal | Language: English</p>", "Stadshal"),
    ("<p>Venue: Stadshal, Botermarkt 1, in 9000 Ghent</p>", "Stadshal, Botermarkt 1"),
    ("<p>Venue: Expo Aalst, Albrechtlaan 1, 9300 Aalst, Belgium</p>", "Expo Aalst, Albrechtlaan 1, 9300 Aalst"),
    ("<p>Location: Ghent, Belgium</p>", None),
    ("<p>Venue: to be announced</p>", None),
    ("<p>Venue: tba</p>", None),
    ("<p>Venue of the dinner: Old Fish Market</p>", None),
    ("<p>Dinner at the Old Fish Market, 20:00</p>", None),
    ("<p>Hotel: Marriott, Korenlei 10</p>", None),
    ("<p>Venue: <s>Old Hall</s> Stadshal</p>", "Stadshal"),
    ("<p><a href='/v'><b>Venue</b></a></p><p>Stadshal, Botermarkt 1</p>", None),
    (
        "<p>12-13 March 2027, Stadshal, Botermarkt 1</p>",
        "Stadshal, Botermarkt 1",
    ),
    (
        "<p>12-13 March 2027 | Stadshal, Botermarkt 1</p>",
        "Stadshal, Botermarkt 1",
    ),
    (
        "<p>12-13 March 2027 – Ghent University, Campus Boekentoren</p>",
        "Ghent University, Campus Boekentoren",
    ),
    (
        "<p>12-13 March 2027<br>Stadshal, Botermarkt 1</p>",
        "Stadshal, Botermarkt 1",
    ),
    ("<p>12-13 March 2027<br>Skills and ports</p>", None),
    ("<p>The workshop is on 12 and 13 March 2027 at Stadshal.</p>", "Stadshal"),
    ("<p>The workshop takes place on 12 and 13 March 2027 at Stadshal.</p>", "Stadshal"),
    ("<p>Join us on 12 and 13 March 2027 at the Ghent Expo.</p>", "Ghent Expo"),
    ("<p>Venue: Stadshal, 12-13 March 2027</p>", "Stadshal"),
    ("<p>📍12 - 13 March 2027, Media Evolution, Varvsgatan 6A, Ghent , Belgium</p>", "Media Evolution, Varvsgatan 6A"),
]


@pytest.mark.parametrize(("body", "venue"), VENUES)
def test_venue(body: str, venue: str | None) -> None:
    one = only((WHEN if "March" not in body else "") + body)
    assert (one.venue, one.city, days(one)) == (venue, "Ghent", MARCH)


REGISTRATIONS: list[tuple[str, str | None, str | None]] = [  # E3, O4: the link, and until when
    *[
        (f"<p><a href='{R}'>{words}</a></p>", R, None)
        for words in [
            "Register",
            "Registration",
            "Sign up",
            "Book your place",
            "I want to participate",
            "Register here",
        ]
    ],
    *[
        (f"<p><a href='{R}'>{words}</a></p>", None, None)
        for words in [
            "Our platform",
            "Register for B2B matchmaking",
            "Newsletter registration",
            "Hotel registration",
            "Sign up for the newsletter",
        ]
    ],
    (f"<p>Registration: <a href='{R}'>here</a></p>", R, None),
    (f"<h3>Registration</h3><p><a href='{R}'>Click here</a></p>", R, None),
    (f"<h3>Agenda</h3><p><a href='{R}'>Click here</a></p>", None, None),
    (f"<p>{REGISTER} <a href='/2'>Register</a></p>", R, None),
    (f"<p>Registration is closed.</p><p>{REGISTER}</p>", None, None),
    (f"<p>The event is full.</p><p>{REGISTER}</p>", None, None),
    (f"<p>Registration will open in February.</p><p>{REGISTER}</p>", None, None),
    (f"<p>Registration is closed, but you can still <a href='{R}'>register to follow online</a>.</p>", R, None),
    (
        f"<p>Registration for the dinner is closed.</p><p>{REGISTER}</p>",
        R,
        None,
    ),
    (f"<h2>Other events</h2><p>{REGISTER}</p>", None, None),
    (f"<p>Cancelled</p><p>{REGISTER}</p>", R, None),
    *[
        (f"<p>{text} 1 March 2027</p><p>{REGISTER}</p>", R, "2027-03-01")
        for text in [
            *[
                "Registration until",
                "Register by",
                "Register before",
                "Registration deadline:",
                "Last day to register:",
            ],
            *[
                "Registration closes on",
                "Please register no later than",
                "Deadline for registration:",
                "Registration is open until",
            ],
        ]
    ],
    ("<p>Registration closed on 1 March 2027</p>", None, "2027-03-01"),
    (f"<h3>Registration</h3><p>Deadline: 1 March</p><p>{REGISTER}</p>", R, "2027-03-01"),
    (f"<p>Register by 20 December.</p><p>{REGISTER}</p>", R, "2026-12-20"),
    (f"<p>Registration is extended from 1 February to 1 March 2027.</p><p>{REGISTER}</p>", R, "2027-03-01"),
    (f"<p>Registration: 1 February – 1 March 2027</p><p>{REGISTER}</p>", R, "2027-03-01"),
    (f"<p>Registration will open on 1 February 2027.</p><p>{REGISTER}</p>", None, None),
    (f"<p>The call for hosts is open until 1 March 2027.</p><p>{REGISTER}</p>", R, None),
    (f"<p>Book your hotel by 1 March 2027.</p><p>{REGISTER}</p>", R, None),
]


@pytest.mark.parametrize(("body", "url", "closes_on"), REGISTRATIONS)
def test_registration(body: str, url: str | None, closes_on: str | None) -> None:
    one = only(WHEN + body)
    closing = one.registration_closes_on
    assert (one.registration_url, closing and closing.isoformat()) == (url, closes_on)
