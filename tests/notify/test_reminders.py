"""Who is reminded of which cut-off, and when: laws over walks through time, and small tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.models import CallNotice, Cutoff, OpenCutoff, Schedule, Subscription
from cmr_watch.notify.reminders import Decision, decide

ZONES = ("Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham")
START = datetime(2024, 3, 1, tzinfo=UTC)
MAY = datetime(2024, 5, 31, 16, 0, tzinfo=UTC)  # 18:00 in Brussels
CALL = CallNotice("open", (2024, 2025))


def subscription(reminders=(30, 14, 7, 2, 1), hour=8, zone=ZONES[0], began=START, **rest) -> Subscription:
    rhythm = Schedule(hour=hour, time_zone=zone)
    usual = {"topics": ("calls",), "activated_at": began, "reminders": tuple(reminders)}
    return Subscription(
        1, "ann@example.org", countries=(), status="active", after_change_id=0, created_at=began, rhythm=rhythm,
        **{**usual, **rest},
    )  # fmt: skip


def cutoff(at=MAY, key="call-2024", since=None, **marks) -> OpenCutoff:
    return OpenCutoff(key, CALL, Cutoff(at, **marks), since)


ANN = subscription()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def said(decision: Decision) -> list[tuple[int, int]]:
    return [(one.offset, one.days_left) for one in decision.tell]


# ── walking through time ────────────────────────────────────────────────────────────────────────────────────────────

jumps = st.lists(st.integers(1, 60).map(lambda hours: timedelta(hours=hours)), min_size=1, max_size=90)
subscriptions = st.lists(
    st.builds(
        subscription,
        st.sets(st.integers(0, 40), min_size=1, max_size=4),
        st.integers(0, 23),
        st.sampled_from(ZONES),
        st.integers(0, 40).map(lambda days: START + timedelta(days=days)),
    ),
    min_size=1,
    max_size=3,
)
cutoffs = st.lists(
    st.builds(
        cutoff,
        st.integers(1, 24 * 80).map(lambda hours: START + timedelta(hours=hours)),
        st.sampled_from(["one", "other"]),
        st.none() | st.integers(0, 60).map(lambda days: START + timedelta(days=days)),
        tentative=st.booleans(),
    ),
    max_size=3,
    unique_by=lambda one: (one.call_key, one.cutoff.at),
)


def last_fetches(steps: list[timedelta]) -> list[datetime]:
    return list(accumulate(steps, initial=START))


@given(cutoffs, subscriptions, jumps)
def test_a_walk_through_time_tells_each_once_and_in_time(known, people, steps):
    told, reminders, expected = set(), [], START
    last = dict.fromkeys(((one.call_key, one.cutoff.at) for one in known), 100)
    for now in last_fetches(steps):
        decision = decide(known, people, told, now)
        assert not told & set(decision.settled)
        assert not decision.settled or (expected and expected <= now)
        expected = decision.next_at
        assert decision.next_at is None or now < decision.next_at
        for one in decision.tell:
            assert now < one.open.cutoff.at
            key = one.open.call_key, one.open.cutoff.at
            assert one.offset < last[key]
            last[key] = one.offset
        told.update(decision.settled)
        again = decide(known, people, told, now)
        assert again == Decision((), (), decision.next_at)
        reminders += decision.tell
    assert len({(one.open.call_key, one.open.cutoff.at, one.offset) for one in reminders}) == len(reminders)


@given(cutoffs, subscriptions, jumps)
def test_whoever_looks_between_the_last_instant_and_the_cutoff_is_told(known, people, steps):
    told, heard = set(), set()
    for now in last_fetches(steps):
        decision = decide(known, people, told, now)
        told.update(decision.settled)
        heard.update((one.open.call_key, one.open.cutoff.at) for one in decision.tell)
    for one in known:
        due = [at for entry in people for offset in entry.reminders if (at := due_at(one, entry, offset))]
        looked = due and any(max(due) <= now < one.cutoff.at for now in last_fetches(steps))
        assert not looked or (one.call_key, one.cutoff.at) in heard


def due_at(one: OpenCutoff, entry: Subscription, offset: int) -> datetime | None:
    """A second opinion on when a reminder is due, by plain arithmetic on the local clock."""
    zone = ZoneInfo(entry.rhythm.time_zone)
    day = one.cutoff.at.astimezone(zone).replace(hour=entry.rhythm.hour, minute=0, fold=0) - timedelta(days=offset)
    at = day.astimezone(UTC)
    return at if max(entry.activated_at, one.since or START) <= at < one.cutoff.at else None


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "told", "next_at"),
    [
        ("2024-05-01 05:59", [], "2024-05-01 06:00"),
        ("2024-05-01 06:00", [(30, 30)], "2024-05-17 06:00"),
        ("2024-05-20 12:00", [(14, 11)], "2024-05-24 06:00"),  # was asleep: the nearest, with the true days
        ("2024-05-30 22:30", [(1, 0)], None),  # it is the day itself in Brussels
        ("2024-05-31 15:59", [(1, 0)], None),
        ("2024-05-31 16:00", [], None),
    ],
)
def test_when_somebody_is_reminded(now, told, next_at):
    decision = decide([cutoff()], [ANN], (), utc(now))
    assert said(decision) == told
    assert decision.next_at == (utc(next_at) if next_at else None)


def test_all_that_are_due_are_settled_with_the_nearest():
    decision = decide([cutoff()], [ANN], (), utc("2024-05-29 12:00"))
    assert decision.settled == tuple(("call-2024", MAY, offset) for offset in (30, 14, 7, 2))
    assert said(decision) == [(2, 2)]


def test_a_farther_one_that_is_wished_for_late_is_settled_without_a_word():
    decision = decide([cutoff()], [ANN], {("call-2024", MAY, 2)}, utc("2024-05-29 12:00"))
    assert decision.tell == ()
    assert [key[2] for key in decision.settled] == [30, 14, 7]


@pytest.mark.parametrize(
    ("known", "entry"),
    [
        (cutoff(closed=True), ANN),
        (cutoff(since=utc("2024-05-29 06:01")), ANN),
        (cutoff(), subscription(began=utc("2024-05-29 06:01"))),
        (cutoff(), subscription(topics=("editions", "materials"))),
        (cutoff(), subscription(reminders=())),
        (cutoff(), subscription(reminders=[0], hour=18)),  # due with the cut-off itself
    ],
)
def test_what_is_no_reminder(known, entry):
    decision = decide([known], [entry], (), utc("2024-05-29 12:00"))
    assert (decision.tell, decision.settled) == ((), ())


def test_what_moved_is_told_anew_and_a_tentative_one_like_the_others():
    now = utc("2024-05-29 12:00")
    told = decide([cutoff()], [ANN], (), now).settled
    moved = cutoff(MAY + timedelta(days=1), tentative=True)
    assert said(decide([moved], [ANN], told, now)) == [(7, 3)]


def test_the_soonest_of_several_subscriptions_in_its_zone():
    far = subscription([1], hour=20, zone="America/New_York")
    near = subscription([1], hour=7)
    assert decide([cutoff()], [far, near], (), utc("2024-05-29 12:00")).next_at == utc("2024-05-30 05:00")
    midnight = cutoff(utc("2024-05-31 22:30"))  # 1 June in Brussels, 31 May in New York
    decision = decide([midnight], [far, replace(near, reminders=(7,))], (), utc("2024-05-31 06:00"))
    assert said(decision) == [(1, 0)]


def test_the_soonest_cutoff_comes_first():
    known = [cutoff(MAY + timedelta(days=1), "later"), cutoff()]
    decision = decide(known, [ANN], (), utc("2024-05-31 12:00"))
    assert [one.open.call_key for one in decision.tell] == ["call-2024", "later"]


# ── late ones ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_number_of_days_is_not_told_twice():
    # two days before it was due at 08:00 on the 29th; the host woke after midnight on the 30th
    late = decide([cutoff()], [ANN], {("call-2024", MAY, offset) for offset in (30, 14, 7)}, utc("2024-05-29 23:30"))
    assert said(late) == [(2, 1)]
    assert {key[2] for key in late.settled} == {2, 1}
    assert late.next_at is None


def test_one_that_is_in_time_leaves_the_next_one():
    on_time = decide([cutoff()], [ANN], {("call-2024", MAY, offset) for offset in (30, 14, 7)}, utc("2024-05-29 06:00"))
    assert said(on_time) == [(2, 2)]
    assert {key[2] for key in on_time.settled} == {2}
    assert on_time.next_at == utc("2024-05-30 06:00")
