"""Decides which outage notices to send to a recipient. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cmr_watch.models.planning import Outage, OutageNoticeKey
from cmr_watch.models.recipients import OutageNotice, OutagePhase, Subscription


def decide(
    outages: Sequence[Outage],
    subscriptions: Sequence[Subscription],
    settled: Collection[OutageNoticeKey],
    known: Collection[int],
) -> dict[OutageNoticeKey, OutageNotice]:
    """Return the notices due to one recipient with these subscriptions, by key.

    `outages`: oldest first. `settled`: the notices already handled. `known`: the IDs of the outages that the recipient
    was notified of.

    - Only subscribers to calls are notified: for them silence may mean a missed cut-off.
    - There is one notice for each outage, and one for its end to those who were notified of the outage.
    - While a page cannot be read, there is no notice of the end of an earlier outage of it, and of several ends only
      that of the newest outage that the recipient knows of.
    """
    if not any("calls" in subscription.topics for subscription in subscriptions):
        return {}
    due = [(outage, _OPENED) for outage in outages if outage.is_open] + [
        (one, _ENDED) for one in _ended(outages, known)
    ]
    return {
        (outage.id, phase): OutageNotice(phase, outage.since, outage.page_url)
        for outage, phase in due
        if (outage.id, phase) not in settled
    }


_OPENED: OutagePhase = "opened"
_ENDED: OutagePhase = "ended"


def _ended(outages: Sequence[Outage], known: Collection[int]) -> Iterator[Outage]:
    """Yield, for each page that can be read again, the newest outage that the recipient knows of."""
    unreadable = {outage.page for outage in outages if outage.is_open}
    newest = {outage.page: outage for outage in outages if outage.id in known}
    return (outage for outage in newest.values() if outage.page not in unreadable and outage.announces_end)
