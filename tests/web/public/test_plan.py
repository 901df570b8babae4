"""Working back from a cut-off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cmr_watch.models.calendar import CalendarEvent, EventState
from cmr_watch.models.readings import CallNotice, Cutoff
from cmr_watch.web.public.calendar_file import calendar_file
from cmr_watch.web.public.plan import lead_times, made_on, plan_entries, planned_steps
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
        ("Submit the application to host an edition", date(2026, 12, 18)),
        (
            "Cut-off to apply as a host in 2027–2028, 18:00 Brussels time",
            DECEMBER,
        ),
    ]
    first, second, *_ = found.events
    assert first.end == date(2026, 11, 11)
    assert first.description.splitlines()[0] == "For the cut-off on 22 December 2026, 18:00 (Brussels time)."
    assert not any("accepted until" in event.description for event in found.events[:3]), "their day is another one"
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


def test_each_step_leads_to_what_it_needs() -> None:
    call = CallNotice("open", (2027,), (Cutoff(DECEMBER),), apply_url="https://example.eu/form")
    event, site = replace(cutoff(), subject=call), replace(SITE, url="https://cmr.example")
    ask, letter, submit, _cutoff = plan_entries(event, LEADS, site, NOW)
    assert "https://cmr.example/letter?cutoff=call-x&letter=14" in ask.description
    assert "/letter" not in letter.description + submit.description
    assert "Apply: https://example.eu/form" in submit.description
    assert "example.eu/form" not in ask.description
    assert "https://cmr.example/calls/call" in letter.description


def test_a_day_at_a_weekend_becomes_the_friday_before() -> None:
    days = [
        (planned.day, planned.note) for planned in planned_steps(cutoff(), {"ask": 3, "letter": 2, "submit": 1}, NOW)
    ]
    assert days == [
        (date(2026, 12, 18), "4 days before (3 days before is at a weekend)"),
        (date(2026, 12, 18), "4 days before (2 days before is at a weekend)"),
        (date(2026, 12, 21), "1 day before"),
    ]


def test_what_was_late_when_the_plan_was_made_is_on_that_day_for_ever() -> None:
    made = date(2026, 11, 28)
    for later in (timedelta(), timedelta(days=9)):
        ask, letter, _submit = planned_steps(cutoff(), LEADS, NOW + later, made)
        assert (ask.day, ask.wanted, ask.is_late, ask.days) == (made, date(2026, 11, 10), True, 24)
        assert (letter.day, letter.is_late) == (date(2026, 12, 8), False)
    moved = planned_steps(cutoff(DECEMBER + timedelta(days=60)), LEADS, NOW, made)
    assert not any(step.is_late for step in moved)
    entries = plan_entries(cutoff(), LEADS, SITE, NOW, made)
    assert (entries[0].uid, entries[0].start, entries[0].alarms) == ("call-x-ask-42", made, (timedelta(hours=9),))


def test_a_plan_for_a_cutoff_that_is_over_has_its_own_days() -> None:
    after = datetime(2027, 1, 10, 9, tzinfo=UTC)
    ask, *_others = planned_steps(cutoff(), LEADS, after, after.date())
    assert (ask.day, ask.is_late, ask.is_over) == (date(2026, 11, 10), False, True)


def test_a_day_is_one_of_brussels() -> None:
    late = datetime(2026, 12, 20, 23, 30, tzinfo=UTC)  # already the 21st in Brussels
    (step,) = planned_steps(cutoff(), {"submit": 1}, late)
    assert (step.day, step.is_over) == (date(2026, 12, 21), False)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"ask": "10", "letter": "50"}, "you would have the letter before you ask for it"),
        ({"letter": "1", "submit": "2"}, "submit the application before you have the letter"),
        ({"ask": "1", "submit": "2"}, "submit the application before you ask for the letter"),
    ],
)
def test_a_step_before_the_one_that_it_needs_is_rejected(query: dict[str, str], message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        lead_times(query)


def test_the_day_on_which_a_plan_was_made() -> None:
    assert made_on({}) is None
    assert made_on({"from": "2026-11-28"}) == date(2026, 11, 28)
    for wrong in ("2026-02-30", "20261128", "x", "2026-W48-6", "٢٠٢٦-11-28"):
        with pytest.raises(BadRequest, match="2026-11-28"):
            made_on({"from": wrong})


@pytest.mark.parametrize(
    ("query", "leads"),
    [
        ({"ask": "42", "letter": "14", "submit": "2", "cutoff": "x"}, LEADS),
        ({"ask": "0"}, {"ask": 0}),
        ({"ask": "5", "letter": "5"}, {"ask": 5, "letter": 5}),
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
