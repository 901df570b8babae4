"""Kinds of faults that the former parser had on lists, each with neighbours: the words change, the reading stays.

A reading is written in short: `Ghent BE 2026-03-12/03-13 upcoming`, then the state unless it is scheduled or held.
"""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import Edition
from tests.reading.pages import codes, days, read, read_upcoming

GHENT = "Ghent BE 2026-03-12/03-13 upcoming"
PORTO = "Porto PT 2026-04-01 upcoming"
LYON = "Lyon FR 2025-05-03/05-04 past"
GHENT_LINE = "Ghent, Belgium – 12-13 March 2026"
LYON_LINE = "Lyon, France – 3-4 May 2025"


def short(edition: Edition) -> str:
    states = () if edition.status in ("scheduled", "held") else (edition.status,)
    code = edition.country_code or "–"
    return " ".join([edition.city, code, days(edition), edition.section or "none", *states])


def without_section(text: str) -> str:
    return text.replace("upcoming", "none").replace("past", "none")


NEXT, PAST = "<h2>Next editions</h2>", f"<h2>Previous editions</h2><p>{LYON_LINE}</p>"
BODY = '<div class="field field--name-body">'
PAGES: dict[str, list[tuple[str, list[str]]]] = {
    "events in the headings": [
        (f"<h2>Upcoming events</h2><p>{GHENT_LINE}</p><h2>Past events</h2><p>{LYON_LINE}</p>", [GHENT, LYON]),
        (
            f"<h3>Next events</h3><ul><li>{GHENT_LINE}</li></ul><h3>Recent past events</h3><p>{LYON_LINE}</p>",
            [GHENT, LYON],
        ),
        (f"<p><b>Past events</b></p><p>{LYON_LINE}</p><p><b>Future events</b></p><p>{GHENT_LINE}</p>", [LYON, GHENT]),
        ("<h2>Upcoming events</h2><p>Cluster Summit – Ghent, Belgium – 12-13 March 2026</p>" + PAST, [LYON]),
    ],
    "the series' name before each place": [
        (
            "<h2>Upcoming events</h2><p>Clusters meet Regions in Ghent, Belgium, on 12-13 March 2026</p>"
            "<p>CMR: Porto, Portugal – 1 April 2026</p>" + PAST,
            [GHENT, PORTO, LYON],
        ),
        (
            "<h2>Future events</h2><li>Clusters meet Regions event in Ghent, Belgium: 12-13 March 2026</li>" + PAST,
            [GHENT, LYON],
        ),
    ],
    "cards of pieces without spaces": [
        (
            f"{NEXT}<a class=card href=/g><span class=badge>New</span><span class=title>Ghent, Belgium</span>"
            "<span class=date>March 12-13, 2026</span></a><a class=card href=/p><span class=title>Porto, Portugal"
            f"</span><span class=date>April 1, 2026</span></a>{PAST}",
            [GHENT, PORTO, LYON],
        ),
        (
            f"{NEXT}<div><em class=flag>Updated</em><span class=where>Ghent, Belgium</span><time class=when>"
            f"12-13 March 2026</time></div>{PAST}",
            [GHENT, LYON],
        ),
        (
            f"{NEXT}<p><span class=SpellE>Gh</span>ent, Bel<span class=x>gium</span> – 12-13 March 2026</p>{PAST}",
            [GHENT, LYON],
        ),
    ],
    "entries in boxes of their own": [
        (
            f"{BODY}{NEXT}<article class=teaser><h3>Ghent, Belgium</h3><div>12-13 March 2026</div></article>"
            "<h2>Previous editions</h2><article class=teaser><h3>Lyon, France</h3><p>3-4 May 2025</p></article></div>",
            [GHENT, LYON],
        ),
        (
            f"{BODY}{NEXT}<div class=views-element-container><p>{GHENT_LINE}</p></div>"
            f"<h2>Previous editions</h2><div class=block-views><p>{LYON_LINE}</p></div></div>",
            [GHENT, LYON],
        ),
    ],
    "a neutral heading, or none": [
        (
            f"<h2>Editions</h2><p>{GHENT_LINE}</p><p>Porto, Portugal – 1 April 2026</p><p>{LYON_LINE}</p>",
            [without_section(GHENT), without_section(PORTO), without_section(LYON)],
        ),
        (
            f"<p>{GHENT_LINE}</p><p>Porto, Portugal<br>1 April 2026</p><p>{LYON_LINE}</p>",
            [without_section(GHENT), without_section(PORTO), without_section(LYON)],
        ),
        (
            f"<h2>Our workshops</h2><ul><li>{GHENT_LINE}</li><li>1 April 2026: Porto, Portugal</li><li>{LYON_LINE}",
            [without_section(GHENT), without_section(PORTO), without_section(LYON)],
        ),
    ],
    "a heading that is an entry too": [
        (f"<h2>Next edition: 12-13 March 2026, Ghent, Belgium</h2>{PAST}", [GHENT, LYON]),
        (f"<p>Next edition: 12-13 March 2026, Ghent, Belgium</p>{PAST}", [GHENT, LYON]),
        (f"<h3>Next edition – Ghent, Belgium – 12-13 March 2026</h3>{PAST}", [GHENT, LYON]),
        (f"<p><b>Upcoming edition</b> Ghent, Belgium, 12-13 March 2026</p>{PAST}", [GHENT, LYON]),
    ],
    "cards, cells and panels of all sorts": [
        (
            f"{NEXT}<table><tr><th>City<th>Region<th>Country<th>Dates<tr><td>Ghent<td><td>Belgium<td>12/03/2026 - "
            f"13/03/2026<tr><td>Porto<td>Norte<td>Portugal<td>1 April 2026</table>{PAST}",
            [GHENT, PORTO, LYON],
        ),
        (
            f"<h2>Future events</h2><table><tr><td>Ghent<td>Flanders<td>Belgium<td>12-13 March 2026</table>{PAST}",
            [GHENT, LYON],
        ),
        (
            f"{NEXT}<div class=card><h4><a href=/g>Ghent, Belgium</a></h4><p>📅 12–13 March 2026</p><p>Microelectronics"
            f"</p></div><div class=card><h4>Porto, Portugal</h4><p>📅 1 April 2026</p><p>Shipyards</p></div>{PAST}",
            [GHENT, PORTO, LYON],
        ),
        (
            f"<ul><li><button role=tab>Next editions</button><li><button role=tab>Past editions</button></ul>"
            f"<div><div role=tabpanel><p>{GHENT_LINE}</p></div><div role=tabpanel><p>{LYON_LINE}</p></div></div><p>By",
            [GHENT, LYON],
        ),
        (
            f"<div role=button aria-controls=a><a>Next editions</a></div><div id=a><p>{GHENT_LINE}</p></div>"
            f"<div role=button aria-controls=b><a>Past editions</a></div><div id=b style='display:none'><p>{LYON_LINE}",
            [GHENT, LYON],
        ),
        (f"<h2>Next editions 2026</h2><h3>March</h3><p>Ghent, Belgium | 12-13 March</p>{PAST}", [GHENT, LYON]),
        (f"{NEXT}<p>Ghent (the old dock hall), Belgium – 12-13 March 2026</p>{PAST}", [GHENT, LYON]),
        (f"{NEXT}<p>Ghent, West Flanders, Belgium – 12-13 March 2026</p>{PAST}", [GHENT, LYON]),
    ],
    "a bold heading over two lines": [
        (
            f"<p><b>Upcoming<br>editions</b></p><p>{GHENT_LINE}</p><p><strong>Our previous<br>editions</strong></p>"
            f"<p>{LYON_LINE}</p>",
            [GHENT, LYON],
        ),
        (
            f"{NEXT}<p><b>Ghent, Belgium<br>12-13 March 2026</b></p><p><b>Past</b><br><b>workshops</b></p>"
            f"<p>{LYON_LINE}</p>",
            [GHENT, LYON],
        ),
        (f"<p><b>Next edition<br>{GHENT_LINE}</b></p>{PAST}", [GHENT, LYON]),
    ],
    "bullets typed by hand": [
        (
            f"{NEXT}<p>{bullet}{GHENT_LINE}</p><p>{bullet}Porto, Portugal – 1 April 2026</p><p><b>{bullet}Previous "
            f"editions</b></p><p>{bullet}{LYON_LINE}</p>",
            [GHENT, PORTO, LYON],
        )
        for bullet in ("• ", "·&nbsp;&nbsp; ", "▪", "* ", "- ", "– ", "➢ ", "✓ ", "📅 ", "→ ")
    ],
    "a button as heading": [
        (f"<h4><button aria-expanded=false>Next editions</button></h4><p>{GHENT_LINE}</p>{PAST}", [GHENT, LYON]),
        (f"{NEXT}<h4><button aria-controls=a>{GHENT_LINE}</button></h4><div id=a>Steel</div>{PAST}", [GHENT, LYON]),
        (f"{NEXT}<button aria-expanded=true>{GHENT_LINE}</button><p>Steel in Spain</p>{PAST}", [GHENT, LYON]),
    ],
    "the year of a card is no heading": [
        (
            f"{NEXT}<div class=card><div>12-13 March</div><div>2026</div><div>Ghent, Belgium</div></div>{PAST}",
            [GHENT, LYON],
        ),
        (
            f"{NEXT}<div><div>12-13</div><div>March</div><div>2026</div><h3>Ghent, Belgium</h3></div>{PAST}",
            [GHENT, LYON],
        ),
        (f"{NEXT}<li>Ghent, Belgium<br>12-13<br>March 2026<br>Steel</li>{PAST}", [GHENT, LYON]),
    ],
    "a time between the days": [
        ("Ghent, Belgium – 12 March 2026, 09:00 – 13 March 2026, 13:00", [GHENT]),
        ("12 March 2026 at 9.00 – 13 March 2026 at 13.00: Ghent, Belgium", [GHENT]),
        ("Ghent, Belgium, from 12 March 2026 (2 pm) to 13 March 2026 (noon)", [GHENT]),
        ("1 April 2026, 10:00 – Porto, Portugal", [PORTO]),
    ],
    "entries of two lines": [
        ("Ghent, Belgium<br>12-13 March 2026: Green steel", [GHENT]),
        ("Ghent, Belgium<br>12-13 March 2026 – Green Steel", [GHENT]),
        ("Ghent, Belgium<br>12-13 March 2026. This event has been postponed", [f"{GHENT} postponed"]),
        ("12-13 March 2026<br>Ghent, Belgium – CANCELLED", [f"{GHENT} cancelled"]),
        (f"{GHENT_LINE}<br>The workshop was cancelled.", [f"{GHENT} cancelled"]),
    ],
    "what is left is no city": [
        ("Ghent, Belgium<br>12-13 March 2026 (CET)", [GHENT]),
        ("Ghent, Belgium<br>12-13 March 2026, Thursday-Friday", [GHENT]),
        ("Ghent, Belgium<br>12-13 March 2026<br>ICC Ghent", [GHENT]),
        ("Ghent, Belgium<br>12-13 March 2026, ICC Ghent", [GHENT]),
        ("Ghent, Belgium<br>12-13 March 2026 | 09:00 CET | Hybrid", [GHENT]),
    ],
    "a day for each line": [
        ("Ghent, Belgium<br>Day 1: 12 March 2026<br>Day 2: 13 March 2026", [GHENT]),
        ("Day 1: 12 March 2026<br>Day 2: 13 March 2026<br>Ghent, Belgium", [GHENT]),
        ("Ghent, Belgium<br>Day one: 12 March 2026<br>Day two: 13 March 2026", [GHENT]),
        ("<table><tr><td>Ghent, Belgium<td>Day 1: 12 March 2026<td>Day 2: 13 March 2026</table>", [GHENT]),
    ],
    "letters with marks make no English word": [
        ("ÅRE, SWEDEN – 12-13 MARCH 2026", ["ÅRE SE 2026-03-12/03-13 upcoming"]),
        ("Ås, Norway – 12-13 March 2026", ["Ås NO 2026-03-12/03-13 upcoming"]),
        ("Ör, Hungary – 12-13 March 2026", ["Ör HU 2026-03-12/03-13 upcoming"]),
    ],
    "names with a word in lower case": [
        ("Gorenja vas, Slovenia – 12-13 March 2026", ["Gorenja vas SI 2026-03-12/03-13 upcoming"]),
        ("Novo mesto, Slovenia – 12-13 March 2026", ["Novo mesto SI 2026-03-12/03-13 upcoming"]),
        ("Škofja loka (Slovenia), 12-13 March 2026", ["Škofja loka SI 2026-03-12/03-13 upcoming"]),
    ],
    "two places in one": [
        ("Antwerp, Belgium & Eindhoven, Netherlands – 1 May 2026", ["Antwerp BE 2026-05-01 upcoming"]),
        ("1 May 2026: Gorizia, Italy / Nova Gorica, Slovenia", ["Gorizia IT 2026-05-01 upcoming"]),
        ("Gorizia (Italy) and Nova Gorica (Slovenia), 1 May 2026", ["Gorizia IT 2026-05-01 upcoming"]),
        ("Brod, Bosnia and Herzegovina and Split, Croatia, 1 May 2026", ["Brod BA 2026-05-01 upcoming"]),
        ("Antwerp & Eindhoven, Netherlands – 1 May 2026", ["Antwerp & Eindhoven NL 2026-05-01 upcoming"]),
    ],
    "a town in quotes": [
        ('"Ghent", Belgium – 12-13 March 2026', [GHENT]),
        ("“Ghent” (Belgium) – 12-13 March 2026", [GHENT]),
        ("12-13 March 2026, ‘Ghent’, Belgium", [GHENT]),
        ('"Green steel", Ghent, Belgium – 12-13 March 2026', [GHENT]),
    ],
    "postponed from a day to none": [
        (
            "Ghent, Belgium – postponed from 5-6 May 2026, new date to be announced",
            ["Ghent BE unknown upcoming postponed"],
        ),
        ("Ghent, Belgium: postponed from March 2026", ["Ghent BE unknown upcoming postponed"]),
        ("Ghent, Belgium – 12-13 March 2026 (postponed from 5-6 May 2025)", [GHENT]),
        ("Ghent, Belgium – postponed from 5-6 May 2025 to 12-13 March 2026", [GHENT]),
    ],
    "sentences that look back": [
        ("After the success of the workshop in Porto, Portugal on 1 April 2026, we look forward to more.", []),
        ("Following the great interest in Porto, Portugal (1 April 2026), more regions have asked us to come.", []),
        ("Building on the results of our meeting in Lyon, France on 3-4 May 2026, the series will go on.", []),
        ("Ghent, Belgium on 12-13 March 2026, after the summer", [GHENT]),
    ],
    "introducing words": [
        ("Ghent, Belgium on 12-13 March 2026", [GHENT]),
        ("Arlon, Luxembourg, Belgium on 20-22 October 2026", ["Arlon BE 2026-10-20/10-22 upcoming"]),
        ("Thessaloniki, Macedonia, Greece on 1 April 2026", ["Thessaloniki GR 2026-04-01 upcoming"]),
        ("Online on 1 April 2026", ["Online – 2026-04-01 upcoming"]),
        ("On 1 April 2026 in Porto, Portugal", [PORTO]),
    ],
    "brackets and codes": [
        ("Arlon (Luxembourg, Belgium) – 20-22 October 2026", ["Arlon BE 2026-10-20/10-22 upcoming"]),
        ("Graz (AT) – 1 April 2026", ["Graz AT 2026-04-01 upcoming"]),
        ("Reykjavik (IS): 1 April 2026", ["Reykjavik IS 2026-04-01 upcoming"]),
        ("Milan, IT – 1 April 2026", ["Milan IT 2026-04-01 upcoming"]),
        ("Athens [EL], 1 April 2026", ["Athens GR 2026-04-01 upcoming"]),
    ],
    "a link or badge that touches": [
        ("12-13 March 2026 Ghent, Belgium<a href=/s>Event summary</a>", [GHENT]),
        ("Ghent, Belgium<a href=/s>Register</a> 12-13 March 2026", [GHENT]),
        ("Ghent, Belgium – 12-13 March 2026<a href=/s>Read more</a>", [GHENT]),
        ("<span class=badge>New</span>Ghent, Belgium – 12-13 March 2026", [GHENT]),
        ("Ghent, Belgium<span class='tag tag--hybrid'>Hybrid</span> 12-13 March 2026", [GHENT]),
    ],
    "joints and ordinals": [
        (f"Ghent, Belgium – 12{joint}13 March 2026", [GHENT])
        for joint in (" → ", " + ", " et ", "|", " / ", " & ", "→")
    ]
    + [
        ("Porto, Portugal – 1, April 2026", [PORTO]),
        ("Ghent, Belgium – 12 <sup>th</sup> -13 <sup>th</sup> March 2026", [GHENT]),
        ("Ghent, Belgium – 12<sup>th</sup> &amp; 13<sup> th</sup> of March 2026", [GHENT]),
    ],
    "two entries in one row": [
        (
            "<table><tr><td>Ghent, Belgium – autumn 2026</td><td>Porto, Portugal – April 2026</td></tr></table>",
            ["Ghent BE season upcoming", "Porto PT month upcoming"],
        ),
        (
            f"<table><tr><td>{GHENT_LINE}</td><td>Porto, Portugal<br>1 April 2026</td></tr></table>",
            [GHENT, PORTO],
        ),
        (
            "<table><tr><td>Ghent, Belgium</td><td>12-13 March 2026</td><td>Porto, Portugal</td><td>1 April 2026</table>",  # noqa: E501
            [GHENT, PORTO],
        ),
        ("<table><tr><td>12-13 March 2026 (dates to be confirmed)</td><td>Ghent, Belgium</td></tr></table>", [GHENT]),
    ],
    "prose": [
        (f"The series began in Malaga, Spain, on 16-17 February 2022 and has grown.<br>{GHENT_LINE}", [GHENT]),
        (f"Hosts: Flanders Make, Belgium; VTT, Finland<br>{GHENT_LINE}", [GHENT]),
        (f"{GHENT_LINE}<br>Hosted by: Flanders Make, Belgium", [GHENT]),
        ("The last workshop took place in Porto, Portugal, on 1 April 2025.", []),
    ],
    "small": [
        ("’S-HERTOGENBOSCH, THE NETHERLANDS – 1 April 2026", ["’S-HERTOGENBOSCH NL 2026-04-01 upcoming"]),
        ("'s-Gravenhage, the Netherlands – 1 April 2026", ["'s-Gravenhage NL 2026-04-01 upcoming"]),
        ("Ghent, Belgium – Day 1: 12 March 2026, Day 2: 13 March 2026", [GHENT]),
        ("Ghent, Belgium: day 1 – 12 March, day 2 – 13 March 2026", [GHENT]),
    ],
    "moved": [
        ("Ghent, Belgium – moved from 5-6 February 2026 to 12-13 March 2026", [GHENT]),
        ("Ghent, Belgium – postponed to 12-13 March 2026", [GHENT]),
        ("Ghent, Belgium – 12-13 March 2026 (previously 5-6 February 2026)", [GHENT]),
        ("Ghent, Belgium – from 12 March 2026 to 13 March 2026", [GHENT]),
        ("Ghent, Belgium – postponed to autumn 2026", ["Ghent BE season upcoming"]),
    ],
    "states below and above": [
        (
            f"<h3>Cancelled</h3><p>{GHENT_LINE}</p><p>Porto, Portugal – 1 April 2026</p>",
            [f"{GHENT} cancelled", f"{PORTO} cancelled"],
        ),
        (
            f"<p>Postponed:</p><p>{GHENT_LINE}</p><p>Porto, Portugal – 1 April 2026</p>",
            [f"{GHENT} postponed", f"{PORTO} postponed"],
        ),
        (f"<p>{GHENT_LINE}</p><p>Cancelled!</p><p>Porto, Portugal – 1 April 2026</p>", [f"{GHENT} cancelled", PORTO]),
        (f"<p>{GHENT_LINE}</p><p>Our webinar was cancelled.</p>", [GHENT]),
    ],
    "headings that end or take": [
        (f"{NEXT}<p>{GHENT_LINE}</p><h3>Other events</h3><p>Porto, Portugal – 1 April 2026</p>{PAST}", [GHENT, LYON]),
        (f"{NEXT}<p>{GHENT_LINE}</p><h2>Highlights</h2><p>Porto, Portugal – 1 April 2026</p>{PAST}", [GHENT, LYON]),
        (f"{NEXT}<p>{GHENT_LINE}</p><h3>April 2026</h3><p>Porto, Portugal – 1 April</p>{PAST}", [GHENT, PORTO, LYON]),
        (
            f"{NEXT}<h3>2026</h3><p>Ghent, Belgium, 12-13 March</p><h3>Porto, Portugal, 1 April 2026</h3>{PAST}",
            [GHENT, PORTO, LYON],
        ),
    ],
}
WHOLE_PAGES = (
    "events in the headings",
    "a neutral heading, or none",
    "a heading that is an entry too",
    "a button as heading",
    "the year of a card is no heading",
    "headings that end or take",
    "the series' name before each place",
    "cards of pieces without spaces",
    "entries in boxes of their own",
    "a bold heading over two lines",
    "cards, cells and panels of all sorts",
)
ROWS = [(kind, body, expected) for kind, rows in PAGES.items() for body, expected in rows]


