"""The outbox: changes find people, people get messages, messages are sent.

The decisions are planning's (who hears of what, and when) and retry's (when again, or never).
"""

from __future__ import annotations

import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cmr_watch.exceptions import ChannelDown, DeliveryError, StoreError
from cmr_watch.log import shown
from cmr_watch.models import Channel, Delivery, DeliveryOutcome, Incident, Message
from cmr_watch.notify import delivery_schedule, planning
from cmr_watch.notify.channels import Sender
from cmr_watch.notify.channels.mail_addresses import parse
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.retry import Retry, decide, next_probe
from cmr_watch.store.deliveries import LEASE, Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.row_mapping import route

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]
WriteOperator = Callable[[str, Sequence[Incident]], Message]
BATCH: Final = 20
LATE: Final = timedelta(hours=1)
"""How late a digest may be before the operator hears of it."""


def message_ids(sender: str | None) -> Callable[[], str]:
    """Makes Message-IDs (RFC 5322 §3.6.4): random, so that nothing can be read from them, at the sender's domain."""
    host = parse(sender).domain if sender else "cmr-watch.invalid"
    return lambda: f"<{secrets.token_hex(16)}@{host}>"


# ── enqueue ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def enqueue(news: MatchQueue, now: datetime) -> int:
    """Find whom the changes concern that were not spread yet, some people at a time; how many matches."""
    made = 0
    while (found := news.spread(lambda people, changes: planning.find(people, changes, now), now)) is not None:
        made += found
    return made


def notify_operator(
    deliveries: Deliveries, incidents: Incidents, operators: Sequence[str], write: WriteOperator, now: datetime
) -> int:
    """Tell the operator of what began and what ended, once each; how many messages."""
    unnotified = incidents.unnotified()
    if not unnotified or not operators:
        return 0
    messages = [write(address, unnotified) for address in operators]
    return len(messages) if deliveries.notify_operator(messages, unnotified, now) else 0


# ── compose ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def compose(news: MatchQueue, writer: MessageComposer, clock: Clock) -> int:
    """Decide for everybody for whom something is due, and write the messages; for how many people."""
    planned = 0
    now = clock()
    while count := news.plan(lambda known, moves: writer.planner(planning.world(known, moves, now), now), now):
        planned += count
    writer.report_unrenderable(now)
    return planned


def check_overdue_digests(news: MatchQueue, incidents: Incidents, now: datetime) -> None:
    """A digest that is late is the operator's to know, and its end too."""
    since = news.overdue_digest_since(now - LATE)
    if since is None:
        incidents.close("digest-late", "digests", now)
    else:
        incidents.open("digest-late", "digests", f"a digest was due at {since:%Y-%m-%d %H:%M} UTC", now)


