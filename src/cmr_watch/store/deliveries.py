"""The outbox: deliveries are leased, sent, and marked as done.

A lease consists of a random claim token and a time of expiry. Only the holder of the token can mark the delivery.
Once the lease has expired, another process can claim the delivery, and the old token becomes void.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import Any, Literal

from sqlalchemy import Connection, and_, case, func, not_, or_, select, update

from cmr_watch.models.recipients import (
    REQUESTED,
    Body,
    Delivery,
    DeliveryOutcome,
    Incident,
    IncidentKind,
    Message,
    mailbox_of,
)
from cmr_watch.store import claims, mute_links, plan_writer, readable, recipients, row_mapping
from cmr_watch.store.claims import MAIL, is_later, is_pending
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import mark_notified, open_among, open_incident, resolve_incidents
from cmr_watch.store.rounds import times
from cmr_watch.store.schema import circuit_breakers, deliveries

log = logging.getLogger(__name__)

State = Literal["all", "pending", "sent", "logged", "failed", "superseded", "cancelled", "discarded"]

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)

_DELIVERY_FAILED: IncidentKind = "delivery-failed"
_NO_BODY = Body("", "", "")
_UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)

_RETRIABLE = and_(or_(is_pending, deliveries.c.outcome == "failed"), deliveries.c.held_at.is_(None))


@dataclass(frozen=True, slots=True)
class Pending:
    """How many messages are pending, and since when the oldest one is."""

    count: int
    since: datetime


class Deliveries:
    """The messages in the outbox, including those that are done."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._token: str | None = None
        self._failed_before: frozenset[str] = frozenset()

    # ── claiming and marking ─────────────────────────────────────────────────────────────────────────────────────

    def claim(
        self, now: datetime, lease: timedelta = LEASE, limit: int = 20, per_minute: int | None = None
    ) -> tuple[Delivery, ...]:
        """Lease the next deliveries that are due, at most one of each purpose for a mailbox, in their order.

        `per_minute` limits the mails, counting those of all processes.
        """
        while True:
            with self._database.write() as connection:
                allowed = _mails_allowed(connection, now, per_minute) if per_minute else limit
                statement = claims.CLAIMABLE if allowed else claims.CLAIMABLE_EXCEPT_MAIL
                size = min(limit, allowed or limit)
                ids = connection.execute(statement, {**times(now), "size": size}).scalars().all()
                if not ids:
                    return ()
                self._token = secrets.token_urlsafe(16)
                connection.execute(claims.CLAIM, {"ids": ids, "token": self._token, "until": now + lease})
                rows = connection.execute(claims.CLAIMED, {"ids": ids})
                claimed = mute_links.signed(connection, _deliveries(connection, rows))
                addresses = [delivery.message.address for delivery in claimed]
                self._failed_before = open_among(connection, _DELIVERY_FAILED, addresses)
            self._withdraw(set(ids).difference(delivery.id for delivery in claimed), now)
            if claimed:
                return claimed

    def _withdraw(self, ids: Collection[int], now: datetime) -> None:
        """Withdraw messages that cannot be read, so that they are written again.

        One that may have been sent, or is to an operator, has failed.
        """
        if not ids:
            return
        is_replaceable = (deliveries.c.uncertain.is_(False), deliveries.c.purpose == "subscriber")
        with self._database.write() as connection:
            recipients.lock_planning(self._database, connection)
            of_ids = deliveries.c.id.in_(ids)
            unsent = connection.execute(select(deliveries.c.id).where(of_ids, *is_replaceable)).scalars().all()
            recipients.withdraw_messages(connection, unsent, "superseded", now)
            failed = {"outcome": "failed", "done_at": now, "last_error": "the stored message cannot be read"}
            connection.execute(update(deliveries).where(of_ids, is_pending).values(**failed))
            connection.execute(update(deliveries).where(of_ids).values(claim_token=None, leased_until=None))

    def renew(self, delivery: Delivery, now: datetime, lease: timedelta = LEASE) -> bool:
        """Extend a lease from now; return False if it was lost, or if the recipient has unsubscribed or paused."""
        with self._database.write() as connection:
            return _renew(connection, delivery, now, lease)

    def finish(
        self,
        delivery: Delivery,
        outcome: DeliveryOutcome,
        now: datetime,
        error: str | None = None,
        following: Delivery | None = None,
    ) -> tuple[bool, bool]:
        """Record the final outcome, and renew the lease of the `following` delivery in the same commit.

        Return whether each lease was still held. A failure opens an incident for the address, which is resolved when a
        message is sent there; until then, further failures are part of it.
        """
        was_attempted = outcome in ("sent", "failed")
        values = {"result": outcome, "now": now, "error": error, "attempt_count": delivery.attempts + was_attempted}
        with self._database.write() as connection:
            is_finished = connection.execute(claims.FINISH, {**_claim_of(delivery), **values}).rowcount == 1
            is_new = is_finished and self._update_incident(connection, delivery, outcome, now, error)
            is_renewed = following is not None and _renew(connection, following, now, LEASE)
        if is_new:
            # log neither the address nor the error: either may contain the secret of a webhook
            log.warning("delivery %d failed and will not be retried; see: cmr-watch deliveries list", delivery.id)
        return is_finished, is_renewed

    def postpone(self, delivery: Delivery, due_at: datetime, error: str, uncertain: bool = False) -> bool:
        """Record a failed attempt and retry at `due_at`; return False if the lease was lost.

        News of the same edition or call that came meanwhile can replace the message now.
        """
        values = {"due_at": due_at, "last_error": error, "attempts": deliveries.c.attempts + 1}
        return self._release(delivery, **values, uncertain=delivery.uncertain or uncertain)

    def release(self, delivery: Delivery, due_at: datetime | None = None) -> None:
        """End the lease without an attempt. With `due_at`, the message is not sent before then."""
        self._release(delivery, **({"due_at": due_at} if due_at else {}))

    def give_back(self) -> None:
        """Release what was claimed last and is not done; for a process that ends while a server does not respond."""
        statement = update(deliveries).where(is_pending, deliveries.c.claim_token == self._token)
        with self._database.write() as connection:
            connection.execute(statement.values(claim_token=None, leased_until=None))

    def notify_operator(self, messages: Sequence[Message], reported: Sequence[Incident], now: datetime) -> bool:
        """Store messages to operators and mark the incidents that they report.

        Return False, and store nothing, if another process has reported any of them.
        """
        with self._database.write() as connection:
            if not mark_notified(connection, reported, now):
                connection.rollback()
                return False
            for message in messages:
                plan_writer.insert_message(self._database, connection, message, "operator", now)
            return True

    def cancel_unwanted(self, now: datetime) -> int:
        """Cancel the pending messages of recipients who are no longer subscribed; return their number."""
        with self._database.write() as connection:
            return recipients.cancel_unwanted(connection, now)

    def _release(self, delivery: Delivery, **values: Any) -> bool:
        is_claimed = and_(deliveries.c.id == delivery.id, deliveries.c.claim_token == delivery.claim, is_pending)
        statement = update(deliveries).where(is_claimed).values(claim_token=None, leased_until=None, **values)
        with self._database.write() as connection:
            recipients.lock_planning(self._database, connection)
            is_released = connection.execute(statement).rowcount == 1
            recipients.make_due_with_pending_messages(connection, [mailbox_of(delivery.message.address)])
            return is_released

    def _update_incident(
        self, connection: Connection, delivery: Delivery, outcome: DeliveryOutcome, now: datetime, error: str | None
    ) -> bool:
        """Open or resolve the incident of an address; return whether one was opened."""
        # reports of failed reports would never end; anybody can ask for a mail to an address that does not exist
        if delivery.purpose != "subscriber":
            return False
        address = delivery.message.address
        if outcome == "failed":
            detail = f"message {delivery.id}, “{delivery.message.subject}”: {error or ''}"
            return open_incident(self._database, connection, _DELIVERY_FAILED, address, detail, now)
        # while its message is claimed, no other one to the address is sent, so none of its incidents is opened
        if outcome == "sent" and address in self._failed_before:
            resolve_incidents(connection, address, now, _DELIVERY_FAILED)
        return False

    # ── routes and limits ────────────────────────────────────────────────────────────────────────────────────────

    def open_circuits(self) -> dict[str, int]:
        """Return the number of consecutive failures of each route whose circuit breaker is not closed."""
        with self._database.read() as connection:
            found = readable.rows(connection, circuit_breakers, connection.execute(select(circuit_breakers)))
            return {row.route: row.failures for row in found}

    def open_circuit(self, address: str, until: datetime, failures: int, reason: str) -> None:
        """Claim no deliveries for the route of this address until then."""
        values = {"open_until": until, "failures": failures, "reason": reason}
        statement = self._database.insert(circuit_breakers).values(route=row_mapping.route(address), **values)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=[circuit_breakers.c.route], set_=values))

    def close_circuit(self, address: str) -> None:
        """Use the route of this address again."""
        with self._database.write() as connection:
            connection.execute(circuit_breakers.delete().where(circuit_breakers.c.route == row_mapping.route(address)))

    def blocked_by_open_circuits(self, now: datetime) -> int:
        """Return how many due messages are waiting for an open circuit breaker."""
        down = select(circuit_breakers.c.route).where(*is_later(circuit_breakers.c.open_until, now))
        statement = select(func.count()).where(is_pending, deliveries.c.due_at <= now, deliveries.c.route.in_(down))
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one()

    def next_mail_at(self, now: datetime, per_minute: int) -> datetime | None:
        """Return when the rate limit next allows a mail; None if it allows one now, or if none is due."""
        with self._database.read() as connection:
            if _mails_allowed(connection, now, per_minute) > 0:
                return None
            if connection.execute(claims.CLAIMABLE_MAIL, {**times(now), "size": 1}).first() is None:
                return None
            oldest = select(func.min(deliveries.c.done_at)).where(*_is_recent_mail(now))
            first = readable.time_of(connection.execute(oldest).scalar())
        return (first or now) + MINUTE

    def oldest_due(self, now: datetime) -> datetime | None:
        """Return since when the oldest unsent message has been due; None if none is due."""
        is_due = (is_pending, deliveries.c.due_at <= now, deliveries.c.held_at.is_(None), ~recipients.is_paused(now))
        with self._database.read() as connection:
            return readable.time_of(connection.execute(select(func.min(deliveries.c.due_at)).where(*is_due)).scalar())

    def counts_by_channel(self) -> dict[tuple[str, str], int]:
        """Count the messages by channel (`mail` or `other`) and by outcome (`pending` if there is none yet).

        Failures of what anybody can ask for are left out: they are no reason for an alarm.
        """
        is_no_alarm = and_(deliveries.c.outcome == "failed", deliveries.c.purpose.in_(REQUESTED))
        is_counted = or_(deliveries.c.outcome.is_(None), not_(is_no_alarm))
        channel = case((deliveries.c.route == MAIL, MAIL), else_="other")
        counted = select(channel, deliveries.c.outcome, func.count()).group_by(channel, deliveries.c.outcome)
        with self._database.read() as connection:
            return {(row[0], row[1] or "pending"): row[2] for row in connection.execute(counted.where(is_counted))}

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────

    def list(self, state: State = "all", limit: int | None = None) -> tuple[Delivery, ...]:
        """Return the messages in a state, oldest first; with a limit, the newest ones."""
        condition = {"all": (), "pending": (is_pending,)}.get(state, (deliveries.c.outcome == state,))
        with self._database.read() as connection:
            return _load(connection, *condition, limit=limit)

    def failing(self) -> tuple[Delivery, ...]:
        """Return the pending messages whose last attempt failed, oldest first."""
        with self._database.read() as connection:
            return _load(connection, is_pending, deliveries.c.last_error.is_not(None))

    def pending(self) -> Pending | None:
        """Count the messages that are pending and not on hold; None if there are none."""
        waiting = (is_pending, deliveries.c.held_at.is_(None))
        statement = select(func.count(), func.min(deliveries.c.created_at)).where(*waiting)
        with self._database.read() as connection:
            count, since = connection.execute(statement).one()
        return Pending(count, readable.time_of(since) or _UNKNOWN) if count else None

    def retry(self, ids: Iterable[int] | None, now: datetime) -> int:
        """Make pending and failed messages due now, and reset their attempts; return their number.

        Applies to those in `ids`, or to all, except messages held after a restore.
        """
        is_retriable = and_(_RETRIABLE, recipients.has_active_subscription())
        which = is_retriable if ids is None else and_(is_retriable, deliveries.c.id.in_(list(ids)))
        values = {"outcome": None, "done_at": None, "due_at": now, "attempts": 0, "stale_at": None}
        statement = update(deliveries).where(which).values(values).returning(deliveries.c.address)
        with self._database.write() as connection:
            addresses = connection.execute(statement).scalars().all()
            # the operator expects an attempt, even if a circuit breaker is open
            addresses = [address for address in addresses if isinstance(address, str)]
            routes = sorted({row_mapping.route(address) for address in addresses})
            connection.execute(circuit_breakers.delete().where(circuit_breakers.c.route.in_(routes)))
            # what they say may no longer be true
            recipients.plan_again(connection, sorted(map(mailbox_of, set(addresses))), now)
        return len(addresses)

    def count_leased(self, ids: Iterable[int] | None, now: datetime) -> int:
        """Count the messages, of `ids` or of all, that a process has leased; no other process can send them."""
        which = () if ids is None else (deliveries.c.id.in_(list(ids)),)
        statement = select(func.count()).where(is_pending, deliveries.c.leased_until >= now, *which)
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one()

    def counts(self) -> dict[str, int]:
        """Count the messages that are pending, sent, logged and failed."""
        # two statements, each of which can use an index; a single one would read every row
        statements = [
            select(deliveries.c.outcome, func.count()).where(condition).group_by(deliveries.c.outcome)
            for condition in (is_pending, ~is_pending)
        ]
        with self._database.read() as connection:
            rows = [row for statement in statements for row in connection.execute(statement)]
        counted = {outcome or "pending": count for outcome, count in rows}
        return {state: counted.get(state, 0) for state in ("pending", "sent", "logged", "failed")}

    def by_message_id(self, message_ids: Iterable[str]) -> tuple[Delivery, ...]:
        """Return the deliveries with any of these Message-IDs."""
        with self._database.read() as connection:
            return _load(connection, deliveries.c.message_id.in_(list(message_ids)))

    def without_subscriber(self, ids: Iterable[int] | None) -> tuple[Delivery, ...]:
        """Return those, of `ids` or of all, that `retry` skips because their recipient is not subscribed."""
        which = () if ids is None else (deliveries.c.id.in_(list(ids)),)
        with self._database.read() as connection:
            return _load(connection, _RETRIABLE, not_(recipients.has_active_subscription()), *which)

    def rejections(self, mailboxes: Iterable[str]) -> dict[str, tuple[datetime, str]]:
        """When the last message to each mailbox failed permanently, and the error."""
        failed = (deliveries.c.outcome == "failed", deliveries.c.last_error.is_not(None))
        statement = select(deliveries).where(*failed, deliveries.c.mailbox.in_(list(mailboxes)))
        with self._database.read() as connection:
            found = connection.execute(statement.order_by(deliveries.c.done_at))
            rows = readable.rows(connection, deliveries, found)
            return {row.mailbox: (row.done_at, row.last_error) for row in rows}


