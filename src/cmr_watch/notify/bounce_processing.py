"""Processes incoming mail: a hard bounce ends a subscription, a soft bounce pauses it, an unsubscribe mail ends it.

- A bounce counts only if it contains the random Message-ID of a message that was sent to the bounced address, because
  anyone can forge a report.
- An unsubscribe mail counts if it contains a valid token or replies to one of our messages.
- All other mail is left unread.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from cmr_watch.clock import Clock
from cmr_watch.models.recipients import mailbox_of
from cmr_watch.notify import tokens
from cmr_watch.notify.bounce_parser import Bounce, Unsubscribe, parse_mail
from cmr_watch.notify.channels.mailbox import Inbox
from cmr_watch.store.bounce_pauses import BouncePauses
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.subscriptions import BOUNCED, UNSUBSCRIBED, Subscriptions

log = logging.getLogger(__name__)

Category = Literal["hard", "soft", "unsubscribed", "others"]


@dataclass(frozen=True, slots=True)
class BounceReport:
    """How many mails of each category were found; `others` were left unread."""

    hard: int = 0
    soft: int = 0
    unsubscribed: int = 0
    others: int = 0


class BounceProcessor:
    """Applies the bounces and unsubscribe requests in an inbox."""

    def __init__(
        self,
        deliveries: Deliveries,
        subscriptions: Subscriptions,
        bounces: BouncePauses,
        key: bytes,
        clock: Clock,
    ) -> None:
        self._deliveries = deliveries
        self._subscriptions = subscriptions
        self._bounces = bounces
        self._key = key
        self._clock = clock

    def process(self, inbox: Inbox) -> BounceReport:
        """Process all unread mails; each is marked as read only after it was applied."""
        counts: Counter[str] = Counter()
        for key, content in inbox.mails():
            category = self._process_mail(content)
            counts[category] += 1
            if category != "others":
                inbox.done(key)
        return BounceReport(**counts)

    def _process_mail(self, content: bytes) -> Category:
        parsed = parse_mail(content)
        if isinstance(parsed, Bounce):
            return self._apply_bounce(parsed)
        if isinstance(parsed, Unsubscribe):
            return self._apply_unsubscribe(parsed)
        return "others"

    def _apply_bounce(self, bounce: Bounce) -> Category:
        sent_to = {mailbox_of(address) for address in self._recipients(bounce.message_ids)}
        hard = [address for address in bounce.hard if mailbox_of(address) in sent_to]
        soft = [address for address in bounce.soft if mailbox_of(address) in sent_to]
        for address in hard:
            log.info("mail to %s bounced permanently, subscription ended: %s", address, bounce.reason)
            self._subscriptions.end(address, BOUNCED, self._clock())
        for address in soft:
            until = self._bounces.pause(address, self._clock())
            log.info("mail to %s bounced, paused until %s: %s", address, until, bounce.reason)
        return "hard" if hard else "soft" if soft else "others"

    def _apply_unsubscribe(self, request: Unsubscribe) -> Category:
        """End the subscriptions of the sender; a request that was already applied still counts as one."""
        subscription_id = tokens.find(self._key, request.text)
        if subscription_id is not None:
            self._subscriptions.end_recipient(subscription_id, UNSUBSCRIBED, self._clock())
            return "unsubscribed"
        addresses = self._recipients(request.message_ids)
        for address in addresses:
            self._subscriptions.end(address, UNSUBSCRIBED, self._clock())
        return "unsubscribed" if addresses else "others"

    def _recipients(self, message_ids: tuple[str, ...]) -> set[str]:
        """Return the addresses that the messages with these Message-IDs were sent to."""
        return {delivery.message.address for delivery in self._deliveries.by_message_id(message_ids)}
