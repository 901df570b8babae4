"""Whom to remind of which cut-off, and when: pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from cmr_watch.models import OpenCutoff, Reminder, ReminderKey, Subscription
from cmr_watch.notify.delivery_schedule import at_local, local_date

Key = ReminderKey


@dataclass(frozen=True, slots=True)
class Decision:
    """What one person is reminded of now, what is settled by it, and when there is the next one."""

    tell: tuple[Reminder, ...]
    settled: tuple[Key, ...]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Due:
    at: datetime
    offset: int
    zone: str
    since: datetime


def decide(
    cutoffs: Sequence[OpenCutoff], subscriptions: Sequence[Subscription], told: Collection[Key], now: datetime
) -> Decision:
    """What one person, with all these subscriptions, is reminded of.

    - Each offset is due at the subscription's hour on its local day, the soonest of the subscriptions.
    - A cut-off that is closed or past is silent.
    - What fell due before the subscription began, or before the cut-off was known, is none: the news told it then.
    - Of several that are due only the nearest to the cut-off is told, with the true days left; and that number of days
      is not told again.
    - Each (call, instant, offset) once: a cut-off that moved is another instant, and is told anew.
    """
    hosting = [entry for entry in subscriptions if "calls" in entry.topics]
    ahead = {(one.call_key, one.cutoff.at): one for one in cutoffs if not one.cutoff.closed and one.cutoff.at > now}
    done = frozenset(told)
    parts = [_of_one(known, hosting, done, now) for known in sorted(ahead.values(), key=lambda one: one.cutoff.at)]
    return Decision(
        tuple(one for part in parts for one in part.tell),
        tuple(key for part in parts for key in part.settled),
        min((part.next_at for part in parts if part.next_at), default=None),
    )


def _of_one(known: OpenCutoff, hosting: Sequence[Subscription], done: frozenset[Key], now: datetime) -> Decision:
    """The same for one cut-off. One that is due and farther than one already told is settled without a word."""
    dues = list(_dues(known, hosting))
    ready = [one for one in dues if one.at <= now]
    settled = tuple(key for one in ready if (key := _key(known, one)) not in done)
    nearest = min(ready, key=lambda one: one.offset, default=None)
    tell = (_reminder(known, nearest, now),) if nearest and _key(known, nearest) in settled else ()
    # a late one says the true days left, and nobody is told the same number again when its own hour comes
    said = tuple(_key(known, one) for one in dues if one.at > now and tell and one.offset >= tell[0].days_left)
    fresh = tuple(key for key in said if key not in done)
    coming = (one.at for one in dues if one.at > now and _key(known, one) not in done.union(fresh))
    return Decision(tell, settled + fresh, min(coming, default=None))


def _key(known: OpenCutoff, due: _Due) -> Key:
    return known.call_key, known.cutoff.at, due.offset


def _dues(known: OpenCutoff, subscriptions: Sequence[Subscription]) -> Iterator[_Due]:
    """One for each offset that somebody wishes for."""
    for offset in sorted({offset for entry in subscriptions for offset in entry.reminders}, reverse=True):
        dues = [_due(known, offset, entry) for entry in subscriptions if offset in entry.reminders]
        good = [one for one in dues if one.since <= one.at < known.cutoff.at]
        if good:
            yield min(good, key=lambda one: one.at)


def _due(known: OpenCutoff, offset: int, subscription: Subscription) -> _Due:
    zone = subscription.schedule.time_zone
    day = local_date(zone, known.cutoff.at) - timedelta(days=offset)
    began = subscription.activated_at or subscription.created_at
    since = max(began, known.since) if known.since else began
    return _Due(at_local(zone, day, time(subscription.schedule.hour)), offset, zone, since)


def _reminder(known: OpenCutoff, due: _Due, now: datetime) -> Reminder:
    left = local_date(due.zone, known.cutoff.at) - local_date(due.zone, now)
    return Reminder(known, due.offset, left.days)
