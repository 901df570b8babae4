"""Working back from a cut-off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models.calendar import CalendarEvent, EventState
from cmr_watch.models.readings import CallNotice, Cutoff
from cmr_watch.web.public.calendar import calendar_file
from cmr_watch.web.public.plan import lead_times, plan_entries, planned_steps
from cmr_watch.web.public.views import BadRequest, SiteFacts
from tests.web.public.ics import ReadCalendar, read

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
SITE = SiteFacts("https://clustercollaboration.eu/clusters-meet-regions", timedelta(minutes=30))
LEADS = {"ask": 42, "letter": 14, "submit": 2}
DECEMBER = datetime(2026, 12, 22, 17, tzinfo=UTC)


def cutoff(at: datetime = DECEMBER, state: EventState = "planned", sequence: int = 1) -> CalendarEvent:
    return CalendarEvent("call-x", "call", CallNotice("open", (2027, 2028), (Cutoff(at),)), state, sequence, NOW)


def plan(event: CalendarEvent, leads: dict[str, int] | None = None) -> ReadCalendar:
    return read(calendar_file("Plan", plan_entries(event, LEADS if leads is None else leads, SITE, NOW)))


def test_the_steps_are_whole_days_before_the_cutoff_and_the_cutoff_itself() -> None:
    found = plan(cutoff())
    assert [(event.summary, event.start) for event in found.events] == [
        ("Ask the regional authority for a letter of support", date(2026, 11, 10)),
        ("Have the letter of support in hand", date(2026, 12, 8)),
        ("Submit the application to host an edition", date(2026, 12, 20)),
        (
            "Cut-off to apply as a host in 2027–2028, 18:00 Brussels time",
            DECEMBER,
        ),
    ]
    first, second, *_ = found.events
    assert first.end == date(2026, 11, 11)
    assert first.description.splitlines()[0] == "42 days before the cut-off. Cut-off on 22 December 2026."
    assert (first.alarms, second.alarms) == ((), (timedelta(hours=9),)), "what is over does not remind"


def test_the_steps_move_with_the_cutoff_and_keep_their_uids() -> None:
    before, after = plan(cutoff()), plan(cutoff(DECEMBER + timedelta(days=10), sequence=2))
    assert [event.uid for event in before.events] == [event.uid for event in after.events]
    assert [event.sequence for event in after.events] == [2] * 4
    assert after.one("call-x-ask-42").start == date(2026, 11, 20)


def test_other_lead_times_are_other_events() -> None:
    uids = {event.uid for event in plan(cutoff()).events} & {event.uid for event in plan(cutoff(), {"ask": 41}).events}
    assert uids == {"call-x@cmr-watch"}


def test_a_cancelled_cutoff_cancels_its_steps() -> None:
    found = plan(cutoff(state="withdrawn"))
    assert {event.status for event in found.events} == {"CANCELLED"}
    assert found.events[0].summary == "Cancelled: Ask the regional authority for a letter of support"
    assert not any(event.alarms for event in found.events)


def test_steps_are_in_the_order_of_their_days_whatever_is_chosen() -> None:
    steps = planned_steps(cutoff(), {"ask": 0, "submit": 365}, NOW)
    assert [(planned.step.name, planned.day, planned.is_over) for planned in steps] == [
        ("submit", date(2025, 12, 22), True),
        ("ask", date(2026, 12, 22), False),
    ]


def test_a_day_is_one_of_brussels() -> None:
    late = datetime(2026, 12, 19, 23, 30, tzinfo=UTC)  # already the 20th in Brussels
    (step,) = planned_steps(cutoff(), {"submit": 2}, late)
    assert (step.day, step.is_over) == (date(2026, 12, 20), False)


@pytest.mark.parametrize(
    ("query", "leads"),
    [
        ({"ask": "42", "letter": "14", "submit": "2", "cutoff": "x"}, LEADS),
        ({"ask": "0"}, {"ask": 0}),
        ({"submit": "365"}, {"submit": 365}),
        ({"letter": "007"}, {"letter": 7}),
    ],
)
def test_lead_times(query: dict[str, str], leads: dict[str, int]) -> None:
    assert lead_times(query) == leads


@pytest.mark.parametrize("value", ["366", "-1", "1.5", "x", "1 0", "٣", "²", "1e2", "+5", "9" * 200, "0x1"])
def test_other_lead_times_are_rejected(value: str) -> None:
    with pytest.raises(BadRequest, match="from 0 to 365"):
        lead_times({"ask": value})


def test_at_least_one_step_is_needed() -> None:
    with pytest.raises(BadRequest, match="at least one"):
        lead_times({"cutoff": "x"})
