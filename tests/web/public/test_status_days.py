"""The days of the status page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models.readings import CheckOutcome
from cmr_watch.models.recipients import Incident
from cmr_watch.store.incidents import PAGE_INCIDENTS
from cmr_watch.store.public import CheckTime, Overview
from cmr_watch.web.public.status import frequency, gaps, status_data, status_page
from cmr_watch.web.public.status_days import INCIDENT_SENTENCES, Day, days_of, incident_sentence
from tests.factories import URL
from tests.web.public.make import SITE

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
BEGAN = NOW - timedelta(days=200)
DAILY = timedelta(days=1)
SECRET = "db-host 10.0.0.7: password=hunter2"


def checked(day: int, *outcomes: CheckOutcome, month: int = 11) -> list[CheckTime]:
    return [CheckTime(datetime(2026, month, day, 8 + hour, tzinfo=UTC), one) for hour, one in enumerate(outcomes)]


def good_until(last: datetime) -> list[CheckTime]:
    return [CheckTime(last - timedelta(days=number), "unchanged") for number in range(90)]


def incident(kind, opened: datetime, resolved: datetime | None = None) -> Incident:
    return Incident(1, kind, URL, SECRET, opened, resolved, None, None)


def by_day(checks, incidents=(), began: datetime | None = BEGAN, interval: timedelta = DAILY) -> dict[date, Day]:
    return {day.day: day for day in days_of(checks, incidents, began, NOW, interval)}


def test_there_are_ninety_days_that_end_today_in_brussels() -> None:
    late = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)  # the 29th in Brussels
    days = days_of([], [], None, late, timedelta(hours=1))
    assert (len(days), days[-1].day) == (90, date(2026, 11, 29))
    assert days[-1].day - days[0].day == timedelta(days=89)


@pytest.mark.parametrize(
    ("outcomes", "state", "reasons"),
    [
        (("unchanged", "changed", "baseline"), "good", ()),
        (("unchanged", "discarded"), "good", ()),
        (("unchanged", "failed"), "some", ("The platform’s page could not be fetched.",)),
        (("failed", "failed"), "gap", ("The platform’s page could not be fetched.",)),
        (("suspect",), "gap", ("The platform’s page looked wrong, so nothing was taken from it.",)),
        (("discarded",), "gap", ("There was a fault in this service.",)),
        ((), "none", ("This service was not running.",)),
    ],
)
def test_the_state_of_a_day_and_its_reasons(outcomes, state, reasons) -> None:
    day = by_day(checked(20, *outcomes))[date(2026, 11, 20)]
    assert (day.state, day.reasons, day.checks) == (state, reasons, len(outcomes))


def test_days_before_the_first_reading_are_no_gaps() -> None:
    days = by_day(checked(20, "unchanged"), began=datetime(2026, 11, 20, 8, tzinfo=UTC))
    assert days[date(2026, 11, 19)].state == "before"
    assert days[date(2026, 11, 21)].state == "none"
    assert {day.state for day in days_of([], [], None, NOW, DAILY)} == {"before"}


def test_a_day_that_has_just_begun_misses_no_check() -> None:
    early = datetime(2026, 11, 28, 1, 0, tzinfo=UTC)
    assert days_of([], [], BEGAN, early, DAILY)[-1].state == "good"


def test_an_incident_explains_every_day_that_it_touches_and_no_other() -> None:
    opened, resolved = datetime(2026, 11, 9, 22, 0, tzinfo=UTC), datetime(2026, 11, 11, 22, 59, tzinfo=UTC)
    checks = [one for day in range(8, 15) for one in checked(day, "failed")]
    days = by_day(checks, [incident("reading-unusable", opened, resolved)])
    unusual = "The platform’s page did not have the usual content, so nothing was taken from it."
    assert {day.day.day for day in days.values() if unusual in day.reasons} == {9, 10, 11}


def test_an_open_incident_lasts_until_now() -> None:
    days = by_day(checked(28, "failed"), [incident("fetch-failing", datetime(2026, 11, 27, 12, tzinfo=UTC))])
    assert days[date(2026, 11, 28)].reasons == ("The platform’s page could not be fetched.",)


def test_a_good_day_has_no_reasons_even_during_an_incident() -> None:
    days = by_day(checked(20, "unchanged"), [incident("fetch-failing", BEGAN)])
    assert days[date(2026, 11, 20)].reasons == ()


def test_every_incident_of_a_page_has_a_sentence_and_its_detail_is_never_shown() -> None:
    assert set(PAGE_INCIDENTS) == set(INCIDENT_SENTENCES)
    assert incident_sentence("row-unreadable") == "There was a fault in this service."
    for kind in PAGE_INCIDENTS:
        of_list = incident(kind, BEGAN)
        days = days_of(checked(20, "failed"), [of_list], BEGAN, NOW, DAILY)
        made = status_page(days, NOW, Overview(read_at=NOW, incidents=(of_list,)), SITE, NOW)
        assert SECRET not in f"{made} {days} {status_data(days, made, SITE)}"
        assert made.problems == (INCIDENT_SENTENCES[kind],)
        assert not made.is_well


def test_days_that_belong_together_are_one_gap() -> None:
    checks = [one for one in good_until(NOW) if one.checked_at.day not in (7, 8, 10, 20)]
    checks += [*checked(20, "unchanged", "failed"), *checked(7, "failed", month=11), *checked(8, "failed", month=11)]
    days = tuple(by_day(checks).values())
    november = [(gap.days, gap.state) for gap in gaps(days) if gap.first.month == 11]
    assert november == [
        ("20 November 2026", "Read, but not at every check."),
        ("10 November 2026", "Not checked."),
        ("7–8 November 2026", "Not read."),
    ]


@pytest.mark.parametrize(
    ("read_at", "headline", "is_well"),
    [
        (NOW - timedelta(minutes=12), "All is working", True),
        (NOW - timedelta(hours=3), "The page cannot be read at the moment", False),
        (None, "Nothing has been read yet", False),
    ],
)
def test_the_state_now(read_at, headline, is_well) -> None:
    made = status_page(days_of(good_until(NOW), [], BEGAN, NOW, DAILY), NOW, Overview(read_at=read_at), SITE, NOW)
    assert (made.headline, made.is_well) == (headline, is_well)
    assert made.summary == "The page was read on 90 of 90 days."
    assert made.gaps == ()
    assert len(made.bars) == 90


def test_an_incident_of_another_page_is_not_one_of_the_list() -> None:
    other = Incident(1, "fetch-failing", f"{URL}/other", SECRET, BEGAN, None, None, None)
    made = status_page(days_of([], [], BEGAN, NOW, DAILY), NOW, Overview(read_at=NOW, incidents=(other,)), SITE, NOW)
    assert (made.problems, made.is_well) == ((), True)


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (1, "every minute"),
        (15, "every 15 minutes"),
        (60, "every hour"),
        (90, "every 90 minutes"),
        (180, "every 3 hours"),
    ],
)
def test_how_often_the_page_is_checked(minutes: int, text: str) -> None:
    assert frequency(timedelta(minutes=minutes)) == f"The page is checked {text}."


def test_hours_without_a_check_are_a_gap() -> None:
    every_hour = [CheckTime(datetime(2026, 11, 20, hour, 10, tzinfo=UTC), "unchanged") for hour in range(23)]
    before = CheckTime(datetime(2026, 11, 19, 23, 10, tzinfo=UTC), "unchanged")  # the 20th in Brussels
    hour = timedelta(hours=1)
    day = date(2026, 11, 20)
    assert by_day([before, *every_hour], interval=hour)[day].state == "good"
    late = by_day([CheckTime(datetime(2026, 11, 20, 22, 30, tzinfo=UTC), "unchanged")], interval=hour)[day]
    assert (late.state, late.reasons) == ("some", ("There was no check for 23 hours.",))
    broken = by_day([before, *every_hour[:8], *every_hour[12:]], interval=hour)[day]
    assert (broken.state, broken.reasons) == ("some", ("There was no check for 5 hours.",))
    assert by_day([before, *every_hour[:8], *every_hour[9:]], interval=hour)[day].state == "good"
