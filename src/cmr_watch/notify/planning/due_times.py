"""Matches changes to recipients, and decides when each of them is due. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from cmr_watch.models.muting import Mute, is_muted
from cmr_watch.models.readings import RecordedChange
from cmr_watch.models.recipients import Schedule, Subscription, mailbox_of
from cmr_watch.notify import delivery_schedule
from cmr_watch.notify.relevance import NON_URGENT, should_notify, topic_of

DueTime = tuple[datetime, str | None]
"""When something is delivered, and the period of the digest; None if it is not part of a digest."""


def match_changes(
    subscriptions: Sequence[Subscription],
    changes: Sequence[RecordedChange],
    mutes: Mapping[str, Sequence[Mute]],
    now: datetime,
) -> Iterator[tuple[str, int, datetime, str | None]]:
    """Yield (mailbox, change id, due time, digest period) once for each recipient and change that concerns them.

    `mutes`: those of each mailbox that has any.
    """
    notifiable = [change for change in changes if topic_of(change.change.kind) is not None]
    for mailbox, subscribed in _by_mailbox(subscriptions):
        for change in notifiable:
            due = due_time(subscribed, change, mutes.get(mailbox, ()), now)
            if due:
                yield mailbox, change.id, *due


def _by_mailbox(subscriptions: Sequence[Subscription]) -> Iterable[tuple[str, list[Subscription]]]:
    grouped: dict[str, list[Subscription]] = {}
    for subscription in subscriptions:
        grouped.setdefault(mailbox_of(subscription.address), []).append(subscription)
    return grouped.items()


def due_time(
    subscribed: Sequence[Subscription], change: RecordedChange, mutes: Iterable[Mute], matched_at: datetime
) -> DueTime | None:
    """Return when to deliver a change found at `matched_at`: the earliest time of the recipient's subscriptions.

    None if none of the subscriptions is to be notified of it, or if the recipient has muted what it is about.
    """
    if is_muted(mutes, change):
        return None
    is_urgent = change.change.kind not in NON_URGENT
    due = [scheduled(entry.schedule, is_urgent, matched_at) for entry in subscribed if should_notify(entry, change)]
    if not due:
        return None
    at, period = min(due, key=lambda one: one[0])
    return silence(subscribed).end(at), period


@lru_cache(maxsize=4096)
def scheduled(schedule: Schedule, is_urgent: bool, matched_at: datetime) -> DueTime:
    return delivery_schedule.due(schedule, is_urgent, matched_at)


def silence(subscribed: Sequence[Subscription]) -> delivery_schedule.Silence:
    """Return when nothing is sent to the recipient.

    The quiet hours are those of the first subscription that has some. A recipient pauses as a whole: the longest pause
    counts.
    """
    schedule = next((entry.schedule for entry in subscribed if entry.schedule.quiet), subscribed[0].schedule)
    paused_until = max((entry.paused_until for entry in subscribed if entry.paused_until), default=None)
    return delivery_schedule.Silence(schedule.quiet, schedule.time_zone, paused_until)