@pytest.mark.parametrize(("kind", "body", "expected"), ROWS, ids=[f"{kind}: {body[:70]}" for kind, body, _ in ROWS])
def test_a_kind_of_fault(kind: str, body: str, expected: list[str]) -> None:
    is_whole = kind in WHOLE_PAGES
    page = read(body) if is_whole else read_upcoming(body if body.startswith(("<p", "<h3", "<t")) else f"<p>{body}</p>")

    assert [short(edition) for edition in page.editions] == expected


REMAINDERS = [
    ("Ghent, Belgium – 26–26 27 March 2026", ["date-remainder"]),
    ("Ghent, Belgium – 12 \\ 13 March 2026", ["date-remainder"]),
    ("Ghent, Belgium – 12 13 March 2026", ["date-remainder"]),
    ("3. Ghent, Belgium – 12-13 March 2026, 18:00, 20 participants", []),
    ("Ghent, Belgium – 12-13 March 2026 – Industry 5.0, Horizon 2020", []),
    ("Trieste, Italy / Slovenia – 12-13 March 2026", ["country-ambiguous"]),
    ("Bad Radkersburg, Austria and Slovenia – 12-13 March 2026", ["country-ambiguous"]),
    ("Antwerp, Belgium & Eindhoven, Netherlands – 12-13 March 2026", ["country-ambiguous"]),
    ("Antwerp, Belgium & Ghent, Belgium – 12-13 March 2026", []),
]


