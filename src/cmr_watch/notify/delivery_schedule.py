"""Computes when to deliver: digests, quiet hours, pauses, local midnights. Pure; all returned instants are in UTC.

Local times follow PEP 495: a time that occurs twice when clocks go back means its first occurrence; a time that is
skipped when clocks go forward means the first moment after the gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.models.recipients import QuietHours, Schedule

_DAY = timedelta(days=1)
_MONTH: Final = timedelta(days=28)
"""The shortest time without a message after which the monthly status message is due."""


def at_local(zone: str, day: date, hour: time) -> datetime:
    """Return the instant of a local time; the second occurrence of an ambiguous one if `hour.fold` is 1."""
    local = datetime.combine(day, hour, ZoneInfo(zone))
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # a skipped time: the end of the gap lies between its readings with the offsets after and before the gap
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
    """Return the date in the time zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def next_digest(schedule: Schedule, after: datetime) -> datetime:
    """Return when the first digest after `after` is due.

    - daily: every local day at the schedule's hour.
    - weekly, and non-urgent changes of an immediate schedule: on the schedule's weekday at its hour.
    """
    day = local_date(schedule.time_zone, after)
    while True:
        if schedule.frequency == "daily" or day.weekday() == schedule.weekday:
            due_at = at_local(schedule.time_zone, day, time(schedule.hour))
            if due_at > after:
                return due_at
        day += _DAY


def digest_period(schedule: Schedule, due_at: datetime) -> str:
    """Return the name of the digest due at `due_at`, such as `daily 2024-04-01` or `weekly 2024-04-01`."""
    frequency = "daily" if schedule.frequency == "daily" else "weekly"
    return f"{frequency} {local_date(schedule.time_zone, due_at)}"


def due(schedule: Schedule, is_urgent: bool, now: datetime) -> tuple[datetime, str | None]:
    """Return when to deliver a change found now, and the period of the digest; None if delivered immediately."""
    if is_urgent and schedule.frequency == "immediately":
        return now, None
    due_at = next_digest(schedule, now)
    return due_at, digest_period(schedule, due_at)


def is_quiet(quiet: QuietHours, zone: str, at: datetime) -> bool:
    """Whether `at` is within quiet hours: from `start` (included) to `end` (excluded); never if they are equal."""
    local = at.astimezone(ZoneInfo(zone)).time()
    if quiet.start <= quiet.end:
        return quiet.start <= local < quiet.end
    return local >= quiet.start or local < quiet.end


def end_of_quiet(quiet: QuietHours | None, zone: str, at: datetime) -> datetime:
    """Return the end of the quiet hours that contain `at`, or `at` itself outside quiet hours."""
    if quiet is None or not is_quiet(quiet, zone, at):
        return at
    day = local_date(zone, at)
    # when clocks go back, an end of 02:30 occurs twice: from the second 02:15 the wait is 15 minutes, not a day
    ends = (at_local(zone, day + n * _DAY, quiet.end.replace(fold=fold)) for n in range(3) for fold in (0, 1))
    return next(end for end in ends if end > at and not is_quiet(quiet, zone, end))


@dataclass(frozen=True, slots=True)
class Silence:
    """When nothing is sent to a recipient: in quiet hours, in their time zone, and until the end of a pause."""

    quiet: QuietHours | None
    zone: str
    paused_until: datetime | None = None

    def end(self, at: datetime) -> datetime:
        """Return the end of the silence that contains `at`, or `at` itself. A pause may end within quiet hours."""
        return end_of_quiet(self.quiet, self.zone, max(at, self.paused_until or at))

    def is_paused(self, at: datetime) -> bool:
        """Whether the recipient has asked for nothing at all at this time, not even what cannot wait."""
        return self.paused_until is not None and at < self.paused_until


def end_of_pause(schedule: Schedule, day: date) -> datetime:
    """Return when messages come again after a pause until this day: at the hour of digests and reminders."""
    return at_local(schedule.time_zone, day, time(schedule.hour))


def next_midnight(zone: str, at: datetime) -> datetime:
    """Return the start of the next local day."""
    return at_local(zone, local_date(zone, at) + _DAY, time())


def next_monthly_status(schedule: Schedule, after: datetime) -> datetime:
    """Return when the monthly status message is due: with the first digest of a local month, 28 days after `after`.

    Days are counted rather than hours, so that messages at the beginning of each month stay there.
    """
    last_day = local_date(schedule.time_zone, after)
    first = last_day.replace(day=1)
    while True:
        first = (first + 32 * _DAY).replace(day=1)
        due_at = next_digest(schedule, at_local(schedule.time_zone, first, time()) - timedelta(seconds=1))
        if local_date(schedule.time_zone, due_at) - last_day >= _MONTH:
            return due_at
