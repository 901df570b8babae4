"""People: mailboxes with their subscriptions, and with what waits for them. The transaction is the caller's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, literal_column, or_, select, update

from cmr_watch.models import Match, Recipient, ReminderKey, Subscription
from cmr_watch.store import row_mapping
from cmr_watch.store.schema import changes, deliveries, digests, matches, reminders, subscriptions

ACTIVE = subscriptions.c.status == literal_column("'active'")  # spelt out: a parameter finds no partial index
_OPEN = matches.c.settled_at.is_(None)
WAITING = and_(
    deliveries.c.outcome.is_(None),
    deliveries.c.claim_token.is_(None),
    deliveries.c.held_at.is_(None),
    deliveries.c.uncertain.is_(False),
    deliveries.c.purpose == "subscriber",
)
"""Messages that certainly have not arrived, and that nobody is sending."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that may be replaced by a newer one, which takes over its age and its tries."""

    id: int
    mailbox: str
    created_at: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Found:
    """People to decide for, and the messages that wait for them."""

    people: tuple[Recipient, ...]
    waiting: tuple[Waiting, ...]


def piece(connection: Connection, after: str | None, size: int) -> tuple[tuple[Subscription, ...], str | None]:
    """The active subscriptions of the next mailboxes, whole mailboxes only; the last one, None when it is the end."""
    statement = select(subscriptions).where(ACTIVE, subscriptions.c.mailbox > (after or ""))
    found = connection.execute(statement.order_by(subscriptions.c.mailbox, subscriptions.c.id).limit(size)).all()
    if len(found) < size:
        return tuple(map(row_mapping.subscription, found)), None
    last = found[-1].mailbox
    rest = select(subscriptions).where(ACTIVE, subscriptions.c.mailbox == last, subscriptions.c.id > found[-1].id)
    return tuple(map(row_mapping.subscription, [*found, *connection.execute(rest.order_by(subscriptions.c.id))])), last


def due(connection: Connection, now: datetime, limit: int, *, awake: bool) -> list[str]:
    """The next mailboxes for which something is to be decided. Those that are `awake` only where that is asked for."""
    open_and_due = select(matches.c.mailbox).where(_OPEN, matches.c.held_at.is_(None), matches.c.due_at <= now)
    statements = [open_and_due.order_by(matches.c.due_at, matches.c.mailbox)]
    if awake:
        wake = select(subscriptions.c.mailbox).where(ACTIVE, subscriptions.c.next_action_at <= now)
        statements.append(wake.order_by(subscriptions.c.next_action_at))
    statements.append(select(deliveries.c.mailbox).where(WAITING, deliveries.c.stale_at <= now))
    found = (connection.execute(statement.limit(limit)).scalars() for statement in statements)
    return list(dict.fromkeys(mailbox for one in found for mailbox in one))


def load(connection: Connection, mailboxes: Sequence[str], now: datetime) -> Found:
    """All that matters of these, in their order."""
    waiting = _waiting(connection, mailboxes)
    rows_waiting = [row for found in waiting.values() for row in found]
    loaded = _Loaded(
        waiting=waiting,
        ids=frozenset(row.id for row in rows_waiting),
        subscribed=_subscribed(connection, mailboxes),
        matches=_matches(connection, mailboxes, [row.id for row in rows_waiting]),
        sent_reminders=_reminded(connection, mailboxes),
        periods=_by_mailbox(connection, select(digests).where(digests.c.mailbox.in_(mailboxes))),
        spoken=_spoken(connection, mailboxes),
    )
    old = tuple(Waiting(row.id, row.mailbox, row.created_at, row.attempts) for row in rows_waiting)
    return Found(tuple(loaded.recipient(mailbox, now) for mailbox in mailboxes), old)


