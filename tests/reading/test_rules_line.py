"""A line of the list, rule by rule: P, D and O6 of docs/reading.md, each with a neighbour."""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import Snapshot
from tests.reading.pages import codes, days, read


def line(text: str) -> Snapshot:
    """A page with a paragraph among its next editions."""
    return read(f"<h2>Next editions</h2><p>{text}</p><h2>Previous editions</h2>")


PLACES = [  # city | region | country | code, and warnings
    ("P1", "Kosˇice, Slovakia".replace("sˇ", "s\u030c"), "Košice | None | Slovakia | SK"),
    ("P1", "Gh\u200bent,  Bel\u00adgium", "Ghent | None | Belgium | BE"),
    ("P1", "Ghent,&nbsp; Belgium", "Ghent | None | Belgium | BE"),
    ("P1", "Kraków Poland", "Kraków | None | Poland | PL"),
    ("P1", "Novi Sad Serbia", "Novi Sad | None | Serbia | RS"),
    ("P1", "Industry and skills, a workshop – Tartu, Estonia", "Tartu | None | Estonia | EE"),
    ("P1", "Tartu – Estonia", "Tartu | None | Estonia | EE"),
    ("P1", "Tartu (Estonia)", "Tartu | None | Estonia | EE"),
    ("P1", "Tartu, Estonia | Skills", "Tartu | None | Estonia | EE"),
    ("P2", "Inari, Lapland, Finland", "Inari | Lapland | Finland | FI"),
    ("P2", "Vitoria (Basque Country), Spain", "Vitoria | Basque Country | Spain | ES"),
    ("P2", "Terrassa, Barcelona, Catalonia, Spain", "Terrassa | Barcelona, Catalonia | Spain | ES"),
    ("P2", "Scania, Sweden", "Scania | None | Sweden | SE"),
    ("P2", "Donostia / San Sebastián, Spain", "Donostia / San Sebastián | None | Spain | ES"),
    ("P2", "Bastogne, Luxembourg, Belgium", "Bastogne | Luxembourg | Belgium | BE"),
    ("P2", "Bastogne (Luxembourg, Belgium)", "Bastogne | Luxembourg | Belgium | BE"),
    ("P2", "Bălți, the Republic of Moldova", "Bălți | None | Republic of Moldova | MD"),
    ("P2", "Zwolle (The Netherlands)", "Zwolle | None | The Netherlands | NL"),
    ("P2", "Dundee, Scotland, United Kingdom", "Dundee | Scotland | United Kingdom | GB"),
    ("P2", "Cardiff, Wales", "Cardiff | None | Wales | GB"),
    ("P2", "Belfast, Northern Ireland", "Belfast | None | Northern Ireland | GB"),
    ("P2", "York, England", "York | None | England | GB"),
    ("P2", "Linz (AT)", "Linz | None | AT | AT"),
    ("P2", "Volos, EL", "Volos | None | EL | GR"),
    ("P2", "Hull, UK", "Hull | None | UK | GB"),
    ("P2", "Linz (at)", "Linz | None | None | None ! country-missing"),
    ("P2", "PÄRNU, ESTONIA", "PÄRNU | None | ESTONIA | EE"),
    ("P2", "Frankfurt (Oder), Germany", "Frankfurt | Oder | Germany | DE"),
    ("P2", "Belgium, Liège", "Liège | None | Belgium | BE"),
    ("P2", "Belgium, Liège, Wallonia", "Liège | Wallonia | Belgium | BE"),
    ("P2", "Online, Belgium", "Online | None | Belgium | BE"),
    ("P2", "Skopje, North Macedonia", "Skopje | None | North Macedonia | MK"),
    ("P3", "Gorizia / Nova Gorica, Italy / Slovenia", "Gorizia / Nova Gorica | None | Italy | IT ! country-ambiguous"),
    ("P3", "Narva, Estonia and Latvia", "Narva | None | Estonia | EE ! country-ambiguous"),
    ("P3", "Ruse, Bulgaria & Romania", "Ruse | None | Bulgaria | BG ! country-ambiguous"),
    ("P3", "Mostar, Bosnia and Herzegovina", "Mostar | None | Bosnia and Herzegovina | BA"),
    ("P3", "Tuzla, Bosnia & Herzegovina", "Tuzla | None | Bosnia & Herzegovina | BA"),
    ("P4", "Luxembourg", "Luxembourg | None | Luxembourg | LU"),
    ("P4", "Monaco", "Monaco | None | Monaco | MC"),
    ("P4", "San Marino", "San Marino | None | San Marino | SM"),
    ("P4", "Brno", "Brno | None | None | None ! country-missing"),
    ("P4", "Online", "Online | None | None | None"),
    ("P4", "Pristina, Kosovo", "Pristina | None | Kosovo | XK"),
    ("P4", "Utopolis, Freedonia", "Utopolis | None | Freedonia | None ! country-unknown"),
    ("P4", "Aalst, Flanders, Belgum", "Aalst | Flanders | Belgum | None ! country-unknown"),
    ("P4", "<span class=badge>New</span> Brno, Czechia", "Brno | None | Czechia | CZ"),
    ("P4", "New! Brno, Czechia", "Brno | None | Czechia | CZ"),
    ("P4", "New York, United States", "New York | None | United States | US"),
    *[
        ("P5", f"Volos, Greece ({remark})", "Volos | None | Greece | GR")
        for remark in [
            "online",
            "hybrid",
            "and online",
            "in person",
            "fully booked",
            "CET",
            "Friday",
            "9:30",
            "City Hall",
        ]
    ],
    ("P5", "Volos, Greece, hybrid", "Volos | None | Greece | GR"),
    ("P5", "Volos (hybrid), Greece", "Volos | None | Greece | GR"),
    ("P5", "Linz, Design Center, Austria", "Linz | None | Austria | AT"),
    (
        "P5",
        "Turin, Via Roma 2, Italy",
        "Turin | None | Italy | IT",
    ),
    *[
        ("P5", f"Volos, {word} Argo, Greece", "Volos | None | Greece | GR")
        for word in [
            "Centre",
            "Hall",
            "Hotel",
            "Campus",
            "University",
            "Palace",
            "Museum",
            "Arena",
            "Theatre",
            "House",
            "Castle",
            "Stadium",
        ]
    ],
    ("P5", "Volos, Park Argo, Greece", "Volos | None | Greece | GR"),
    ("P5", "Volos, Hub Argo, Greece", "Volos | None | Greece | GR"),
    ("P5", "Volos, Thessaly, Greece", "Volos | Thessaly | Greece | GR"),
    ("P5", "in Volos, Greece", "Volos | None | Greece | GR"),
    ("P5", "Clusters meet Regions – Volos, Greece", "Volos | None | Greece | GR"),
    ("P5", "“Clusters-meet-Regions” in Volos, Greece", "Volos | None | Greece | GR"),
    ("P5", "• Volos, Greece", "Volos | None | Greece | GR"),
    ("P5", "3. Volos, Greece", "Volos | None | Greece | GR"),
    ("P5", "📍 Volos, Greece", "Volos | None | Greece | GR"),
    ("P6", "Liege, Belgium", "Liege | None | Belgium | BE"),
]


