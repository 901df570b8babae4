"""Processes incoming mail: bounces, complaints and requests to unsubscribe.

- A bounce counts only if it contains the random Message-ID of a message that was sent to the bounced address, because
  anyone can forge a report. The first one that says that the address is dead pauses delivery, a later one ends the
  subscription; any other bounce pauses delivery.
- An unsubscribe mail or a complaint counts if it contains a valid token, or concerns one of our messages.
- Of a request that cannot be assigned to a subscription, the operator is notified.
- All other mail is left unread.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from cmr_watch.clock import Clock
from cmr_watch.models.recipients import REQUESTED, Delivery, mailbox_of
from cmr_watch.notify import tokens
from cmr_watch.notify.bounce_parser import Bounce
from cmr_watch.notify.channels.mailbox import Inbox
from cmr_watch.notify.complaint_parser import Complaint
from cmr_watch.notify.endings import Endings
from cmr_watch.notify.mail_parser import parse_mail
from cmr_watch.notify.unsubscribe_parser import Unsubscribe
from cmr_watch.store.bounce_pauses import BouncePauses
from cmr_watch.store.database import Database
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.hard_bounces import HardBounces
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.installation import Installation
from cmr_watch.store.subscriptions import COMPLAINED, UNSUBSCRIBED, Subscriptions

log = logging.getLogger(__name__)

_MAX_NAMED: Final = 5  # unreadable mails in a message to the operator

Category = Literal["hard", "soft", "unsubscribed", "complaints", "requests", "others"]


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What was found.

    - `hard`: recipients whose subscriptions have ended because mail to them bounces; `held`: those that are kept until
      the operator decides, because they are too many at once.
    - `soft`, `unsubscribed`, `complaints`: mails that paused or ended subscriptions.
    - `requests`: mails of which the operator is notified. `others` were left unread, `unreadable` are those that
      could not be read.
    """

    hard: int = 0
    held: int = 0
    soft: int = 0
    unsubscribed: int = 0
    complaints: int = 0
    requests: int = 0
    others: int = 0
    unreadable: int = 0


class BounceProcessor:
    """Applies what the mails in an inbox report and request."""

    def __init__(
        self, database: Database, subscriptions: Subscriptions, endings: Endings, incidents: Incidents, clock: Clock
    ) -> None:
        self._deliveries = Deliveries(database)
        self._pauses = BouncePauses(database)
        self._hard_bounces = HardBounces(database)
        self._key = Installation(database).key()
        self._subscriptions = subscriptions
        self._endings = endings
        self._incidents = incidents
        self._clock = clock

    def process(self, inbox: Inbox) -> BounceReport:
        """Process all unread mails; each is marked as read only after it was applied."""
        counts: Counter[str] = Counter()
        for key, content in inbox.mails():
            category = self._process_mail(content)
            counts[category] += 1
            if category != "others":
                inbox.done(key)
        self._report_unreadable(inbox.unreadable)
        endings = self._endings.apply()
        counts.pop("hard", None)
        return BounceReport(hard=endings.ended, held=endings.held, unreadable=len(inbox.unreadable), **counts)

    def _report_unreadable(self, unreadable: list[str]) -> None:
        """Notify the operator once, until all mails can be read again."""
        for reason in unreadable:
            log.warning("returned mail skipped: %s", reason)
        if not unreadable:
            self._incidents.resolve("mailbox-unreadable", "", self._clock())
            return
        more = f" (and {len(unreadable) - _MAX_NAMED} more)" if len(unreadable) > _MAX_NAMED else ""
        self._incidents.open("mailbox-unreadable", "", "; ".join(unreadable[:_MAX_NAMED]) + more, self._clock())

    def _process_mail(self, content: bytes) -> Category:
        parsed = parse_mail(content)
        if isinstance(parsed, Bounce):
            return self._apply_bounce(parsed)
        if isinstance(parsed, Complaint):
            return "complaints" if self._end(parsed.text, parsed.message_ids, COMPLAINED) else "others"
        if isinstance(parsed, Unsubscribe):
            return self._apply_unsubscribe(parsed)
        return "others"

    def _apply_bounce(self, bounce: Bounce) -> Category:
        sent_to = {mailbox_of(delivery.message.address): delivery for delivery in self._sent(bounce.message_ids)}
        hard, soft = (
            [address for address in addresses if mailbox_of(address) in sent_to]
            for addresses in (bounce.hard, bounce.soft)
        )
        for address in soft:
            until = self._pauses.pause(address, self._clock())
            log.info("mail to %s bounced, paused until %s: %s", address, until, bounce.reason)
        confirmed = [address for address in hard if self._confirms(address, sent_to[mailbox_of(address)], bounce)]
        return "hard" if confirmed else "soft" if hard or soft else "others"

    def _confirms(self, address: str, delivery: Delivery, bounce: Bounce) -> bool:
        if delivery.purpose in REQUESTED:  # anyone can request one to a dead address: it says nothing about our mail
            self._pauses.pause(address, self._clock())
            return False
        sent_at: datetime = delivery.done_at or delivery.created_at
        until = self._hard_bounces.record_report(address, sent_at, bounce.reason, self._clock())
        if until is not None:
            log.info("mail to %s bounced permanently, paused until %s: %s", address, until, bounce.reason)
        return until is None

    def _apply_unsubscribe(self, request: Unsubscribe) -> Category:
        """End the subscriptions of the sender; a request that was already applied still counts as one."""
        if self._end(request.text, request.message_ids, UNSUBSCRIBED):
            return "unsubscribed"
        if not request.sender:
            return "others"
        self._incidents.record_once("unsubscribe-request", request.sender, "", self._clock(), timedelta(days=1))
        return "requests"

    def _end(self, text: str, message_ids: tuple[str, ...], reason: str) -> bool:
        """End the subscriptions of the recipient with this token, or of these messages; return whether there is any."""
        subscription_id = tokens.find(self._key, text)
        if subscription_id is not None:
            self._subscriptions.end_recipient(subscription_id, reason, self._clock())
            return True
        addresses = {delivery.message.address for delivery in self._sent(message_ids)}
        for address in addresses:
            self._subscriptions.end(address, reason, self._clock())
        return bool(addresses)

    def _sent(self, message_ids: tuple[str, ...]) -> tuple[Delivery, ...]:
        """Return our messages with these Message-IDs, in the order in which they were created."""
        return self._deliveries.by_message_id(message_ids)
