"""The outbox: matches changes to recipients, composes their messages and sends what is due.

`planning` decides what each recipient is sent and when; `retry` decides whether a failed delivery is retried.
"""

from __future__ import annotations

import logging
import random
import secrets
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cmr_watch.clock import Clock
from cmr_watch.exceptions import ChannelDown, DeliveryError, LeaseLost, StoreError
from cmr_watch.log import redact_address
from cmr_watch.models.recipients import REQUESTED, Channel, Delivery, DeliveryOutcome, Incident, Message
from cmr_watch.models.reports import DeliveryReport
from cmr_watch.notify import delivery_schedule, planning
from cmr_watch.notify.channels import Sender
from cmr_watch.notify.channels.mail_addresses import parse
from cmr_watch.notify.message_composer import MessageComposer
from cmr_watch.notify.retry import Retry, decide, next_probe
from cmr_watch.render.datetimes import local_time
from cmr_watch.store.deliveries import LEASE, Deliveries
from cmr_watch.store.incidents import Incidents
from cmr_watch.store.match_queue import MatchQueue
from cmr_watch.store.row_mapping import route

log = logging.getLogger(__name__)

_FAULTS: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
"""What a library may raise for what a server has sent, although it does not say so: the other messages are sent."""

WriteOperator = Callable[[str, Sequence[Incident]], Message]
BATCH: Final = 20
_FRESH: Final = timedelta(seconds=1)
"""How long neither a lease nor a subscription is looked at again: a batch is usually sent by then.

Whoever unsubscribes or pauses gets nothing that is handed over later than this.
"""
LATE: Final = timedelta(hours=1)
"""How late a digest may be before the operator is notified."""


def message_ids(sender: str | None) -> Callable[[], str]:
    """Return a function that makes random Message-IDs (RFC 5322 §3.6.4) at the sender's domain."""
    host = parse(sender).domain if sender else "cmr-watch.invalid"
    return lambda: f"<{secrets.token_hex(16)}@{host}>"


# ── enqueue ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def enqueue(queue: MatchQueue, now: datetime) -> int:
    """Match pending changes to recipients, one batch of subscriptions at a time; return the number of matches."""
    total = 0
    while True:
        with queue.fan_out_batch(now) as batch:
            if batch is None:
                return total
            total += batch.save(planning.match_changes(batch.subscriptions, batch.changes, batch.mutes, now))


def notify_operator(
    deliveries: Deliveries, incidents: Incidents, operators: Sequence[str], write: WriteOperator, now: datetime
) -> int:
    """Notify the operators of incidents opened and resolved, once each; return the number of messages."""
    unnotified = incidents.unnotified()
    if not unnotified or not operators:
        return 0
    messages = [write(address, unnotified) for address in operators]
    return len(messages) if deliveries.notify_operator(messages, unnotified, now) else 0


# ── compose ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def compose(queue: MatchQueue, composer: MessageComposer, clock: Clock) -> int:
    """Plan and compose the messages of all recipients for whom something is due; return how many recipients."""
    total = 0
    now = clock()
    planned: set[str] = set()
    # a recipient who is due again once planned has a row that cannot be read; the others must not wait for it
    skip: set[str] = set()
    while mailboxes := _compose_batch(queue, composer, now, skip):
        skip |= planned & mailboxes
        planned |= mailboxes
        total += len(mailboxes)
    composer.report_unrenderable(now)
    return total


def _compose_batch(queue: MatchQueue, composer: MessageComposer, now: datetime, skip: Collection[str]) -> set[str]:
    """Plan and compose for the next recipients; return their mailboxes."""
    with queue.batch(now, skip=skip) as batch:
        if batch is None:
            return set()
        context = replace(
            planning.planning_context(batch.known, batch.call_changes, now),
            outages=batch.outages,
        )
        batch.save(
            composer.compose(recipient, planning.plan(recipient, context, now)) for recipient in batch.recipients
        )
        return {recipient.mailbox for recipient in batch.recipients}


def check_overdue_digests(queue: MatchQueue, incidents: Incidents, now: datetime, zone: ZoneInfo) -> None:
    """Open an incident if a digest is overdue by more than an hour; resolve it if none is.

    Call it after sending: a digest that was only waiting for the next run is not a problem.
    """
    since = queue.overdue_digest_since(now - LATE)
    if since is None:
        incidents.resolve("digest-overdue", "digests", now)
    else:
        incidents.open("digest-overdue", "digests", f"a digest was due on {local_time(since, zone)}", now)


# ── deliver ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Pace:
    """Limits on a run: at most `per_minute` mails; `sleep` waits for some seconds; `stop` asks for an early end."""

    per_minute: int | None = None
    sleep: Callable[[float], None] = lambda _: None
    stop: Callable[[], bool] = lambda: False


