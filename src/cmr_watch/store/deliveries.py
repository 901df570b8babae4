"""The outbox: messages are claimed, sent and marked.

A claim is a random token and a lease. Whoever holds the token may mark the delivery; a lease that ran out may be
claimed by somebody else, and then the old token marks nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Connection, Integer, Select, and_, bindparam, case, exists, func, not_, or_, select, update

from cmr_watch.models import Body, Delivery, DeliveryOutcome, Incident, IncidentKind, Message
from cmr_watch.store import plan_writer, recipients, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import mark_notified, open_incident, resolve_incidents
from cmr_watch.store.schema import bodies, circuit_breakers, deliveries, delivery_pauses, matches

log = logging.getLogger(__name__)

State = Literal["all", "pending", "failed", "sent", "logged"]

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)

_unfinished = deliveries.c.outcome.is_(None)
_OURS = (deliveries.c.id == bindparam("which"), deliveries.c.claim_token == bindparam("claimed"), _unfinished)
# one of each a mail: made once, for to build a statement takes longer than to run it
_RENEW = update(deliveries).where(*_OURS, recipients.wanted()).values(leased_until=bindparam("until"))
_FINISH = (
    update(deliveries)
    .where(*_OURS)
    .values(
        outcome=bindparam("its"),
        done_at=bindparam("now"),
        last_error=bindparam("error"),
        attempts=bindparam("tries"),
        claim_token=None,
        leased_until=None,
    )
)
_SET_ASIDE: IncidentKind = "delivery-failed"
_MAIL = "mail"
_AT = bindparam("at", type_=deliveries.c.due_at.type)


def _claimable(*conditions: Any) -> Select[Any]:
    """The ids of what may be sent `at` a time, `size` of them.

    - It is due, held by nobody and by no restore, and its words still hold.
    - Its reader is still subscribed, and no soft bounce asks for a pause.
    - Its way is open.
    - Nothing earlier still waits for the same mailbox.
    """
    earlier = deliveries.alias()
    blocked = exists().where(
        earlier.c.mailbox == deliveries.c.mailbox,
        earlier.c.id < deliveries.c.id,
        earlier.c.outcome.is_(None),
        earlier.c.held_at.is_(None),
    )
    free = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until < _AT)
    true = or_(deliveries.c.stale_at.is_(None), deliveries.c.stale_at > _AT, deliveries.c.uncertain)
    paused = exists().where(delivery_pauses.c.mailbox == deliveries.c.mailbox, delivery_pauses.c.paused_until > _AT)
    down = exists().where(circuit_breakers.c.route == deliveries.c.route, circuit_breakers.c.open_until > _AT)
    due = (_unfinished, deliveries.c.due_at <= _AT, deliveries.c.held_at.is_(None), free, true)
    statement = select(deliveries.c.id).where(*due, ~blocked, ~paused, ~down, recipients.wanted(), *conditions)
    return statement.order_by(deliveries.c.due_at, deliveries.c.id).limit(bindparam("size", type_=Integer))


# SQLite knows no SKIP LOCKED and needs none: it has one writer at a time
DUE = _claimable().with_for_update(skip_locked=True)
_DUE_BUT_MAIL = _claimable(deliveries.c.route != _MAIL).with_for_update(skip_locked=True)
_DUE_MAIL = _claimable(deliveries.c.route == _MAIL)
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        claim_token=bindparam("claim"),
        leased_until=bindparam("until"),
        # a lease that ran out: whoever held it may have sent it, and never came to say so
        uncertain=or_(deliveries.c.uncertain, deliveries.c.claim_token.is_not(None)),
    )
)


_RETRIABLE = and_(or_(_unfinished, deliveries.c.outcome == "failed"), deliveries.c.held_at.is_(None))


class Deliveries:
    """Every message that was ever to be sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── messages are claimed and marked ──────────────────────────────────────────────────────────────────────────

    def claim(
        self, now: datetime, lease: timedelta = LEASE, limit: int = 20, per_minute: int | None = None
    ) -> tuple[Delivery, ...]:
        """The next due deliveries, ours until the lease is over; one to an address, in the order of its messages.

        `per_minute`: no more mails are claimed than may be sent now, whoever else sends.
        """
        with self._database.write() as connection:
            left = _mails_left(connection, now, per_minute) if per_minute else limit
            size = min(limit, left or limit)
            due = connection.execute(DUE if left else _DUE_BUT_MAIL, {"at": now, "size": size}).scalars().all()
            if not due:
                return ()
            connection.execute(_CLAIM, {"ids": due, "claim": secrets.token_urlsafe(16), "until": now + lease})
            return _found(connection, deliveries.c.id.in_(due))

    def renew(self, delivery: Delivery, now: datetime, lease: timedelta = LEASE) -> bool:
        """Begin the lease anew. False: it is no longer ours, or nobody wants it any more."""
        with self._database.write() as connection:
            return _renew(connection, delivery, now, lease)

    def finish(self, delivery: Delivery, outcome: DeliveryOutcome, now: datetime, error: str | None = None) -> bool:
        """Mark it as done for good. False: it is no longer ours.

        What is set aside is an incident of its address until something is sent there, or it is tried again.
        """
        return self.finish_and_renew(delivery, outcome, now, error)[0]

    def finish_and_renew(
        self,
        delivery: Delivery,
        outcome: DeliveryOutcome,
        now: datetime,
        error: str | None = None,
        then: Delivery | None = None,
    ) -> tuple[bool, bool]:
        """`finish`, and `renew` for the one that comes `then`, in one commit."""
        tried = outcome in ("sent", "failed")
        values = {"its": outcome, "now": now, "error": error, "tries": delivery.attempts + tried}
        with self._database.write() as connection:
            mine = connection.execute(_FINISH, {**_mine(delivery), **values}).rowcount == 1
            news = mine and self._incident(connection, delivery, outcome, now, error)
            renewed = then is not None and _renew(connection, then, now, LEASE)
        if news:
            # neither the address nor the channel's words: either may hold the secret of a web hook
            log.warning("delivery %d was set aside, nobody will try again: see cmr-watch deliveries list", delivery.id)
        return mine, renewed

    def postpone(self, delivery: Delivery, due_at: datetime, error: str, uncertain: bool = False) -> bool:
        """Count an attempt that failed; try again at `due_at`. False: it is no longer ours."""
        values = {"due_at": due_at, "last_error": error, "attempts": deliveries.c.attempts + 1}
        return self._mark(
            delivery, **values, uncertain=delivery.uncertain or uncertain, claim_token=None, leased_until=None
        )

    def release(self, delivery: Delivery, due_at: datetime | None = None) -> None:
        """Give it back untried; not to be sent before `due_at`."""
        later = {"due_at": due_at} if due_at else {}
        self._mark(delivery, claim_token=None, leased_until=None, **later)

    def notify_operator(self, messages: Sequence[Message], told: Sequence[Incident], now: datetime) -> bool:
        """Put the operator's messages in the outbox, and mark of what they tell. False: another process was faster."""
        with self._database.write() as connection:
            if not mark_notified(connection, told, now):
                connection.rollback()
                return False
            for message in messages:
                plan_writer.insert_message(self._database, connection, message, "operator", now)
            return True

    def cancel_unwanted(self, now: datetime) -> int:
        """End what waits for somebody who is not subscribed any more; how many."""
        with self._database.write() as connection:
            return recipients.cancel_unwanted(connection, now)

    def _mark(self, delivery: Delivery, **values: Any) -> bool:
        with self._database.write() as connection:
            return _update_mine(connection, delivery, values)

    def _incident(
        self, connection: Connection, delivery: Delivery, outcome: DeliveryOutcome, now: datetime, error: str | None
    ) -> bool:
        if delivery.purpose == "operator":  # trouble with telling of trouble would go on for ever
            return False
        address = delivery.message.address
        if outcome == "failed":
            return open_incident(self._database, connection, _SET_ASIDE, address, error or "", now)
        if outcome == "sent":
            resolve_incidents(connection, address, now, _SET_ASIDE)
        return False

    # ── ways that are closed ─────────────────────────────────────────────────────────────────────────────────────

    def open_circuits(self) -> dict[str, int]:
        """The ways on which nobody answered, and how often in a row."""
        with self._database.read() as connection:
            return {row.route: row.failures for row in connection.execute(select(circuit_breakers))}

    def open_circuit(self, address: str, until: datetime, failures: int, reason: str) -> None:
        """Claim nothing for this way until then."""
        values = {"open_until": until, "failures": failures, "reason": reason}
        statement = self._database.insert(circuit_breakers).values(route=row_mapping.route(address), **values)
        with self._database.write() as connection:
            connection.execute(statement.on_conflict_do_update(index_elements=[circuit_breakers.c.route], set_=values))

    def close_circuit(self, address: str) -> None:
        """Somebody has answered there."""
        with self._database.write() as connection:
            connection.execute(circuit_breakers.delete().where(circuit_breakers.c.route == row_mapping.route(address)))

    def blocked_by_open_circuits(self, now: datetime) -> int:
        """How many that are due wait because nobody answers on their way."""
        down = select(circuit_breakers.c.route).where(circuit_breakers.c.open_until > now)
        statement = select(func.count()).where(_unfinished, deliveries.c.due_at <= now, deliveries.c.route.in_(down))
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one()

    def next_mail_at(self, now: datetime, per_minute: int) -> datetime | None:
        """When the next mail may be sent, if one is due that may not be sent now."""
        with self._database.read() as connection:
            if _mails_left(connection, now, per_minute) > 0:
                return None
            if connection.execute(_DUE_MAIL, {"at": now, "size": 1}).first() is None:
                return None
            oldest = select(func.min(deliveries.c.done_at)).where(*_sent_within_a_minute(now))
            first = connection.execute(oldest).scalar()
        return (first or now) + MINUTE

    def oldest_due(self, now: datetime) -> datetime | None:
        """Since when the oldest message is due that was not sent, if there is one."""
        late = (_unfinished, deliveries.c.due_at <= now, deliveries.c.held_at.is_(None))
        with self._database.read() as connection:
            found: datetime | None = connection.execute(select(func.min(deliveries.c.due_at)).where(*late)).scalar()
        return found

    def counts_by_channel(self) -> dict[tuple[str, str], int]:
        """How many messages went by mail and by other ways, with each outcome; `waiting` where there is none yet."""
        way = case((deliveries.c.route == _MAIL, _MAIL), else_="other")
        counted = select(way, deliveries.c.outcome, func.count()).group_by(way, deliveries.c.outcome)
        with self._database.read() as connection:
            return {(row[0], row[1] or "pending"): row[2] for row in connection.execute(counted)}

    # ── looking at it ────────────────────────────────────────────────────────────────────────────────────────────

    def list(self, state: State = "all", limit: int | None = None) -> tuple[Delivery, ...]:
        """Those in a state, oldest first; with a limit, the newest of them."""
        condition = {"all": (), "pending": (_unfinished,)}.get(state, (deliveries.c.outcome == state,))
        with self._database.read() as connection:
            return _found(connection, *condition, limit=limit)

    def failing(self) -> tuple[Delivery, ...]:
        """Those that wait because a try has failed, oldest first."""
        with self._database.read() as connection:
            return _found(connection, _unfinished, deliveries.c.last_error.is_not(None))

    def retry(self, ids: Iterable[int] | None, now: datetime) -> int:
        """Make them due now, as if never tried: those of `ids`, or all, that wait or were set aside; how many.

        Not what a restore holds: that is released, or dropped.
        """
        retriable = and_(_RETRIABLE, recipients.wanted())
        which = retriable if ids is None else and_(retriable, deliveries.c.id.in_(list(ids)))
        values = {"outcome": None, "done_at": None, "due_at": now, "attempts": 0, "stale_at": None}
        statement = update(deliveries).where(which).values(values).returning(deliveries.c.address)
        with self._database.write() as connection:
            addresses = connection.execute(statement).scalars().all()
            ways = sorted({row_mapping.route(address) for address in addresses})
            connection.execute(
                circuit_breakers.delete().where(circuit_breakers.c.route.in_(ways))
            )  # whoever asks wants to knock
            for address in set(addresses):
                resolve_incidents(connection, address, now, _SET_ASIDE)
        return len(addresses)

    def held(self, ids: Iterable[int] | None, now: datetime) -> int:
        """How many, of `ids` or of all, a process has claimed, so that nobody else sends them before the lease ends."""
        which = () if ids is None else (deliveries.c.id.in_(list(ids)),)
        statement = select(func.count()).where(_unfinished, deliveries.c.leased_until >= now, *which)
        with self._database.read() as connection:
            return connection.execute(statement).scalar_one()

    def counts(self) -> dict[str, int]:
        """How many wait, were sent, logged, set aside."""
        # one condition an index; a count over both would read every row
        statements = [
            select(deliveries.c.outcome, func.count()).where(condition).group_by(deliveries.c.outcome)
            for condition in (_unfinished, ~_unfinished)
        ]
        with self._database.read() as connection:
            found = {outcome or "pending": count for one in statements for outcome, count in connection.execute(one)}
        return {state: found.get(state, 0) for state in ("pending", "sent", "logged", "failed")}

    def by_message_id(self, message_ids: Iterable[str]) -> tuple[Delivery, ...]:
        """The deliveries with one of these Message-IDs."""
        with self._database.read() as connection:
            return _found(connection, deliveries.c.message_id.in_(list(message_ids)))

    def next_due(self, now: datetime) -> datetime | None:
        """When there is something to claim: `now`, later, or None when nothing waits."""
        leased = deliveries.c.leased_until
        free_at = case((leased > deliveries.c.due_at, leased), else_=deliveries.c.due_at)
        with self._database.read() as connection:
            first = connection.execute(select(func.min(free_at)).where(_unfinished)).scalar()
        return None if first is None else max(first, now)

    def without_subscriber(self, ids: Iterable[int] | None) -> tuple[Delivery, ...]:
        """Those, of `ids` or of all, that `retry` leaves as they are because their recipient is not subscribed."""
        which = () if ids is None else (deliveries.c.id.in_(list(ids)),)
        with self._database.read() as connection:
            return _found(connection, _RETRIABLE, not_(recipients.wanted()), *which)

    def rejections(self, mailboxes: Iterable[str]) -> dict[str, tuple[datetime, str]]:
        """When the last message to each mailbox failed permanently, and the error."""
        failed = (deliveries.c.outcome == "failed", deliveries.c.last_error.is_not(None))
        statement = select(deliveries).where(*failed, deliveries.c.mailbox.in_(list(mailboxes)))
        with self._database.read() as connection:
            rows = connection.execute(statement.order_by(deliveries.c.done_at))
            return {row.mailbox: (row.done_at, row.last_error) for row in rows}