@pytest.mark.parametrize(("line", "expected"), REMAINDERS)
def test_nothing_is_dropped_without_a_warning(line: str, expected: list[str]) -> None:
    assert codes(read_upcoming(f"<p>{line}</p>")) == expected


def test_a_call_beside_two_columns_is_read() -> None:
    page = read(
        '<div class="field field--name-body"><p>The call for hosts of events in 2027 is open.</p></div>'
        f"<div class=row><div>{NEXT}<p>{GHENT_LINE}</p></div><div>{PAST}</div></div>"
    )

    assert [short(edition) for edition in page.editions] == [GHENT, LYON]
    assert [(call.status, call.hosting_years) for call in page.calls] == [("open", (2027,))]


OTHER_LINES = [
    ("Info session: 3 March 2026, Online", []),
    ("Registration: 1 March 2026 – online", []),
    ("Photos: 12 March 2026", []),
    ("European Cluster Days – 5 May 2026", ["line-unread"]),
    ("Recordings of 12 March 2026", []),
    ("ICC, Citadelpark, 9000 Ghent, Belgium", []),
    ("Contact: Ann Lee, Brussels, Belgium", []),
    ("Clusters from Flanders, Belgium", []),
    ("Newsletter of 3 May 2026", ["line-unread"]),
]


@pytest.mark.parametrize(("line", "expected"), OTHER_LINES)
def test_what_is_no_edition(line: str, expected: list[str]) -> None:
    page = read_upcoming(f"<p>{line}</p>")

    assert page.editions == ()
    assert codes(page) == expected