def _mails_allowed(connection: Connection, now: datetime, per_minute: int) -> int:
    """Return how many more mails may be sent now: those of the last 60 seconds and those that are leased count."""
    sent = select(func.count()).where(*_is_recent_mail(now))
    leased = select(func.count()).where(is_pending, deliveries.c.route == MAIL, deliveries.c.leased_until >= now)
    counted = [connection.execute(statement).scalar_one() for statement in (sent, leased)]
    return max(0, per_minute - sum(counted))


def _is_recent_mail(now: datetime) -> tuple[Any, ...]:
    was_attempted = deliveries.c.outcome.in_(("sent", "failed"))
    return (
        deliveries.c.outcome.is_not(None),
        was_attempted,
        deliveries.c.route == MAIL,
        deliveries.c.done_at > now - MINUTE,
    )


def _renew(connection: Connection, delivery: Delivery, now: datetime, lease: timedelta) -> bool:
    return connection.execute(claims.RENEW, {**_claim_of(delivery), "at": now, "until": now + lease}).rowcount == 1


def _claim_of(delivery: Delivery) -> dict[str, Any]:
    return {"delivery": delivery.id, "token": delivery.claim}


def _load(connection: Connection, *conditions: Any, limit: int | None = None) -> tuple[Delivery, ...]:
    newest = select(deliveries.c.id).where(*conditions).order_by(deliveries.c.id.desc()).limit(limit)
    statement = select(deliveries).where(deliveries.c.id.in_(newest)).order_by(deliveries.c.id)
    return _deliveries(connection, connection.execute(statement))