# ── deliver ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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

    def __add__(self, later: DeliveryReport) -> DeliveryReport:
        return DeliveryReport(
            sent=self.sent + later.sent,
            logged=self.logged + later.logged,
            waiting=max(self.waiting, later.waiting),
            set_aside=self.set_aside + later.set_aside,
            failures=tuple(dict.fromkeys(self.failures + later.failures)),
        )


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast it goes: at most `per_minute` mails; `sleep` waits some seconds; `stop`: take no more work."""

    per_minute: int | None = None
    sleep: Callable[[float], None] = lambda _: None
    stop: Callable[[], bool] = lambda: False


def _nothing(_: str) -> None: ...


def deliver(
    deliveries: Deliveries,
    channels: Mapping[Channel, Sender],
    clock: Clock,
    jitter: Callable[[], float] = random.random,
    pace: Pace = Pace(),
    gone: Callable[[str], object] = _nothing,
) -> DeliveryReport:
    """Send everything that is due. A channel that is missing is not configured: its messages are only logged.

    `gone` is told of addresses where there is nobody.
    """
    deliveries.cancel_unwanted(clock())
    run = _Run(deliveries, channels, clock, jitter, gone)
    try:
        while not pace.stop() and _one_batch(run, deliveries, clock, pace):
            pass
    finally:
        for channel in channels.values():
            channel.close()
    return run.report()


def _one_batch(run: _Run, deliveries: Deliveries, clock: Clock, pace: Pace) -> bool:
    """Whether there may be more to do."""
    batch = deliveries.claim(clock(), LEASE, BATCH, pace.per_minute)
    if batch:
        run.batch(batch, pace.stop)
        return True
    next_at = deliveries.next_mail_at(clock(), pace.per_minute) if pace.per_minute else None
    if next_at is not None:
        pace.sleep(min(5.0, max(0.1, (next_at - clock()).total_seconds())))  # in pieces, to hear of a stop
    return next_at is not None


class _Run:
    """One run of deliver, and what it has learned on the way."""

    def __init__(
        self,
        deliveries: Deliveries,
        channels: Mapping[Channel, Sender],
        clock: Clock,
        jitter: Callable[[], float],
        gone: Callable[[str], object],
    ) -> None:
        self._gone = gone
        self._deliveries = deliveries
        self._channels = channels
        self._clock = clock
        self._jitter = jitter
        self._closed = deliveries.closed()
        self._down: dict[str, datetime] = {}
        self._accepted: Delivery | None = None
        self._counts: Counter[str] = Counter()
        self._failures: dict[str, None] = {}

    def report(self) -> DeliveryReport:
        counts = dict(self._counts)
        if self._down:
            counts["waiting"] = counts.get("waiting", 0) + self._deliveries.blocked_by_open_circuits(self._clock())
        return DeliveryReport(**counts, failures=tuple(self._failures))

    def batch(self, claimed: Sequence[Delivery], stop: Callable[[], bool]) -> None:
        """One after the other. Whatever ends it early, what was not sent is given back at once."""
        rest = list(claimed)
        try:
            mine = self._deliveries.renew(rest[0], self._clock(), LEASE)
            while rest and not stop():
                # the next one's lease is renewed in the commit that marks this one
                mine = self._one(rest[0], mine, rest[1] if len(rest) > 1 else None)
                del rest[0]
        finally:
            for delivery in rest:
                with suppress(StoreError):  # the lease gives it back, later
                    self._let_go(delivery)

    def _one(self, delivery: Delivery, mine: bool, then: Delivery | None) -> bool:
        if mine and not self._wait(delivery):
            try:
                outcome = self._send(delivery)
            except DeliveryError as error:
                self._failed(delivery, error)
            else:
                return self._finish(delivery, outcome, then=then)
        # else it took too long to get here, and somebody else has it now; or nobody wants it any more
        return then is not None and self._deliveries.renew(then, self._clock(), LEASE)

    def _wait(self, delivery: Delivery) -> bool:
        """Whether it has to wait: it is night where it goes, or nobody answers on its way."""
        now = self._clock()
        if _way(delivery) in self._down:
            self._deliveries.release(delivery)  # nobody knocks twice
            return True
        hours, zone = delivery.quiet or (None, "UTC")
        until = delivery_schedule.end_of_quiet(hours, zone, now)
        if until > now:
            self._deliveries.release(delivery, until)
        return until > now

    def _send(self, delivery: Delivery) -> DeliveryOutcome:
        message = delivery.message
        channel = self._channels.get(message.channel)
        if channel is None:
            log.warning("no mail server is configured, not sent to %s: %s", shown(message.address), message.subject)
            return "logged"
        try:
            channel.send(message)
        except ChannelDown as error:
            self._close_way(delivery, error)
            raise
        self._accepted = delivery
        if _way(delivery) in self._closed:
            self._closed.pop(_way(delivery))
            self._deliveries.close_circuit(message.address)
        return "sent"

    def _close_way(self, delivery: Delivery, error: ChannelDown) -> None:
        way, reason = _way(delivery), str(error)
        failures = self._closed.get(way, 0) + 1
        until = next_probe(failures, self._clock(), self._jitter())
        self._closed[way], self._down[way] = failures, until
        self._deliveries.open_circuit(delivery.message.address, until, failures, reason)

    def _failed(self, delivery: Delivery, error: DeliveryError) -> None:
        now = self._clock()
        self._failures[str(error)] = None
        verdict = decide(error, delivery.attempts, delivery.created_at, now, self._jitter())
        if not isinstance(verdict, Retry):
            self._finish(delivery, "set_aside", verdict.reason)
            if error.gone:
                self._gone(delivery.message.address)
        elif self._deliveries.postpone(
            delivery, self._not_after_way(delivery, verdict.at), str(error), error.uncertain
        ):
            self._counts["waiting"] += 1

    def _not_after_way(self, delivery: Delivery, at: datetime) -> datetime:
        """Where nobody answers, the way has a pause of its own, and one message tries it again."""
        return min(at, self._down.get(_way(delivery), at))

    def _finish(
        self, delivery: Delivery, outcome: DeliveryOutcome, error: str | None = None, then: Delivery | None = None
    ) -> bool:
        """Mark it; whether the next one is ours."""
        mine, renewed = self._deliveries.finish_and_renew(delivery, outcome, self._clock(), error, then)
        if mine:
            self._counts[outcome] += 1
        return renewed

    def _let_go(self, delivery: Delivery) -> None:
        """What was accepted before the end came is marked, so that it is not sent again."""
        if delivery is self._accepted:
            self._finish(delivery, "sent")
        else:
            self._deliveries.release(delivery)


def _way(delivery: Delivery) -> str:
    return route(delivery.message.address)
