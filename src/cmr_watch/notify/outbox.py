"""The outbox: changes become messages, messages are sent. The decisions are digest's and retry's."""

from __future__ import annotations

import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cmr_watch.exceptions import ChannelDown, DeliveryError, StoreError
from cmr_watch.log import shown
from cmr_watch.models import Channel, Delivery, DeliveryOutcome, Message, RecordedChange
from cmr_watch.notify.channels import Sender
from cmr_watch.notify.channels.addresses import parse
from cmr_watch.notify.digest import recipients
from cmr_watch.notify.retry import Retry, decide
from cmr_watch.store.deliveries import LEASE, Deliveries
from cmr_watch.store.subscriptions import Subscriptions

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
Render = Callable[[str, Sequence[RecordedChange]], Message]
BATCH: Final = 20


def message_ids(sender: str | None) -> Callable[[], str]:
    """Makes Message-IDs (RFC 5322 §3.6.4): random, so that nothing can be read from them, at the sender's domain."""
    host = parse(sender).domain if sender else "cmr-watch.invalid"
    return lambda: f"<{secrets.token_hex(16)}@{host}>"


# ── enqueue ──────────────────────────────────────────────────────────────────────────────────────────────────────


def enqueue(deliveries: Deliveries, subscriptions: Subscriptions, render: Render, now: datetime) -> int:
    """Turn what nobody was told of yet into messages, one for each address; how many."""
    made = 0
    while pending := deliveries.pending():
        told = recipients(pending, subscriptions.active())
        messages = [render(address, changes) for address, changes in told]
        # None: another process was faster with some of them, and what is left is looked at again
        made += deliveries.enqueue([change.id for change in pending], messages, now) or 0
    return made


# ── deliver ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What one run did. `waiting` are those that failed for now; `failures` are the reasons, once each."""

    sent: int = 0
    logged: int = 0
    waiting: int = 0
    set_aside: int = 0
    failures: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether something that was due did not go out."""
        return bool(self.waiting or self.set_aside)


def deliver(
    deliveries: Deliveries,
    channels: Mapping[Channel, Sender],
    clock: Clock,
    jitter: Callable[[], float] = random.random,
) -> DeliveryReport:
    """Send everything that is due. A channel that is missing is not configured: its messages are only logged."""
    run = _Run(deliveries, channels, clock, jitter)
    try:
        while batch := deliveries.claim(clock(), LEASE, BATCH):
            run.batch(batch)
    finally:
        for channel in channels.values():
            channel.close()
    return run.report()


class _Run:
    """One run of deliver, and what it has learned on the way."""

    def __init__(
        self, deliveries: Deliveries, channels: Mapping[Channel, Sender], clock: Clock, jitter: Callable[[], float]
    ) -> None:
        self._deliveries = deliveries
        self._channels = channels
        self._clock = clock
        self._jitter = jitter
        self._down: dict[Channel, str] = {}
        self._accepted: Delivery | None = None
        self._counts: Counter[str] = Counter()
        self._failures: dict[str, None] = {}

    def report(self) -> DeliveryReport:
        return DeliveryReport(**self._counts, failures=tuple(self._failures))

    def batch(self, claimed: Sequence[Delivery]) -> None:
        """One after the other. Whatever ends it early, what was not sent is given back at once."""
        rest = list(claimed)
        try:
            while rest:
                self._one(rest[0])
                del rest[0]
        finally:
            for delivery in rest:
                with suppress(StoreError):  # the lease gives it back, later
                    self._let_go(delivery)

    def _one(self, delivery: Delivery) -> None:
        if not self._deliveries.renew(delivery, self._clock(), LEASE):
            return  # it took too long to get here: somebody else has it now
        try:
            outcome = self._send(delivery)
        except DeliveryError as error:
            self._failed(delivery, error)
        else:
            self._finish(delivery, outcome)

    def _send(self, delivery: Delivery) -> DeliveryOutcome:
        message = delivery.message
        channel = self._channels.get(message.channel)
        if channel is None:
            log.warning("no mail server is configured, not sent to %s: %s", shown(message.address), message.subject)
            return "logged"
        if message.channel in self._down:
            raise ChannelDown(self._down[message.channel])  # nobody knocks twice in one run
        try:
            channel.send(message)
        except ChannelDown as error:
            self._down[message.channel] = str(error)
            raise
        self._accepted = delivery
        return "sent"

    def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        now = self._clock()
        self._failures[str(error)] = None
        verdict = decide(error, delivery.attempts, delivery.created_at, now, self._jitter())
        if not isinstance(verdict, Retry):
            self._finish(delivery, "set_aside", verdict.reason)
        elif self._deliveries.postpone(delivery, verdict.at, str(error), now):
            self._counts["waiting"] += 1

    def _finish(self, delivery: Delivery, outcome: DeliveryOutcome, error: str | None = None) -> None:
        if self._deliveries.finish(delivery, outcome, self._clock(), error):
            self._counts[outcome] += 1

    def _let_go(self, delivery: Delivery) -> None:
        """What was accepted before the end came is marked, so that it is not sent again."""
        if delivery is self._accepted:
            self._finish(delivery, "sent")
        else:
            self._deliveries.release(delivery)
