"""Whether a recipient is subscribed, asked by the ID of a subscription, which is in the token of mails."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from cmr_watch.store.database import Database
from cmr_watch.store.schema import subscriptions
from cmr_watch.store.subscriptions import LEFT


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a recipient has an active subscription; if not, whether the last one ended at the recipient's request."""

    is_subscribed: bool
    has_left: bool


def standing(database: Database, subscription_id: int) -> Standing:
    """How things stand with the recipient of this subscription, which need not exist."""
    mailbox = select(subscriptions.c.mailbox).where(subscriptions.c.id == subscription_id).scalar_subquery()
    columns = select(subscriptions.c.status, subscriptions.c.end_reason).where(subscriptions.c.mailbox == mailbox)
    with database.read() as connection:
        rows = connection.execute(columns.order_by(subscriptions.c.id)).all()
    is_subscribed = any(row.status == "active" for row in rows)
    return Standing(is_subscribed, has_left=bool(rows) and rows[-1].end_reason in LEFT)
