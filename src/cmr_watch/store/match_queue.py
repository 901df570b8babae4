"""The queue between changes and messages: fan-out matches changes to subscriptions, planning decides per recipient.

Both work in batches and can be interrupted at any time. Until its fan-out is complete, a change has no `enqueued_at`,
and a cursor says how far it has come; until it has been planned, a match has no `settled_at`.
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

NewMatch = tuple[str, int, datetime, str | None]
"""A mailbox, the ID of a change, when the recipient is due to be notified, and the digest period, if any."""
MatchChanges = Callable[[Sequence[Subscription], Sequence[RecordedChange]], Iterable[NewMatch]]
PlanRecipient = Callable[[Recipient], Planned]
MakePlanner = Callable[[Known | None, Sequence[RecordedChange]], PlanRecipient]
"""Takes the known state (None before the first baseline) and the changes of cut-offs; returns the planner."""

BATCH_SIZE = 1000
_MAX_CHANGES = 500
_FAN_OUT_LOCK, _PLAN_LOCK = 0x636D7203, 0x636D7204  # arbitrary, but the same in every process


class MatchQueue:
    """Changes that wait for their fan-out, and matches that wait to be planned."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_idle(self, now: datetime) -> bool:
        """Whether there is nothing to fan out, plan, send or report to operators. Takes a single query."""
        with self._database.read() as connection:
            return not connection.execute(_has_work(now)).scalar()

    # ── fan-out ──────────────────────────────────────────────────────────────────────────────────────────────────

    def fan_out(self, match_changes: MatchChanges, now: datetime, size: int = BATCH_SIZE) -> int | None:
        """Match the oldest pending changes to the next batch of subscriptions; return the number of matches.

        None if no changes are pending, or if another process is at work.
        """
        with self._database.write() as connection:
            if not self._database.try_lock(connection, _FAN_OUT_LOCK):
                return None
            cursor, pending = _pending_changes(connection, now)
            if not pending:
                return None
            batch, next_cursor = recipients.load_active_subscriptions(connection, cursor, size)
            rows = [_match_row(match, now) for match in match_changes(batch, pending)]
            if rows:
                connection.execute(self._database.insert(matches).on_conflict_do_nothing(), rows)
            progress = {"enqueued_at": now} if next_cursor is None else {"fan_out_cursor": next_cursor}
            ids = [change.id for change in pending]
            connection.execute(update(changes).where(changes.c.id.in_(ids)).values(**progress))
            return len(rows)

    # ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────

    def plan(self, make_planner: MakePlanner, now: datetime, limit: int = 500) -> int:
        """Plan for the next recipients for whom something is due; return the number of recipients.

        0 if nothing is due, or if another process is at work.
        """
        with self._database.write() as connection:
            if not self._database.try_lock(connection, _PLAN_LOCK):
                return 0
            known = _load_known(connection)
            mailboxes = recipients.due_mailboxes(connection, now, limit, with_next_actions=known is not None)
            if not mailboxes:
                return 0
            plan_recipient = make_planner(known, _cutoff_changes(connection))
            loaded = recipients.load(connection, mailboxes, now)
            planned = [plan_recipient(recipient) for recipient in loaded.recipients]
            plan_writer.write_plans(self._database, connection, planned, loaded.replaceable, now)
            return len(planned)

    def oldest_due(self, now: datetime) -> datetime | None:
        """Return since when the oldest match has been due that is not planned yet; None if none is due."""
        is_due = (matches.c.settled_at.is_(None), matches.c.held_at.is_(None), matches.c.due_at <= now)
        with self._database.read() as connection:
            oldest: datetime | None = connection.execute(select(func.min(matches.c.due_at)).where(*is_due)).scalar()
        return oldest

    def overdue_digest_since(self, before: datetime) -> datetime | None:
        """Return the due time of the oldest digest that was due before a time and has not been sent."""
        with self._database.read() as connection:
            return recipients.oldest_overdue_digest(connection, before)


def _has_work(now: datetime) -> Any:
    statements = (
        select(changes.c.id).where(changes.c.enqueued_at.is_(None), changes.c.held_at.is_(None), is_released(now)),
        select(matches.c.mailbox).where(
            matches.c.settled_at.is_(None), matches.c.held_at.is_(None), matches.c.due_at <= now
        ),
        select(subscriptions.c.id).where(recipients.ACTIVE, subscriptions.c.next_action_at <= now),
        select(deliveries.c.id).where(deliveries.c.outcome.is_(None), deliveries.c.held_at.is_(None)),
        select(incidents.c.id).where(UNNOTIFIED),
        # to be resolved even if the digest is no longer wanted
        select(incidents.c.id).where(incidents.c.kind == "digest-overdue", incidents.c.resolved_at.is_(None)),
    )
    return select(or_(*(statement.exists() for statement in statements)))


def _pending_changes(connection: Connection, now: datetime) -> tuple[str | None, tuple[RecordedChange, ...]]:
    """Return the oldest changes to fan out, and their common cursor. Those of a round in progress are not due yet."""
    statement = select(changes).where(changes.c.enqueued_at.is_(None), changes.c.held_at.is_(None), is_released(now))
    rows = connection.execute(statement.order_by(changes.c.id).limit(_MAX_CHANGES)).all()
    if not rows:
        return None, ()
    # changes with another cursor wait, as they must not skip the mailboxes before this one
    cursor = rows[0].fan_out_cursor
    return cursor, tuple(row_mapping.recorded_change(row) for row in rows if row.fan_out_cursor == cursor)


def _match_row(match: NewMatch, now: datetime) -> dict[str, Any]:
    mailbox, change_id, due_at, period = match
    return {"mailbox": mailbox, "change_id": change_id, "matched_at": now, "due_at": due_at, "digest_period": period}


def _load_known(connection: Connection) -> Known | None:
    has_baseline = select(pages.c.url).where(pages.c.baseline_id.is_not(None)).limit(1)
    return page_state.load_all(connection) if connection.execute(has_baseline).first() else None


def _cutoff_changes(connection: Connection) -> tuple[RecordedChange, ...]:
    """Return every change by which a cut-off was added or moved, oldest first."""
    is_cutoff_change = changes.c.kind.in_(("call.cutoff_added", "call.cutoff_moved"))
    statement = select(changes).where(is_cutoff_change).order_by(changes.c.read_at, changes.c.id)
    return tuple(row_mapping.recorded_change(row) for row in connection.execute(statement))