def _ignore(*_: str) -> None: ...


def deliver(
    deliveries: Deliveries,
    channels: Mapping[Channel, Sender],
    clock: Clock,
    jitter: Callable[[], float] = random.random,
    pace: Pace = Pace(),
    on_unknown_recipient: Callable[[str, str], object] = _ignore,
) -> DeliveryReport:
    """Send everything that is due. Messages for a channel that is not configured are only logged.

    `on_unknown_recipient` is called with each address that a server rejected because it does not exist, and the reason.
    """
    deliveries.cancel_unwanted(clock())
    run = _Run(deliveries, channels, clock, jitter, on_unknown_recipient)
    try:
        while not pace.stop():
            now = clock()
            batch = deliveries.claim(now, LEASE, BATCH, pace.per_minute)
            if batch:
                run.process_batch(batch, now, pace.stop)
                continue
            next_at = deliveries.next_mail_at(clock(), pace.per_minute) if pace.per_minute else None
            if next_at is None:
                break
            pace.sleep(_pause_until(next_at, clock()))
    finally:
        for channel in channels.values():
            channel.close()
    return run.report()


def _pause_until(at: datetime, now: datetime) -> float:
    """Return the seconds to sleep: at most five at a time, so that a request to stop is noticed."""
    return min(5.0, max(0.1, (at - now).total_seconds()))


