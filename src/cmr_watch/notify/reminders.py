"""Decides which reminders of cut-offs to send to a recipient, and when. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from cmr_watch.models.muting import ItemRef, Mute
from cmr_watch.models.planning import ReminderKey
from cmr_watch.models.recipients import OpenCutoff, Reminder, Subscription
from cmr_watch.notify.delivery_schedule import at_local, local_date

Key = ReminderKey


@dataclass(frozen=True, slots=True)
class Decision:
    """The reminders to send to one recipient now, the keys that this settles, and when the next one is due."""

    reminders: tuple[Reminder, ...]
    settled: tuple[Key, ...]
    next_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Due:
    """A reminder `offset` days before a cut-off, due at `at`; valid if that is not before `since`."""

    at: datetime
    offset: int
    zone: str
    since: datetime


def unmuted(cutoffs: Sequence[OpenCutoff], mutes: Iterable[Mute]) -> Sequence[OpenCutoff]:
    """Return the cut-offs without those of muted calls.

    Those of a call that was muted count as known since that was undone: no reminder that was due before is sent.
    """
    by_item = {mute.item: mute for mute in mutes}
    if not by_item:
        return cutoffs
    found = ((known, by_item.get(ItemRef("call", known.call_key))) for known in cutoffs)
    return [_since(known, mute) for known, mute in found if mute is None or not mute.is_active]


def _since(known: OpenCutoff, mute: Mute | None) -> OpenCutoff:
    if mute is None or mute.ended_at is None:
        return known
    return known._replace(since=max(known.since or mute.ended_at, mute.ended_at))


def decide(
    cutoffs: Sequence[OpenCutoff], subscriptions: Sequence[Subscription], settled: Collection[Key], now: datetime
) -> Decision:
    """Decide on the reminders for one recipient with these subscriptions; `settled` are the keys already handled.

    - Each offset is due at the subscription's hour on its local day; the earliest of the subscriptions counts.
    - There are no reminders of a cut-off that is closed or past.
    - An offset that was due before the subscription began, or before the cut-off was known, is ignored: the
      notification of the change already stated the cut-off.
    - If several offsets are due, only the one nearest to the cut-off is sent, with the actual number of days left.
      Later offsets of that number of days or more are settled with it.
    - Each (call, instant, offset) is sent once. A cut-off that moved is a new instant, so its reminders are sent again.
    - There is one reminder for each call, and it names the next cut-off, whichever of them is due.
    """
    hosting = [subscription for subscription in subscriptions if "calls" in subscription.topics]
    done = frozenset(settled)
    upcoming = _upcoming(cutoffs, now)
    decisions = [_decide_cutoff(cutoff, hosting, done, now) for cutoff in upcoming]
    reminders = [reminder for decision in decisions for reminder in decision.reminders]
    return Decision(
        tuple(_of_next_cutoff(one, upcoming, hosting[0], now) for one in _one_for_each_call(reminders)),
        tuple(key for decision in decisions for key in decision.settled),
        min((decision.next_at for decision in decisions if decision.next_at), default=None),
    )


def _upcoming(cutoffs: Iterable[OpenCutoff], now: datetime) -> list[OpenCutoff]:
    """Return the cut-offs that can still be met, one per (call, instant), the soonest first."""
    upcoming = {
        (known.call_key, known.cutoff.at): known
        for known in cutoffs
        if not known.cutoff.closed and known.cutoff.at > now
    }
    return sorted(upcoming.values(), key=lambda known: known.cutoff.at)


def _one_for_each_call(reminders: Iterable[Reminder]) -> Collection[Reminder]:
    by_call: dict[str, Reminder] = {}
    for reminder in reminders:
        by_call.setdefault(reminder.open.call_key, reminder)
    return by_call.values()


def _of_next_cutoff(
    reminder: Reminder, upcoming: Iterable[OpenCutoff], subscription: Subscription, now: datetime
) -> Reminder:
    """Return the reminder, naming the next cut-off of its call and those after it."""
    first, *later = (one for one in upcoming if one.call_key == reminder.open.call_key)
    if first == reminder.open:
        return reminder._replace(later=tuple(one.cutoff for one in later))
    zone = subscription.schedule.time_zone
    days_left = local_date(zone, first.cutoff.at) - local_date(zone, now)
    return reminder._replace(open=first, days_left=days_left.days, later=tuple(one.cutoff for one in later))


def _decide_cutoff(
    known: OpenCutoff, hosting: Sequence[Subscription], settled: frozenset[Key], now: datetime
) -> Decision:
    dues = list(_dues(known, hosting))
    past = [due for due in dues if due.at <= now]
    future = [due for due in dues if due.at > now]
    reminder = _nearest(known, past, settled, now)
    handled = past + _covered_by(reminder, future)
    newly_settled = tuple(key for due in handled if (key := _key(known, due)) not in settled)
    remaining = (due.at for due in future if _key(known, due) not in settled.union(newly_settled))
    return Decision((reminder,) if reminder else (), newly_settled, min(remaining, default=None))


def _nearest(known: OpenCutoff, past: Sequence[_Due], settled: frozenset[Key], now: datetime) -> Reminder | None:
    """Return the due reminder nearest to the cut-off; None if it was already sent."""
    nearest = min(past, key=lambda due: due.offset, default=None)
    if nearest is None or _key(known, nearest) in settled:
        return None
    days_left = local_date(nearest.zone, known.cutoff.at) - local_date(nearest.zone, now)
    return Reminder(known, nearest.offset, days_left.days)


def _covered_by(reminder: Reminder | None, future: Sequence[_Due]) -> list[_Due]:
    """Return the later reminders that a late one makes redundant: it already states that few days left."""
    return [due for due in future if reminder and due.offset >= reminder.days_left]


def _key(known: OpenCutoff, due: _Due) -> Key:
    return known.call_key, known.cutoff.at, due.offset


def _dues(known: OpenCutoff, subscriptions: Sequence[Subscription]) -> Iterator[_Due]:
    """Yield one due reminder per offset that any subscription asks for."""
    offsets = {offset for subscription in subscriptions for offset in subscription.reminders}
    for offset in sorted(offsets, reverse=True):
        dues = [_due(known, offset, subscription) for subscription in subscriptions if offset in subscription.reminders]
        valid = [due for due in dues if due.since <= due.at < known.cutoff.at]
        if valid:
            yield min(valid, key=lambda due: due.at)


def _due(known: OpenCutoff, offset: int, subscription: Subscription) -> _Due:
    zone = subscription.schedule.time_zone
    day = local_date(zone, known.cutoff.at) - timedelta(days=offset)
    began_at = subscription.activated_at or subscription.created_at
    since = max(began_at, known.since) if known.since else began_at
    return _Due(at_local(zone, day, time(subscription.schedule.hour)), offset, zone, since)
