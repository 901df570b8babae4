"""Carries out what was decided: messages, and marks on what they tell. The transaction is the caller's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Integer, Text, bindparam, select, update

from cmr_watch.models import Body, Message, Planned
from cmr_watch.store import recipients, row_mapping
from cmr_watch.store.column_types import Utc
from cmr_watch.store.database import Database
from cmr_watch.store.schema import bodies, deliveries, digests, matches, reminders, subscriptions

# the delivery is found by its message, for the ids of many rows inserted at once are not known; one by one is slow
_ITS_ID = select(deliveries.c.id).where(deliveries.c.message_id == bindparam("message")).scalar_subquery()
_MATCH = (matches.c.mailbox == bindparam("box"), matches.c.change_id == bindparam("change"))
_TELL = update(matches).where(*_MATCH).values(settled_at=bindparam("now"), delivery_id=_ITS_ID)
_DROP = update(matches).where(*_MATCH).values(settled_at=bindparam("now"), delivery_id=None)
_POSTPONE = (
    update(matches)
    .where(*_MATCH)
    .values(due_at=bindparam("due"), digest_period=bindparam("digest"), settled_at=None, delivery_id=None)
)
_WELCOMED = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("which"))
    .values(welcomed_at=bindparam("now"), welcome_delivery_id=_ITS_ID)
)


def carry_out(
    database: Database,
    connection: Connection,
    planned: Sequence[Planned],
    waiting: Iterable[recipients.Waiting],
    now: datetime,
) -> None:
    """All of it, for everybody.

    - A message supersedes what waits for the same mailbox, and takes over its age and its tries.
    - What waits and is no longer true goes, also where nothing takes its place.
    """
    replaced = {one.recipient.mailbox for one in planned if one.plan.supersedes}
    old = [entry for entry in waiting if entry.mailbox in replaced]
    recipients.withdraw_messages(connection, [entry.id for entry in old], "superseded", now)
    _insert_messages(database, connection, planned, old, now)
    _mark_matches(connection, planned, now)
    _mark_reminders_and_digests(database, connection, planned, now)
    _wake_later(connection, planned, now)


def insert_message(database: Database, connection: Connection, message: Message, purpose: str, now: datetime) -> None:
    """One message that nothing was matched for."""
    row = _row(message, body_id(database, connection, message.body), now)
    connection.execute(deliveries.insert(), {**row, "purpose": purpose})


def body_id(database: Database, connection: Connection, body: Body) -> int:
    """The row that holds these words; each text stands there once."""
    row = {"sha256": _digest(body), **row_mapping.body_row(body)}
    found = select(bodies.c.id).where(bodies.c.sha256 == row["sha256"])
    known = connection.execute(found).scalar()
    if known is None:
        connection.execute(database.insert(bodies).values(row).on_conflict_do_nothing())
        known = connection.execute(found).scalar_one()
    return int(known)


@lru_cache(maxsize=256)
def _digest(body: Body) -> str:
    words = "\0".join((body.subject, body.text, body.html, body.more_url))
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def _insert_messages(
    database: Database,
    connection: Connection,
    planned: Sequence[Planned],
    old: Sequence[recipients.Waiting],
    now: datetime,
) -> None:
    ids: dict[Body, int] = {}
    new = []
    for one in planned:
        if one.message is None:
            continue
        body = one.message.body
        known = ids.get(body) or ids.setdefault(body, body_id(database, connection, body))
        mine = [entry for entry in old if entry.mailbox == one.recipient.mailbox] if old else []
        age = {
            "created_at": min([now, *(entry.created_at for entry in mine)]),
            "attempts": max([0, *(entry.attempts for entry in mine)]),
        }
        plan = {"quiet_hours": row_mapping.quiet_row(one.plan.quiet), "stale_at": one.plan.stale_at}
        new.append({**_row(one.message, known, now), **age, **plan})
    if new:
        connection.execute(deliveries.insert(), new)


def _row(message: Message, known: int, now: datetime) -> dict[str, Any]:
    defaults = {"created_at": now, "due_at": now, "attempts": 0, "uncertain": False, "purpose": "subscriber"}
    return {**row_mapping.message_row(message), **defaults, "body_id": known}


def _mark_matches(connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    told, dropped, postponed = [], [], []
    for one in planned:
        box = one.recipient.mailbox
        message = one.message.message_id if one.message else None
        told += [{"box": box, "change": change, "now": now, "message": message} for change in one.plan.notified]
        dropped += [{"box": box, "change": change, "now": now} for change in one.plan.discarded]
        postponed += [
            {"box": box, "change": change, "due": due, "digest": period} for change, due, period in one.plan.postponed
        ]
    for statement, values in ((_TELL, told), (_DROP, dropped), (_POSTPONE, postponed)):
        if values:
            connection.execute(statement, values)


def _mark_reminders_and_digests(
    database: Database, connection: Connection, planned: Sequence[Planned], now: datetime
) -> None:
    keys, periods = [], []
    for one in planned:
        named = {"mailbox": one.recipient.mailbox, "message": one.message.message_id if one.message else None}
        keys += [
            {**named, "call_key": call, "cutoff_at": at, "days_before": days, "settled_at": now}
            for call, at, days in one.plan.reminders
        ]
        periods += [{**named, "digest_period": period} for period in one.plan.periods]
    if keys:
        connection.execute(database.insert(reminders).from_select(*_REMINDER).on_conflict_do_nothing(), keys)
    if periods:
        connection.execute(database.insert(digests).from_select(*_PERIOD).on_conflict_do_nothing(), periods)


def _chosen(name: str, kind: Any = Text) -> Any:
    return bindparam(name, type_=kind).label(name)


_REMINDER = (
    ["mailbox", "call_key", "cutoff_at", "days_before", "settled_at", "delivery_id"],
    select(
        _chosen("mailbox"),
        _chosen("call_key"),
        _chosen("cutoff_at", Utc),
        _chosen("days_before", Integer),
        _chosen("settled_at", Utc),
        _ITS_ID,
    ).where(bindparam("days_before", type_=Integer) >= 0),  # SQLite needs a WHERE between SELECT and ON CONFLICT
)
_PERIOD = (
    ["mailbox", "digest_period", "delivery_id"],
    select(_chosen("mailbox"), _chosen("digest_period"), _ITS_ID).where(bindparam("digest_period", type_=Text) != ""),
)


def _wake_later(connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    woken = [
        {"box": one.recipient.mailbox, "wake": one.plan.next_action_at}
        for one in planned
        if one.recipient.subscriptions
    ]
    if woken:
        connection.execute(recipients.SET_NEXT_ACTION, woken)
    welcomed = [
        {"which": which, "now": now, "message": one.message.message_id}
        for one in planned
        if one.message
        for which in one.plan.welcomed
    ]
    if welcomed:
        connection.execute(_WELCOMED, welcomed)
