"""Quarantine after a restore: messages that were pending in a backup may have been sent since it was made.

Backups are marked as such. The first command that opens a restored backup holds everything pending
(`quarantine_if_restored`). The changes found by the first plausible reading of each page are held too. The operator
then reviews the held items with `cmr-watch deliveries release`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Text,
    and_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
    union,
    update,
)

from cmr_watch.log import redact_address
from cmr_watch.models.readings import RecordedChange
from cmr_watch.store import installation, readable, recipients, row_mapping
from cmr_watch.store.column_types import Utc
from cmr_watch.store.database import Database
from cmr_watch.store.erasure import PLACEHOLDER_PREFIX
from cmr_watch.store.locks import Lock
from cmr_watch.store.numbering import skip_used_numbers
from cmr_watch.store.publication import publish_released
from cmr_watch.store.schema import (
    bodies,
    changes,
    checks,
    deliveries,
    incidents,
    mail_requests,
    matches,
    outage_notices,
    outages,
    pages,
    signups,
    subscriptions,
)

_HOLD = "hold"
"""The name of the row of `installation`: its value is `copy`, then the URLs of the pages not read yet, one a line."""
_RESTORED = "copy"
_RESTORED_AT = "restored_at"
_MARKED_AT = "marked_restored_at"
"""The name of the row of `installation` with the time of the last restore."""
Kind = Literal["message", "change"]


class QuarantinedItem(NamedTuple):
    """A message or a change held for the operator's decision.

    - `held_at`: since when.
    - `recipients`: how many would be notified. Of a change that has not been matched to recipients yet, it is 0.
    - `address` (without secrets) and `subject`: those of a message.
    - `recorded`: a change that not every recipient was notified of.
    - `was_due`: whether it was due before it was held, and so was probably sent after the backup had been made. None
      for a change that was found after the restore: it may have been found, and sent, before.
    """

    kind: Kind
    id: int
    held_at: datetime
    recipients: int
    address: str = ""
    subject: str = ""
    recorded: RecordedChange | None = None
    was_due: bool | None = True


def mark_restored(connection: Connection, at: datetime | None = None) -> None:
    """Mark a database as restored `at` a time, or as a backup: then it is restored when it is first used."""
    installation.write(connection, _HOLD, _RESTORED)
    installation.write(connection, _MARKED_AT, at.isoformat() if at else None)


def is_first_reading(connection: Connection, page_url: str) -> bool:
    """Whether the page has had no plausible reading since the database was restored."""
    return page_url in _unread_pages(connection)


def end_first_reading(connection: Connection, page_url: str) -> None:
    """Record a plausible reading of a page: the changes of later ones are not held."""
    unread = _unread_pages(connection)
    if page_url in unread:
        installation.write(connection, _HOLD, "\n".join(url for url in unread if url != page_url) or None)


def _unread_pages(connection: Connection) -> list[str]:
    """Return the URLs of the pages without a plausible reading since the restore."""
    return (installation.read(connection, _HOLD) or "").split("\n")


def is_before_restore(connection: Connection, at: datetime) -> bool:
    """Whether the database was restored at or after a time, so that what was due then may have been sent."""
    restored_at = installation.read_time(connection, _RESTORED_AT)
    return restored_at is not None and at <= restored_at


def settle_opened(database: Database, connection: Connection, now: datetime, is_settled: Any) -> None:
    """Settle the notices of the beginning of outages for all present recipients, who may have been sent them."""
    recipient_and_outage = select(subscriptions.c.mailbox, outages.c.id).distinct().join(outages, true())
    _settle_notices(database, connection, recipient_and_outage.where(recipients.ACTIVE, is_settled), "opened", now)


def _settle_notices(database: Database, connection: Connection, selected: Any, phase: str, now: datetime) -> None:
    """`selected`: the mailboxes and the IDs of the outages."""
    columns = [column.name for column in outage_notices.c]
    rows = selected.add_columns(literal(phase, Text), literal(now, Utc), cast(null(), Integer))
    connection.execute(database.insert(outage_notices).from_select(columns, rows).on_conflict_do_nothing())


class RestoreQuarantine:
    """What is held since the database was restored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def quarantine_if_restored(self, now: datetime) -> bool:
        """If the database has just been restored, hold everything pending, and return True. Call it before sending.

        It is held since the restore, if its time is known, else since `now`.
        """
        with self._database.read() as connection:
            if installation.read(connection, _HOLD) != _RESTORED:
                return False
        with self._database.write() as connection:
            installation.write(connection, installation.CHECKSUM, None)  # what is written now changes it
            _settle_outage_notices(self._database, connection, now)
            skip_used_numbers(connection, now)
            _hold_pending(connection, installation.read_time(connection, _MARKED_AT) or now, now)
            urls = connection.execute(select(pages.c.url).where(pages.c.baseline_id.is_not(None))).scalars()
            installation.write(connection, _HOLD, "\n".join(urls) or None)
            installation.write(connection, _RESTORED_AT, now.isoformat())
        return True

    def is_due(self) -> bool:
        """Whether the database has been restored, and nothing has been held yet."""
        with self._database.read() as connection:
            return installation.read(connection, _HOLD) == _RESTORED

    def list(self) -> tuple[QuarantinedItem, ...]:
        """Return the held messages and changes."""
        with self._database.read() as connection:
            return (*_list_messages(connection), *_list_changes(connection))

    def count(self) -> int:
        """Return the number of held messages and changes."""
        with self._database.read() as connection:
            return int(connection.execute(_COUNT).scalar_one())

    def release(self, kind: Kind, ids: Iterable[int], now: datetime, *, send: bool) -> int:
        """Release held items to be sent, or discard them (`send=False`); return the number of rows changed."""
        selected = list(ids)
        with self._database.write() as connection:
            if kind == "message":
                return _release_messages(connection, selected, now, send)
            self._database.lock(connection, Lock.CHANGES)
            return _release_changes(connection, selected, now, send)


