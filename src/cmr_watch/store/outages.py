"""Outages: pages with calls that could not be read for days. The functions run in the transaction of their caller.

An outage is not stored: it follows from the last good reading of a page and its newest check.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from cmr_watch.models import OutageNotice
from cmr_watch.store.check_records import PLAUSIBLE_OUTCOMES, CheckRecord
from cmr_watch.store.schema import checks, pages

OUTAGE_AFTER: Final = timedelta(days=3)
"""How long there has been no good reading when subscribers are notified."""
_PAGE_KINDS: Final = ("initiative", "call")
_NOT_READ: Final = ("failed", "suspect")


def load_outages(connection: Connection) -> tuple[OutageNotice, ...]:
    """Return the outages at present, the oldest first."""
    other = checks.alias()
    of_page = select(func.max(other.c.id)).where(other.c.page_url == pages.c.url)
    newest = of_page.where(other.c.outcome.in_((*PLAUSIBLE_OUTCOMES, *_NOT_READ))).scalar_subquery()
    statement = (
        select(pages.c.url, pages.c.read_at, checks.c.checked_at)
        .join_from(pages, checks, checks.c.id == newest)
        .where(pages.c.kind.in_(_PAGE_KINDS), pages.c.read_at.is_not(None), checks.c.outcome.in_(_NOT_READ))
        .order_by(pages.c.read_at, pages.c.url)
    )
    rows = connection.execute(statement).all()
    return tuple(
        OutageNotice("opened", row.read_at, row.url) for row in rows if row.checked_at - row.read_at >= OUTAGE_AFTER
    )


def is_outage_boundary(connection: Connection, page: Any, record: CheckRecord, check_id: int) -> bool:
    """Whether an outage of the page begins or ends with this check. `page`: its row before the check."""
    if page.kind not in _PAGE_KINDS or page.read_at is None or record.checked_at - page.read_at < OUTAGE_AFTER:
        return False
    if record.outcome in PLAUSIBLE_OUTCOMES:
        return True
    earlier = select(func.max(checks.c.checked_at)).where(checks.c.page_url == page.url, checks.c.id < check_id)
    previous = connection.execute(earlier.where(checks.c.outcome.in_(_NOT_READ))).scalar()
    return previous is None or previous - page.read_at < OUTAGE_AFTER
