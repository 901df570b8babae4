"""Which events the calendar has, and how they follow what is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.calendar_diff import changed_events, cutoff_of, events_of
from cmr_watch.cutoff_diff import compare_cutoffs
from cmr_watch.models.calendar import CalendarEvent
from cmr_watch.models.readings import CallNotice, Cutoff, Edition, Known, KnownCall, KnownEdition
from tests.factories import call, edition

NOW = datetime(2024, 4, 2, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MAY = datetime(2024, 5, 31, 16, tzinfo=UTC)
JUNE = datetime(2024, 6, 28, 16, tzinfo=UTC)
MAY_UID = "call-2024-20240531T1600Z"
PAST = NOW - 10 * DAY


class Calendar:
    """The calendar of an installation, in memory."""

    def __init__(self) -> None:
        self.known = Known()
        self.stored: dict[str, CalendarEvent] = {}
        self.now = NOW

    def see(self, *editions: KnownEdition, calls: tuple[KnownCall, ...] = (), **values: Any) -> None:
        """Let this be known, a day later."""
        after = Known(editions, calls)
        for event in changed_events(self.known, after, tuple(self.stored.values()), self.now, **values):
            self.stored[event.uid] = event
        self.known = after
        self.now += DAY

    @property
    def events(self) -> dict[str, CalendarEvent]:
        events = events_of(self.known, self.stored.values())
        by_uid = {event.uid: event for event in events}
        assert len(by_uid) == len(events), "a UID is used twice"
        return by_uid


@pytest.fixture
def calendar() -> Calendar:
    return Calendar()


def lyon(**values: Any) -> KnownEdition:
    gone = values.pop("gone", None)
    return KnownEdition("lyon-fr-2024-10", edition(**values), NOW, gone=gone)


def hosts(
    *cutoffs: Cutoff | datetime, key: str = "call-2024", gone: Any = None, **values: Any
) -> tuple[KnownCall, ...]:
    times = tuple(one if isinstance(one, Cutoff) else Cutoff(one) for one in cutoffs)
    return (KnownCall(key, call(cutoffs=times, **values), NOW, gone=gone),)


def only(calendar: Calendar) -> CalendarEvent:
    (event,) = calendar.events.values()
    return event


def at(event: CalendarEvent) -> datetime:
    cutoff = cutoff_of(event)
    assert cutoff is not None
    return cutoff.at


# ── editions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_new_edition_is_an_event_that_needs_no_row(calendar: Calendar) -> None:
    calendar.see(lyon())
    event = only(calendar)
    assert (event.uid, event.sequence, event.changed_at, event.state) == ("lyon-fr-2024-10", 0, NOW, "planned")
    assert not calendar.stored


def test_an_edition_without_days_is_no_event_until_it_has_some(calendar: Calendar) -> None:
    calendar.see(lyon(starts_on=None, ends_on=None, period="2024-10"))
    assert not calendar.events
    calendar.see(lyon())
    assert only(calendar).sequence == 0


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"starts_on": date(2024, 11, 6), "ends_on": date(2024, 11, 7)}, "planned"),
        ({"venue": "Palais de la Bourse"}, "planned"),
        ({"region": "Auvergne-Rhône-Alpes"}, "planned"),
        ({"text": "Lyon (France), 12-13 October 2024"}, "planned"),
        ({"status": "save_the_date"}, "planned"),
        ({"status": "cancelled"}, "cancelled"),
        ({"status": "postponed"}, "postponed"),
        ({"gone": "withdrawn"}, "withdrawn"),
        ({"starts_on": None, "ends_on": None}, "undated"),
        ({"starts_on": None, "ends_on": None, "status": "postponed"}, "postponed"),
    ],
)
def test_each_visible_difference_raises_the_sequence(calendar: Calendar, values: dict[str, Any], state: str) -> None:
    calendar.see(lyon())
    calendar.see(lyon(**values))
    event = only(calendar)
    assert (event.uid, event.sequence, event.changed_at) == ("lyon-fr-2024-10", 1, NOW + DAY)
    assert event.state == state
    calendar.see(lyon())
    assert (only(calendar).state, only(calendar).sequence) == ("planned", 2)


@pytest.mark.parametrize(
    "values",
    [
        {"section": "past", "status": "held"},
        {"summary_url": "https://example.org/summary"},
        {"former_registration_url": "https://example.org/old"},
        {"gone": "delisted"},
        {"starts_on": None, "ends_on": None, "section": "past", "status": "held"},
    ],
)
def test_what_the_calendar_does_not_show_raises_nothing(calendar: Calendar, values: dict[str, Any]) -> None:
    calendar.see(lyon())
    calendar.see(lyon(**values))
    event = only(calendar)
    assert (event.sequence, event.state) == (0, "planned")
    assert isinstance(event.subject, Edition)
    assert event.subject.starts_on == date(2024, 10, 12)


def test_an_edition_that_lost_its_days_keeps_the_last_ones(calendar: Calendar) -> None:
    calendar.see(lyon())
    calendar.see(lyon(starts_on=date(2024, 11, 6), ends_on=date(2024, 11, 7)))
    for _ in range(2):
        calendar.see(lyon(starts_on=None, ends_on=None))
        subject = only(calendar).subject
        assert isinstance(subject, Edition)
        assert subject.starts_on == date(2024, 11, 6)
        assert only(calendar).sequence == 2


def test_an_edition_that_was_a_misreading_is_withdrawn(calendar: Calendar) -> None:
    calendar.see(lyon())
    calendar.see(are_mistakes=True)
    assert (only(calendar).state, only(calendar).listed, only(calendar).sequence) == ("withdrawn", False, 1)
    calendar.see(lyon())
    assert (only(calendar).state, only(calendar).listed, only(calendar).sequence) == ("planned", True, 2)


# ── cut-offs ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cutoff_that_moves_keeps_its_uid(calendar: Calendar) -> None:
    calendar.see(calls=hosts(MAY))
    assert (only(calendar).uid, only(calendar).sequence) == (MAY_UID, 0)
    calendar.see(calls=hosts(JUNE))
    event = only(calendar)
    assert (event.uid, at(event), event.sequence, event.changed_at) == (MAY_UID, JUNE, 1, NOW + DAY)
    calendar.see(calls=hosts(JUNE + DAY))
    assert (only(calendar).uid, only(calendar).sequence) == (MAY_UID, 2)


def test_a_cutoff_at_the_former_time_of_another_has_a_uid_of_its_own(calendar: Calendar) -> None:
    calendar.see(calls=hosts(MAY))
    calendar.see(calls=hosts(JUNE))
    calendar.see(calls=hosts(MAY, JUNE))
    assert {uid: at(event) for uid, event in calendar.events.items()} == {MAY_UID: JUNE, f"{MAY_UID}-2": MAY}
    assert calendar.events[f"{MAY_UID}-2"].changed_at == NOW + 2 * DAY


def test_inserting_a_cutoff_changes_no_other_uid(calendar: Calendar) -> None:
    calendar.see(calls=hosts(MAY, JUNE))
    before = set(calendar.events)
    calendar.see(calls=hosts(MAY, MAY + 7 * DAY, JUNE))
    assert set(calendar.events) > before
    assert all(calendar.events[uid].sequence == 0 for uid in before)


def test_a_cutoff_that_is_gone_before_its_time_is_withdrawn_and_may_come_back(calendar: Calendar) -> None:
    calendar.see(calls=hosts(MAY, JUNE))
    calendar.see(calls=hosts(JUNE))
    gone = calendar.events[MAY_UID]
    assert (gone.state, gone.sequence, at(gone), gone.listed) == ("withdrawn", 1, MAY, False)
    calendar.see(calls=hosts(MAY, JUNE))
    back = calendar.events[MAY_UID]
    assert (back.state, back.sequence, back.listed) == ("planned", 2, True)


def test_a_cutoff_that_is_over_stays_as_it_was(calendar: Calendar) -> None:
    calendar.see(calls=hosts(PAST, JUNE))
    uids = set(calendar.events)
    calendar.see(calls=hosts(JUNE))
    assert set(calendar.events) == uids
    assert {event.state for event in calendar.events.values()} == {"planned"}
    assert {event.sequence for event in calendar.events.values()} == {0}


def test_a_cutoff_that_is_over_and_was_a_misreading_does_not_stay(calendar: Calendar) -> None:
    calendar.see(calls=hosts(PAST, JUNE))
    calendar.see(calls=hosts(JUNE), are_mistakes=True)
    assert sorted(event.state for event in calendar.events.values()) == ["planned", "withdrawn"]


@pytest.mark.parametrize(
    ("values", "state"),
    [
        ({"status": "closed"}, "closed"),
        ({"gone": "withdrawn"}, "withdrawn"),
        ({"gone": "delisted"}, "withdrawn"),
        ({"gone": "delisted", "status": "closed"}, "closed"),
        ({"status": "announced"}, "planned"),
    ],
)
def test_the_cutoffs_follow_the_state_of_their_call(calendar: Calendar, values: dict[str, Any], state: str) -> None:
    calendar.see(calls=hosts(PAST, MAY))
    calendar.see(calls=hosts(PAST, MAY, **values))
    states = {at(event): event.state for event in calendar.events.values()}
    assert states == {PAST: "planned", MAY: state}
    assert calendar.events[MAY_UID].sequence == (state != "planned")


def test_a_cutoff_that_was_closed_or_withdrawn_stays_so_when_its_time_is_over(calendar: Calendar) -> None:
    calendar.see(calls=hosts(Cutoff(MAY, closed=True), JUNE))
    assert (calendar.events[MAY_UID].state, calendar.events[MAY_UID].sequence) == ("closed", 0)
    calendar.see(calls=hosts(Cutoff(MAY, closed=True), JUNE, gone="withdrawn"))
    calendar.now = JUNE + DAY
    calendar.see(lyon(), calls=hosts(Cutoff(MAY, closed=True), JUNE, gone="withdrawn"))
    states = {at(event): event.state for uid, event in calendar.events.items() if uid != "lyon-fr-2024-10"}
    assert states == {MAY: "closed", JUNE: "withdrawn"}


def test_a_cutoff_that_gets_an_hour_is_the_same(calendar: Calendar) -> None:
    midnight = datetime(2024, 5, 31, 21, 59, tzinfo=UTC)
    calendar.see(calls=hosts(midnight))
    calendar.see(calls=hosts(MAY))
    assert (at(only(calendar)), only(calendar).sequence) == (MAY, 1)
    assert only(calendar).uid == "call-2024-20240531T2159Z"


def test_two_cutoffs_on_one_day_are_two_events(calendar: Calendar) -> None:
    midnight = datetime(2024, 5, 31, 21, 59, tzinfo=UTC)
    calendar.see(calls=hosts(midnight))
    calendar.see(calls=hosts(MAY, midnight))
    assert {uid: at(event) for uid, event in calendar.events.items()} == {
        "call-2024-20240531T2159Z": midnight,
        MAY_UID: MAY,
    }


def test_marking_a_cutoff_that_is_over_as_closed_changes_nothing(calendar: Calendar) -> None:
    calendar.see(calls=hosts(PAST))
    calendar.see(calls=hosts(Cutoff(PAST, closed=True)))
    assert (only(calendar).state, only(calendar).sequence) == ("planned", 0)


def test_a_clock_that_goes_back_does_not_make_an_event_older(calendar: Calendar) -> None:
    calendar.see(calls=hosts(MAY))
    calendar.see(calls=hosts(JUNE))
    calendar.now = NOW
    calendar.see(calls=hosts(MAY))
    assert (only(calendar).sequence, only(calendar).changed_at) == (2, NOW + DAY)


# ── the law ──────────────────────────────────────────────────────────────────────────────────────────────────────

TIMES = [NOW + days * DAY for days in (-5, 1, 2, 3, 30, 60)]
CUTOFFS = st.lists(
    st.builds(Cutoff, st.sampled_from(TIMES), st.just(""), st.booleans(), st.booleans()),
    max_size=4,
    unique_by=lambda cutoff: cutoff.at,
).map(tuple)
GONE = st.sampled_from([None, None, "withdrawn", "delisted"])
CALLS = st.builds(
    lambda cutoffs, status, gone: (cutoffs, status, gone),
    CUTOFFS,
    st.sampled_from(["announced", "open", "closed"]),
    GONE,
)
EDITIONS = st.builds(
    lambda day, status, gone: (day, status, gone),
    st.sampled_from([None, date(2024, 10, 12), date(2024, 11, 6)]),
    st.sampled_from(["scheduled", "save_the_date", "postponed", "cancelled", "held"]),
    GONE,
)
STATES = st.builds(
    lambda calls, editions: (calls, editions),
    st.dictionaries(st.sampled_from(["call-a", "call-b"]), CALLS),
    st.dictionaries(st.sampled_from(["lyon", "oslo"]), EDITIONS),
)


def known_of(state: Any) -> Known:
    calls, editions = state
    return Known(
        tuple(
            KnownEdition(key, edition(key, starts_on=day, ends_on=day, status=status), NOW, gone=gone)
            for key, (day, status, gone) in editions.items()
        ),
        tuple(
            KnownCall(key, call(cutoffs=cutoffs, status=status), NOW, gone=gone)
            for key, (cutoffs, status, gone) in calls.items()
        ),
    )


def shown(event: CalendarEvent) -> tuple[Any, ...]:
    return event.state, event.subject, event.subject.text


@given(st.lists(st.tuples(STATES, st.booleans()), max_size=8))
def test_over_any_history_uids_last_and_every_visible_difference_raises_the_sequence(history: list[Any]) -> None:
    calendar = Calendar()
    for state, are_mistakes in history:
        known_before, before, now = calendar.known, calendar.events, calendar.now
        after = known_of(state)
        calendar.see(*after.editions, calls=after.calls, are_mistakes=are_mistakes)
        events = calendar.events
        assert events.keys() >= before.keys(), "nothing ever leaves the calendar"
        for uid, old in before.items():
            new = events[uid]
            assert (new.key, type(new.subject)) == (old.key, type(old.subject))
            assert new.sequence == old.sequence + (shown(new) != shown(old))
            assert new.changed_at == (now if shown(new) != shown(old) else old.changed_at)
        assert_cutoffs_are_the_same(known_before, after, before, events)
        # storing nothing else, and reading it again, gives the same calendar
        assert not changed_events(calendar.known, calendar.known, tuple(calendar.stored.values()), now)


def assert_cutoffs_are_the_same(
    known_before: Known, known_after: Known, before: dict[str, CalendarEvent], after: dict[str, CalendarEvent]
) -> None:
    """Assert that each cut-off keeps its UID, also when it moves, and that no new one has the UID of another."""
    old_calls = {entry.key: entry.call for entry in known_before.calls}
    for entry in known_after.calls:
        assert sorted(listed(after, entry.key).values()) == sorted(cutoff.at for cutoff in entry.call.cutoffs)
        moves, _ = compare_cutoffs(
            old_calls.get(entry.key, replace(entry.call, cutoffs=())).cutoffs, entry.call.cutoffs
        )
        origins = {new.at: old.at if old else None for old, new in moves}
        for uid, time in listed(after, entry.key).items():
            origin = origins.get(time, time)
            if origin is not None:
                assert listed(before, entry.key)[uid] == origin
            else:
                assert uid not in before or at(before[uid]).date() == time.date()


def listed(events: dict[str, CalendarEvent], key: str) -> dict[str, datetime]:
    return {
        uid: at(event)
        for uid, event in events.items()
        if event.listed and event.key == key and isinstance(event.subject, CallNotice)
    }
