"""Decides which outage notices to send to a recipient. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cmr_watch.models import OutageNotice, Subscription


def decide(
    outages: Sequence[OutageNotice],
    last_read_at: Mapping[str, datetime],
    subscriptions: Sequence[Subscription],
    settled: Collection[OutageNotice],
) -> tuple[OutageNotice, ...]:
    """Return the notices due to one recipient with these subscriptions; `settled` are those already handled.

    `last_read_at`: the last good reading of each page.

    - Only subscribers to calls are notified: for them silence may mean a missed cut-off.
    - There is one notice for each outage, and one for its end to those who were notified of the outage.
    """
    if not any("calls" in subscription.topics for subscription in subscriptions):
        return ()
    opened = [notice for notice in settled if notice.phase == "opened"]
    # an outage of a page that no longer matters is over without a good reading, and without a notice
    read_again = [one for one in opened if last_read_at.get(one.page_url, one.last_read_at) > one.last_read_at]
    ended = {replace(notice, phase="ended") for notice in read_again}
    return (
        *(notice for notice in outages if notice not in settled),
        *sorted(ended.difference(settled), key=lambda notice: (notice.last_read_at, notice.page_url)),
    )