def _mails_left(connection: Connection, now: datetime, per_minute: int) -> int:
    """How many mails may still begin in this minute: those sent in the last one and those under way are counted."""
    sent = select(func.count()).where(*_sent_within_a_minute(now))
    leased = select(func.count()).where(_unfinished, deliveries.c.route == _MAIL, deliveries.c.leased_until >= now)
    counted = [connection.execute(statement).scalar_one() for statement in (sent, leased)]
    return max(0, per_minute - sum(counted))


def _sent_within_a_minute(now: datetime) -> tuple[Any, ...]:
    tried = deliveries.c.outcome.in_(("sent", "failed"))
    return deliveries.c.outcome.is_not(None), tried, deliveries.c.route == _MAIL, deliveries.c.done_at > now - MINUTE


def _renew(connection: Connection, delivery: Delivery, now: datetime, lease: timedelta) -> bool:
    return connection.execute(_RENEW, {**_mine(delivery), "until": now + lease}).rowcount == 1


def _mine(delivery: Delivery) -> dict[str, Any]:
    return {"which": delivery.id, "claimed": delivery.claim}


def _update_mine(connection: Connection, delivery: Delivery, values: dict[str, Any], *conditions: Any) -> bool:
    mine = and_(deliveries.c.id == delivery.id, deliveries.c.claim_token == delivery.claim, _unfinished, *conditions)
    return connection.execute(update(deliveries).where(mine).values(values)).rowcount == 1