class _Run:
    """The state of one run of `deliver`: counts, errors, and the routes that are down."""

    def __init__(
        self,
        deliveries: Deliveries,
        channels: Mapping[Channel, Sender],
        clock: Clock,
        jitter: Callable[[], float],
        on_unknown_recipient: Callable[[str, str], object],
    ) -> None:
        self._on_unknown_recipient = on_unknown_recipient
        self._deliveries = deliveries
        self._channels = channels
        self._clock = clock
        self._jitter = jitter
        self._failures_by_route = deliveries.open_circuits()
        self._next_probes: dict[str, datetime] = {}
        self._accepted: Delivery | None = None
        self._claimed_at = self._leased_at = clock()
        self._counts: Counter[str] = Counter()
        self._errors: dict[str, None] = {}

    def report(self) -> DeliveryReport:
        counts = dict(self._counts)
        if self._next_probes:
            counts["pending"] = counts.get("pending", 0) + self._deliveries.blocked_by_open_circuits(self._clock())
        return DeliveryReport(**counts, failures=tuple(self._errors))

    def process_batch(self, claimed: Sequence[Delivery], claimed_at: datetime, stop: Callable[[], bool]) -> None:
        """Process the deliveries in order. Those not processed are released at once, whatever ends the batch early."""
        remaining = list(claimed)
        self._claimed_at = claimed_at
        try:
            is_ours = self._renew_lease(remaining[0])  # nothing is sent if nothing can be written
            while remaining and not stop():
                delivery, following = remaining[0], remaining[1] if len(remaining) > 1 else None
                is_ours = self._process(delivery, following) if is_ours else self._skip(delivery, following)
                del remaining[0]
        finally:
            for delivery in remaining:
                with suppress(StoreError):  # the lease will expire
                    self._abandon(delivery)

    def _process(self, delivery: Delivery, following: Delivery | None) -> bool:
        """Release, send or fail one delivery; return whether the next one is still ours."""
        if _route(delivery) in self._next_probes:
            self._deliveries.release(delivery)  # the route is down; one probe per run is enough
            return self._hold(following)
        quiet_until = _quiet_until(delivery, self._clock())
        if quiet_until is not None:
            self._deliveries.release(delivery, quiet_until)
            return self._hold(following)
        try:
            outcome = self._send(delivery)
        except LeaseLost:
            return self._skip(delivery, following)
        except DeliveryError as error:
            self._record_failure(delivery, error)
            return self._hold(following)
        return self._finish_and_renew(delivery, outcome, following)

    def _skip(self, delivery: Delivery, following: Delivery | None) -> bool:
        """Leave a delivery that another process has meanwhile, or whose recipient has unsubscribed or paused.

        It was not sent: if the lease is still ours, the message can be replaced like any other that waits.
        """
        self._deliveries.release(delivery)
        return self._hold(following)

    def _hold(self, delivery: Delivery | None) -> bool:
        """Whether a delivery is leased to this process and wanted by its recipient; renews the lease after a while."""
        if delivery is None:
            return False
        if self._is_fresh(self._clock()):
            self._leased_at = self._claimed_at
            return True
        return self._renew_lease(delivery)

    def _is_fresh(self, now: datetime) -> bool:
        return self._claimed_at <= now < self._claimed_at + _FRESH

    def _renew_lease(self, delivery: Delivery) -> bool:
        self._leased_at = self._clock()
        return self._deliveries.renew(delivery, self._leased_at, LEASE)

    def _is_ours(self, delivery: Delivery) -> bool:
        """Whether a delivery is still leased to this process and wanted, right before it is handed over.

        The process may have been frozen, or the server slow; and the recipient has unsubscribed or paused meanwhile.
        """
        return self._leased_at <= self._clock() < self._leased_at + _FRESH or self._renew_lease(delivery)

    def _send(self, delivery: Delivery) -> DeliveryOutcome:
        message = delivery.message
        channel = self._channels.get(message.channel)
        if channel is None:
            log.warning(
                "no mail server is configured; not sent to %s: %s", redact_address(message.address), message.subject
            )
            return "logged"
        try:
            channel.send(message, lambda: self._is_ours(delivery))
        except ChannelDown as error:
            self._open_circuit(delivery, error)
            raise
        except _FAULTS as error:
            log.exception("a message to %s could not be sent", redact_address(message.address))
            reason = f"{redact_address(message.address)}: unexpected error ({type(error).__name__})"
            raise DeliveryError(reason, uncertain=True) from error
        self._accepted = delivery
        self._close_circuit(delivery)
        return "sent"

    def _open_circuit(self, delivery: Delivery, error: ChannelDown) -> None:
        """Stop using the route of a delivery until the next probe."""
        name = _route(delivery)
        failures = self._failures_by_route.get(name, 0) + 1
        probe_at = next_probe(failures, self._clock(), self._jitter())
        self._failures_by_route[name], self._next_probes[name] = failures, probe_at
        self._deliveries.open_circuit(delivery.message.address, probe_at, failures, str(error))

    def _close_circuit(self, delivery: Delivery) -> None:
        """Use the route of a delivery again, if its circuit was open."""
        if self._failures_by_route.pop(_route(delivery), None) is not None:
            self._deliveries.close_circuit(delivery.message.address)

    def _record_failure(self, delivery: Delivery, error: DeliveryError) -> None:
        """Postpone a delivery after a failed attempt, or fail it permanently."""
        if not _is_expected(delivery, error):
            self._errors[str(error)] = None
        decision = decide(error, delivery.attempts, delivery.created_at, self._clock(), self._jitter())
        if isinstance(decision, Retry):
            self._postpone(delivery, decision.at, error)
            return
        self._finish_and_renew(delivery, "failed", error=decision.reason)
        if error.unknown_recipient and delivery.purpose not in REQUESTED:  # nobody's subscription is to end
            self._on_unknown_recipient(delivery.message.address, str(error))

    def _postpone(self, delivery: Delivery, retry_at: datetime, error: DeliveryError) -> None:
        """Retry at `retry_at`, or when its route is probed again, if that is earlier."""
        due_at = min(retry_at, self._next_probes.get(_route(delivery), retry_at))
        if self._deliveries.postpone(delivery, due_at, str(error), error.uncertain):
            self._counts["pending"] += not _is_expected(delivery, error)

    def _finish_and_renew(
        self,
        delivery: Delivery,
        outcome: DeliveryOutcome,
        following: Delivery | None = None,
        error: str | None = None,
    ) -> bool:
        """Record the outcome, and renew the next lease if it is time, in one commit; return whether it is ours."""
        now = self._clock()
        is_fresh = self._is_fresh(now)
        self._leased_at = self._claimed_at if is_fresh else now
        is_finished, is_renewed = self._deliveries.finish(
            delivery, outcome, now, error, None if is_fresh else following
        )
        if is_finished and not (outcome == "failed" and delivery.purpose in REQUESTED):
            self._counts[outcome] += 1
        return is_renewed or (is_fresh and following is not None)

    def _abandon(self, delivery: Delivery) -> None:
        """Release a delivery; one that was already accepted is recorded as sent, so that it is not sent again."""
        if delivery is self._accepted:
            self._finish_and_renew(delivery, "sent")
        else:
            self._deliveries.release(delivery)


def _is_expected(delivery: Delivery, error: DeliveryError) -> bool:
    """Whether a failure is no news: anybody can ask for a mail to an address that does not exist.

    Otherwise anybody could raise alarms, and fill the log with addresses.
    """
    return delivery.purpose in REQUESTED and not isinstance(error, ChannelDown)


def _route(delivery: Delivery) -> str:
    return route(delivery.message.address)


def _quiet_until(delivery: Delivery, now: datetime) -> datetime | None:
    """Return the end of the quiet hours that apply now; None if there are none."""
    hours, zone = delivery.quiet or (None, "UTC")
    end = delivery_schedule.end_of_quiet(hours, zone, now)
    return end if end > now else None
