"""Delivery times: properties over time zones and years, and examples around daylight saving changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cmr_watch.models.recipients import QuietHours, Schedule
from cmr_watch.notify.delivery_schedule import (
    at_local,
    digest_period,
    due,
    end_of_quiet,
    is_quiet,
    next_digest,
    next_midnight,
    next_monthly_status,
)

NAMES = (
    "Europe/Brussels",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Africa/Casablanca",
)
zones = st.sampled_from(NAMES)
first, last = datetime(2023, 1, 1), datetime(2027, 12, 31)  # noqa: DTZ001 (hypothesis requires naive bounds)
moments = st.datetimes(first, last, timezones=st.just(UTC))
# hours around daylight saving changes in Brussels and New York, which random instants rarely hit
clock_changes = st.sampled_from(
    [datetime(2024, *at, tzinfo=UTC) for at in ((3, 10, 7), (3, 31, 1), (10, 27, 1), (11, 3, 6))]
)
instants = moments | st.builds(
    lambda at, minutes: at + timedelta(minutes=minutes), clock_changes, st.integers(min_value=-300, max_value=300)
)
schedules = st.builds(
    Schedule, st.sampled_from(["immediately", "daily", "weekly"]), st.integers(0, 23), st.integers(0, 6), zones
)
times = st.times().map(lambda at: at.replace(microsecond=0))


def local(schedule: Schedule, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(schedule.time_zone))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# ── digests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(schedules, instants)
def test_next_digest_is_the_first_after_the_given_instant(schedule, after):
    at = next_digest(schedule, after)
    assert after < at <= after + timedelta(days=2 if schedule.frequency == "daily" else 8)
    assert at.utcoffset() == timedelta()
    assert next_digest(schedule, at - timedelta(microseconds=1)) == at
    assert schedule.frequency == "daily" or local(schedule, at).weekday() == schedule.weekday


@settings(max_examples=12, deadline=None)
@given(schedules, moments.filter(lambda at: at.year < 2025))
def test_exactly_one_digest_per_day_or_week_for_three_years(schedule, start):
    step = 1 if schedule.frequency == "daily" else 7
    due_times = [next_digest(schedule, start)]
    while due_times[-1] < start + timedelta(days=3 * 365):
        due_times.append(next_digest(schedule, due_times[-1]))
    days = [local(schedule, at).date() for at in due_times]
    assert {(later - day).days for day, later in pairwise(days)} == {step}
    assert len({digest_period(schedule, at) for at in due_times}) == len(due_times)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "instant"),
    [
        ("Europe/Brussels", date(2024, 3, 30), time(2), "2024-03-30 01:00"),
        ("Europe/Brussels", date(2024, 3, 31), time(2), "2024-03-31 01:00"),  # skipped: 03:00 summer time
        ("Europe/Brussels", date(2024, 3, 31), time(2, 30), "2024-03-31 01:00"),
        ("Europe/Brussels", date(2024, 10, 27), time(2), "2024-10-27 00:00"),  # ambiguous: the first
        ("Europe/Brussels", date(2024, 10, 27), time(2, fold=1), "2024-10-27 01:00"),
        ("Australia/Lord_Howe", date(2024, 10, 6), time(2, 15), "2024-10-05 15:30"),  # a change of half an hour
        ("America/New_York", date(2024, 3, 10), time(2, 59), "2024-03-10 07:00"),
    ],
)
def test_local_times_around_daylight_saving_changes(zone, day, hour, instant):
    assert at_local(zone, day, hour) == utc(instant)


def test_when_a_change_is_delivered():
    monday = utc("2024-04-01 05:00")
    assert due(Schedule(), True, monday) == (monday, None)
    assert due(Schedule(), False, monday) == (utc("2024-04-01 06:00"), "weekly 2024-04-01")
    assert due(Schedule("daily"), True, utc("2024-04-01 06:00")) == (utc("2024-04-02 06:00"), "daily 2024-04-02")
    assert due(Schedule("weekly", 23, 2, "America/New_York"), True, monday)[1] == "weekly 2024-04-03"


# ── quiet hours, midnights, months ──────────────────────────────────────────────────────────────────────────────────


@given(st.builds(QuietHours, times, times), zones, instants)
def test_end_of_quiet_is_outside_quiet_hours(quiet, zone, at):
    end = end_of_quiet(quiet, zone, at)
    assert not is_quiet(quiet, zone, end)
    assert end_of_quiet(quiet, zone, end) == end
    assert (end == at) is not is_quiet(quiet, zone, at)
    assert at <= end <= at + timedelta(hours=49)


@pytest.mark.parametrize(
    ("hours", "at", "end"),
    [
        ((22, 7), "2024-04-01 19:59", None),
        ((22, 7), "2024-04-01 20:00", "2024-04-02 05:00"),
        ((22, 7), "2024-04-02 04:59", "2024-04-02 05:00"),
        ((22, 7), "2024-04-02 05:00", None),
        ((12, 14), "2024-04-01 11:00", "2024-04-01 12:00"),
        ((9, 9), "2024-04-01 07:00", None),
        ((22, 2), "2024-03-31 00:30", "2024-03-31 01:00"),  # 02:00 is skipped
        ((22, 3), "2024-10-27 01:30", "2024-10-27 02:00"),  # the second 02:30
    ],
)
def test_quiet_hours(hours, at, end):
    quiet = QuietHours(time(hours[0]), time(hours[1]))
    assert end_of_quiet(quiet, "Europe/Brussels", utc(at)) == utc(end or at)


def test_quiet_hours_whose_end_is_ambiguous():
    quiet = QuietHours(time(22), time(2, 30))
    ends = [end_of_quiet(quiet, "Europe/Brussels", utc(f"2024-10-27 {at}")) for at in ("00:15", "01:15")]
    assert ends == [utc("2024-10-27 00:30"), utc("2024-10-27 01:30")]


def test_without_quiet_hours_delivery_is_not_deferred():
    assert end_of_quiet(None, "Europe/Brussels", utc("2024-04-01 01:00")) == utc("2024-04-01 01:00")


@given(zones, instants)
def test_next_midnight_is_the_start_of_the_next_local_day(zone, at):
    midnight = next_midnight(zone, at)
    assert at < midnight <= at + timedelta(hours=25.5)
    local_midnight = midnight.astimezone(ZoneInfo(zone))
    assert (local_midnight.date() - at.astimezone(ZoneInfo(zone)).date()).days == 1
    assert local_midnight.time() == time()


@pytest.mark.parametrize(
    ("after", "due"),
    [
        ("2024-03-27 08:00", "2024-05-01 06:00"),
        ("2024-02-02 08:00", "2024-03-01 07:00"),
        ("2024-02-03 08:00", "2024-04-01 06:00"),
        ("2023-02-01 07:00:20", "2023-03-01 07:00"),
    ],
)
def test_monthly_status_never_comes_days_after_another_message(after, due):
    assert next_monthly_status(Schedule("daily"), datetime.fromisoformat(f"{after}+00:00")) == utc(due)


@given(schedules, instants)
@example(
    Schedule("weekly", 1, 6, "America/New_York"), datetime(2024, 10, 27, 1, tzinfo=UTC)
)  # due at an ambiguous time
def test_monthly_status_is_due_with_the_first_digest_of_a_month_that_ends_four_weeks_without_a_message(schedule, after):
    due_at = next_monthly_status(schedule, after)
    day, previous = local(schedule, due_at), local(schedule, after)
    assert (day.year * 12 + day.month) - (previous.year * 12 + previous.month) in (1, 2)
    assert 28 <= (day.date() - previous.date()).days <= 66
    assert day.day <= (1 if schedule.frequency == "daily" else 7)
    # compared in UTC: an ambiguous local time equals no time in another zone (PEP 495)
    assert next_digest(schedule, due_at - timedelta(seconds=1)) == due_at
