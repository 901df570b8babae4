"""The list, rule by rule: O2, S, D4 and M2 of docs/reading.md, each with a neighbour that the rule leaves alone."""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import Snapshot
from tests.reading.pages import read, read_initiative
from tests.reading.rules import but, path, short

GHENT, PORTO = "Ghent, Belgium – 12-13 March 2027", "Porto, Portugal – 1 April 2027"
LYON, TARTU = "Lyon, France – 3-4 May 2024", "Tartu, Estonia – 6 June 2024"
G, P = "Ghent BE 2027-03-12/03-13", "Porto PT 2027-04-01"
L, T = "Lyon FR 2024-05-03/05-04 past", "Tartu EE 2024-06-06 past"
PANEL = "<button aria-expanded=false aria-controls=x>Next editions</button><div id=x"
NEXT, PAST = "<h2>Next editions</h2>", "<h2>Previous editions</h2>"


def page(body: str) -> Snapshot:
    return read_initiative(body.encode()) if body.startswith("<html") else read(body)


PAGES = [
    # O1, O2
    ("O1", "<p>Welcome to the series.</p>", ""),
    (
        "O2",
        f"{NEXT}<p><a href='a/b'>Ghent, Belgium</a> – 12-13 March 2027</p>",
        f"{G} url=/events/organised-by-eccp/a/b",
    ),
    (
        "O2",
        "<html><head><base href='https://other.eu/'><link rel=canonical href='https://third.eu/x/'></head><body><main>"
        f"<article><h1>Clusters meet Regions</h1>{NEXT}<p>"
        "<a href='/g'>Ghent, Belgium</a> – 12-13 March 2027</p></article>"
        "</main></body></html>",
        f"{G} url=/g",
    ),
    ("O2", f"{NEXT}<p>{GHENT}</p><p><a href='/m'>More info</a></p>", G),
    (
        "O2",
        f"{NEXT}<ul><li>{GHENT}<br><a href='/m'>Read more</a></li><li>{PORTO}</li></ul>",
        f"{G} url=/m; {P}",
    ),
    ("O2", f"{NEXT}<ul><li>{GHENT}</li><li>{PORTO} <a href='/m'>Details</a></li></ul>", f"{G}; {P} url=/m"),
    ("O2", f"{PAST}<p>{LYON} Read the event summary <a href='/s'>here</a></p>", f"{L} summary=/s"),
    ("O2", f"{PAST}<p><a href='/s'>Lyon, France – 3-4 May 2024: event summary</a></p>", f"{L} summary=/s"),
    but(
        "a line with such a label is not read",
        "O2",
        f"{PAST}<p><a href='/s'>Summary: Lyon, France – 3-4 May 2024</a></p>",
        f"{L} summary=/s",
    ),
    (
        "O2",
        f"{PAST}<p><a href='/l'>Lyon, France</a> – 3-4 May 2024 <a href='/s'>Event Summary</a></p>",
        f"{L} url=/l summary=/s",
    ),
    # S1: the words
    *[
        ("S1", f"<h2>{heading}</h2><p>{GHENT}</p>", G)
        for heading in ["Upcoming workshops", "Next meetings", "Forthcoming editions", "Future Clusters meet Regions"]
    ],
    *[
        ("S1", f"<h2>{heading}</h2><p>{LYON}</p>", L)
        for heading in [
            "Past meetings",
            "PREVIOUS WORKSHOPS:",
            "Recordings of the editions",
            "Archive: “clusters meet regions”",
        ]
    ],
    ("S1", f"<p>Welcome.</p><h2>Editions</h2><p>{GHENT}</p>", "!section-unknown"),
    ("S1", f"<h2>Upcoming</h2><p>{GHENT}</p><h2>Past</h2><p>{LYON}</p>", f"{G}; {L}"),
    ("S1", f"<h2>Upcoming</h2><p>{GHENT}</p>", G),
    (
        "S1",
        "<h2>Next in 2027</h2><p>Ghent, Belgium – 12-13 March</p><h2>Past</h2>",
        G,
    ),
    (
        "S1",
        f"<p><b>Next editions</b></p><p>{GHENT}</p><p><strong>Previous editions:</strong></p><p>{LYON}</p>",
        f"{G}; {L}",
    ),
    (
        "S1",
        f"{NEXT}<p>{GHENT}</p><p><a href='/p'><b>Previous editions</b></a></p><p>{PORTO}</p>",
        f"{G}; {P}",
    ),
    ("S1", f"<details><summary>Previous editions</summary><p>{LYON}</p></details>", L),
    ("S1", f"<div><button aria-expanded=false>Past editions</button><div><p>{LYON}</p></div></div>", L),
    ("S1", f"<a href='#x' aria-controls=x>Past editions</a><div id=x><p>{LYON}</p></div>", L),
    (
        "S1",
        "<ul role=tablist><li><a role=tab aria-controls=n>Next editions</a></li><li>"
        "<a role=tab aria-controls=p>Past editions"
        f"</a></li></ul><div id=p><p>{LYON}</p></div><div id=n><p>{GHENT}</p></div>",
        f"{L}; {G}",
    ),
    (
        "S1",
        "<ul class='nav nav-tabs'><li><a href='#n'>Next editions</a></li><li><a href='#p'>Past editions</a></li></ul>"
        f"<div class=tab-content><div class=tab-pane id=p><p>{LYON}</p></div><div class=tab-pane id=n>"
        f"<p>{GHENT}</p></div></div>",
        f"{L}; {G}",
    ),
    (
        "S1",
        "<div role=tablist><button role=tab id=t1>Next editions</button>"
        "<button role=tab id=t2>Past editions</button></div>"
        f"<div role=tabpanel aria-labelledby=t2><p>{LYON}</p></div><div role=tabpanel aria-labelledby=t1>"
        f"<p>{GHENT}</p></div>",
        f"{L}; {G}",
    ),
    (
        "S1",
        "<div role=tablist><button role=tab>Next editions</button><button role=tab>Past editions</button></div>"
        f"<div role=tabpanel><p>{GHENT}</p></div><div role=tabpanel><p>{LYON}</p></div>",
        f"{G}; {L}",
    ),
    ("S1", f"{PAST}<p>{LYON}</p>{NEXT}<p>{GHENT}</p>", f"{L}; {G}"),
    (
        "S1",
        f"{PAST}<h3>2024</h3><p>Lyon, France – 3-4 May</p><h3>2023</h3><p>Tartu, Estonia – 6 June</p>",
        f"{L}; Tartu EE 2023-06-06 past",
    ),
    ("S1", f"{PAST}<h3>May 2024</h3><p>Tartu, Estonia – 6 June</p>", T),
    ("S1", f"{PAST}<p><b>2024</b></p><p>Lyon, France – 3-4 May</p>", L),
    ("S1", f"{PAST}<p><b>May 2024</b></p><p>Lyon, France – 3-4 May</p>", L),
    (
        "S1",
        f"{PAST}<table><tr><td colspan=2>2024</td></tr><tr><td>Lyon, France</td><td>3-4 May</td></tr><tr>"
        "<td colspan=2>2023"
        "</td></tr><tr><td>Tartu, Estonia</td><td>6 June</td></tr></table>",
        f"{L}; Tartu EE 2023-06-06 past",
    ),
    (
        "S1",
        f"{NEXT}<div class=card><b>17</b><p>Ghent, Belgium</p><p>12-13 March 2027</p></div><p>{PORTO}</p>",
        f"{G}; {P}",
    ),
    # S2
    ("S2", f"<h2>Upcoming events</h2><p>{GHENT}</p><h2>Past events</h2><p>{LYON}</p>", f"{G}; {L}"),
    ("S2", f"{PAST}<p>{LYON}</p><h2>Upcoming events</h2><p>Hydrogen Days – Ghent, Belgium – 12-13 March 2027</p>", L),
    (
        "S2",
        f"<html><body><main><article><h1>Clusters meet Regions</h1>{PAST}<p>{LYON}</p></article></main><footer>"
        f"<h2>Upcoming events</h2><p>{GHENT}</p></footer></body></html>",
        L,
    ),
    # S3
    ("S3", f"{NEXT}<p>{GHENT}</p><h2>Practical information</h2><p>{PORTO}</p>", f"{G}; !section-unknown"),
    ("S3", f"{NEXT}<p>{GHENT}</p><h2>Practical information</h2><p>Book your room by 1 February 2027.</p>", G),
    ("S3", f"{NEXT}<h3>Travel to Porto</h3><p>{PORTO}</p>", P),
    ("S3", f"{NEXT}<p>{GHENT}</p><h3>Save the date</h3><p>{PORTO}</p>", f"{G}; {P} save_the_date"),
    ("S3", f"{NEXT}<p>{GHENT}</p><h2>2028</h2><p>Porto, Portugal – 1 April</p>", f"{G}; Porto PT 2028-04-01"),
    ("S3", f"{NEXT}<h2>Ghent, Belgium – 12-13 March 2027</h2><p>Green steel</p><h2>{PORTO}</h2>", f"{G}; {P}"),
    *[
        (
            "S3",
            f"{NEXT}<p>{GHENT}</p><{h}>{heading}</{h}><p>Ulm, Germany – 3-4 April 2027</p>{PAST}<p>{LYON}</p>",
            f"{G}; {L}",
        )
        for h, heading in [
            ("h2", "Other events"),
            ("h3", "Related events"),
            ("h2", "Latest news"),
            ("h3", "Contact"),
            ("h4", "News"),
            ("h2", "Other upcoming events"),
        ]
    ],
    (
        "S3",
        f"{NEXT}<h3>First half</h3><p>{GHENT}</p><h3>Other events</h3><h4>April</h4>"
        "<p>Ulm, Germany – 3-4 April 2027</p>"
        f"<h3>Second half</h3><p>{PORTO}</p>",
        f"{G}; {P}",
    ),
    ("S3", f"{NEXT}<p>{GHENT}</p><p><b>Other events</b><br>Ulm, Germany – 3 May 2027</p><p>{PORTO}</p>", f"{G}; {P}"),
    ("S3", f"{NEXT}<p>{GHENT}</p><h2>Call for hosts</h2><p>Results: 3 May 2027</p>", G),
    ("S3", f"{NEXT}<p>{GHENT}</p><h2>Call for hosts</h2><p>{PORTO}</p>", f"{G}; !section-unknown"),
    (
        "S3",
        f"{NEXT}<p>{GHENT}</p><h3>Call for hosts</h3><p>The call for hosts of events in 2028 is open: "
        f"<a href='/c'>apply</a></p>{PAST}",
        f"{G}; call open 2028 /c",
    ),
    # S4
    ("S4", f"<p>{GHENT}</p>{NEXT}<p>{PORTO}</p>{PAST}", f"Ghent BE 2027-03-12/03-13 none; {P}; !section-unknown"),
    (
        "S4",
        f"<p>{GHENT} – cancelled</p>{NEXT}{PAST}<p>{LYON}</p>",
        f"Ghent BE 2027-03-12/03-13 none cancelled; {L}; !section-unknown",
    ),
    ("S4", f"<p>We will meet in Ghent, Belgium on 12-13 March 2027.</p>{NEXT}<p>{PORTO}</p>{PAST}", P),
    ("S4", f"<p>Apply by 3 May 2027.</p>{NEXT}<p>{PORTO}</p>{PAST}", P),
    *[
        ("S4", f"{NEXT}<p>{PORTO}</p><p>{prose}</p>", P)
        for prose in [
            "The series began in Malaga on 16-17 February 2022 and has visited ten countries.",
            "This page was last updated on 12 January 2027.",
            "More details will be published here on 3 March 2027.",
            "Our first workshop took place in Lisbon, Portugal on 3 May 2022.",
        ]
    ],
    # S5
    ("S5", f"<p>{GHENT}</p><p>{PORTO}</p><p>{LYON}</p>", f"{G} none; {P} none; Lyon FR 2024-05-03/05-04 none"),
    (
        "S5",
        f"<p>{GHENT}</p><p>{PORTO} – postponed</p><p>{LYON}</p>",
        f"{G} none; {P} none postponed; Lyon FR 2024-05-03/05-04 none",
    ),
    ("S5", f"<p>{GHENT}</p><p>{PORTO}</p>", "!section-unknown; !section-unknown"),
    (
        "S5",
        "<h2>Dates and places</h2><h3>2027</h3><p>Ghent, Belgium – 12-13 March</p>"
        "<p>Porto, Portugal – 1 April</p><h3>2028</h3>"
        "<p>Ulm, Germany – 3 May</p>",
        f"{G} none; {P} none; Ulm DE 2028-05-03 none",
    ),
    # S6
    ("S6", f"<h2>Next edition: 12-13 March 2027, Ghent, Belgium</h2>{PAST}<p>{LYON}</p>", f"{G}; {L}"),
    ("S6", f"<h2>Upcoming workshop – {PORTO}</h2><p>Register soon.</p>{PAST}<p>{LYON}</p>", f"{P}; {L}"),
    ("S6", f"{NEXT}<div><button aria-expanded=false>{GHENT}</button><div><p>Skills and ports</p></div></div>{PAST}", G),
    (
        "S6",
        f"{NEXT}<details><summary>{GHENT}</summary><p>Skills</p></details>{PAST}<details>"
        f"<summary>{LYON}</summary></details>",
        f"{G}; {L}",
    ),
    # S7
    ("S7", f"{NEXT}<p>{PORTO}</p><h3>Cancelled</h3><p>{GHENT}</p>{PAST}<p>{LYON}</p>", f"{P}; {G} cancelled; {L}"),
    (
        "S7",
        f"{NEXT}<h3>Postponed</h3><p>{GHENT}</p><h3>Confirmed</h3><p>{PORTO}</p>",
        f"{G} postponed; {P}",
    ),
    (
        "S7",
        f"{NEXT}<p>Save the date:</p><p>{GHENT}</p><p>{PORTO}</p>{PAST}<p>{LYON}</p>",
        f"{G} save_the_date; {P} save_the_date; {L}",
    ),
    ("S7", f"{NEXT}<p><b>Cancelled</b></p><p>{GHENT}</p>", f"{G} cancelled"),
    ("S7", f"{NEXT}<p>{GHENT}</p><p>Cancelled</p><p>{PORTO}</p>", f"{G} cancelled; {P}"),
    # terms, P1, P5, O5
    (
        "P1",
        f"{NEXT}<table><tr><th>City</th><th>Country</th><th>Date</th></tr><tr><td>Ghent</td><td>Belgium</td>"
        "<td>12-13 March 2027</td></tr></table>",
        G,
    ),
    ("P1", f"{NEXT}<table><tr><td>12-13 March 2027</td><td>Ghent</td><td>Belgium</td></tr></table>", G),
    ("P5", f"{PAST}<p>6 June 2024 – Tartu, Estonia<a href='/s'>Event summary</a></p>", f"{T} summary=/s"),
    ("P5", f"{NEXT}<p>{GHENT} – with firms from Lyon, France</p>", G),
    ("P5", f"{NEXT}<p>{GHENT}<br>Hosted by VLAIO, Belgium</p><p>Contact: Ann Lee, Portugal</p>", G),
    ("terms", f"{NEXT}<pre>{GHENT}\n{PORTO}</pre>", f"{G}; {P}"),
    ("terms", f"{NEXT}<p>{GHENT}</p><nav><p>{PORTO}</p></nav><!-- {PORTO} --><script>'{PORTO}'</script>", G),
    ("terms", f"{PANEL} hidden><p>{GHENT}</p></div>", G),
    ("terms", f"{PANEL} style='display:none'><p>{GHENT}</p></div>", G),
    ("terms", f"{PANEL} hidden role=tabpanel><p>{GHENT}</p></div>", G),
    ("terms", f"{PANEL} class=collapse><p>{GHENT}</p></div>", G),
    (
        "D6",
        f"{NEXT}<p>{PORTO}</p><p>{GHENT}<br>The visit to the port is cancelled.</p>",
        f"{P}; {G}",
    ),
    ("O5", f"{NEXT}<p>{GHENT}</p><p>3 March 2027</p><p>{PORTO}</p>", f"{G}; {P}; !line-unread"),
    ("O5", f"{NEXT}<p>{GHENT}</p><p>Last update: 3 March 2027</p><p>{PORTO}</p>", f"{G}; {P}"),
    ("O5", f"{NEXT}<p>Ghent – 12-13 March 2027 7</p>", "Ghent – 2027-03-12/03-13; !country-missing; !date-remainder"),
    # D4
    ("D4", f"{NEXT}<p>Ghent, Belgium</p><p>12-13 March 2027</p><p>Porto, Portugal</p><p>1 April 2027</p>", f"{G}; {P}"),
    ("D4", f"{NEXT}<p>12-13 March 2027</p><p>Ghent, Belgium</p><p>1 April 2027</p><p>Porto, Portugal</p>", f"{G}; {P}"),
    ("D4", f"{NEXT}<p>Ghent, Belgium<br>12-13 March 2027</p><p>1 April 2027<br>Porto, Portugal</p>", f"{G}; {P}"),
    ("D4", f"{NEXT}<p>Where: Ghent, Belgium</p><p>Date: 12-13 March 2027</p>", G),
    (
        "D4",
        f"{NEXT}<p>Ghent, Belgium<br>12-13 March 2027<br>Ports and rail<br>Postponed</p><p>{PORTO}</p>",
        f"{G} postponed; {P}",
    ),
    ("D4", f"{NEXT}<p>{GHENT}; {PORTO}</p>", f"{G}; {P}"),
    ("D4", f"{NEXT}<table><tr><td>{GHENT}</td><td>{PORTO}</td></tr></table>", f"{G}; {P}"),
    # D1: the year of a heading
    (
        "D1",
        "<h2>Next editions in 2027</h2><p>Ghent, Belgium – 12-13 March</p><p>Porto, Portugal – May</p>",
        f"{G}; Porto PT month",
    ),
    (
        "D1",
        "<h2>Next editions in 2027 and 2028</h2><p>Ghent, Belgium – 12-13 March</p>",
        "Ghent BE unknown; !date-unknown",
    ),
    ("D1", f"{NEXT}<p>Submitted in 2027.</p><p>Ghent, Belgium – 12-13 March</p>", "Ghent BE unknown; !date-unknown"),
    (
        "D1",
        f"<html><body><main><article><h1>Clusters meet Regions 2027</h1>{NEXT}"
        "<p>Ghent, Belgium – 12-13 March</p></article></main></body></html>",
        G,
    ),
    (
        "D1",
        f"{NEXT}<table><tr><th>Place</th><th>First day</th><th>Last day</th></tr><tr><td>Ghent, Belgium</td>"
        "<td>12 March 2027"
        "</td><td>13 March 2027</td></tr></table>",
        G,
    ),
    # M2 and D6 across sections, O5
    ("M2", f"{NEXT}<p>{LYON}</p><p>{GHENT}</p>{PAST}<p>{TARTU}</p><p>{LYON}</p>", f"{G}; {T}; {L}; !duplicate"),
    ("M2", f"{NEXT}<p>{GHENT}</p><p>{PORTO}</p><p>{GHENT}</p>", f"{G}; {P}; !duplicate"),
    ("M2", f"{NEXT}<p>{GHENT}</p><p>Ghent, Belgium – 12-13 March 2028</p>", f"{G}; Ghent BE 2028-03-12/03-13"),
    ("D6", f"{PAST}<p>{LYON} – save the date</p><p>{TARTU} – cancelled</p>", f"{L}; {T} cancelled"),
    ("D6", f"{NEXT}<p>{GHENT}<br>This event has been postponed.</p><p>{PORTO}</p>", f"{G} postponed; {P}"),
    ("D6", f"{NEXT}<p>{PORTO}</p><p>{GHENT}</p><p>This event has been cancelled.</p>", f"{P}; {G} cancelled"),
    (
        "D3",
        f"{NEXT}<p>Ghent, Belgium</p>{PAST}<p>Lyon, France</p>",
        "Ghent BE unknown; Lyon FR unknown past; !date-unknown; !date-unknown",
    ),
    # O6: section words
    (
        "O6",
        f"<h2>Upcomming edtions</h2><p>{GHENT}</p><h2>Pervious editions</h2><p>{LYON}</p>",
        f"{G}; {L}",
    ),
    ("O6", f"<h2>Forthcoming worksops</h2><p>{GHENT}</p>", G),
    ("O6", f"<h2>Upcmng editions</h2><p>{GHENT}</p>", "!section-unknown"),
]


