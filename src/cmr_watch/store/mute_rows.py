"""The rows of `mutes`. The functions run in the transaction of their caller."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from cmr_watch.models.muting import ITEM_KINDS, Mute
from cmr_watch.models.recipients import Subscription, mailbox_of
from cmr_watch.store import readable
from cmr_watch.store.schema import mutes


def load_mutes(connection: Connection, mailboxes: Sequence[str]) -> dict[str, tuple[Mute, ...]]:
    """Return the mutes of these mailboxes, also those that were undone."""
    return select_mutes(connection, mutes.c.mailbox.in_(mailboxes))


def load_mutes_of(connection: Connection, batch: Sequence[Subscription]) -> Mapping[str, tuple[Mute, ...]]:
    """Return the mutes of the recipients of these subscriptions, which are ordered by mailbox."""
    if not batch:
        return {}
    first, last = mailbox_of(batch[0].address), mailbox_of(batch[-1].address)
    return select_mutes(connection, mutes.c.mailbox >= first, mutes.c.mailbox <= last)


def select_mutes(connection: Connection, *conditions: Any) -> dict[str, tuple[Mute, ...]]:
    """Return the mutes that meet the conditions by mailbox, those of each in the order in which they were made."""
    statement = select(mutes).where(*conditions).order_by(mutes.c.muted_at, mutes.c.key, mutes.c.kind)
    found: defaultdict[str, list[Mute]] = defaultdict(list)
    for row in readable.rows(connection, mutes, connection.execute(statement)):
        found[row.mailbox].extend(readable.models(connection, mutes, (row,), mute_of))
    return {mailbox: tuple(of_mailbox) for mailbox, of_mailbox in found.items()}


def mute_of(row: Any) -> Mute:
    """Return a mute from its row. ValueError if it names no edition or call."""
    if row.kind not in ITEM_KINDS:
        raise ValueError("kind is not valid")
    return Mute(row.kind, row.key, row.muted_at, row.ended_at)