@pytest.mark.parametrize(("rule", "text", "expected"), PLACES)
def test_place(rule: str, text: str, expected: str) -> None:
    found = line(f"{text} – 12-13 March 2027")

    (one,) = found.editions
    place = f"{one.city} | {one.region} | {one.country} | {one.country_code}"
    assert " ! ".join([place, *codes(found)]) == expected, rule
    assert days(one) == "2027-03-12/03-13"


MARCH = "2027-03-12/03-13"
DATES = [
    *[
        ("D1", text, MARCH)
        for text in [
            *[
                "12-13 March 2027",
                "12 → 13 March 2027",
                "12 + 13 March 2027",
                "12 et 13 March 2027",
                "12/13 March 2027",
            ],
            *[
                "12 – 13 March 2027",
                "12 — 13 March 2027",
                "12 | 13 March 2027",
                "12 and 13 March 2027",
                "12 & 13 March 2027",
            ],
            *["12 to 13 March 2027", "from 12 to 13 March 2027", "between 12 and 13 March 2027", "12, 13 March 2027"],
            *["12th-13th March 2027", "12 <sup>th</sup> -13 <sup>th</sup> March 2027", "12. - 13. March 2027"],
            *["March 12-13, 2027", "Mar 12-13 2027", "12-13, March 2027", "12-13March 2027", "12-13 March2027"],
            *[
                "12 March – 13 March 2027",
                "12.03.2027 – 13.03.2027",
                "2027-03-12 – 2027-03-13",
                "12/03/2027 - 13/03/2027",
            ],
            *["12 March 2027, 09:00 – 13 March 2027, 13:00", "Day 1: 12 March, Day 2: 13 March 2027"],
            *["Friday 12 and Saturday 13 March 2027", "12-13 Mar. 2027", "Friday 12 – Saturday 13 March 2027"],
            *["12-13 March ’27", "12-13 March '27", "12.-13.03.2027"],
        ]
    ],
    *[
        ("D1", text, "2027-03-12")
        for text in [
            "12.03.2027",
            "12/03/2027",
            "12.03.27",
            "12 March ’27",
            "2027-03-12",
            "March 12, 2027",
            "12th March 2027",
        ]
    ],
    ("D1", "Friday 12, March 2027", "2027-03-12"),
    ("D1", "6, 7 October 2026", "2026-10-06/10-07"),
    ("D1", "17, 18 and 19 March 2026", "2026-03-17/03-19"),
    ("D1", "14-15-16 April 2026", "2026-04-14/04-16"),
    ("D1", "29 May – 2 June 2026", "2026-05-29/06-02"),
    ("D1", "31 December 2026 – 1 January 2027", "2026-12-31/01-01"),
    ("D1", "week of 9 March 2026", "month"),
    ("D1", "12-13 March", "unknown ! date-unknown"),
    ("D1", "<s>3-4 February 2027</s> 12-13 March 2027", MARCH),
    ("D1", "<del>12-13 March 2027</del> 3 May 2027", "2027-05-03"),
    ("D1", "<strike>3-4 February 2027</strike> 12-13 March 2027", MARCH),
    ("D1", "<span style='text-decoration: line-through'>3-4 February 2027</span> 12-13 March 2027", MARCH),
    ("D1", "<u>12-13 March 2027</u>", MARCH),
    ("D2", "moved from 6-7 February to 12-13 March 2027", MARCH),
    ("D2", "changed from 6-7 February to 12-13 March 2027", MARCH),
    ("D2", "postponed to 12-13 March 2027", MARCH),
    ("D2", "postponed to spring 2028", "season"),
    (
        "D2",
        "rescheduled from 9-10 February: the workshop now takes place on 12-13 March 2027",
        MARCH,
    ),
    ("D2", "12-13 March 2027 – postponed", f"{MARCH} postponed"),
    ("D2", "postponed from 5-6 May 2026, new date to be announced", "unknown postponed ! date-unknown"),
    ("D2", "from 12 to 13 March 2027", MARCH),
    *[
        ("D2", text, MARCH)
        for text in [
            *["12-13 March 2027 (originally 3 February 2027)", "originally 3 February 2027, now 12-13 March 2027"],
            *["12-13 March 2027 instead of 3 February 2027", "12-13 March 2027 (was 3 February 2027)"],
            *[
                "12-13 March 2027 (previously: 3-4 February 2027)",
                "initially 3 February 2027; new date: 12-13 March 2027",
            ],
            *["12-13 March 2027 (updated 3 January 2027)", "12-13 March 2027, published on 3 January 2027"],
            *["12-13 March 2027 – register by 3 February 2027", "12-13 March 2027, registration until 3 February 2027"],
            *[
                "12-13 March 2027, hotel rate until 3 February 2027",
                "12-13 March 2027 following up the workshop of 3 May 2026",
            ],
            *["12-13 March 2027 (last workshop: 3 May 2026)", "New date: 12-13 March 2027"],
            "12-13 March 2027, agenda will be published on 3 February 2027",
        ]
    ],
    *[
        ("D3", text, f"{MARCH} ! date-tentative")
        for text in [
            "12-13 March 2027 (tbc)",
            "12-13 March 2027, dates to be confirmed",
            "12-13 March 2027 (provisional)",
        ]
    ],
    *[
        ("D3", text, "month")
        for text in [
            *[
                "March 2026",
                "May/June 2026",
                "April or May 2026",
                "early May 2026",
                "mid-May 2026",
                "end of May 2026",
                "June 2026 (tbc)",
            ],
            *["June 2026, exact dates will be published"],
        ]
    ],
    *[
        ("D3", text, "season")
        for text in ["spring 2026", "winter 2026/2027", "Q3 2026", "second half of 2026", "autumn 2026 (tbc)"]
    ],
    ("D3", "2026", "year"),
    ("D3", "2026 (tbc)", "year"),
    *[("D3", text, "unknown ! date-unknown") for text in ["tbc", "dates to be announced", "spring"]],
    *[
        ("D3", text, "unknown ! date-impossible")
        for text in ["30 February 2026", "19 to 18 May 2027", "31 June 2027", "30-31 April 2027"]
    ],
    ("D5", "26–26 27 March 2026", "2026-03-26/03-27 ! date-remainder"),
    ("D5", "12-13 March 2027 7", f"{MARCH} ! date-remainder"),
    *[
        ("D5", f"12-13 March 2027 {extra}", MARCH)
        for extra in [
            *[
                "at 09:30",
                "(2 MB)",
                "– 120 participants",
                "– 19th workshop",
                "– Industry 5.0 in 3 regions",
                "(10.00-17.00)",
            ],
            "(PDF, 300 KB)",
        ]
    ],
    ("D5", "12-13 March 2027<sup>1</sup>", MARCH),
    ("D6", "12-13 March 2027 – CANCELED", f"{MARCH} cancelled"),
    ("D6", "12-13 March 2027 – called off", f"{MARCH} cancelled"),
    ("D6", "12-13 March 2027 – postponed until further notice", f"{MARCH} postponed"),
    ("D6", "12-13 March 2027 (save the dates!)", f"{MARCH} save_the_date"),
    ("D6", "12-13 March 2027 – Save-the-date", f"{MARCH} save_the_date"),
    *[
        ("D6", f"12-13 March 2027 – {remark}", MARCH)
        for remark in ["fully booked", "new date", "you can cancel your registration", "hybrid"]
    ],
    (
        "D6",
        "12-13 March 2027 – the site visit is cancelled",
        MARCH,
    ),
    ("D6", "12-13 March 2027 has been postponed", f"{MARCH} postponed"),
    ("O6", "12-13 Ocotber 2027", "2027-10-12/10-13"),
    ("O6", "12-13 Febuary 2027", "2027-02-12/02-13"),
    ("O6", "Wendesday 12 – Thrusday 13 March 2027", MARCH),
    ("O6", "12-13 March 2027 – Postponned", f"{MARCH} postponed"),
    ("O6", "12-13 March 2027 – cancled", f"{MARCH} cancelled"),
    ("O6", "12-13 March 2027 – postpnd", MARCH),
    ("O6", "12-13 Novmebr 2027", "unknown ! date-unknown"),
    ("O6", "12-13 Marhc 2027", "unknown ! date-unknown"),
    ("O6", "12-13 Janaury 2027", "2027-01-12/01-13"),
    ("O6", "12-13 March 2027 – rescheduled", MARCH),
]


@pytest.mark.parametrize(("rule", "text", "expected"), DATES)
def test_date(rule: str, text: str, expected: str) -> None:
    found = line(f"Ghent, Belgium – {text}")

    (one,) = found.editions
    state = [one.status] if one.status != "scheduled" else []
    assert " ! ".join([" ".join([days(one), *state]), *codes(found)]) == expected, rule
    assert (one.city, one.region, one.country) == ("Ghent", None, "Belgium")
