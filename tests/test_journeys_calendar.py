"""End-to-end tests of the calendar: a change on the page changes the event in subscribers' calendars."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import PageRef
from cmr_watch.monitor.correct import preview_correction
from cmr_watch.store.checks import Checks
from cmr_watch.web.public.site import site_application
from tests.test_journeys import LYON, PAST, PRAGUE, Journey, journey
from tests.web.public.client import Client
from tests.web.public.ics import ReadCalendar, ReadEvent, read

__all__ = ["journey"]

CALL = "! The call for hosts of events in 2024 is open. Deadline: 31 May 2024, 18:00."
CUTOFF = "call-2024-20240531T1600Z"
PLAN = f"/calendar/plan.ics?cutoff={CUTOFF}&ask=42&submit=2"


class Subscriber:
    """Someone whose calendar has subscribed to ours: takes over an event only if its sequence is higher."""

    def __init__(self, journey: Journey) -> None:
        self._client = Client(site_application(journey.settings, journey.database, lambda: journey.now, 0))
        self._events: dict[str, ReadEvent] = {}

    def refresh(self, path: str) -> dict[str, ReadEvent]:
        """Fetch a calendar, and return its events as they are then in the calendar of the subscriber, by UID."""
        found = self._fetch(path)
        for event in found.events:
            old = self._events.get(event.uid)
            assert old is None or event == old or event.sequence > old.sequence, "the client would keep the old one"
            self._events[event.uid] = event
        return {event.uid.removesuffix("@cmr-watch"): self._events[event.uid] for event in found.events}

    def _fetch(self, path: str) -> ReadCalendar:
        response = self._client.get(path)
        assert response.status_code == 200
        return read(response.content)


@pytest.fixture
def subscriber(journey: Journey) -> Subscriber:
    return Subscriber(journey)


def brussels(*values: int) -> datetime:
    return datetime(*values, tzinfo=BRUSSELS)  # type: ignore[misc, arg-type]


def editions(subscriber: Subscriber) -> dict[str, ReadEvent]:
    return subscriber.refresh("/calendar/editions.ics")


def test_an_edition_that_is_moved_cancelled_and_back(journey: Journey, subscriber: Subscriber) -> None:
    journey.check_lines(LYON, PRAGUE, *PAST)
    first = editions(subscriber)["lyon-fr-2023-10"]
    assert (first.start, first.sequence, first.status) == (date(2023, 10, 12), 0, "CONFIRMED")
    facts: list[tuple[Any, ...]] = []
    for line in (
        "> Lyon, France – 19-20 October 2023",
        "> Lyon, France – 19-20 October 2023 – CANCELLED",
        "> Lyon, France – 19-20 October 2023",
    ):
        journey.check_lines(line, PRAGUE, *PAST)
        event = editions(subscriber)["lyon-fr-2023-10"]
        facts.append((event.start, event.end, event.sequence, event.status, event.summary.split(":")[0]))
    days = date(2023, 10, 19), date(2023, 10, 21)
    assert facts == [
        (*days, 1, "CONFIRMED", "Clusters meet Regions"),
        (*days, 2, "CANCELLED", "Cancelled"),
        (*days, 3, "CONFIRMED", "Clusters meet Regions"),
    ]
    assert editions(subscriber)["prague-cz-2023-10"].sequence == 0


def test_an_edition_that_is_removed_from_the_page_says_so(journey: Journey, subscriber: Subscriber) -> None:
    journey.check_lines(LYON, PRAGUE, *PAST)
    editions(subscriber)
    for _ in range(2):
        journey.check_lines(PRAGUE, *PAST, minutes=60)
    event = editions(subscriber)["lyon-fr-2023-10"]
    assert (event.status, event.summary) == ("CANCELLED", "Removed from the page: Clusters meet Regions: Lyon, France")


def test_an_edition_that_has_taken_place_stays_as_it_is(journey: Journey, subscriber: Subscriber) -> None:
    journey.check_lines(LYON, PRAGUE, *PAST)
    before = editions(subscriber)["lyon-fr-2023-10"]
    journey.now = datetime(2023, 11, 1, 9, tzinfo=BRUSSELS)
    journey.check_lines(PRAGUE, LYON.replace(">", "<"), *PAST)
    after = editions(subscriber)["lyon-fr-2023-10"]
    assert (after.sequence, after.start, after.status) == (before.sequence, before.start, "CONFIRMED")


def test_a_cutoff_moves_and_the_plan_moves_with_it(journey: Journey, subscriber: Subscriber) -> None:
    journey.check_lines(LYON, *PAST, CALL)
    assert subscriber.refresh("/calendar/cutoffs.ics")[CUTOFF].start == brussels(2024, 5, 31, 18)
    assert subscriber.refresh(PLAN)[f"{CUTOFF}-ask-42"].start == date(2024, 4, 19)
    journey.check_lines(LYON, *PAST, CALL.replace("31 May", "14 June"))
    moved = subscriber.refresh("/calendar/cutoffs.ics")
    assert list(moved) == [CUTOFF]
    assert (moved[CUTOFF].start, moved[CUTOFF].sequence) == (brussels(2024, 6, 14, 18), 1)
    plan = subscriber.refresh(PLAN)
    assert (plan[f"{CUTOFF}-ask-42"].start, plan[f"{CUTOFF}-ask-42"].sequence) == (date(2024, 5, 3), 1)
    assert plan[f"{CUTOFF}-submit-2"].start == date(2024, 6, 12)


def test_a_call_that_closes_early_cancels_its_cutoff_and_the_plan(journey: Journey, subscriber: Subscriber) -> None:
    journey.check_lines(LYON, *PAST, CALL)
    subscriber.refresh(PLAN)
    journey.check_lines(LYON, *PAST, "! The call for hosts of events in 2024 is closed. Deadline: 31 May 2024, 18:00.")
    plan = subscriber.refresh(PLAN)
    assert {event.status for event in plan.values()} == {"CANCELLED"}
    assert plan[CUTOFF].summary.startswith("Closed: ")
    assert not any(event.alarms for event in plan.values())


def test_a_correction_moves_the_event(journey: Journey, subscriber: Subscriber) -> None:
    journey.check_lines(LYON, PRAGUE, *PAST)
    editions(subscriber)
    page = PageRef(journey.settings.page.url, "initiative")
    values = {"starts_on": "2023-10-19", "ends_on": "2023-10-20"}
    line = LYON.removeprefix("> ")
    preview = preview_correction(page, line, values, Checks(journey.database), lambda: journey.now)
    journey.app.correct(preview, notify=False)
    journey.now += timedelta(minutes=1)  # until then, the site may answer from its cache
    event = editions(subscriber)["lyon-fr-2023-10"]
    assert (event.start, event.sequence) == (date(2023, 10, 19), 1)
