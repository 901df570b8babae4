"""Lines of a list: which date is the edition's, its status, its links, its doubts."""

from __future__ import annotations

import pytest

from cmr_watch.models.readings import Edition
from tests.reading.pages import codes, days, read, read_line

OLD, NEW = "2025-10-12/10-13", "2026-03-03/03-04"
DATES = [  # newest bugs on top
    ("Lyon, France – 12-13 October 2025, postponed to spring 2026", "season"),
    ("(published on 1 October 2025) Lyon, France – 12-13 October 2025", OLD),
    ("12 October 2025, 14:00-16:00, Lyon, France", "2025-10-12"),
    ("Lyon, France – 3-4 March 2026 (was: 12-13 October 2025)", NEW),
    ("Lyon, France – 3-4 March 2026 (rescheduled from 12-13 October 2025)", NEW),
    ("Lyon, France – rescheduled from 12-13 October 2025 to 3-4 March 2026", NEW),
    ("Lyon, France – 3-4 March 2026 instead of 12-13 October 2025", NEW),
    ("Lyon, France – instead of 12-13 October 2025: 3-4 March 2026", NEW),
    ("Lyon, France – 12-13 October 2025 → new date: 3-4 March 2026", NEW),
    ("Lyon, France – 12-13 October 2025, postponed to 3-4 March 2026", NEW),
    ("Lyon, France – register by 1 October 2025 – 12-13 October 2025", OLD),
    ("Lyon, France – 12-13 October 2025 – Registration closes on 1 October", OLD),
    ("Lyon, France – 12-13 October 2025 – published on 1 September 2025", OLD),
    ("Lyon, France – 12-13 October 2025 – Cohesion policy 2021-2027, Industry 5.0", OLD),
    ("12-13 October 2025 in Lyon, France", OLD),
    ("Lyon, France (12-13 October 2025)", OLD),
]
STATUSES = [
    ("Lyon, France – 12-13 October 2025SAVE THE DATE!", "save_the_date"),
    ("Lyon, France – 12-13 October 2025cancelled", "cancelled"),
    ("CANCELLED Lyon, France – 12-13 October 2025", "cancelled"),
    ("(postponed) Lyon, France – 12-13 October 2025", "postponed"),
    ("Lyon, France – 12-13 October 2025 – not cancelled", "scheduled"),
    ("Lyon, France – 12-13 October 2025 – FULLY BOOKED!", "scheduled"),
    ("Lyon, France – 3-4 March 2026 (previously postponed)", "scheduled"),
    ("Lyon, France – save-the-date: 12-13 October 2025", "save_the_date"),
    ("Lyon, France – SAVE THE DATE – 12-13 October 2025 – cancelled", "cancelled"),
]
DOUBTS = [
    ("Lyon, France – 12-13 October 2025", []),
    ("Lyon, France – 12-13 October 2025 (tbc)", ["date-tentative"]),
    ("Lyon, France – 12-13 October 2025 (venue tbc)", []),
    ("Lyon, France – 12-13 Oktobre 2025", ["date-unknown"]),
    ("Lyon – 12-13 Oktobre 2025", ["date-unknown", "country-missing"]),
    ("Lyon, France – 31 February 2025", ["date-impossible"]),
    ("Lyon, France – tbc", ["date-unknown"]),
    ("Lyon, Atlantis – 12-13 October 2025", ["country-unknown"]),
    ("Lyon – 12-13 October 2025", ["country-missing"]),
    ("Online – 12-13 October 2025", []),
]
PROSE = [
    ("More details will be published here on 3 March 2025.", []),
    ("Deadline: 31 May 2025, 18:00 CET (Brussels time)", []),
    ("Contact: clusters@eu.eu, Brussels, Belgium", []),
    ("clusters@eu.eu, Brussels, Belgium", []),
    ("The 18th workshop took place in Lyon, France", []),
    ("Our next workshop will be in Brno in the Czech Republic.", []),
    ("There are currently no upcoming editions.", []),
    ("Our next workshop will take place in Lyon, France, on 12-13 October 2025.", ["line-unread"]),
    ("12-13 October 2025", ["line-unread"]),
]
SITE = "https://clustercollaboration.eu"
LINKS = [
    ('<a href="/l">Lyon</a>, France – 12-13 October 2025', "/l", None),
    ('Lyon, France – <a href="/l">12-13 October 2025</a>', "/l", None),
    ('<a href="/l">Lyon, France – 12-13 October 2025</a> <a href="/s">Read the event summary</a>', "/l", "/s"),
    ('Lyon, France – 12-13 October 2025 📑 Read the event summary <a href="/s">here</a>', None, "/s"),
    ('Lyon, France – 12-13 October 2025 📑 Read the <a href="/s">event</a> summary', None, "/s"),
    ('Lyon, France – 12-13 October 2025 <a href="/r">Register here</a>', None, None),
    ('Lyon, France – 12-13 October 2025 <a href="/m">More info</a>', "/m", None),
    ('<a href="javascript:go()">Lyon, France</a> – 12-13 October 2025', None, None),
    ('<a href="mailto:a@b.eu">Lyon, France</a> – 12-13 October 2025', None, None),
    ('<a href="#">Lyon, France</a> – 12-13 October 2025', None, None),
    ('<a href="https://[bad">Lyon, France</a> – 12-13 October 2025', None, None),
    ('<a href=" /a b\n">Lyon, France</a> – 12-13 October 2025', "/a%20b", None),
]


def only(line: str) -> Edition:
    (edition,) = read_line(line).editions
    return edition


@pytest.mark.parametrize(("line", "expected"), DATES, ids=[row[0] for row in DATES])
def test_of_several_dates_one_is_the_editions(line: str, expected: str) -> None:
    edition = only(line)

    assert edition.city == "Lyon"
    assert days(edition) == expected


@pytest.mark.parametrize(("line", "status"), STATUSES, ids=[row[0] for row in STATUSES])
def test_status(line: str, status: str) -> None:
    assert only(line).status == status


@pytest.mark.parametrize(("line", "expected"), DOUBTS, ids=[row[0] for row in DOUBTS])
def test_doubts(line: str, expected: list[str]) -> None:
    page = read_line(line)

    assert codes(page) == expected
    assert len(page.editions) == 1


@pytest.mark.parametrize(("line", "expected"), PROSE, ids=[row[0] for row in PROSE])
def test_prose_is_no_edition(line: str, expected: list[str]) -> None:
    page = read_line(line)

    assert page.editions == ()
    assert codes(page) == expected


@pytest.mark.parametrize(("line", "url", "summary_url"), LINKS)
def test_links(line: str, url: str | None, summary_url: str | None) -> None:
    edition = only(line)

    assert edition.url == (SITE + url if url else None)
    assert edition.summary_url == (SITE + summary_url if summary_url else None)


@pytest.mark.parametrize(
    "line", ["Lyon, France – 12-13 October 2023", "Lyon, France – 12-13 October 2023 Save the date"]
)
def test_under_the_past_heading_it_was_held(line: str) -> None:
    (edition,) = read(f"<h2>Next editions</h2><h2>Past editions</h2><p>{line}</p>").editions

    assert (edition.section, edition.status) == ("past", "held")
