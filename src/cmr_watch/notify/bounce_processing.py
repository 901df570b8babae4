"""What comes back: bounces end a mailing or pause it, unsubscribe mails end it. Other people's mail is left alone.

A bounce counts only where it names a message of ours by its random Message-ID, for that address: anybody can write
that somebody's mailbox is gone. An unsubscribe mail counts by its token, or as an answer to a message of ours.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cmr_watch.models import mailbox_of
from cmr_watch.notify import tokens
from cmr_watch.notify.bounce_parser import Bounce, Unsubscribe, read
from cmr_watch.notify.channels.mailbox import Inbox
from cmr_watch.store.bounce_pauses import Bounces
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.subscriptions import BOUNCED, UNSUBSCRIBED, Subscriptions

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BounceReport:
    """How many mails of each kind there were; `others` were left as they are."""

    hard: int = 0
    soft: int = 0
    unsubscribed: int = 0
    others: int = 0


class BounceProcessor:
    """Reads an inbox, and does what its mails say."""

    def __init__(
        self,
        deliveries: Deliveries,
        subscriptions: Subscriptions,
        bounces: Bounces,
        key: bytes,
        clock: Callable[[], datetime],
    ) -> None:
        self._deliveries = deliveries
        self._subscriptions = subscriptions
        self._bounces = bounces
        self._key = key
        self._clock = clock

    def process(self, inbox: Inbox) -> BounceReport:
        """All mails that are new; each is marked as dealt with after what it says was done."""
        counts: Counter[str] = Counter()
        for name, content in inbox.mails():
            what = self._one(content)
            counts[what] += 1
            if what != "others":
                inbox.done(name)
        return BounceReport(**counts)

    def _one(self, content: bytes) -> str:
        found = read(content)
        if isinstance(found, Bounce):
            return self._bounced(found)
        return "unsubscribed" if isinstance(found, Unsubscribe) and self._unsubscribed(found) else "others"

    def _bounced(self, bounce: Bounce) -> str:
        sent = {mailbox_of(entry.message.address) for entry in self._deliveries.by_message_id(bounce.message_ids)}
        hard = [address for address in bounce.hard if mailbox_of(address) in sent]
        soft = [address for address in bounce.soft if mailbox_of(address) in sent]
        for address in hard:
            log.info("mail to %s bounces, it ends: %s", address, bounce.reason)
            self._subscriptions.end(address, BOUNCED, self._clock())
        for address in soft:
            until = self._bounces.pause(address, self._clock())
            log.info("mail to %s bounces for now, paused until %s: %s", address, until, bounce.reason)
        return "hard" if hard else "soft" if soft else "others"

    def _unsubscribed(self, wish: Unsubscribe) -> bool:
        """Whether it is a wish that we can carry out; one that was carried out before is one too."""
        number = tokens.find(self._key, wish.text)
        if number is not None:
            self._subscriptions.end_person(number, UNSUBSCRIBED, self._clock())
            return True
        addresses = {entry.message.address for entry in self._deliveries.by_message_id(wish.message_ids)}
        for address in addresses:
            self._subscriptions.end(address, UNSUBSCRIBED, self._clock())
        return bool(addresses)