def _settle_outage_notices(database: Database, connection: Connection, now: datetime) -> None:
    """Settle the notices that may have been sent since the backup.

    The end of an open outage is announced only if the next check finds that it is not over.
    """
    is_open = outages.c.ended_at.is_(None)
    connection.execute(update(outages).where(is_open).values(announces_end=False))
    settle_opened(database, connection, now, is_open)
    known = select(outage_notices.c.mailbox, outages.c.id).join(outages)
    _settle_notices(database, connection, known.where(outage_notices.c.phase == "opened", ~is_open), "ended", now)


def _hold_pending(connection: Connection, restored_at: datetime, now: datetime) -> None:
    is_pending, is_unsettled = deliveries.c.outcome.is_(None), matches.c.settled_at.is_(None)
    # messages that were leased when the backup was made may have been sent
    is_uncertain = or_(deliveries.c.uncertain, deliveries.c.claim_token.is_not(None))
    values = {"held_at": restored_at, "claim_token": None, "leased_until": None, "uncertain": is_uncertain}
    connection.execute(update(deliveries).where(is_pending).values(**values))
    connection.execute(update(matches).where(is_unsettled).values(held_at=restored_at))
    connection.execute(
        update(changes).where(changes.c.enqueued_at.is_(None)).values(held_at=restored_at, published=None)
    )
    # the mails may have been sent since; readers who still want one will ask again
    for table in (signups, mail_requests):
        connection.execute(table.delete().where(table.c.mailed_at.is_(None)))
    # reminders, welcomes and reports that were due have been sent since, or are out of date
    connection.execute(update(subscriptions).where(recipients.ACTIVE).values(activated_at=now, next_action_at=now))
    is_unwelcomed = subscriptions.c.welcomed_at.is_(None)
    connection.execute(update(subscriptions).where(recipients.ACTIVE, is_unwelcomed).values(welcomed_at=now))
    connection.execute(update(incidents).where(incidents.c.opened_notified_at.is_(None)).values(opened_notified_at=now))
    is_resolved = and_(incidents.c.resolved_at.is_not(None), incidents.c.resolved_notified_at.is_(None))
    connection.execute(update(incidents).where(is_resolved).values(resolved_notified_at=now))


def _list_messages(connection: Connection) -> Iterable[QuarantinedItem]:
    statement = (
        select(deliveries, bodies.c.subject)
        .join(bodies, bodies.c.id == deliveries.c.body_id)
        .where(_IS_HELD_MESSAGE)
        .order_by(deliveries.c.id)
    )
    return list(readable.models(connection, deliveries, connection.execute(statement), _held_message))


