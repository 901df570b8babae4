"""A database that came back from a copy sends nothing by itself: what it holds may have been sent before.

The hold is written into the copy. Whoever opens it puts aside what waits (`begin`), the first good reading is put
aside as well, and `deliveries release` decides about each.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from cmr_watch.log import redact_address
from cmr_watch.models import Change
from cmr_watch.store import installation, recipients, row_mapping
from cmr_watch.store.database import Database
from cmr_watch.store.schema import bodies, changes, deliveries, incidents, matches, pages, subscriptions

_HOLD = "hold"
Kind = Literal["message", "change"]


@dataclass(frozen=True, slots=True)
class QuarantinedItem:
    """A message or a change held for the operator's decision.

    `summary`: address and subject of a message. `change`: set for a change that not every recipient was notified of.
    `recipients`: how many would be notified.
    """

    kind: Kind
    id: int
    recipients: int
    summary: str = ""
    change: Change | None = None


def mark_restored(connection: Connection) -> None:
    """Say in a copy that it is one."""
    installation.write(connection, _HOLD, "copy")


def waits_for_reading(connection: Connection, page_url: str) -> bool:
    """Whether the next good reading of a page is its first after a restore."""
    return page_url in _unread(connection)


def end_reading(connection: Connection, page_url: str) -> None:
    """The first reading of a page after a restore was made."""
    left = [url for url in _unread(connection) if url != page_url]
    installation.write(connection, _HOLD, "\n".join(left) or None)


def _unread(connection: Connection) -> list[str]:
    """The pages that were not read since the restore, once `begin` has seen that there was one."""
    return (installation.read(connection, _HOLD) or "").split("\n")


class RestoreQuarantine:
    """What waits since a restore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, now: datetime) -> bool:
        """Put aside what waits, if this database is a copy that came back. To be called before anything is sent."""
        with self._database.read() as connection:
            if installation.read(connection, _HOLD) != "copy":
                return False
        with self._database.write() as connection:
            _put_aside(connection, now)
            known = connection.execute(select(pages.c.url).where(pages.c.baseline_id.is_not(None))).scalars()
            installation.write(connection, _HOLD, "\n".join(known) or None)
        return True

    def list(self) -> tuple[QuarantinedItem, ...]:
        """All that waits for a decision."""
        with self._database.read() as connection:
            return (*_held_messages(connection), *_held_changes(connection))

    def release(self, kind: Kind, ids: Iterable[int], now: datetime, *, send: bool) -> int:
        """Send these after all, or drop them; how many there were."""
        numbers = list(ids)
        with self._database.write() as connection:
            if kind == "message":
                return _release_messages(connection, numbers, now, send)
            return _release_changes(connection, numbers, now, send)


def _put_aside(connection: Connection, now: datetime) -> None:
    unfinished, unsettled = deliveries.c.outcome.is_(None), matches.c.settled_at.is_(None)
    # who held a message when the copy was made may have sent it
    doubtful = or_(deliveries.c.uncertain, deliveries.c.claim_token.is_not(None))
    values = {"held_at": now, "claim_token": None, "leased_until": None, "uncertain": doubtful}
    connection.execute(update(deliveries).where(unfinished).values(**values))
    connection.execute(update(matches).where(unsettled).values(held_at=now))
    connection.execute(update(changes).where(changes.c.enqueued_at.is_(None)).values(held_at=now))
    # reminders and welcomes that fell due before were sent, or are too late
    connection.execute(update(subscriptions).where(recipients.ACTIVE).values(activated_at=now, next_action_at=now))
    unwelcomed = subscriptions.c.welcomed_at.is_(None)
    connection.execute(update(subscriptions).where(recipients.ACTIVE, unwelcomed).values(welcomed_at=now))
    connection.execute(update(incidents).where(incidents.c.opened_notified_at.is_(None)).values(opened_notified_at=now))
    ended = and_(incidents.c.resolved_at.is_not(None), incidents.c.resolved_notified_at.is_(None))
    connection.execute(update(incidents).where(ended).values(resolved_notified_at=now))


def _held_messages(connection: Connection) -> Iterable[QuarantinedItem]:
    statement = (
        select(deliveries.c.id, deliveries.c.address, bodies.c.subject)
        .join(bodies, bodies.c.id == deliveries.c.body_id)
        .where(deliveries.c.held_at.is_not(None), deliveries.c.outcome.is_(None))
        .order_by(deliveries.c.id)
    )
    return [
        QuarantinedItem("message", row.id, 1, summary=f"{redact_address(row.address)}: {row.subject}")
        for row in connection.execute(statement)
    ]


def _held_changes(connection: Connection) -> Iterable[QuarantinedItem]:
    held = (matches.c.change_id == changes.c.id, matches.c.held_at.is_not(None), matches.c.settled_at.is_(None))
    count = select(func.count()).where(*held).scalar_subquery()
    statement = (
        select(changes, count.label("recipients"))
        .where(or_(_is_held_change(), exists().where(*held)))
        .order_by(changes.c.id)
    )
    return [
        QuarantinedItem("change", row.id, row.recipients, change=row_mapping.recorded_change(row).change)
        for row in connection.execute(statement)
    ]


def _is_held_change() -> Any:
    return and_(changes.c.held_at.is_not(None), changes.c.enqueued_at.is_(None))


def _release_messages(connection: Connection, ids: list[int], now: datetime, send: bool) -> int:
    which = and_(deliveries.c.id.in_(ids), deliveries.c.held_at.is_not(None), deliveries.c.outcome.is_(None))
    values = {"held_at": None, "due_at": now} if send else {"held_at": None, "outcome": "discarded", "done_at": now}
    return connection.execute(update(deliveries).where(which).values(**values)).rowcount


def _release_changes(connection: Connection, ids: list[int], now: datetime, send: bool) -> int:
    there = connection.execute(select(changes.c.id).where(changes.c.id.in_(ids))).scalars().all()
    held = and_(matches.c.change_id.in_(there), matches.c.held_at.is_not(None), matches.c.settled_at.is_(None))
    values = {"held_at": None} if send else {"held_at": None, "settled_at": now}
    count = connection.execute(update(matches).where(held).values(**values)).rowcount
    which = and_(changes.c.id.in_(there), _is_held_change())
    later = {"held_at": None} if send else {"held_at": None, "enqueued_at": now}
    return max(count, connection.execute(update(changes).where(which).values(**later)).rowcount)
