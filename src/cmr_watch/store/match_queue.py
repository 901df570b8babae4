"""What waits to be told: changes are spread to people, and people are planned for, some at a time.

Both are broken off and begun again at will: a change that is not spread has an `enqueued_at` that is NULL and says how
far it came, a match that is not decided a `settled_at` that is NULL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from cmr_watch.models import Known, Planned, Recipient, RecordedChange, Subscription
from cmr_watch.store import page_state, plan_writer, recipients, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import UNNOTIFIED
from cmr_watch.store.rounds import is_released
from cmr_watch.store.schema import changes, deliveries, incidents, matches, pages, subscriptions

Found = tuple[str, int, datetime, str | None]
"""A mailbox, the id of a change that it may hear of, when, and in which digest."""
Find = Callable[[Sequence[Subscription], Sequence[RecordedChange]], Iterable[Found]]
PlanOne = Callable[[Recipient], Planned]
Begin = Callable[[Known | None, Sequence[RecordedChange]], PlanOne]
"""What is known (None: nothing was read yet) and how cut-offs moved → how to plan for one person."""

PIECE = 1000
_SPREAD_LOCK, _PLAN_LOCK = 0x636D7203, 0x636D7204  # any numbers, the same in every process


class MatchQueue:
    """Changes, and whom they concern."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_idle(self, now: datetime) -> bool:
        """Whether there is nothing to spread, to plan, to send or to tell the operator: one query, for most runs."""
        with self._database.read() as connection:
            return not connection.execute(_something_to_do(now)).scalar()

    # ── changes are spread ───────────────────────────────────────────────────────────────────────────────────────

    def pending(self, limit: int = 500) -> tuple[RecordedChange, ...]:
        """Changes that were not spread to everybody yet, oldest first; all of them came equally far."""
        with self._database.read() as connection:
            return _pending(connection, limit=limit)[1]

    def fan_out(self, find: Find, now: datetime, size: int = PIECE) -> int | None:
        """Find whom the oldest pending changes concern, among the next `size` subscriptions; how many matches.

        None: nothing is pending, or another process is at it.
        """
        with self._database.write() as connection:
            if not self._database.try_lock(connection, _SPREAD_LOCK):
                return None
            reached, pending = _pending(connection, now)
            if not pending:
                return None
            subscribed, last = recipients.piece(connection, reached, size)
            found = [_match_row(entry, now) for entry in find(subscribed, pending)]
            if found:
                connection.execute(self._database.insert(matches).on_conflict_do_nothing(), found)
            values = {"fan_out_cursor": last} if last is not None else {"enqueued_at": now}
            connection.execute(
                update(changes).where(changes.c.id.in_([change.id for change in pending])).values(**values)
            )
            return len(found)

    # ── people are planned for ───────────────────────────────────────────────────────────────────────────────────

    def plan(self, begin: Begin, now: datetime, limit: int = 500) -> int:
        """Decide for the next people for whom something is due; for how many.

        0: nothing is due, or another process is at it.
        """
        with self._database.write() as connection:
            if not self._database.try_lock(connection, _PLAN_LOCK):
                return 0
            known = _known(connection)
            mailboxes = recipients.due(connection, now, limit, awake=known is not None)
            if not mailboxes:
                return 0
            plan_one = begin(known, _moves(connection))
            found = recipients.load(connection, mailboxes, now)
            planned = [plan_one(entry) for entry in found.people]
            plan_writer.carry_out(self._database, connection, planned, found.waiting, now)
            return len(planned)

    def find_again(self, mailboxes: Iterable[str], now: datetime) -> None:
        """Decide anew for these: what they want, or what is known of them, has changed."""
        with self._database.write() as connection:
            recipients.replan(connection, mailboxes, now)

    def oldest_due(self, now: datetime) -> datetime | None:
        """Since when somebody is to hear of something for whom nothing was decided yet."""
        late = (matches.c.settled_at.is_(None), matches.c.held_at.is_(None), matches.c.due_at <= now)
        with self._database.read() as connection:
            found: datetime | None = connection.execute(select(func.min(matches.c.due_at)).where(*late)).scalar()
        return found

    def overdue_digest_since(self, before: datetime) -> datetime | None:
        """The time of the oldest digest that was due before then and has not gone out."""
        with self._database.read() as connection:
            return recipients.oldest_overdue_digest(connection, before)


def _something_to_do(now: datetime) -> Any:
    conditions = (
        select(changes.c.id).where(changes.c.enqueued_at.is_(None), changes.c.held_at.is_(None), is_released(now)),
        select(matches.c.mailbox).where(
            matches.c.settled_at.is_(None), matches.c.held_at.is_(None), matches.c.due_at <= now
        ),
        select(subscriptions.c.id).where(recipients.ACTIVE, subscriptions.c.next_action_at <= now),
        select(deliveries.c.id).where(deliveries.c.outcome.is_(None), deliveries.c.held_at.is_(None)),
        select(incidents.c.id).where(UNNOTIFIED),
        # it ends also when nobody wants the digest any more
        select(incidents.c.id).where(incidents.c.kind == "digest-overdue", incidents.c.resolved_at.is_(None)),
    )
    return select(or_(*(condition.exists() for condition in conditions)))


def _pending(
    connection: Connection, now: datetime | None = None, limit: int = 500
) -> tuple[str | None, tuple[RecordedChange, ...]]:
    """The next changes to fan out, with their common cursor; without `now`, also those of rounds still going on."""
    waiting = select(changes).where(changes.c.enqueued_at.is_(None), changes.c.held_at.is_(None))
    if now is not None:
        waiting = waiting.where(is_released(now))
    found = connection.execute(waiting.order_by(changes.c.id).limit(limit)).all()
    if not found:
        return None, ()
    # those that began later are spread after these: a mailbox that has passed must not be left out
    reached = found[0].fan_out_cursor
    return reached, tuple(row_mapping.recorded_change(row) for row in found if row.fan_out_cursor == reached)


def _match_row(found: Found, now: datetime) -> dict[str, Any]:
    mailbox, change_id, due_at, period = found
    return {"mailbox": mailbox, "change_id": change_id, "matched_at": now, "due_at": due_at, "digest_period": period}


def _known(connection: Connection) -> Known | None:
    has_baseline = select(pages.c.url).where(pages.c.baseline_id.is_not(None)).limit(1)
    return page_state.load_all(connection) if connection.execute(has_baseline).first() else None


def _moves(connection: Connection) -> tuple[RecordedChange, ...]:
    """Every cut-off that came or moved, oldest first."""
    kinds = changes.c.kind.in_(("call.cutoff_added", "call.cutoff_moved"))
    found = connection.execute(select(changes).where(kinds).order_by(changes.c.read_at, changes.c.id))
    return tuple(row_mapping.recorded_change(row) for row in found)
