"""Stores plans: messages, and what they settle. The functions run in the transaction of their caller."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Integer, Text, bindparam, select, update

from cmr_watch.models.planning import Planned
from cmr_watch.models.recipients import Body, Message
from cmr_watch.store import recipients, row_mapping
from cmr_watch.store.column_types import Utc, storable
from cmr_watch.store.database import Database
from cmr_watch.store.schema import bodies, deliveries, digests, matches, outage_notices, reminders, subscriptions

# looked up by Message-ID: a bulk INSERT returns no IDs, and single ones are slow
_DELIVERY_ID = select(deliveries.c.id).where(deliveries.c.message_id == bindparam("message")).scalar_subquery()
_MATCH = (matches.c.mailbox == bindparam("recipient"), matches.c.change_id == bindparam("change"))
_SETTLE_NOTIFIED = update(matches).where(*_MATCH).values(settled_at=bindparam("now"), delivery_id=_DELIVERY_ID)
_SETTLE_DISCARDED = update(matches).where(*_MATCH).values(settled_at=bindparam("now"), delivery_id=None)
_POSTPONE = (
    update(matches)
    .where(*_MATCH)
    .values(due_at=bindparam("due"), digest_period=bindparam("digest"), settled_at=None, delivery_id=None)
)
_MARK_WELCOMED = (
    update(subscriptions)
    .where(subscriptions.c.id == bindparam("subscription"))
    .values(welcomed_at=bindparam("now"), welcome_delivery_id=_DELIVERY_ID)
)


def write_plans(
    database: Database,
    connection: Connection,
    planned: Sequence[Planned],
    replaceable: Iterable[recipients.ReplaceableMessage],
    now: datetime,
) -> None:
    """Store plans.

    - A plan that supersedes withdraws the replaceable messages of its recipient, even if it has no message itself.
    - A new message takes over the age and the number of attempts of those that it supersedes.
    """
    superseding = {entry.recipient.mailbox for entry in planned if entry.plan.supersedes}
    superseded = [entry for entry in replaceable if entry.mailbox in superseding]
    recipients.withdraw_messages(connection, [entry.id for entry in superseded], "superseded", now)
    _insert_messages(database, connection, planned, superseded, now)
    replaced = {entry.recipient.mailbox for entry in planned if entry.message is not None}
    dropped = [entry.id for entry in superseded if entry.mailbox not in replaced]
    recipients.resolve_failures_without_message(connection, dropped, now)
    _settle_matches(connection, planned, now)
    _insert_reminders(database, connection, planned, now)
    _insert_outage_notices(database, connection, planned, now)
    _insert_digests(database, connection, planned)
    _set_next_actions(connection, planned)
    _mark_welcomed(connection, planned, now)


def insert_message(database: Database, connection: Connection, message: Message, purpose: str, now: datetime) -> None:
    """Store a message that settles no matches."""
    row = _delivery_row(message, store_body(database, connection, message.body), now)
    connection.execute(deliveries.insert(), {**row, "purpose": purpose})


def store_body(database: Database, connection: Connection, body: Body) -> int:
    """Store a message body, unless an equal one is stored already; return its ID."""
    row = {"sha256": digest(body), **row_mapping.body_row(body)}
    statement = select(bodies).where(bodies.c.sha256 == row["sha256"])
    stored = connection.execute(statement).first()
    if stored is None:
        connection.execute(database.insert(bodies).values(row).on_conflict_do_nothing())
        stored = connection.execute(statement).one()
    elif any(getattr(stored, name) != storable(value) for name, value in row_mapping.body_row(body).items()):
        connection.execute(update(bodies).where(bodies.c.id == stored.id).values(row))  # it was damaged
    return int(stored.id)


@lru_cache(maxsize=256)
def digest(body: Body) -> str:
    """Return the digest by which equal bodies are stored once, and a damaged one is recognised."""
    text = "\0".join(map(storable, (body.subject, body.text, body.html, body.more_url)))
    return hashlib.sha256(text.encode()).hexdigest()


def _insert_messages(
    database: Database,
    connection: Connection,
    planned: Sequence[Planned],
    superseded: Iterable[recipients.ReplaceableMessage],
    now: datetime,
) -> None:
    superseded_by_mailbox: dict[str, list[recipients.ReplaceableMessage]] = defaultdict(list)
    for entry in superseded:
        superseded_by_mailbox[entry.mailbox].append(entry)
    body_ids: dict[Body, int] = {}
    rows = []
    for recipient, plan, message in ((entry.recipient, entry.plan, entry.message) for entry in planned):
        if message is None:
            continue
        if message.body not in body_ids:
            body_ids[message.body] = store_body(database, connection, message.body)
        row = _delivery_row(message, body_ids[message.body], now)
        inherited = _inherited(superseded_by_mailbox.get(recipient.mailbox, ()), now)
        timing = {"quiet_hours": row_mapping.quiet_row(plan.quiet), "stale_at": plan.stale_at}
        rows.append({**row, **inherited, **timing})
    if rows:
        connection.execute(deliveries.insert(), rows)


def _inherited(superseded: Sequence[recipients.ReplaceableMessage], now: datetime) -> dict[str, Any]:
    """Return what a message takes over from those that it supersedes."""
    return {
        "created_at": min([now, *(entry.created_at for entry in superseded)]),
        "attempts": max((entry.attempts for entry in superseded), default=0),
    }


def _delivery_row(message: Message, body_id: int, now: datetime) -> dict[str, Any]:
    defaults = {"created_at": now, "due_at": now, "attempts": 0, "uncertain": False, "purpose": "subscriber"}
    return {**row_mapping.message_row(message), **defaults, "body_id": body_id}


def _message_id(planned: Planned) -> str | None:
    return planned.message.message_id if planned.message else None


def _settle_matches(connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    notified, discarded, postponed = [], [], []
    for entry in planned:
        key = {"recipient": entry.recipient.mailbox}
        settled = {**key, "now": now, "message": _message_id(entry)}
        notified += [{**settled, "change": change} for change in entry.plan.notified]
        discarded += [{**key, "now": now, "change": change} for change in entry.plan.discarded]
        postponed += [
            {**key, "change": change, "due": due, "digest": period} for change, due, period in entry.plan.postponed
        ]
    for statement, values in ((_SETTLE_NOTIFIED, notified), (_SETTLE_DISCARDED, discarded), (_POSTPONE, postponed)):
        if values:
            connection.execute(statement, values)


def _insert_reminders(database: Database, connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    rows = [
        {
            "mailbox": entry.recipient.mailbox,
            "call_key": call,
            "cutoff_at": at,
            "days_before": days,
            "settled_at": now,
            "message": _message_id(entry),
        }
        for entry in planned
        for call, at, days in entry.plan.reminders
    ]
    if rows:
        connection.execute(database.insert(reminders).from_select(*_REMINDER).on_conflict_do_nothing(), rows)


def _insert_outage_notices(
    database: Database, connection: Connection, planned: Sequence[Planned], now: datetime
) -> None:
    rows = [
        {
            "mailbox": entry.recipient.mailbox,
            "outage_id": outage_id,
            "phase": phase,
            "settled_at": now,
            "message": _message_id(entry),
        }
        for entry in planned
        for outage_id, phase in entry.plan.outage_notices
    ]
    if rows:
        statement = database.insert(outage_notices).from_select(*_OUTAGE_NOTICE)
        connection.execute(statement.on_conflict_do_nothing(), rows)


def _insert_digests(database: Database, connection: Connection, planned: Sequence[Planned]) -> None:
    rows = [
        {"mailbox": entry.recipient.mailbox, "digest_period": period, "message": _message_id(entry)}
        for entry in planned
        for period in entry.plan.periods
    ]
    if rows:
        connection.execute(database.insert(digests).from_select(*_DIGEST).on_conflict_do_nothing(), rows)


def _parameter(name: str, kind: Any = Text) -> Any:
    return bindparam(name, type_=kind).label(name)


# the conditions are always true: SQLite needs a WHERE between SELECT and ON CONFLICT
_REMINDER = (
    ["mailbox", "call_key", "cutoff_at", "days_before", "settled_at", "delivery_id"],
    select(
        _parameter("mailbox"),
        _parameter("call_key"),
        _parameter("cutoff_at", Utc),
        _parameter("days_before", Integer),
        _parameter("settled_at", Utc),
        _DELIVERY_ID,
    ).where(bindparam("days_before", type_=Integer) >= 0),
)
_OUTAGE_NOTICE = (
    ["mailbox", "outage_id", "phase", "settled_at", "delivery_id"],
    select(
        _parameter("mailbox"),
        _parameter("outage_id", Integer),
        _parameter("phase"),
        _parameter("settled_at", Utc),
        _DELIVERY_ID,
    ).where(bindparam("phase", type_=Text) != ""),
)
_DIGEST = (
    ["mailbox", "digest_period", "delivery_id"],
    select(_parameter("mailbox"), _parameter("digest_period"), _DELIVERY_ID).where(
        bindparam("digest_period", type_=Text) != ""
    ),
)


def _set_next_actions(connection: Connection, planned: Sequence[Planned]) -> None:
    rows = [
        {"recipient": entry.recipient.mailbox, "action_at": entry.plan.next_action_at}
        for entry in planned
        if entry.recipient.subscriptions
    ]
    if rows:
        connection.execute(recipients.SET_NEXT_ACTION, rows)


def _mark_welcomed(connection: Connection, planned: Sequence[Planned], now: datetime) -> None:
    rows = [
        {"subscription": subscription_id, "now": now, "message": entry.message.message_id}
        for entry in planned
        if entry.message
        for subscription_id in entry.plan.welcomed
    ]
    if rows:
        connection.execute(_MARK_WELCOMED, rows)