_Rows = defaultdict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What was read of some mailboxes at once; `ids` are the messages that wait."""

    waiting: _Rows
    ids: frozenset[int]
    subscribed: _Rows
    matches: _Rows
    sent_reminders: _Rows
    periods: _Rows
    spoken: dict[str, datetime]

    def recipient(self, mailbox: str, now: datetime) -> Recipient:
        """One of them."""
        stale_at = [row.stale_at for row in self.waiting[mailbox] if row.stale_at is not None]
        return Recipient(
            mailbox=mailbox,
            subscriptions=tuple(map(row_mapping.subscription, self.subscribed[mailbox])),
            matches=tuple(self.matches[mailbox]),
            sent_reminders=self._reminded(mailbox, is_pending=False),
            pending_reminders=self._reminded(mailbox, is_pending=True),
            digests=frozenset(row.digest_period for row in self.periods[mailbox] if row.delivery_id not in self.ids),
            pending_welcomes=frozenset(
                row.id for row in self.subscribed[mailbox] if row.welcome_delivery_id in self.ids
            ),
            is_stale=any(at <= now for at in stale_at),
            last_message_at=self.spoken.get(mailbox),
        )

    def _reminded(self, mailbox: str, *, is_pending: bool) -> frozenset[ReminderKey]:
        return frozenset(key for key, delivery in self.sent_reminders[mailbox] if (delivery in self.ids) == is_pending)


def _subscribed(connection: Connection, mailboxes: Sequence[str]) -> _Rows:
    found = select(subscriptions).where(ACTIVE, subscriptions.c.mailbox.in_(mailboxes))
    return _by_mailbox(connection, found.order_by(subscriptions.c.id))


def _spoken(connection: Connection, mailboxes: Sequence[str]) -> dict[str, datetime]:
    """When the last message to each was written."""
    newest = select(deliveries.c.mailbox, func.max(deliveries.c.created_at))
    told = newest.where(deliveries.c.mailbox.in_(mailboxes), deliveries.c.purpose == "subscriber")
    return {row[0]: row[1] for row in connection.execute(told.group_by(deliveries.c.mailbox))}


def _by_mailbox(connection: Connection, statement: Any) -> defaultdict[str, list[Any]]:
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(statement):
        found[row.mailbox].append(row)
    return found


def _waiting(connection: Connection, mailboxes: Sequence[str]) -> defaultdict[str, list[Any]]:
    columns = (
        deliveries.c.id,
        deliveries.c.mailbox,
        deliveries.c.created_at,
        deliveries.c.attempts,
        deliveries.c.stale_at,
    )
    statement = select(*columns).where(WAITING, deliveries.c.mailbox.in_(mailboxes)).order_by(deliveries.c.id)
    # one that is being claimed at this moment is somebody else's
    return _by_mailbox(connection, statement.with_for_update(skip_locked=True))


def _matches(connection: Connection, mailboxes: Sequence[str], waiting: Sequence[int]) -> defaultdict[str, list[Match]]:
    columns = [column.label(f"match_{column.name}") for column in matches.c]
    statement = (
        select(*columns, changes)
        .join(changes, changes.c.id == matches.c.change_id)
        .where(matches.c.mailbox.in_(mailboxes), matches.c.held_at.is_(None))
        .where(or_(_OPEN, matches.c.delivery_id.in_(waiting)))
        .order_by(changes.c.id)
    )
    found: defaultdict[str, list[Match]] = defaultdict(list)
    recorded: dict[int, Any] = {}
    for row in connection.execute(statement):
        change = recorded.get(row.id) or recorded.setdefault(row.id, row_mapping.recorded_change(row))
        match = Match(
            change, row.match_matched_at, row.match_due_at, row.match_digest_period, row.match_settled_at is not None
        )
        found[row.match_mailbox].append(match)
    return found


def _reminded(
    connection: Connection, mailboxes: Sequence[str]
) -> defaultdict[str, list[tuple[ReminderKey, int | None]]]:
    found: defaultdict[str, list[tuple[ReminderKey, int | None]]] = defaultdict(list)
    for row in connection.execute(select(reminders).where(reminders.c.mailbox.in_(mailboxes))):
        found[row.mailbox].append(((row.call_key, row.cutoff_at, row.days_before), row.delivery_id))
    return found


# ── deciding anew ────────────────────────────────────────────────────────────────────────────────────────────────


def replan(connection: Connection, mailboxes: Iterable[str], now: datetime) -> None:
    """Take back what these were not sent yet, and decide anew; where nobody is subscribed any more, send nothing."""
    for names in _some(sorted(set(mailboxes))):
        waiting = (
            connection.execute(select(deliveries.c.id).where(WAITING, deliveries.c.mailbox.in_(names))).scalars().all()
        )
        withdraw_messages(connection, waiting, "superseded", now)
        anew = {
            "matched_at": now,
            "due_at": now,
            "digest_period": None,
        }  # as if found now: by what is wished from now on
        connection.execute(update(matches).where(_OPEN, matches.c.mailbox.in_(names)).values(**anew))
        connection.execute(
            update(subscriptions).where(ACTIVE, subscriptions.c.mailbox.in_(names)).values(next_action_at=now)
        )
    cancel_unwanted(connection, now)


def withdraw_messages(connection: Connection, ids: Sequence[int], outcome: str, now: datetime) -> None:
    """End messages that nobody got; what they told is open again."""
    if not ids:
        return
    of_these = matches.c.delivery_id.in_(ids)
    connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(outcome=outcome, done_at=now))
    connection.execute(
        update(matches).where(of_these).values(settled_at=None, delivery_id=None, due_at=now, digest_period=None)
    )
    connection.execute(reminders.delete().where(reminders.c.delivery_id.in_(ids)))
    connection.execute(digests.delete().where(digests.c.delivery_id.in_(ids)))
    welcomed = subscriptions.c.welcome_delivery_id.in_(ids)
    values = {"welcomed_at": None, "welcome_delivery_id": None, "next_action_at": now}
    connection.execute(update(subscriptions).where(ACTIVE, welcomed).values(**values))


def wanted(table: Any = deliveries) -> Any:
    """Whether somebody is still subscribed where this message goes; the operator always is."""
    still = select(subscriptions.c.id).where(ACTIVE, subscriptions.c.mailbox == table.c.mailbox)
    return or_(table.c.purpose == "operator", still.exists())


def cancel_unwanted(connection: Connection, now: datetime) -> int:
    """Messages to those who are not subscribed any more are never sent, also those that may have arrived."""
    free = or_(deliveries.c.claim_token.is_(None), deliveries.c.leased_until < now)
    statement = update(deliveries).where(deliveries.c.outcome.is_(None), free, ~wanted())
    return connection.execute(
        statement.values(outcome="cancelled", done_at=now, claim_token=None, leased_until=None)
    ).rowcount


def wake_for_calls(connection: Connection, now: datetime) -> None:
    """What is known of calls is different: everybody's reminders are to be decided anew."""
    later = or_(subscriptions.c.next_action_at.is_(None), subscriptions.c.next_action_at > now)
    connection.execute(update(subscriptions).where(ACTIVE, later).values(next_action_at=now))


def oldest_overdue_digest(connection: Connection, before: datetime) -> datetime | None:
    """When the oldest digest was due that has not gone out, if that was before then."""
    in_time = and_(matches.c.digest_period.is_not(None), matches.c.due_at < before, matches.c.held_at.is_(None))
    unwritten = select(func.min(matches.c.due_at)).where(_OPEN, in_time)
    unsent = (
        select(func.min(deliveries.c.created_at))
        .join(digests, digests.c.delivery_id == deliveries.c.id)
        .where(deliveries.c.outcome.is_(None), deliveries.c.held_at.is_(None), deliveries.c.created_at < before)
    )
    found = [connection.execute(statement).scalar() for statement in (unwritten, unsent)]
    return min((at for at in found if at is not None), default=None)


def _some(names: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


SET_NEXT_ACTION = (
    update(subscriptions)
    .where(ACTIVE, subscriptions.c.mailbox == bindparam("box"))
    .values(next_action_at=bindparam("wake"))
)
