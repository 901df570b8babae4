"""The outbox: changes become messages, messages are claimed, sent and marked.

A claim is a random token and a lease. Whoever holds the token may mark the delivery; a lease that ran out may be
claimed by somebody else, and then the old token marks nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Integer, Select, Text, and_, bindparam, case, exists, func, or_, select, update

from cmr_watch.models import Delivery, DeliveryOutcome, Message, RecordedChange
from cmr_watch.store import rows
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import IncidentKind, close_incidents, open_incident
from cmr_watch.store.schema import changes, deliveries, matches

log = logging.getLogger(__name__)

State = Literal["all", "waiting", "set_aside", "sent", "logged"]

LEASE = timedelta(minutes=5)

_unfinished = deliveries.c.outcome.is_(None)
# the delivery is found by its message, for the ids of many rows inserted at once are not known; one by one is slow
_MATCH = matches.insert().from_select(
    ["address", "change_id", "delivery_id"],
    select(bindparam("to", type_=Text), bindparam("change", type_=Integer), deliveries.c.id).where(
        deliveries.c.message_id == bindparam("message")
    ),
)
_SET_ASIDE: IncidentKind = "delivery-set-aside"


class Deliveries:
    """Every message that was ever to be sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── changes become messages ──────────────────────────────────────────────────────────────────────────────────

    def pending(self, limit: int = 500) -> tuple[RecordedChange, ...]:
        """The changes that nobody was told of yet, oldest first."""
        statement = select(changes).where(changes.c.enqueued_at.is_(None)).order_by(changes.c.id).limit(limit)
        with self._database.read() as connection:
            return tuple(rows.recorded_change(row) for row in connection.execute(statement))

    def enqueue(self, change_ids: Iterable[int], messages: Sequence[Message], now: datetime) -> int | None:
        """Put messages in the outbox and mark the changes as told, all or nothing; how many messages.

        None: some of the changes are marked already, because another process was faster.
        """
        with self._database.write() as connection:
            if not _mark_told(connection, sorted(set(change_ids)), now):
                return None
            _insert(connection, messages, now)
            return len(messages)

    # ── messages are claimed and marked ──────────────────────────────────────────────────────────────────────────

    def claim(self, now: datetime, lease: timedelta = LEASE, limit: int = 20) -> tuple[Delivery, ...]:
        """The next due deliveries, ours until the lease is over; one to an address, in the order of its messages."""
        with self._database.write() as connection:
            # SQLite knows no SKIP LOCKED and needs none: it has one writer at a time
            statement = claimable(now).limit(limit).with_for_update(skip_locked=True)
            due = connection.execute(statement).scalars().all()
            if not due:
                return ()
            values = {"token": secrets.token_urlsafe(16), "leased_until": now + lease}
            connection.execute(update(deliveries).where(deliveries.c.id.in_(due)).values(values))
            return _found(connection, deliveries.c.id.in_(due))

    def renew(self, delivery: Delivery, now: datetime, lease: timedelta = LEASE) -> bool:
        """Begin the lease anew. False: it is no longer ours."""
        return self._mark(delivery, leased_until=now + lease)

    def finish(self, delivery: Delivery, outcome: DeliveryOutcome, now: datetime, error: str | None = None) -> bool:
        """Mark it as done for good. False: it is no longer ours.

        What is set aside is an incident of its address until something is sent there, or it is tried again.
        """
        values: dict[str, Any] = {
            "outcome": outcome,
            "done_at": now,
            "last_error": error,
            "token": None,
            "leased_until": None,
        }
        if outcome != "logged":
            values["attempts"] = deliveries.c.attempts + 1
        with self._database.write() as connection:
            if not _update_mine(connection, delivery, values):
                return False
            news = self._incident(connection, delivery, outcome, now, error)
        if news:
            # neither the address nor the channel's words: either may hold the secret of a web hook
            log.warning("delivery %d was set aside, nobody will try again: see cmr-watch deliveries list", delivery.id)
        return True

    def postpone(self, delivery: Delivery, due_at: datetime, error: str, now: datetime) -> bool:
        """Count an attempt that failed; try again at `due_at`. False: it is no longer ours."""
        attempts = deliveries.c.attempts + 1
        return self._mark(delivery, due_at=due_at, last_error=error, attempts=attempts, token=None, leased_until=None)

    def release(self, delivery: Delivery) -> None:
        """Give it back untried."""
        self._mark(delivery, token=None, leased_until=None)

    def _mark(self, delivery: Delivery, **values: Any) -> bool:
        with self._database.write() as connection:
            return _update_mine(connection, delivery, values)

    def _incident(
        self, connection: Connection, delivery: Delivery, outcome: DeliveryOutcome, now: datetime, error: str | None
    ) -> bool:
        address = delivery.message.address
        if outcome == "set_aside":
            return open_incident(self._database, connection, _SET_ASIDE, address, error or "", now)
        if outcome == "sent":
            close_incidents(connection, address, now, _SET_ASIDE)
        return False

    # ── looking at it ────────────────────────────────────────────────────────────────────────────────────────────

    def list(self, state: State = "all", limit: int | None = None) -> tuple[Delivery, ...]:
        """Those in a state, oldest first; with a limit, the newest of them."""
        condition = {"all": (), "waiting": (_unfinished,)}.get(state, (deliveries.c.outcome == state,))
        with self._database.read() as connection:
            return _found(connection, *condition, limit=limit)

    def failing(self) -> tuple[Delivery, ...]:
        """Those that wait because a try has failed, oldest first."""
        with self._database.read() as connection:
            return _found(connection, _unfinished, deliveries.c.last_error.is_not(None))

    def retry(self, ids: Iterable[int] | None, now: datetime) -> int:
        """Make them due now, as if never tried: those of `ids`, or all, that wait or were set aside; how many."""
        retriable = or_(_unfinished, deliveries.c.outcome == "set_aside")
        which = retriable if ids is None else and_(retriable, deliveries.c.id.in_(list(ids)))
        values = {"outcome": None, "done_at": None, "due_at": now, "attempts": 0}
        statement = update(deliveries).where(which).values(values).returning(deliveries.c.address)
        with self._database.write() as connection:
            addresses = connection.execute(statement).scalars().all()
            for address in set(addresses):
                close_incidents(connection, address, now, _SET_ASIDE)
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
            found = {outcome or "waiting": count for one in statements for outcome, count in connection.execute(one)}
        return {state: found.get(state, 0) for state in ("waiting", "sent", "logged", "set_aside")}

    def next_due(self, now: datetime) -> datetime | None:
        """When there is something to claim: `now`, later, or None when nothing waits."""
        leased = deliveries.c.leased_until
        free_at = case((leased > deliveries.c.due_at, leased), else_=deliveries.c.due_at)
        with self._database.read() as connection:
            first = connection.execute(select(func.min(free_at)).where(_unfinished)).scalar()
        return None if first is None else max(first, now)


