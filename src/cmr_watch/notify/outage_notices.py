"""Decides which outage notices to send to a recipient. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from cmr_watch.models import OutageNotice, Subscription


def decide(
    outages: Sequence[OutageNotice], subscriptions: Sequence[Subscription], settled: Collection[OutageNotice]
) -> tuple[OutageNotice, ...]:
    """Return the notices due to one recipient with these subscriptions; `settled` are those already handled.

    - Only subscribers to calls are notified: for them silence may mean a missed cut-off.
    - There is one notice for each outage, and one for its end to those who were notified of the outage.
    """
    if not any("calls" in subscription.topics for subscription in subscriptions):
        return ()
    opened = {notice for notice in settled if notice.phase == "opened"}
    ended = {replace(notice, phase="ended") for notice in opened.difference(outages)}
    return (
        *(notice for notice in outages if notice not in settled),
        *sorted(ended.difference(settled), key=lambda notice: (notice.last_read_at, notice.page_url)),
    )
