"""Calendars as files, and the words of their events, read back by two readers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.calendar import CalendarEvent, EventState
from cmr_watch.models.readings import CallNotice, Cutoff, Edition
from cmr_watch.web.public.calendar import Entry
from cmr_watch.web.public.calendar_entries import cutoffs_of, editions_of, entry_of
from cmr_watch.web.public.calendar_file import calendar_file
from cmr_watch.web.public.views import SiteFacts
from tests.web.public.ics import ReadEvent, assert_lines, read

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
PAGE = "https://clustercollaboration.eu/clusters-meet-regions"
SITE = SiteFacts(PAGE, timedelta(minutes=30), "https://cmr.example")
MAY = datetime(2027, 5, 31, 16, tzinfo=UTC)
MIDNIGHT = datetime(2027, 5, 31, 21, 59, tzinfo=UTC)


def edition_event(state: EventState = "planned", **values: Any) -> CalendarEvent:
    defaults: dict[str, Any] = {
        "city": "Kraków",
        "country": "Poland",
        "country_code": "PL",
        "starts_on": date(2026, 12, 11),
        "ends_on": date(2026, 12, 12),
        "text": "Kraków, Poland – 11-12 December 2026",
    }
    return CalendarEvent("krakow", "krakow", Edition(**{**defaults, **values}), state, 3, NOW)


def cutoff_event(at: datetime = MAY, state: EventState = "planned", **values: Any) -> CalendarEvent:
    cutoff = Cutoff(at, "31 May 2027 at 18:00 (Brussels time)", tentative=values.pop("tentative", False))
    subject = CallNotice("open", values.pop("hosting_years", (2027, 2028)), (cutoff,), **values)
    return CalendarEvent("call-x", "call", subject, state, 2, NOW)


def shown(event: CalendarEvent, site: SiteFacts = SITE, now: datetime = NOW) -> ReadEvent:
    """The event, as a client understands it."""
    (found,) = read(calendar_file("Name", [entry_of(event, site, now)])).events
    return found


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edition_of_several_days_is_one_event_of_whole_days() -> None:
    event = shown(edition_event())
    assert (event.start, event.end) == (date(2026, 12, 11), date(2026, 12, 13)), "the end is the day after the last one"
    assert (event.uid, event.sequence, event.status) == ("krakow@cmr-watch", 3, "CONFIRMED")
    assert event.summary == "Clusters meet Regions: Kraków, Poland"
    assert event.location == "Kraków, Poland"
    assert event.url == "https://cmr.example/editions/krakow"
    assert event.description.splitlines() == [
        "The page says: “Kraków, Poland – 11-12 December 2026”",
        "Details and changes: https://cmr.example/editions/krakow",
        f"An unofficial service. What counts is the platform’s own page: {PAGE}",
    ]
    assert event.alarms == ()
    assert b"\r\nTRANSP:TRANSPARENT\r\n" in calendar_file("Name", [entry_of(edition_event(), SITE, NOW)])


def test_an_edition_of_one_day_ends_on_the_next() -> None:
    for ends_on in (date(2026, 12, 11), None):
        event = shown(edition_event(ends_on=ends_on))
        assert (event.start, event.end) == (date(2026, 12, 11), date(2026, 12, 12))


@pytest.mark.parametrize(
    ("state", "values", "status", "summary", "note"),
    [
        ("planned", {"status": "save_the_date"}, "TENTATIVE", "Clusters meet Regions: Kraków, Poland (save the date)",
         "The page asks to save the date: the details are not final."),
        ("cancelled", {}, "CANCELLED", "Cancelled: Clusters meet Regions: Kraków, Poland",
         "The page says that this edition is cancelled."),
        ("postponed", {}, "CANCELLED", "Postponed: Clusters meet Regions: Kraków, Poland",
         "The page says that this edition is postponed. It does not take place on these days."),
        ("undated", {}, "CANCELLED", "No longer on these days: Clusters meet Regions: Kraków, Poland",
         "The page no longer gives these days."),
        ("withdrawn", {}, "CANCELLED", "Removed from the page: Clusters meet Regions: Kraków, Poland",
         "The page no longer says this."),
    ],
)  # fmt: skip
def test_an_edition_says_if_it_is_not_certain(
    state: EventState, values: dict[str, Any], status: str, summary: str, note: str
) -> None:
    event = shown(edition_event(state, **values))
    assert (event.status, event.summary) == (status, summary)
    assert event.description.splitlines()[0] == note


@pytest.mark.parametrize(
    ("values", "location"),
    [
        ({"venue": "ICE Kraków Congress Centre"}, "ICE Kraków Congress Centre, Poland"),
        ({"venue": "Wawel"}, "Wawel, Kraków, Poland"),
        ({"venue": "Wawel, Kraków, Poland"}, "Wawel, Kraków, Poland"),
        ({"city": "Online", "country": None}, "Online"),
    ],
)
def test_the_location(values: dict[str, Any], location: str) -> None:
    assert shown(edition_event(**values)).location == location


def test_where_to_register() -> None:
    link = {"registration_url": "https://example.eu/register"}
    assert shown(edition_event(**link)).description.startswith("Register: https://example.eu/register\n")
    until = shown(edition_event(**link, registration_closes_on=date(2026, 12, 4)))
    assert until.description.startswith("Register until 4 December 2026: https://example.eu/register\n")
    assert "Register" not in shown(edition_event("cancelled", **link)).description


# ── cut-offs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cutoff_is_at_its_hour_in_brussels_and_reminds() -> None:
    event = shown(cutoff_event(apply_url="https://example.eu/form", contact="info@example.eu"))
    assert event.start == datetime(2027, 5, 31, 18, tzinfo=BRUSSELS)
    assert event.end is None
    assert event.summary == "Cut-off to apply as a host in 2027–2028, 18:00 Brussels time"
    assert event.alarms == (timedelta(days=-7), timedelta(days=-1))
    assert "Apply: https://example.eu/form\nQuestions: info@example.eu\n" in event.description
    body = calendar_file("Name", [entry_of(cutoff_event(), SITE, NOW)])
    assert b"DTSTART;TZID=Europe/Brussels:20270531T180000\r\n" in body, "bare UTC shows wrong in some clients"
    assert b"TZID:Europe/Brussels\r\n" in body


def test_a_cutoff_without_an_hour_is_a_whole_day_and_reminds_in_the_morning() -> None:
    event = shown(cutoff_event(MIDNIGHT, hosting_years=()))
    assert (event.start, event.end) == (date(2027, 5, 31), date(2027, 6, 1))
    assert event.summary == "Cut-off to apply as a host"
    assert "The page gives no hour." in event.description
    assert event.alarms == (timedelta(days=-7, hours=9), timedelta(days=-1, hours=9))


@pytest.mark.parametrize(("state", "label"), [("closed", "Closed: "), ("withdrawn", "Removed from the page: ")])
def test_a_cutoff_that_no_longer_applies_says_so_and_does_not_remind(state: EventState, label: str) -> None:
    event = shown(cutoff_event(state=state))
    assert (event.status, event.alarms) == ("CANCELLED", ())
    assert event.summary.startswith(label)
    assert "Apply" not in event.description


def test_a_cutoff_that_is_over_does_not_remind() -> None:
    assert shown(cutoff_event(), now=MAY).alarms == ()


def test_a_cutoff_to_be_confirmed_is_tentative() -> None:
    event = shown(cutoff_event(tentative=True))
    assert event.status == "TENTATIVE"
    assert event.summary.endswith("(to be confirmed)")


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_public_address_events_lead_to_the_platform() -> None:
    bare = SiteFacts(PAGE, timedelta(minutes=30))
    assert shown(edition_event(url="https://example.eu/krakow"), bare).url == "https://example.eu/krakow"
    assert shown(edition_event(url="javascript:alert(1)"), bare).url == PAGE
    assert "Details" not in shown(edition_event(), bare).description


def test_an_address_is_plain_ascii_whatever_the_key() -> None:
    event = replace(edition_event(), key="київ-ua-2027-05")
    assert shown(event).url == "https://cmr.example/editions/%D0%BA%D0%B8%D1%97%D0%B2-ua-2027-05"


def test_an_event_without_a_known_time_of_change_has_a_stamp_that_lasts() -> None:
    event = CalendarEvent("krakow", "krakow", edition_event().subject)
    assert entry_of(event, SITE, NOW).stamp == datetime(2026, 12, 11, tzinfo=UTC)


def test_the_editions_of_a_country_in_the_order_of_their_days() -> None:
    later = CalendarEvent("lyon", "lyon", Edition("Lyon", country_code="FR", starts_on=date(2027, 1, 1)))
    events = [later, cutoff_event(), edition_event()]
    assert [event.uid for event in editions_of(events)] == ["krakow", "lyon"]
    assert [event.uid for event in editions_of(events, "FR")] == ["lyon"]
    sooner = replace(cutoff_event(MAY - timedelta(days=30)), uid="call-y")
    assert [event.uid for event in cutoffs_of([*events, sooner])] == ["call-y", "call-x"]


def test_a_calendar_to_subscribe_to_asks_clients_to_look_again() -> None:
    body = calendar_file("Clusters meet Regions: a, b; c", [], "https://cmr.example/calendar/editions.ics")
    assert read(body).name == "Clusters meet Regions: a, b; c"
    assert b"\r\nNAME:Clusters meet Regions: a\\, b\\; c\r\n" in body
    assert b"\r\nX-WR-CALNAME:Clusters meet Regions: a\\, b\\; c\r\n" in body
    assert b"\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in body
    assert b"\r\nX-PUBLISHED-TTL:PT1H\r\n" in body
    assert b"\r\nSOURCE:https://cmr.example/calendar/editions.ics\r\n" in body
    assert b"BEGIN:VTIMEZONE" in body, "a calendar without any component is not valid"


def test_a_single_event_asks_for_nothing() -> None:
    body = calendar_file("Name", [entry_of(edition_event(), SITE, NOW)])
    assert not [word for word in (b"REFRESH", b"PUBLISHED", b"SOURCE", b"METHOD") if word in body]


def test_the_same_events_are_the_same_bytes() -> None:
    entries = [entry_of(edition_event(), SITE, NOW), entry_of(cutoff_event(), SITE, NOW)]
    assert calendar_file("Name", entries) == calendar_file("Name", entries)


@pytest.mark.parametrize("year", range(1997, 2038))
def test_the_time_zone_is_that_of_the_tz_database(year: int) -> None:
    """If Europe stops changing its clocks, this fails with the next tzdata."""
    calendar = icalendar.Calendar.from_ical(calendar_file("Name", []))
    assert isinstance(calendar, icalendar.Calendar)
    zone = calendar.timezones[0].to_tz(lookup_tzid=False)
    for day in range(365):
        for hour in (0, 1, 12):  # the clocks change at one o'clock UTC
            moment = datetime(year, 1, 1, hour, 30, tzinfo=UTC) + timedelta(days=day)
            assert moment.astimezone(zone).utcoffset() == moment.astimezone(BRUSSELS).utcoffset()


HOSTILE = (
    "a\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:b",
    "x\nATTACH:file:///etc/passwd",
    "; , \\ \\n \\, : \" ^n ^' ^^",
    "\x00\x07\x1b[31m\x7f\x85\x9b",
    "\u202eLyon\u202c \u2066x\u2069 \u200b\ufeff",
    "\u2028\u2029\x0b\x0c",
    "\ud800 lone",
    "é" * 500,
    "👩‍👩‍👧‍👦" * 60,
    "<script>alert(1)</script>&amp;",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_one_harmless_value(text: str) -> None:
    edition = edition_event(
        city=text, region=text, country=text, venue=text, text=text, url=text, registration_url=text
    )
    cutoff = cutoff_event(apply_url=text, contact=text)
    assert_harmless([edition, cutoff], text)


@given(st.text(max_size=300))
def test_no_text_escapes_from_its_value(text: str) -> None:
    assert_harmless([edition_event(city=text, venue=text, text=text, url=text)], text)


def assert_harmless(events: list[CalendarEvent], text: str) -> None:
    body = calendar_file("Name", [entry_of(event, SITE, NOW) for event in events])
    found = read(body)
    assert len(found.events) == len(events)
    assert body.count(b"\r\nBEGIN:VEVENT\r\n") == len(events)
    assert not [line for line in body.split(b"\r\n") if line.startswith((b"ATTACH", b"ORGANIZER", b"ATTENDEE"))]
    shown_text = "".join(event.summary + event.location + event.description for event in found.events)
    assert not set(shown_text) & set("\u202e\u202c\u2066\u2069\u2028\x00\x1b")


def test_long_lines_are_folded_between_characters() -> None:
    entry = Entry("x", "ž" * 400, "y" * 4000, date(2026, 1, 1), NOW, date(2026, 1, 1))
    body = calendar_file("Name", [entry])
    assert_lines(body)
    (event,) = read(body).events
    assert (event.summary, event.description) == (entry.summary, entry.description)