def _mark_told(connection: Connection, ids: Sequence[int], now: datetime) -> bool:
    untold = select(changes.c.id).where(changes.c.id.in_(ids), changes.c.enqueued_at.is_(None))
    # in the order of their ids, so that two processes on PostgreSQL wait for each other and never cross
    if len(connection.execute(untold.order_by(changes.c.id).with_for_update()).all()) < len(ids):
        return False
    connection.execute(update(changes).where(changes.c.id.in_(ids)).values(enqueued_at=now))
    return True


def _insert(connection: Connection, messages: Sequence[Message], now: datetime) -> None:
    values = [{**rows.message_row(message), "created_at": now, "due_at": now, "attempts": 0} for message in messages]
    if values:
        connection.execute(deliveries.insert(), values)
    pairs = [
        {"to": message.address, "change": change_id, "message": message.message_id}
        for message in messages
        for change_id in message.change_ids
    ]
    if pairs:
        connection.execute(_MATCH, pairs)


def claimable(now: datetime) -> Select[Any]:
    """The ids of what is due and held by nobody, unless something earlier still waits for the same address."""
    earlier = deliveries.alias()
    blocked = exists().where(
        earlier.c.address == deliveries.c.address, earlier.c.id < deliveries.c.id, earlier.c.outcome.is_(None)
    )
    free = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until < now)
    statement = select(deliveries.c.id).where(_unfinished, deliveries.c.due_at <= now, free, ~blocked)
    return statement.order_by(deliveries.c.due_at, deliveries.c.id)


def _update_mine(connection: Connection, delivery: Delivery, values: dict[str, Any]) -> bool:
    mine = and_(deliveries.c.id == delivery.id, deliveries.c.token == delivery.token, _unfinished)
    return connection.execute(update(deliveries).where(mine).values(values)).rowcount == 1


def _found(connection: Connection, *conditions: Any, limit: int | None = None) -> tuple[Delivery, ...]:
    newest = select(deliveries.c.id).where(*conditions).order_by(deliveries.c.id.desc()).limit(limit)
    found = connection.execute(select(deliveries).where(deliveries.c.id.in_(newest)).order_by(deliveries.c.id))
    change_ids: dict[int, tuple[int, ...]] = {}
    told = select(matches).where(matches.c.delivery_id.in_(newest)).order_by(matches.c.change_id)
    for match in connection.execute(told):
        change_ids[match.delivery_id] = (*change_ids.get(match.delivery_id, ()), match.change_id)
    return tuple(rows.delivery(row, change_ids) for row in found)