@pytest.mark.parametrize(("rule", "body", "expected"), PAGES)
def test_page(rule: str, body: str, expected: str) -> None:
    assert short(page(body)) == expected, rule


LINKS = [  # O2: what becomes of the links of a line
    ("<a href='/a'>Ghent, Belgium</a> – 12-13 March 2027", "/a"),
    ("<a href='/a'>Ghent</a>, Belgium – 12-13 March 2027", "/a"),
    ("<a href='/a'>Ghent, Belgium – 12-13 March 2027</a>", "/a"),
    ("Ghent, Belgium – <a href='/d'>12-13 March 2027</a>", "/d"),
    (
        "<a href='/d'>12-13 March 2027</a> – <a href='/a'>Ghent, Belgium</a>",
        "/a",
    ),
    (
        "<a href='http://www.clustercollaboration.eu/g?x=1&amp;y=2'>Ghent, Belgium</a> – 12-13 March 2027",
        "http://www.clustercollaboration.eu/g?x=1&y=2",
    ),
    (
        "<a href='https://www.clustercollaboration.eu/g'>Ghent, Belgium</a> – 12-13 March 2027",
        "https://www.clustercollaboration.eu/g",
    ),
    *[
        (f"<a href='{href}'>Ghent, Belgium</a> – 12-13 March 2027", None)
        for href in ["mailto:a@b.eu", "tel:+32", "javascript:go()"]
    ],
    ("<a href='#g'>Ghent, Belgium</a> – 12-13 March 2027", None),
    *[
        (f"{GHENT} <a href='/m'>{words}</a>", "/m")
        for words in ["More info", "more information", "Read more", "Details", "Event page", "Website"]
    ],
    *[(f"{GHENT} <a href='/m'>{words}</a>", None) for words in ["Register", "Agenda", "Photos", "Input paper"]],
    (f"{GHENT} <a href='/m'>Our platform</a>", None),
    (
        f"{GHENT} – details will follow on <a href='/m'>our platform</a>",
        None,
    ),
]


@pytest.mark.parametrize(("text", "url"), LINKS)
def test_link_of_an_edition(text: str, url: str | None) -> None:
    (edition,) = read(f"{NEXT}<p>{text}</p>{PAST}").editions
    assert (edition.url and path(edition.url), edition.summary_url) == (url, None)
