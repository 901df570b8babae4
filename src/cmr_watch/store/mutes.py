"""What recipients have muted: they get no more messages about that edition or call.

Keys of editions and calls never change, so that a renamed edition stays muted. When a mute is undone, its row stays:
what was found until then is not brought back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from cmr_watch.models.muting import ItemRef, Mute
from cmr_watch.models.readings import KnownCall, KnownEdition
from cmr_watch.store import known_entries, recipients
from cmr_watch.store.database import Database
from cmr_watch.store.mute_rows import select_mutes
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.schema import mutes, subscriptions


class MuteStanding(NamedTuple):
    """The state of a recipient's mute of an edition or a call. `entry`: what is known of it; None if nothing."""

    is_subscribed: bool
    is_muted: bool
    entry: KnownEdition | KnownCall | None


class Mutes:
    """The mutes of all recipients. A recipient is identified by the ID of a subscription, which may have ended."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_recipient(self, subscription_id: int) -> tuple[Mute, ...]:
        """Return what a recipient has muted, oldest first."""
        is_theirs = (mutes.c.mailbox == _mailbox(subscription_id), mutes.c.ended_at.is_(None))
        with self._database.read() as connection:
            return next(iter(select_mutes(connection, *is_theirs).values()), ())

    def entry(self, item: ItemRef) -> KnownEdition | KnownCall | None:
        """Return what is known of an edition or a call; None if nothing is any more."""
        with self._database.read() as connection:
            return known_entries.find(connection, item)

    def by_mailbox(self) -> Mapping[str, tuple[Mute, ...]]:
        """Return the mutes of all recipients, also those that were undone."""
        with self._database.read() as connection:
            return select_mutes(connection)

    def standing(self, subscription_id: int, item: ItemRef) -> MuteStanding:
        """How things stand. The statements are the same, whether or not there is such a subscription or item."""
        of_mailbox = subscriptions.c.mailbox == _mailbox(subscription_id)
        with self._database.read() as connection:
            active = connection.execute(select(subscriptions.c.id).where(ACTIVE, of_mailbox).limit(1)).first()
            is_theirs = mutes.c.mailbox == _mailbox(subscription_id)
            found = select_mutes(connection, is_theirs, *_is(item), mutes.c.ended_at.is_(None))
            return MuteStanding(active is not None, bool(found), known_entries.find(connection, item))

    def add(self, subscription_id: int, item: ItemRef, now: datetime) -> bool:
        """Mute for the recipient; return False if there is no active subscription any more.

        Pending messages are planned again, without it.
        """
        with self._database.write() as connection:
            mailbox = self._lock_recipient(connection, subscription_id)
            if mailbox is None:
                return False
            row = {"mailbox": mailbox, "kind": item.kind, "key": item.key, "muted_at": now, "ended_at": None}
            statement = self._database.insert(mutes).values(row)
            again = statement.on_conflict_do_update(
                index_elements=list(mutes.primary_key),
                set_={"muted_at": now, "ended_at": None},
                where=mutes.c.ended_at.is_not(None),
            )
            if connection.execute(again.returning(mutes.c.mailbox)).first():
                recipients.replan(connection, [mailbox], now)
            return True

    def remove(self, subscription_id: int, item: ItemRef, now: datetime) -> bool:
        """Undo a mute for the recipient; return False if there is no active subscription any more.

        Only what is found from now on is notified.
        """
        with self._database.write() as connection:
            mailbox = self._lock_recipient(connection, subscription_id)
            if mailbox is None:
                return False
            is_active = (mutes.c.mailbox == mailbox, *_is(item), mutes.c.ended_at.is_(None))
            if connection.execute(update(mutes).where(*is_active).values(ended_at=now)).rowcount:
                recipients.plan_again(connection, [mailbox], now)  # its reminders are due again
            return True

    def _lock_recipient(self, connection: Connection, subscription_id: int) -> str | None:
        """Return the recipient's mailbox if it has an active subscription; no messages are planned meanwhile."""
        recipients.lock_planning(self._database, connection)
        of_mailbox = subscriptions.c.mailbox == _mailbox(subscription_id)
        found = connection.execute(select(subscriptions.c.mailbox).where(ACTIVE, of_mailbox).limit(1)).scalar()
        return found if isinstance(found, str) else None


def _is(item: ItemRef) -> tuple[Any, ...]:
    return mutes.c.kind == item.kind, mutes.c.key == item.key


def _mailbox(subscription_id: int) -> Any:
    return select(subscriptions.c.mailbox).where(subscriptions.c.id == subscription_id).scalar_subquery()
