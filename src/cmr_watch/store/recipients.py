"""Recipients: mailboxes with their subscriptions, matches and unsent messages.

The functions run in the transaction of their caller.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, bindparam, func, literal_column, or_, select, update

from cmr_watch.models.muting import Mute
from cmr_watch.models.planning import Match, OutageNoticeKey, Recipient, ReminderKey
from cmr_watch.models.readings import RecordedChange
from cmr_watch.models.recipients import REQUESTED, Subscription
from cmr_watch.store import readable, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import resolve_incidents
from cmr_watch.store.locks import Lock
from cmr_watch.store.mute_rows import load_mutes
from cmr_watch.store.schema import changes, deliveries, digests, matches, outage_notices, reminders, subscriptions

# a literal, as SQLite does not use a partial index for a condition with a parameter
ACTIVE = subscriptions.c.status == literal_column("'active'")
_is_unsettled = matches.c.settled_at.is_(None)
REPLACEABLE = and_(
    deliveries.c.outcome.is_(None),
    deliveries.c.claim_token.is_(None),
    deliveries.c.held_at.is_(None),
    deliveries.c.uncertain.is_(False),
    deliveries.c.purpose == "subscriber",
)
"""Messages that have certainly not been sent and are not being sent: a newer message may supersede them."""


class ReplaceableMessage(NamedTuple):
    """A message that a newer one may supersede, which then takes over its age and its number of attempts."""

    id: int
    mailbox: str
    created_at: datetime
    attempts: int


class LoadedRecipients(NamedTuple):
    """Recipients to plan for, and their replaceable messages."""

    recipients: tuple[Recipient, ...]
    replaceable: tuple[ReplaceableMessage, ...]


def load_active_subscriptions(
    connection: Connection, cursor: str | None, size: int
) -> tuple[tuple[Subscription, ...], str | None]:
    """Load the next batch of about `size` active subscriptions, of the mailboxes after the cursor.

    A mailbox is never split between batches. Also return the next cursor, None at the end.
    """
    statement = select(subscriptions).where(ACTIVE, subscriptions.c.mailbox > (cursor or ""))
    rows = connection.execute(statement.order_by(subscriptions.c.mailbox, subscriptions.c.id).limit(size)).all()
    if len(rows) < size:
        return _subscriptions(connection, rows), None
    last = rows[-1].mailbox
    rest = select(subscriptions).where(ACTIVE, subscriptions.c.mailbox == last, subscriptions.c.id > rows[-1].id)
    return _subscriptions(connection, [*rows, *connection.execute(rest.order_by(subscriptions.c.id))]), last


def _subscriptions(connection: Connection, rows: Iterable[Any]) -> tuple[Subscription, ...]:
    return tuple(readable.models(connection, subscriptions, rows, row_mapping.subscription))


def due_mailboxes(
    connection: Connection, now: datetime, limit: int, *, with_next_actions: bool, skip: Collection[str] = frozenset()
) -> list[str]:
    """Return the next mailboxes to plan for, except those to `skip`: those with due matches or stale messages.

    `with_next_actions`: also those with a welcome, a reminder or a monthly status message that is due.
    """
    due_matches = select(matches.c.mailbox).where(_is_unsettled, matches.c.held_at.is_(None), matches.c.due_at <= now)
    statements = [due_matches.order_by(matches.c.due_at, matches.c.mailbox)]
    if with_next_actions:
        due_actions = select(subscriptions.c.mailbox).where(ACTIVE, subscriptions.c.next_action_at <= now)
        statements.append(due_actions.order_by(subscriptions.c.next_action_at))
    statements.append(select(deliveries.c.mailbox).where(REPLACEABLE, deliveries.c.stale_at <= now))
    if skip:
        statements = [statement.where(statement.selected_columns.mailbox.not_in(skip)) for statement in statements]
    results = (connection.execute(statement.limit(limit)).scalars() for statement in statements)
    return list(dict.fromkeys(mailbox for result in results for mailbox in result if isinstance(mailbox, str)))


def load(connection: Connection, mailboxes: Sequence[str], now: datetime) -> LoadedRecipients:
    """Load what the planning needs to know about these mailboxes, in their order."""
    messages = _lock_replaceable(connection, mailboxes)
    rows = [row for of_mailbox in messages.values() for row in of_mailbox]
    tables = _Tables(
        messages=messages,
        message_ids=frozenset(row.id for row in rows),
        subscriptions=_select_active(connection, mailboxes),
        matches=_select_matches(connection, mailboxes, [row.id for row in rows]),
        reminders=_select_reminders(connection, mailboxes),
        outage_notices=_select_outage_notices(connection, mailboxes),
        mutes=load_mutes(connection, mailboxes),
        digests=_by_mailbox(connection, digests, select(digests).where(digests.c.mailbox.in_(mailboxes))),
        last_message_at=_select_last_message_times(connection, mailboxes),
    )
    replaceable = tuple(ReplaceableMessage(row.id, row.mailbox, row.created_at, row.attempts) for row in rows)
    return LoadedRecipients(tuple(tables.recipient(mailbox, now) for mailbox in mailboxes), replaceable)


_Rows = defaultdict[str, list[Any]]


class _Tables(NamedTuple):
    """The rows of several recipients by mailbox. `message_ids` are the IDs of all `messages`, which are replaceable."""

    messages: _Rows
    message_ids: frozenset[int]
    subscriptions: _Rows
    matches: _Rows
    reminders: _Rows
    outage_notices: _Rows
    mutes: Mapping[str, tuple[Mute, ...]]
    digests: _Rows
    last_message_at: dict[str, datetime]

    def recipient(self, mailbox: str, now: datetime) -> Recipient:
        stale_at = [row.stale_at for row in self.messages[mailbox] if row.stale_at is not None]
        return Recipient(
            mailbox=mailbox,
            subscriptions=tuple(entry for _, entry in self.subscriptions[mailbox]),
            matches=tuple(self.matches[mailbox]),
            sent_reminders=self._reminders(mailbox, is_pending=False),
            pending_reminders=self._reminders(mailbox, is_pending=True),
            sent_outage_notices=self._outage_notices(mailbox, is_pending=False),
            pending_outage_notices=self._outage_notices(mailbox, is_pending=True),
            known_outages=frozenset(
                row.outage_id
                for row in self.outage_notices[mailbox]
                if row.phase == "opened" and row.is_sent and row.delivery_id not in self.message_ids
            ),
            digests=frozenset(
                row.digest_period for row in self.digests[mailbox] if row.delivery_id not in self.message_ids
            ),
            pending_welcomes=frozenset(
                entry.id for welcome, entry in self.subscriptions[mailbox] if welcome in self.message_ids
            ),
            mutes=self.mutes.get(mailbox, ()),
            is_stale=any(at <= now for at in stale_at),
            last_message_at=self.last_message_at.get(mailbox),
        )

    def _reminders(self, mailbox: str, *, is_pending: bool) -> frozenset[ReminderKey]:
        return frozenset(
            key for key, delivery_id in self.reminders[mailbox] if (delivery_id in self.message_ids) == is_pending
        )

    def _outage_notices(self, mailbox: str, *, is_pending: bool) -> frozenset[OutageNoticeKey]:
        return frozenset(
            (row.outage_id, row.phase)
            for row in self.outage_notices[mailbox]
            if (row.delivery_id in self.message_ids) == is_pending
        )


def _select_active(connection: Connection, mailboxes: Sequence[str]) -> _Rows:
    """Return the active subscriptions by mailbox, each after the ID of its welcome message."""
    statement = select(subscriptions).where(ACTIVE, subscriptions.c.mailbox.in_(mailboxes))
    result: _Rows = defaultdict(list)
    for row in connection.execute(statement.order_by(subscriptions.c.id)):
        for entry in _subscriptions(connection, (row,)):
            result[row.mailbox].append((row.welcome_delivery_id, entry))
    return result


def _select_last_message_times(connection: Connection, mailboxes: Sequence[str]) -> dict[str, datetime]:
    """Return when the newest message to each mailbox was created."""
    newest = select(deliveries.c.mailbox, func.max(deliveries.c.created_at))
    statement = newest.where(deliveries.c.mailbox.in_(mailboxes), deliveries.c.purpose == "subscriber")
    newest_times = connection.execute(statement.group_by(deliveries.c.mailbox))
    return {mailbox: at for mailbox, value in newest_times if (at := readable.time_of(value))}


def _by_mailbox(connection: Connection, table: Table, statement: Any) -> _Rows:
    rows: _Rows = defaultdict(list)
    for row in readable.rows(connection, table, connection.execute(statement)):
        rows[row.mailbox].append(row)
    return rows


def _lock_replaceable(connection: Connection, mailboxes: Sequence[str]) -> _Rows:
    columns = (
        deliveries.c.id,
        deliveries.c.mailbox,
        deliveries.c.created_at,
        deliveries.c.attempts,
        deliveries.c.stale_at,
    )
    statement = select(*columns).where(REPLACEABLE, deliveries.c.mailbox.in_(mailboxes)).order_by(deliveries.c.id)
    # skip the messages that another process is claiming at this moment
    return _by_mailbox(connection, deliveries, statement.with_for_update(skip_locked=True))


def _select_matches(
    connection: Connection, mailboxes: Sequence[str], message_ids: Sequence[int]
) -> defaultdict[str, list[Match]]:
    """Return the matches that are unsettled, or settled by one of these messages."""
    columns = [column.label(f"match_{column.name}") for column in matches.c]
    statement = (
        select(*columns, changes)
        .join(changes, changes.c.id == matches.c.change_id)
        .where(matches.c.mailbox.in_(mailboxes), matches.c.held_at.is_(None))
        .where(or_(_is_unsettled, matches.c.delivery_id.in_(message_ids)))
        .order_by(changes.c.id)
    )
    result: defaultdict[str, list[Match]] = defaultdict(list)
    recorded: dict[int, RecordedChange | None] = {}
    for row in connection.execute(statement):
        if row.id not in recorded:
            decoded = readable.models(connection, changes, (row,), row_mapping.recorded_change)
            recorded[row.id] = next(decoded, None)
        values = {column.name: row._mapping[f"match_{column.name}"] for column in matches.c}
        change = recorded[row.id]
        if change is not None:
            for match in readable.rows(connection, matches, (values,)):
                result[match["mailbox"]].append(_match(change, match))
    return result


def _match(change: RecordedChange, row: Mapping[str, Any]) -> Match:
    is_pending = row["settled_at"] is not None
    return Match(change, row["matched_at"], row["due_at"], row["digest_period"], is_pending)


def _select_reminders(
    connection: Connection, mailboxes: Sequence[str]
) -> defaultdict[str, list[tuple[ReminderKey, int | None]]]:
    """Return the reminders by mailbox, each with the ID of its delivery."""
    result: defaultdict[str, list[tuple[ReminderKey, int | None]]] = defaultdict(list)
    found = connection.execute(select(reminders).where(reminders.c.mailbox.in_(mailboxes)))
    for row in readable.rows(connection, reminders, found):
        result[row.mailbox].append(((row.call_key, row.cutoff_at, row.days_before), row.delivery_id))
    return result


def _select_outage_notices(connection: Connection, mailboxes: Sequence[str]) -> _Rows:
    """Return the outage notices by mailbox; `is_sent`: whether the message was sent or is being sent."""
    is_held = deliveries.c.held_at.is_not(None)
    is_sent = or_(deliveries.c.outcome.in_(("sent", "logged")), and_(deliveries.c.outcome.is_(None), ~is_held))
    statement = select(outage_notices, is_sent.label("is_sent")).outerjoin(deliveries)
    return _by_mailbox(connection, outage_notices, statement.where(outage_notices.c.mailbox.in_(mailboxes)))


# ── planning again ───────────────────────────────────────────────────────────────────────────────────────────────


def replan(connection: Connection, mailboxes: Iterable[str], now: datetime) -> None:
    """Withdraw unsent messages and plan again, after subscriptions were changed or ended."""
    for batch in _batches(sorted(set(mailboxes))):
        unsent = select(deliveries.c.id).where(REPLACEABLE, deliveries.c.mailbox.in_(batch))
        withdraw_messages(connection, connection.execute(unsent).scalars().all(), "superseded", now)
        # as if matched now, so that the new schedule applies
        rematched = {"matched_at": now, "due_at": now, "digest_period": None}
        connection.execute(update(matches).where(_is_unsettled, matches.c.mailbox.in_(batch)).values(**rematched))
        plan_again(connection, batch, now)
    cancel_unwanted(connection, now)


def withdraw_messages(connection: Connection, ids: Sequence[int], outcome: str, now: datetime) -> None:
    """Give unsent messages a final outcome; everything that they settled is due again."""
    if not ids:
        return
    connection.execute(update(deliveries).where(deliveries.c.id.in_(ids)).values(outcome=outcome, done_at=now))
    unsettled = {"settled_at": None, "delivery_id": None, "due_at": now, "digest_period": None}
    connection.execute(update(matches).where(matches.c.delivery_id.in_(ids)).values(**unsettled))
    for table in (reminders, outage_notices, digests):
        connection.execute(table.delete().where(table.c.delivery_id.in_(ids)))
    unwelcomed = {"welcomed_at": None, "welcome_delivery_id": None, "next_action_at": now}
    was_welcomed = subscriptions.c.welcome_delivery_id.in_(ids)
    connection.execute(update(subscriptions).where(ACTIVE, was_welcomed).values(**unwelcomed))


def resolve_failures_without_message(connection: Connection, superseded: Sequence[int], now: datetime) -> None:
    """Resolve the failures of recipients whose last failed message was superseded by none: nothing is left to send."""
    if not superseded:
        return
    failed = deliveries.alias()
    is_failed = select(failed.c.id).where(failed.c.outcome == "failed", failed.c.mailbox == deliveries.c.mailbox)
    statement = select(deliveries.c.address).where(deliveries.c.id.in_(superseded), ~is_failed.exists())
    for address in connection.execute(statement.distinct()).scalars().all():
        resolve_incidents(connection, address, now, "delivery-failed")


def has_active_subscription(table: Any = deliveries) -> Any:
    """Return the condition that a message is wanted. Those to operators, and those asked for, need no subscription."""
    active = select(subscriptions.c.id).where(ACTIVE, subscriptions.c.mailbox == table.c.mailbox)
    return or_(table.c.purpose.in_(("operator", *REQUESTED)), active.exists())


def is_paused(at: Any, table: Any = deliveries) -> Any:
    """Return the condition that a message must wait, as its recipient has paused. What was asked for is sent."""
    has_paused = select(subscriptions.c.id).where(ACTIVE, subscriptions.c.mailbox == table.c.mailbox)
    return and_(table.c.purpose == "subscriber", has_paused.where(subscriptions.c.paused_until > at).exists())


def cancel_unwanted(connection: Connection, now: datetime) -> int:
    """Cancel the pending messages, also uncertain ones, of recipients without subscriptions; return their number."""
    is_free = or_(deliveries.c.claim_token.is_(None), deliveries.c.leased_until < now)
    statement = update(deliveries).where(deliveries.c.outcome.is_(None), is_free, ~has_active_subscription())
    cancelled = {"outcome": "cancelled", "done_at": now, "claim_token": None, "leased_until": None}
    return connection.execute(statement.values(**cancelled)).rowcount


def plan_again(connection: Connection, mailboxes: Sequence[str], now: datetime) -> None:
    """Make these recipients due for planning."""
    for batch in _batches(mailboxes):
        is_active = (ACTIVE, subscriptions.c.mailbox.in_(batch))
        connection.execute(update(subscriptions).where(*is_active).values(next_action_at=now))


def lock_planning(database: Database, connection: Connection) -> None:
    """Wait until no process is planning, and keep others from it until the end of the transaction.

    A planning that has read its context before this transaction commits would overwrite `next_action_at` afterwards.
    Waiting cannot deadlock if the transaction holds only locks on pages, checks, readings, rounds and the incidents of
    pages: no planning waits for these, nor any transaction that a planning could wait for.
    """
    database.lock(connection, Lock.PLAN)


def plan_all_again(database: Database, connection: Connection, now: datetime) -> None:
    """Make all recipients due for planning: the calls have changed, or an outage has begun or ended."""
    lock_planning(database, connection)
    is_later = or_(subscriptions.c.next_action_at.is_(None), subscriptions.c.next_action_at > now)
    connection.execute(update(subscriptions).where(ACTIVE, is_later).values(next_action_at=now))


def make_due_with_pending_messages(connection: Connection, mailboxes: Iterable[str]) -> None:
    """Make matches due whose recipient has a pending message about the same edition or call, which is out of date."""
    new, told, told_change = changes.alias(), matches.alias(), changes.alias()
    has_pending_message = (
        select(deliveries.c.id)
        .join(told, told.c.delivery_id == deliveries.c.id)
        .join(told_change, told_change.c.id == told.c.change_id)
        .join(new, new.c.key == told_change.c.key)
        .where(deliveries.c.outcome.is_(None), deliveries.c.held_at.is_(None))
        .where(deliveries.c.mailbox == matches.c.mailbox, new.c.id == matches.c.change_id)
        .correlate(matches)
        .exists()
    )
    waiting = (_is_unsettled, matches.c.held_at.is_(None), matches.c.due_at > matches.c.matched_at, has_pending_message)
    due = {"due_at": matches.c.matched_at, "digest_period": None}
    for batch in _batches(sorted(mailboxes)):
        connection.execute(update(matches).where(matches.c.mailbox.in_(batch), *waiting).values(**due))


def oldest_overdue_digest(connection: Connection, before: datetime) -> datetime | None:
    """Return the due time of the oldest digest that was due before a time and has not been sent."""
    is_overdue = and_(matches.c.digest_period.is_not(None), matches.c.due_at < before, matches.c.held_at.is_(None))
    not_composed = select(func.min(matches.c.due_at)).where(_is_unsettled, is_overdue)
    not_sent = (
        select(func.min(deliveries.c.created_at))
        .join(digests, digests.c.delivery_id == deliveries.c.id)
        .where(deliveries.c.outcome.is_(None), deliveries.c.held_at.is_(None), deliveries.c.created_at < before)
    )
    times = [readable.time_of(connection.execute(statement).scalar()) for statement in (not_composed, not_sent)]
    return min((at for at in times if at is not None), default=None)


def _batches(names: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]


SET_NEXT_ACTION = (
    update(subscriptions)
    .where(ACTIVE, subscriptions.c.mailbox == bindparam("recipient"))
    .values(next_action_at=bindparam("action_at"))
)