def _deliveries(connection: Connection, found: Iterable[Any]) -> tuple[Delivery, ...]:
    """Return the deliveries of these rows, without those that cannot be read."""
    rows = list(readable.rows(connection, deliveries, found))
    # most deliveries share one: to read it with each of them would take longer than to read all the rest
    contents = connection.execute(claims.BODIES, {"ids": list({row.body_id for row in rows})})
    body_rows = {body.id: body for body in contents}
    change_ids: dict[int, tuple[int, ...]] = {}
    for match in connection.execute(claims.REPORTED, {"ids": [row.id for row in rows]}):
        change_ids[match.delivery_id] = (*change_ids.get(match.delivery_id, ()), match.change_id)
    decode = partial(_delivery, body_rows, change_ids)
    return tuple(readable.models(connection, deliveries, rows, decode))


def _delivery(body_rows: Mapping[int, Any], change_ids: Mapping[int, tuple[int, ...]], row: Any) -> Delivery:
    found = body_rows.get(row.body_id)
    body = _body(found) if found else _NO_BODY
    is_pending = row.outcome is None
    if is_pending and (found is None or plan_writer.digest(body) != found.sha256):
        raise ValueError("body_id is not valid")
    return row_mapping.delivery(row, body, change_ids.get(row.id, ()))


def _body(row: Any) -> Body:
    return _shared_body(row.subject or "", row.text or "", row.html or "", row.more_url or "")


@lru_cache(maxsize=64)
def _shared_body(subject: str, text: str, html: str, more_url: str) -> Body:
    """Return the same object for equal bodies, so that many messages share the work of rendering one."""
    return Body(subject, text, html, more_url)
