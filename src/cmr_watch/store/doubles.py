"""Recipients who have two subscriptions: one of the configuration file, and one that was added by command."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, select

from cmr_watch.models.recipients import Subscription, mailbox_of
from cmr_watch.store import readable, row_mapping
from cmr_watch.store.recipients import ACTIVE
from cmr_watch.store.schema import subscriptions

_OTHERS: Final = subscriptions.alias()
_HAS_OTHER: Final = (
    select(_OTHERS.c.id)
    .where(
        _OTHERS.c.mailbox == subscriptions.c.mailbox, _OTHERS.c.id != subscriptions.c.id, _OTHERS.c.status == "active"
    )
    .exists()
)
_WITH_OTHERS: Final = select(subscriptions).where(ACTIVE, _HAS_OTHER).order_by(subscriptions.c.id)


def load(connection: Connection) -> tuple[tuple[Subscription, Subscription], ...]:
    """Return each active subscription of the configuration with one that was added by command for its address."""
    rows = connection.execute(_WITH_OTHERS)
    active = tuple(readable.models(connection, subscriptions, rows, row_mapping.subscription))
    declared = {mailbox_of(entry.address): entry for entry in active if entry.name is not None}
    added = [entry for entry in active if entry.name is None]
    return tuple(
        (declared[mailbox_of(entry.address)], entry) for entry in added if mailbox_of(entry.address) in declared
    )