def _found(connection: Connection, *conditions: Any, limit: int | None = None) -> tuple[Delivery, ...]:
    newest = select(deliveries.c.id).where(*conditions).order_by(deliveries.c.id.desc()).limit(limit)
    joined = deliveries.outerjoin(bodies, bodies.c.id == deliveries.c.body_id)
    words = (bodies.c.subject, bodies.c.text, bodies.c.html, bodies.c.more_url)
    statement = select(deliveries, *words).select_from(joined).where(deliveries.c.id.in_(newest))
    found = connection.execute(statement.order_by(deliveries.c.id)).all()
    change_ids: dict[int, tuple[int, ...]] = {}
    told = select(matches).where(matches.c.delivery_id.in_([row.id for row in found])).order_by(matches.c.change_id)
    for match in connection.execute(told):
        change_ids[match.delivery_id] = (*change_ids.get(match.delivery_id, ()), match.change_id)
    return tuple(row_mapping.delivery(row, _body(row), change_ids.get(row.id, ())) for row in found)


def _body(row: Any) -> Body:
    return _shared(row.subject or "", row.text or "", row.html or "", row.more_url or "")


@lru_cache(maxsize=64)
def _shared(subject: str, text: str, html: str, more_url: str) -> Body:
    """Many messages have the same words, and mails are made from them once."""
    return Body(subject, text, html, more_url)
