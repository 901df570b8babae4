"""Why a subscription ended, as text, and how to bring it back."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.models.recipients import Subscription, mailbox_of
from cmr_watch.store.deliveries import Deliveries
from cmr_watch.store.erasure import PLACEHOLDER_PREFIX
from cmr_watch.store.subscription_requests import ADDRESS_CHANGED, REMOVED
from cmr_watch.store.subscriptions import BOUNCED, LEFT

_SAME_TIME: Final = timedelta(minutes=1)
"""A subscription is ended right after the mail server has rejected its address."""
_REPLY: Final = re.compile(r"\b5\d\d\b.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a subscription ended. `reply` is the mail server's if it rejected the address: `550 5.1.1 no such user`.

    As text: `ended: unsubscribed by mail`, `ended by the operator`.
    """

    reason: str
    reply: str | None = None

    def __str__(self) -> str:
        return self.why if self.why.startswith("ended") else f"ended: {self.why}"

    @property
    def why(self) -> str:
        """The reason as it follows “because” or a colon."""
        return f"{self.reason} ({self.reply})" if self.reply else self.reason


def endings(subscriptions: Iterable[Subscription], deliveries: Deliveries) -> dict[int, Ending]:
    """The endings of those that have ended, by ID."""
    ended = [subscription for subscription in subscriptions if subscription.status == "ended"]
    bounced = {mailbox_of(subscription.address) for subscription in ended if subscription.end_reason == BOUNCED}
    rejections = deliveries.rejections(bounced) if bounced else {}
    return {entry.id: _ending(entry, rejections.get(mailbox_of(entry.address))) for entry in ended}


def _ending(subscription: Subscription, rejection: tuple[datetime, str] | None) -> Ending:
    if _is_erased(subscription):
        return Ending("erased")
    reason, ended_at = subscription.end_reason or "", subscription.ended_at
    if rejection is None or ended_at is None or abs(ended_at - rejection[0]) > _SAME_TIME:
        return Ending(reason)
    reply = _REPLY.search(rejection[1])
    return Ending(reason, reply[0]) if reply and reason == BOUNCED else Ending(reason)


def _is_erased(subscription: Subscription) -> bool:
    """Whether the address was erased, also if the subscription had ended before."""
    return subscription.end_reason == "erased" or subscription.address.startswith(PLACEHOLDER_PREFIX)


def how_to_resume(subscription: Subscription) -> str | None:
    """What to do so that an ended subscription's address is notified again; None if it was erased."""
    if _is_erased(subscription):
        return None
    if subscription.end_reason in (REMOVED, ADDRESS_CHANGED):
        return "declare it in the configuration file again"
    address = subscription.address if "://" not in subscription.address else "ADDRESS"
    command = f"cmr-watch subscriptions add {address} --resubscribe"
    is_refused = subscription.end_reason in LEFT
    return f"at the recipient's request only: {command}" if is_refused else command