def _held_message(row: Any) -> QuarantinedItem:
    return QuarantinedItem(
        "message",
        row.id,
        row.held_at,
        recipients=1,
        address=redact_address(row.address),
        subject=row.subject,
        was_due=row.due_at <= row.held_at,
    )


def _list_changes(connection: Connection) -> Iterable[QuarantinedItem]:
    held = _held_matches()
    is_erased = matches.c.mailbox.startswith(PLACEHOLDER_PREFIX)
    count = held.with_only_columns(func.count()).where(~is_erased).scalar_subquery()
    first_due = held.with_only_columns(func.min(matches.c.due_at)).scalar_subquery()
    since = func.coalesce(changes.c.held_at, held.with_only_columns(func.min(matches.c.held_at)).scalar_subquery())
    columns = (
        count.label("recipients"),
        type_coerce(first_due, Utc).label("due_at"),
        type_coerce(since, Utc).label("since"),
        checks.c.checked_at,
    )
    statement = (
        select(changes, *columns)
        .join(checks, checks.c.id == changes.c.check_id)
        .where(or_(_IS_HELD_CHANGE, held.exists()))
        .order_by(changes.c.id)
    )
    return list(readable.models(connection, changes, connection.execute(statement), _quarantined_change))


def _quarantined_change(row: Any) -> QuarantinedItem:
    recorded = row_mapping.recorded_change(row)
    return QuarantinedItem("change", row.id, row.since, row.recipients, recorded=recorded, was_due=_was_due(row))


def _was_due(row: Any) -> bool | None:
    if row.due_at is not None:
        return bool(row.due_at <= row.since)
    return None if row.checked_at >= row.since else True


_IS_HELD_MESSAGE: Final = and_(deliveries.c.held_at.is_not(None), deliveries.c.outcome.is_(None))
_IS_HELD_CHANGE: Final = and_(changes.c.held_at.is_not(None), changes.c.enqueued_at.is_(None))
_IS_HELD_MATCH: Final = (matches.c.held_at.is_not(None), matches.c.settled_at.is_(None))


_HELD_MESSAGES: Final = select(func.count()).select_from(deliveries).where(_IS_HELD_MESSAGE)
_HELD_CHANGES: Final = select(func.count()).select_from(
    union(select(changes.c.id).where(_IS_HELD_CHANGE), select(matches.c.change_id).where(*_IS_HELD_MATCH)).subquery()
)
# asked with every check, so built only once; each part has an index
_COUNT: Final = select(_HELD_MESSAGES.scalar_subquery() + _HELD_CHANGES.scalar_subquery())


def _held_matches() -> Select[Any]:
    return select(matches.c.mailbox).where(matches.c.change_id == changes.c.id, *_IS_HELD_MATCH).correlate(changes)


def _release_messages(connection: Connection, ids: list[int], now: datetime, send: bool) -> int:
    is_selected = and_(deliveries.c.id.in_(ids), deliveries.c.held_at.is_not(None), deliveries.c.outcome.is_(None))
    values = {"held_at": None, "due_at": now} if send else {"held_at": None, "outcome": "discarded", "done_at": now}
    return connection.execute(update(deliveries).where(is_selected).values(**values)).rowcount


def _release_changes(connection: Connection, ids: list[int], now: datetime, send: bool) -> int:
    held_matches = and_(matches.c.change_id.in_(ids), matches.c.held_at.is_not(None), matches.c.settled_at.is_(None))
    match_values = {"held_at": None} if send else {"held_at": None, "settled_at": now}
    match_count = connection.execute(update(matches).where(held_matches).values(**match_values)).rowcount
    held_changes = and_(changes.c.id.in_(ids), _IS_HELD_CHANGE)
    if send:
        held = select(changes.c.id).where(held_changes).order_by(changes.c.id)
        publish_released(connection, connection.execute(held).scalars().all())
    change_values = {"held_at": None} if send else {"held_at": None, "enqueued_at": now}
    change_count = connection.execute(update(changes).where(held_changes).values(**change_values)).rowcount
    return max(match_count, change_count)
