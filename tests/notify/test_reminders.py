"""Reminders of cut-offs: properties over simulated periods of time, and tables of examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.models.muting import Mute
from cmr_watch.models.readings import CallNotice, Cutoff
from cmr_watch.models.recipients import OpenCutoff, Schedule, Subscription
from cmr_watch.notify.reminders import Decision, decide, unmuted

ZONES = ("Europe/Brussels", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Chatham")
START = datetime(2024, 3, 1, tzinfo=UTC)
MAY = datetime(2024, 5, 31, 16, 0, tzinfo=UTC)  # 18:00 in Brussels
CALL = CallNotice("open", (2024, 2025))


def subscription(reminders=(30, 14, 7, 2, 1), hour=8, zone=ZONES[0], began=START, **rest) -> Subscription:
    schedule = Schedule(hour=hour, time_zone=zone)
    usual = {"topics": ("calls",), "activated_at": began, "reminders": tuple(reminders)}
    return Subscription(
        1, "ann@example.org", countries=(), status="active", after_change_id=0, created_at=began, schedule=schedule,
        **{**usual, **rest},
    )  # fmt: skip


def cutoff(at=MAY, key="call-2024", since=None, **marks) -> OpenCutoff:
    return OpenCutoff(key, CALL, Cutoff(at, **marks), since)


ANN = subscription()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def offsets_and_days(decision: Decision) -> list[tuple[int, int]]:
    return [(one.offset, one.days_left) for one in decision.reminders]


# ── simulated time ──────────────────────────────────────────────────────────────────────────────────────────────────

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


def instants(steps: list[timedelta]) -> list[datetime]:
    return list(accumulate(steps, initial=START))


@given(cutoffs, subscriptions, jumps)
def test_each_reminder_is_sent_once_and_before_its_cut_off(known, subscribed, steps):
    settled, expected = set(), START
    for now in instants(steps):
        decision = decide(known, subscribed, settled, now)
        assert not settled & set(decision.settled)
        assert not decision.settled or (expected and expected <= now)
        expected = decision.next_at
        assert decision.next_at is None or now < decision.next_at
        assert bool(decision.reminders) <= bool(decision.settled)
        assert len({one.open.call_key for one in decision.reminders}) == len(decision.reminders)
        for one in decision.reminders:
            ahead = [
                other.cutoff.at for other in known if other.call_key == one.open.call_key and other.cutoff.at > now
            ]
            assert [one.open.cutoff.at, *(cutoff.at for cutoff in one.later)] == sorted(ahead)
        settled.update(decision.settled)
        assert decide(known, subscribed, settled, now) == Decision((), (), decision.next_at)


@given(cutoffs, subscriptions, jumps)
def test_a_run_between_the_last_due_time_and_the_cut_off_sends_a_reminder(known, subscribed, steps):
    settled, reminded = set(), set()
    for now in instants(steps):
        decision = decide(known, subscribed, settled, now)
        settled.update(decision.settled)
        for one in decision.reminders:
            reminded.update((one.open.call_key, at.at) for at in (one.open.cutoff, *one.later))
    for one in known:
        due = [at for entry in subscribed for offset in entry.reminders if (at := due_at(one, entry, offset))]
        has_run = due and any(max(due) <= now < one.cutoff.at for now in instants(steps))
        assert not has_run or (one.call_key, one.cutoff.at) in reminded


def due_at(one: OpenCutoff, entry: Subscription, offset: int) -> datetime | None:
    """Return when a reminder is due, computed independently by plain arithmetic on local time."""
    zone = ZoneInfo(entry.schedule.time_zone)
    day = one.cutoff.at.astimezone(zone).replace(hour=entry.schedule.hour, minute=0, fold=0) - timedelta(days=offset)
    at = day.astimezone(UTC)
    return at if max(entry.activated_at, one.since or START) <= at < one.cutoff.at else None


# ── examples ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("now", "expected", "next_at"),
    [
        ("2024-05-01 05:59", [], "2024-05-01 06:00"),
        ("2024-05-01 06:00", [(30, 30)], "2024-05-17 06:00"),
        (
            "2024-05-20 12:00",
            [(14, 11)],
            "2024-05-24 06:00",
        ),  # after a suspend: the nearest, with the actual days left
        ("2024-05-30 22:30", [(1, 0)], None),  # already the same day in Brussels
        ("2024-05-31 15:59", [(1, 0)], None),
        ("2024-05-31 16:00", [], None),
    ],
)
def test_due_times(now, expected, next_at):
    decision = decide([cutoff()], [ANN], (), utc(now))
    assert offsets_and_days(decision) == expected
    assert decision.next_at == (utc(next_at) if next_at else None)


def test_all_due_reminders_are_settled_with_the_nearest():
    decision = decide([cutoff()], [ANN], (), utc("2024-05-29 12:00"))
    assert decision.settled == tuple(("call-2024", MAY, offset) for offset in (30, 14, 7, 2))
    assert offsets_and_days(decision) == [(2, 2)]


def test_a_farther_offset_added_later_is_settled_without_sending():
    decision = decide([cutoff()], [ANN], {("call-2024", MAY, 2)}, utc("2024-05-29 12:00"))
    assert decision.reminders == ()
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
def test_no_reminder_is_due(known, entry):
    decision = decide([known], [entry], (), utc("2024-05-29 12:00"))
    assert (decision.reminders, decision.settled) == ((), ())


def test_a_moved_cut_off_is_reminded_again_even_if_tentative():
    now = utc("2024-05-29 12:00")
    settled = decide([cutoff()], [ANN], (), now).settled
    moved = cutoff(MAY + timedelta(days=1), tentative=True)
    assert offsets_and_days(decide([moved], [ANN], settled, now)) == [(7, 3)]


def test_the_earliest_of_several_subscriptions_counts_in_its_time_zone():
    far = subscription([1], hour=20, zone="America/New_York")
    near = subscription([1], hour=7)
    assert decide([cutoff()], [far, near], (), utc("2024-05-29 12:00")).next_at == utc("2024-05-30 05:00")
    midnight = cutoff(utc("2024-05-31 22:30"))  # 1 June in Brussels, 31 May in New York
    decision = decide([midnight], [far, near._replace(reminders=(7,))], (), utc("2024-05-31 06:00"))
    assert offsets_and_days(decision) == [(1, 0)]


def test_the_soonest_cut_off_comes_first():
    known = [cutoff(MAY + timedelta(days=1), "later"), cutoff()]
    decision = decide(known, [ANN], (), utc("2024-05-31 12:00"))
    assert [one.open.call_key for one in decision.reminders] == ["call-2024", "later"]


# ── late reminders ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_number_of_days_left_is_not_sent_twice():
    # the offset of two days was due at 08:00 on the 29th; the host resumed after midnight on the 30th
    late = decide([cutoff()], [ANN], {("call-2024", MAY, offset) for offset in (30, 14, 7)}, utc("2024-05-29 23:30"))
    assert offsets_and_days(late) == [(2, 1)]
    assert {key[2] for key in late.settled} == {2, 1}
    assert late.next_at is None


def test_a_reminder_sent_on_time_does_not_settle_the_next():
    on_time = decide([cutoff()], [ANN], {("call-2024", MAY, offset) for offset in (30, 14, 7)}, utc("2024-05-29 06:00"))
    assert offsets_and_days(on_time) == [(2, 2)]
    assert {key[2] for key in on_time.settled} == {2}
    assert on_time.next_at == utc("2024-05-30 06:00")


# ── muted calls ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_muted_calls_have_no_reminders():
    both = [cutoff(), cutoff(MAY, "other")]
    mutes = [Mute("call", "call-2024", utc("2024-05-01 00:00")), Mute("edition", "other", utc("2024-05-01 00:00"))]
    assert [one.call_key for one in unmuted(both, mutes)] == ["other"]
    assert unmuted(both, []) is both


def test_reminders_that_were_due_while_it_was_muted_are_not_sent_later():
    ended = Mute("call", "call-2024", utc("2024-05-01 00:00"), ended_at=utc("2024-05-24 12:00"))
    known = unmuted([cutoff()], [ended])
    decision = decide(known, [ANN], (), utc("2024-05-25 12:00"))
    assert (decision.reminders, decision.next_at) == ((), utc("2024-05-29 06:00"))
