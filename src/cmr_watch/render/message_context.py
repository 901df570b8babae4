"""What is the same in every message of a service. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cmr_watch.render.sentences import BRUSSELS


@dataclass(frozen=True, slots=True)
class MessageContext:
    """The watched page, the operator's time zone, who sends, whom to ask, and how a mail can be stopped.

    `web_url` is where this service answers itself; `unsubscribe_address` takes mails that end a subscription.
    """

    source_url: str
    time_zone: ZoneInfo = BRUSSELS
    sender_name: str = "Clusters meet Regions watch"
    contact: str | None = None
    unsubscribe_address: str | None = None
    web_url: str | None = None
