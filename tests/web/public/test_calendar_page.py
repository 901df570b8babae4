"""The addresses of the calendar, on the sample database."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

from cmr_watch.config import Settings
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.readings import CallNotice, Cutoff, Edition
from cmr_watch.store.database import Database
from cmr_watch.store.public import Overview
from cmr_watch.web.public.calendar_page import calendar_page, edition_file
from cmr_watch.web.public.site import site_application
from cmr_watch.web.public.views import SiteFacts, Visit
from tests.web.public.client import Client
from tests.web.public.ics import ReadCalendar, read
from tests.web.public.sample import NOW

DECEMBER = "call-2027-2028-20261218T1700Z"
PLAN = f"cutoff={DECEMBER}&ask=42&letter=14&submit=2"
KRAKOW = "krakow-pl-2026-12"


@pytest.fixture
def public(sample: Database, told: tuple[Path, Settings]) -> Client:
    """The site, whose public address is known."""
    settings = told[1]
    web = replace(settings.web, url="https://cmr.example")
    return Client(site_application(replace(settings, web=web), sample, lambda: NOW))


def calendar(client: Client, path: str) -> ReadCalendar:
    response = client.get(path)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return read(response.content)


def text_of(client: Client, path: str, status: int = 200) -> str:
    """The page as text on one line."""
    response = client.get(path)
    assert response.status_code == status
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.text)))


# ── the files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_all_editions_with_days_are_in_the_calendar_also_those_that_are_over(client: Client) -> None:
    found = calendar(client, "/calendar/editions.ics")
    assert len(found.events) == 15
    assert [event.start for event in found.events] == sorted(event.start for event in found.events)
    assert "Heilbronn" not in str(found), "it has no days"
    (graz,) = (event for event in found.events if "Graz" in event.summary)
    assert (graz.status, graz.sequence) == ("CANCELLED", 1)
    (charleroi,) = (event for event in found.events if "Charleroi" in event.summary)
    assert (charleroi.start, charleroi.sequence, charleroi.status) == (date(2027, 2, 3), 1, "CONFIRMED"), "it has moved"


def test_the_editions_of_a_country(client: Client) -> None:
    for code in ("PL", "pl"):
        found = calendar(client, f"/calendar/editions.ics?country={code}")
        assert [event.summary for event in found.events] == [
            "Clusters meet Regions: Katowice, Poland",
            "Clusters meet Regions: Kraków, Poland",
        ]
        assert found.name == "Clusters meet Regions: editions in Poland"


def test_a_country_that_hosts_nothing_yet_can_be_subscribed_to(client: Client) -> None:
    assert calendar(client, "/calendar/editions.ics?country=PT").events == ()


@pytest.mark.parametrize("query", ["", "?country=FR", "?topic=calls"])
def test_the_cutoffs_are_the_same_for_all_countries(client: Client, query: str) -> None:
    found = calendar(client, f"/calendar/cutoffs.ics{query}")
    assert len(found.events) == 5
    moved = found.one(DECEMBER)
    assert (str(moved.start), moved.sequence) == ("2026-12-22 18:00:00+01:00", 1)
    assert found.events[-1].status == "TENTATIVE"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/calendar/editions.ics?country=ZZ", "The country must be a code of two letters, such as FR."),
        ("/calendar/cutoffs.ics?country=France", "The country must be a code of two letters, such as FR."),
        ("/calendar/editions.ics?topic=calls", "This calendar has only the editions."),
        ("/calendar/cutoffs.ics?topic=editions", "This calendar has only the cut-offs."),
        ("/calendar/editions.ics?topic=materials", "The topic must be editions or calls: nothing else has a date."),
        ("/calendar/plan.ics", "Give at least one number of days: ask, letter or submit."),
        ("/calendar/plan.ics?ask=1", "Choose a cut-off."),
        (f"/calendar/plan.ics?cutoff={DECEMBER}&ask=366", "The days before a cut-off must be a number from 0 to 365."),
        (f"/calendar?cutoff={DECEMBER}&ask=x", "The days before a cut-off must be a number from 0 to 365."),
        ("/calendar?country=%00", "The country must be a code of two letters, such as FR."),
        ("/calendar?country=%ff%0d%0aX:y", "The country must be a code of two letters, such as FR."),
    ],
)
def test_a_wrong_parameter_is_a_plain_400(client: Client, path: str, message: str) -> None:
    assert message in text_of(client, path, 400)


@pytest.mark.parametrize(
    "path",
    [
        "/calendar/editions/atlantis.ics",
        "/calendar/editions/heilbronn-de-2027-06.ics",
        "/calendar/editions/%0d%0aX.ics",
        "/calendar/plan.ics?cutoff=call-x&ask=1",
        "/calendar?cutoff=krakow-pl-2026-12&ask=1",
        "/calendar/other.ics",
    ],
)
def test_what_is_unknown_is_a_404_with_a_way_on(client: Client, path: str) -> None:
    assert re.search('<a href="/(calendar)?">', client.get(path).text)
    text_of(client, path, 404)


def test_one_edition_is_a_file_to_download(client: Client) -> None:
    response = client.get(f"/calendar/editions/{KRAKOW}.ics")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{KRAKOW}.ics"'
    (event,) = read(response.content).events
    assert event.uid == f"{KRAKOW}@cmr-watch"
    assert event.location == "ICE Kraków Congress Centre, ul. Marii Konopnickiej 17, Poland"
    assert event.description.startswith("Register until 4 December 2026: https://example.eu/register/krakow\n")


def test_a_plan_is_a_calendar_to_subscribe_to(public: Client) -> None:
    response = public.get(f"/calendar/plan.ics?{PLAN}")
    assert [str(event.start)[:10] for event in read(response.content).events] == [
        "2026-11-10",
        "2026-12-08",
        "2026-12-18",
        "2026-12-22",
    ]
    unfolded = response.text.replace("\r\n ", "")
    assert f"\r\nSOURCE:https://cmr.example/calendar/plan.ics?{PLAN}\r\n" in unfolded


@pytest.mark.parametrize("path", ["/calendar/editions.ics", "/calendar/cutoffs.ics", f"/calendar/plan.ics?{PLAN}"])
def test_a_calendar_that_has_not_changed_is_not_sent_again(client: Client, path: str) -> None:
    first = client.get(path)
    assert client.get(path, {"If-None-Match": first.headers["ETag"]}).status_code == 304


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def links(client: Client, path: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]+)"', client.get(path).text)]


def test_the_page_gives_the_address_beside_webcal(public: Client) -> None:
    found = links(public, "/calendar?country=PL")
    text = text_of(public, "/calendar?country=PL")
    for path in ("/calendar/cutoffs.ics", "/calendar/editions.ics", "/calendar/editions.ics?country=PL"):
        assert f"webcal://cmr.example{path}" in found
        assert path in found
        assert f"https://cmr.example{path}" in text


def test_without_a_public_address_the_page_has_files_only(client: Client) -> None:
    text = text_of(client, "/calendar?country=PL")
    assert "Download the dates A downloaded file does not follow later changes." in text
    assert "How to subscribe" not in text
    assert "follows the platform’s page" not in text
    assert "SOURCE" not in client.get("/calendar/editions.ics").text, "a relative one is of no use"
    assert not [link for link in links(client, "/calendar") if link.startswith("webcal")]
    assert "/calendar/editions.ics" in links(client, "/calendar")


def test_a_single_event_is_never_subscribed_to(public: Client) -> None:
    assert f"/calendar/editions/{KRAKOW}.ics" in links(public, "/calendar")
    (single,) = re.findall(r'<section aria-labelledby="single">.*?</section>', public.get("/calendar").text, re.S)
    assert "ubscribe" not in single
    assert "Kraków, Poland (11–12 December 2026)" in single
    assert "Heilbronn, Germany" in single, "it has no days, and is listed"
    assert "Graz" not in single, "it is cancelled"


def test_every_file_that_the_page_offers_is_there(public: Client) -> None:
    paths = [link for link in links(public, f"/calendar?country=PL&{PLAN}") if ".ics" in link and link.startswith("/")]
    assert len(paths) > 6
    for path in paths:
        calendar(public, path)


def test_the_page_shows_a_plan_and_its_address(public: Client) -> None:
    text = text_of(public, f"/calendar?{PLAN}")
    for part in (
        "42 days before was Tuesday 10 November 2026. Ask today: 24 days are left. Plan for 31 May 2027 instead",
        "Today, Saturday 28 November 2026 Ask the regional authority for a letter of support · Tuesday 10 November "
        "2026 is already past",
        "Friday 18 December 2026 Submit the application to host an edition · 4 days before (2 days before is at a "
        "weekend)",
        "Tuesday 22 December 2026, 18:00 Cut-off to apply as a host in 2027–2028, 18:00 Brussels time",
        f"https://cmr.example/calendar/plan.ics?{PLAN}&from=2026-11-28",
    ):
        assert part in text
    found = links(public, f"/calendar?{PLAN}")
    assert f"/letter?cutoff={DECEMBER}&letter=14" in found
    (other,) = (link for link in found if link.startswith("/calendar?cutoff="))
    later = text_of(public, other.removesuffix("#plan"))
    assert "Monday 19 April 2027 Ask the regional authority for a letter of support · 42 days before" in later
    assert "already past" not in later
    assert "from=" not in later


def test_days_that_are_not_possible_are_said_beside_the_form_which_keeps_them(client: Client) -> None:
    path = f"/calendar?cutoff={DECEMBER}&ask=10&letter=50&submit=2"
    text = text_of(client, path, 400)
    assert "There is a problem. In this plan you would have the letter before you ask for it." in text
    assert "Your dates" not in text
    body = client.get(path).text
    assert re.findall(r'<input id="(\w+)"[^>]* value="(\d*)"', body) == [
        ("ask", "10"),
        ("letter", "50"),
        ("submit", "2"),
    ]
    assert f'<option value="{DECEMBER}" selected>' in body


def test_the_form_suggests_days_and_keeps_those_that_were_chosen(client: Client) -> None:
    fields: Callable[[str], dict[str, str]] = lambda path: dict(  # noqa: E731
        re.findall(r'<input id="(\w+)"[^>]* value="(\d*)"', client.get(path).text)
    )
    assert fields("/calendar") == {"ask": "42", "letter": "14", "submit": "2"}
    assert fields(f"/calendar?cutoff={DECEMBER}&ask=30") == {"ask": "30", "letter": "", "submit": ""}


@dataclass
class FakeStore:
    """A store with these events."""

    events: tuple[CalendarEvent, ...]

    def calendar_events(self) -> tuple[CalendarEvent, ...]:
        return self.events


def visit(*events: CalendarEvent, **parameters: str) -> Visit:
    site = SiteFacts("https://example.eu/list", timedelta(minutes=30))
    return Visit(site, FakeStore(events), Overview(), NOW, "/calendar", parameters)  # type: ignore[arg-type]


LVIV = CalendarEvent("львів", "львів", Edition("Lviv", starts_on=date(2027, 5, 3), ends_on=date(2027, 5, 3)))
JUNE = CalendarEvent("call-a-x", "call-a", CallNotice("open", (2027,), (Cutoff(NOW + timedelta(days=200)),)))


def test_what_is_cancelled_is_neither_planned_nor_added() -> None:
    on = calendar_page(visit(), (LVIV, JUNE))
    assert ([one.words for one in on.single], [one.value for one in on.cutoffs]) == (
        ["Lviv (3 May 2027)"],
        ["call-a-x"],
    )
    off = calendar_page(visit(), (replace(LVIV, state="cancelled"), replace(JUNE, state="closed")))
    assert (off.single, off.cutoffs) == ((), ())


def test_the_cutoffs_of_several_calls_are_told_apart() -> None:
    other = replace(JUNE, uid="call-b-x", key="call-b", subject=replace(JUNE.subject, hosting_years=(2029,)))
    assert [one.words for one in calendar_page(visit(), (JUNE, other)).cutoffs] == [
        "Wed 16 June 2027, 11:30 – Call for hosts 2027",
        "Wed 16 June 2027, 11:30 – Call for hosts 2029",
    ]


def test_a_cutoff_that_is_not_certain_says_so_in_the_list(client: Client) -> None:
    assert "Mon 31 January 2028, 18:00, to be confirmed</option>" in client.get("/calendar").text
    assert '<option value="">Choose a country</option>' in client.get("/calendar").text


def test_the_name_of_a_file_is_plain_ascii() -> None:
    reply = edition_file(visit(LVIV, key="львів"))
    assert reply.headers["Content-Disposition"] == 'attachment; filename="-----.ics"'


def test_before_the_first_check_the_page_says_what_is_missing(database: Database, told: tuple[Path, Settings]) -> None:
    empty = Client(site_application(told[1], database, lambda: NOW))
    text = text_of(empty, "/calendar")
    assert "No cut-off is known that is still to come." in text
    assert "No edition with known days is still to come." in text
    assert "Choose a country" not in text
    assert calendar(empty, "/calendar/editions.ics").events == ()
