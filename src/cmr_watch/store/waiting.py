"""Whether anything waits to be sent. Apart from what sends it, so that a check in which nothing came stays small."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select

from cmr_watch.store import recipients
from cmr_watch.store.database import Database
from cmr_watch.store.incidents import UNNOTIFIED
from cmr_watch.store.rounds import AT, IS_RELEASED, times
from cmr_watch.store.schema import changes, deliveries, incidents, mail_requests, matches, signups, subscriptions

_WAITING: Final = (
    select(changes.c.id).where(changes.c.enqueued_at.is_(None), changes.c.held_at.is_(None), IS_RELEASED),
    select(matches.c.mailbox).where(
        matches.c.settled_at.is_(None), matches.c.held_at.is_(None), matches.c.due_at <= AT
    ),
    select(subscriptions.c.id).where(recipients.ACTIVE, subscriptions.c.next_action_at <= AT),
    select(deliveries.c.id).where(deliveries.c.outcome.is_(None), deliveries.c.held_at.is_(None)),
    select(signups.c.id).where(signups.c.mailed_at.is_(None)),
    select(mail_requests.c.id).where(mail_requests.c.mailed_at.is_(None)),
    # to be resolved even if the digest is no longer wanted
    select(incidents.c.id).where(incidents.c.kind == "digest-overdue", incidents.c.resolved_at.is_(None)),
)
_FOR_OPERATORS: Final = select(incidents.c.id).where(UNNOTIFIED)


def _is_any_of(*statements: Any) -> Any:
    return select(or_(*(statement.exists() for statement in statements)))


# to build one takes longer than to run it
_HAS_WORK: Final = {True: _is_any_of(*_WAITING, _FOR_OPERATORS), False: _is_any_of(*_WAITING)}


def is_idle(database: Database, now: datetime, *, has_operators: bool = True) -> bool:
    """Return whether there is nothing to fan out, plan, send or report to operators, if there are any.

    Takes a single query.
    """
    with database.read() as connection:
        return not connection.execute(_HAS_WORK[has_operators], times(now)).scalar()
