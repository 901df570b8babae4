"""What is the same in every message of an installation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cmr_watch.clock import BRUSSELS


@dataclass(frozen=True, slots=True)
class MessageContext:
    """Settings that appear in messages.

    - `source_url`: the watched page.
    - `time_zone`: the operator's; a subscriber has a time zone of their own.
    - `contact`: name or address of the operator, for recipients.
    - `unsubscribe_address`: the mailbox that processes e-mails asking to unsubscribe.
    - `site_url`: where this service serves `/unsubscribe/`; None if it does not do so over https.
    - `offers_managing`: whether recipients can ask there for a link to change what they get.
    - `web_url`: the public address of the site, whether it is https or not; None if it is not configured.
    """

    source_url: str
    time_zone: ZoneInfo = BRUSSELS
    sender_name: str = "Clusters meet Regions watch"
    contact: str | None = None
    unsubscribe_address: str | None = None
    site_url: str | None = None
    offers_managing: bool = False
    web_url: str | None = None
