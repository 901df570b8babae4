"""The statements by which deliveries are claimed, renewed and finished (deliveries.py).

Those that run for each mail are constants: to build one takes longer than to run it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, and_, bindparam, case, exists, func, or_, select, update

from cmr_watch.models.recipients import REQUESTED
from cmr_watch.store import recipients
from cmr_watch.store.rounds import AT, LATEST, MAX_LEASE
from cmr_watch.store.schema import bodies, circuit_breakers, deliveries, delivery_pauses, matches

is_pending = deliveries.c.outcome.is_(None)
_IS_CLAIMED = (deliveries.c.id == bindparam("delivery"), deliveries.c.claim_token == bindparam("token"), is_pending)

# no IN: SQLAlchemy would write the statement anew each time
_IS_REQUESTED = or_(*(deliveries.c.purpose == purpose for purpose in REQUESTED))
_RESULT = bindparam("result", type_=deliveries.c.outcome.type)
_TOKEN = deliveries.c.unsubscribe_token


RENEW = (
    update(deliveries)
    .where(*_IS_CLAIMED, recipients.has_active_subscription(), ~recipients.is_paused(AT))
    .values(leased_until=bindparam("until"))
)
FINISH = (
    update(deliveries)
    .where(*_IS_CLAIMED)
    .values(
        outcome=_RESULT,
        done_at=bindparam("now"),
        last_error=bindparam("error"),
        attempts=bindparam("attempt_count"),
        claim_token=None,
        leased_until=None,
        # a failed one may be retried
        unsubscribe_token=case((and_(_IS_REQUESTED, _RESULT != "failed"), ""), else_=_TOKEN),
    )
)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
MAIL = "mail"
"""The route of all mails."""


def _select_claimable(*conditions: Any) -> Select[Any]:
    """Select the IDs of at most `size` deliveries that can be claimed at the time `at`.

    - They are due, not leased, not held after a restore, and not stale, unless an earlier attempt may have succeeded.
    - The recipient is still subscribed, and neither has paused nor a soft bounce has paused delivery.
    - The circuit breaker of the route is closed.
    - No earlier message to the same mailbox is pending that is for the same purpose: what a recipient asks for does
      not wait for the end of quiet hours.
    """
    earlier = deliveries.alias()
    is_before = and_(
        earlier.c.mailbox == deliveries.c.mailbox,
        earlier.c.purpose == deliveries.c.purpose,
        earlier.c.id < deliveries.c.id,
        earlier.c.outcome.is_(None),
        earlier.c.held_at.is_(None),
    )
    # an aggregate, as PostgreSQL would join each one with all that are pending: its statistics are from before them
    is_blocked = select(func.min(earlier.c.id)).where(is_before).scalar_subquery().is_not(None)
    # a time that is later than any lease or pause could end is damaged, or comes from a clock that was wrong
    is_free = or_(
        deliveries.c.leased_until.is_(None), deliveries.c.leased_until < AT, deliveries.c.leased_until > LATEST
    )
    is_current = or_(deliveries.c.stale_at.is_(None), deliveries.c.stale_at > AT, deliveries.c.uncertain)
    is_bouncing = exists().where(delivery_pauses.c.mailbox == deliveries.c.mailbox, delivery_pauses.c.paused_until > AT)
    open_until = circuit_breakers.c.open_until
    is_down = exists().where(circuit_breakers.c.route == deliveries.c.route, open_until > AT, open_until <= LATEST)
    is_due = (is_pending, deliveries.c.due_at <= AT, deliveries.c.held_at.is_(None), is_free, is_current)
    is_possible = (
        ~is_blocked,
        ~is_bouncing,
        ~is_down,
        recipients.has_active_subscription(),
        ~recipients.is_paused(AT),
    )
    statement = select(deliveries.c.id).where(*is_due, *is_possible, *conditions)
    return statement.order_by(deliveries.c.due_at, deliveries.c.id).limit(bindparam("size", type_=Integer))


# SQLite has no SKIP LOCKED, and does not need it: its write transactions never overlap
CLAIMABLE = _select_claimable().with_for_update(skip_locked=True)
CLAIMABLE_EXCEPT_MAIL = _select_claimable(deliveries.c.route != MAIL).with_for_update(skip_locked=True)
CLAIMABLE_MAIL = _select_claimable(deliveries.c.route == MAIL)
CLAIM = (
    update(deliveries)
    .where(deliveries.c.id.in_(_IDS))
    .values(
        claim_token=bindparam("token"),
        leased_until=bindparam("until"),
        # if a lease expired, its holder may have sent the message without recording it
        uncertain=or_(deliveries.c.uncertain, deliveries.c.claim_token.is_not(None)),
    )
)
CLAIMED = select(deliveries).where(deliveries.c.id.in_(_IDS)).order_by(deliveries.c.id)
BODIES = select(bodies).where(bodies.c.id.in_(_IDS))
REPORTED = (
    select(matches.c.delivery_id, matches.c.change_id)
    .where(matches.c.delivery_id.in_(_IDS))
    .order_by(matches.c.change_id)
)


def is_later(column: Any, now: datetime) -> tuple[Any, ...]:
    """Return the conditions that the time until which something is leased or closed has not come."""
    return column > now, column <= now + MAX_LEASE
