"""The queue between changes and messages: fan-out matches changes to subscriptions, planning decides per recipient.

Both work in batches and can be interrupted at any time. Until its fan-out is complete, a change has no `enqueued_at`,
and a cursor says how far it has come; until it has been planned, a match has no `settled_at`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, update

from cmr_watch.models.muting import Mute
from cmr_watch.models.planning import Outage, Planned, Recipient
from cmr_watch.models.readings import Known, RecordedChange
from cmr_watch.models.recipients import Subscription
from cmr_watch.store import known_entries, plan_writer, readable, recipients, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.locks import Lock
from cmr_watch.store.mute_rows import load_mutes_of
from cmr_watch.store.outages import load_outages
from cmr_watch.store.recipients import LoadedRecipients
from cmr_watch.store.rounds import IS_RELEASED, times
from cmr_watch.store.schema import changes, matches, pages, subscriptions

NewMatch = tuple[str, int, datetime, str | None]
"""A mailbox, the ID of a change, when the recipient is due to be notified, and the digest period, if any."""

BATCH_SIZE = 1000
_MAX_CHANGES = 500


@dataclass(frozen=True, slots=True)
class FanOutBatch:
    """Pending changes, and the active subscriptions to match them to, with what their mailboxes have muted."""

    subscriptions: Sequence[Subscription]
    changes: Sequence[RecordedChange]
    mutes: Mapping[str, Sequence[Mute]]
    _database: Database
    _connection: Connection
    _next_cursor: str | None
    _now: datetime

    def save(self, new_matches: Iterable[NewMatch]) -> int:
        """Store the matches and how far the fan-out has come; return the number of matches.

        A match is due now if a pending message to its recipient is about the same edition or call. No message is
        planned meanwhile, so that each one either contains the match or is seen here.
        """
        rows = [_match_row(match, self._now) for match in new_matches]
        if rows:
            recipients.lock_planning(self._database, self._connection)
            self._connection.execute(self._database.insert(matches).on_conflict_do_nothing(), rows)
            recipients.make_due_with_pending_messages(self._connection, {row["mailbox"] for row in rows})
        has_finished = self._next_cursor is None
        progress = {"enqueued_at": self._now} if has_finished else {"fan_out_cursor": self._next_cursor}
        ids = [change.id for change in self.changes]
        self._connection.execute(update(changes).where(changes.c.id.in_(ids)).values(**progress))
        return len(rows)


@dataclass(frozen=True, slots=True)
class PlanBatch:
    """Recipients to plan for, with the known state (None before the first baseline), and what else planning needs.

    `call_changes`: all openings of calls and changes of cut-offs. `outages`: present and past ones.
    """

    known: Known | None
    call_changes: Sequence[RecordedChange]
    outages: tuple[Outage, ...]
    _loaded: LoadedRecipients
    _database: Database
    _connection: Connection
    _now: datetime

    @property
    def recipients(self) -> tuple[Recipient, ...]:
        """The recipients for whom something is due."""
        return self._loaded.recipients

    def save(self, planned: Iterable[Planned]) -> int:
        """Store the plans and their messages; return the number of recipients."""
        plans = list(planned)
        plan_writer.write_plans(self._database, self._connection, plans, self._loaded.replaceable, self._now)
        return len(plans)


class MatchQueue:
    """Changes that wait for their fan-out, and matches that wait to be planned."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # ── fan-out ──────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def fan_out_batch(self, now: datetime, size: int = BATCH_SIZE) -> Iterator[FanOutBatch | None]:
        """The oldest pending changes with the next subscriptions to match them to, in one transaction.

        None if no changes are pending, or if another process is at work. Leaving the block commits what was saved.
        """
        with self._database.write() as connection:
            is_free = self._database.try_lock(connection, Lock.FAN_OUT)
            cursor, pending = _pending_changes(connection, now) if is_free else (None, ())
            if not pending:
                yield None
                return
            batch, next_cursor = recipients.load_active_subscriptions(connection, cursor, size)
            mutes = load_mutes_of(connection, batch)
            yield FanOutBatch(batch, pending, mutes, self._database, connection, next_cursor, now)

    # ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def batch(self, now: datetime, limit: int = 500, skip: Collection[str] = frozenset()) -> Iterator[PlanBatch | None]:
        """The next recipients for whom something is due, except those to `skip`, in one transaction.

        None if nothing is due, or if another process is at work. Leaving the block commits what was saved.
        """
        with self._database.write() as connection:
            mailboxes = []
            if self._database.try_lock(connection, Lock.PLAN):
                is_reading = _has_baseline(connection)
                mailboxes = recipients.due_mailboxes(connection, now, limit, with_next_actions=is_reading, skip=skip)
            if not mailboxes:
                yield None
                return
            known = known_entries.load_all(connection) if is_reading else None
            loaded = recipients.load(connection, mailboxes, now)
            context = _call_changes(connection), load_outages(connection)
            yield PlanBatch(known, *context, loaded, self._database, connection, now)

    def oldest_due(self, now: datetime) -> datetime | None:
        """Return since when the oldest match has been due that is not planned yet; None if none is due."""
        is_due = (matches.c.settled_at.is_(None), matches.c.held_at.is_(None), matches.c.due_at <= now)
        with self._database.read() as connection:
            return readable.time_of(connection.execute(select(func.min(matches.c.due_at)).where(*is_due)).scalar())

    def overdue_digest_since(self, before: datetime) -> datetime | None:
        """Return the due time of the oldest digest that was due before a time and has not been sent."""
        with self._database.read() as connection:
            return recipients.oldest_overdue_digest(connection, before)


def _pending_changes(connection: Connection, now: datetime) -> tuple[str | None, tuple[RecordedChange, ...]]:
    """Return the oldest changes to fan out, and their common cursor. Those of a round in progress are not due yet."""
    statement = select(changes).where(changes.c.enqueued_at.is_(None), changes.c.held_at.is_(None), IS_RELEASED)
    rows = connection.execute(statement.order_by(changes.c.id).limit(_MAX_CHANGES), times(now)).all()
    if not rows:
        return None, ()
    found = [
        (row.fan_out_cursor, change)
        for row in rows
        for change in readable.models(connection, changes, (row,), row_mapping.recorded_change)
    ]
    if not found:
        return None, ()
    # changes with another cursor wait, as they must not skip the mailboxes before this one
    cursor = found[0][0]
    pending = tuple(change for other, change in found if other == cursor)
    is_known = select(subscriptions.c.id).where(subscriptions.c.mailbox == cursor).limit(1)
    if cursor is not None and connection.execute(is_known).first() is None:
        cursor = None  # it names no mailbox, so it is damaged: start again; matches that exist are not added twice
    return cursor, pending


def _match_row(match: NewMatch, now: datetime) -> dict[str, Any]:
    mailbox, change_id, due_at, period = match
    return {"mailbox": mailbox, "change_id": change_id, "matched_at": now, "due_at": due_at, "digest_period": period}


def _has_baseline(connection: Connection) -> bool:
    statement = select(pages.c.url).where(pages.c.baseline_id.is_not(None)).limit(1)
    return connection.execute(statement).first() is not None


def _call_changes(connection: Connection) -> tuple[RecordedChange, ...]:
    """Return every change by which a call was opened or a cut-off was added or moved, oldest first."""
    has_cutoffs = changes.c.kind.in_(("call.opened", "call.cutoff_added", "call.cutoff_moved"))
    statement = select(changes).where(has_cutoffs).order_by(changes.c.read_at, changes.c.id)
    return tuple(readable.models(connection, changes, connection.execute(statement), row_mapping.recorded_change))
