"""When somebody is told: digests, quiet hours, local midnights. Pure; every instant that comes out is UTC.

Local times follow PEP 495: an hour that comes twice in autumn is the first of the two, one that spring skips means the
first moment after the gap.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from cmr_watch.models import QuietHours, Schedule

_DAY = timedelta(days=1)


def at_local(zone: str, day: date, hour: time) -> datetime:
    """The instant of a local time; the second of two when `hour.fold` is 1."""
    local = datetime.combine(day, hour, ZoneInfo(zone))
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # the hour is skipped: read with the offset of before the gap it lies after it, with that of after it before
    return _end_of_gap(local)


def _end_of_gap(local: datetime) -> datetime:
    before = local.replace(fold=0).utcoffset()
    after = local.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    low, high = (local.replace(tzinfo=UTC) - offset for offset in (after, before))
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(local.tzinfo).utcoffset() == before else (low, middle)
    return high.replace(microsecond=0)


def local_date(zone: str, at: datetime) -> date:
    """Which day it is there."""
    return at.astimezone(ZoneInfo(zone)).date()


def next_digest(schedule: Schedule, after: datetime) -> datetime:
    """When the next digest is due, later than `after`.

    - daily: each local day at the schedule's hour.
    - weekly, and immediately for what can wait: on the schedule's weekday at its hour.
    """
    day = local_date(schedule.time_zone, after)
    while True:
        if schedule.frequency == "daily" or day.weekday() == schedule.weekday:
            due = at_local(schedule.time_zone, day, time(schedule.hour))
            if due > after:
                return due
        day += _DAY


def period(schedule: Schedule, due_at: datetime) -> str:
    """The name of the digest that is due then: `daily 2024-04-01`, `weekly 2024-04-01`."""
    kind = "daily" if schedule.frequency == "daily" else "weekly"
    return f"{kind} {local_date(schedule.time_zone, due_at)}"


def due(schedule: Schedule, at_once: bool, now: datetime) -> tuple[datetime, str | None]:
    """When a change that is found now is told, and in which digest: None for what is told at once."""
    if at_once and schedule.frequency == "immediately":
        return now, None
    at = next_digest(schedule, now)
    return at, period(schedule, at)


def is_quiet(quiet: QuietHours, zone: str, at: datetime) -> bool:
    """Whether it is quiet then: from `start` on, until `end`; never when both are the same."""
    local = at.astimezone(ZoneInfo(zone)).time()
    if quiet.start <= quiet.end:
        return quiet.start <= local < quiet.end
    return local >= quiet.start or local < quiet.end


def after_quiet(quiet: QuietHours | None, zone: str, at: datetime) -> datetime:
    """That moment, or the end of the quiet hours that it lies in."""
    if quiet is None or not is_quiet(quiet, zone, at):
        return at
    day = local_date(zone, at)
    # the end comes twice in the night when clocks go back: whose second 02:15 is quiet until 02:30 waits 15 minutes
    ends = (at_local(zone, day + n * _DAY, quiet.end.replace(fold=fold)) for n in range(3) for fold in (0, 1))
    return next(end for end in ends if end > at and not is_quiet(quiet, zone, end))


def next_midnight(zone: str, at: datetime) -> datetime:
    """The beginning of the next local day."""
    return at_local(zone, local_date(zone, at) + _DAY, time())


def next_monthly_status(schedule: Schedule, after: datetime) -> datetime:
    """The first digest of the local month after that of `after`: when a month without news is over."""
    day = local_date(schedule.time_zone, after).replace(day=1)
    first = (day + 32 * _DAY).replace(day=1)
    return next_digest(schedule, at_local(schedule.time_zone, first, time()) - timedelta(seconds=1))
