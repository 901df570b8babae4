"""Whether anything waits to be sent. Apart from what sends it, so that a check in which nothing came stays small."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select

from cmr_watch.store import recipients
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import UNNOTIFIED
from cmr_watch.store.rounds import is_released
from cmr_watch.store.schema import changes, deliveries, incidents, mail_requests, matches, signups, subscriptions


def is_idle(database: Database, now: datetime, *, has_operators: bool = True) -> bool:
    """Return whether there is nothing to fan out, plan, send or report to operators, if there are any.

    Takes a single query.
    """
    with database.read() as connection:
        return not connection.execute(_has_work(now, has_operators=has_operators)).scalar()


def _has_work(now: datetime, *, has_operators: bool) -> Any:
    statements = [
        select(changes.c.id).where(changes.c.enqueued_at.is_(None), changes.c.held_at.is_(None), is_released(now)),
        select(matches.c.mailbox).where(
            matches.c.settled_at.is_(None), matches.c.held_at.is_(None), matches.c.due_at <= now
        ),
        select(subscriptions.c.id).where(recipients.ACTIVE, subscriptions.c.next_action_at <= now),
        select(deliveries.c.id).where(deliveries.c.outcome.is_(None), deliveries.c.held_at.is_(None)),
        select(signups.c.id).where(signups.c.mailed_at.is_(None)),
        select(mail_requests.c.id).where(mail_requests.c.mailed_at.is_(None)),
        # to be resolved even if the digest is no longer wanted
        select(incidents.c.id).where(incidents.c.kind == "digest-overdue", incidents.c.resolved_at.is_(None)),
    ]
    if has_operators:
        statements.append(select(incidents.c.id).where(UNNOTIFIED))
    return select(or_(*(statement.exists() for statement in statements)))
