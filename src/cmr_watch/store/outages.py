"""Outages: pages with calls that could not be read for days. The functions run in the transaction of their caller.

An outage is not stored: it follows from the last good reading of a page and its newest check.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select

from cmr_watch.models import OutageNotice
from cmr_watch.store import known_entries
from cmr_watch.store.check_records import PLAUSIBLE_OUTCOMES, CheckRecord
from cmr_watch.store.schema import checks, pages
from cmr_watch.urls import normalised_url

OUTAGE_AFTER: Final = timedelta(days=3)
"""How long there has been no good reading when subscribers are notified."""
WATCHED_WITHIN: Final = timedelta(days=2)
"""A page without a check for that long is no longer watched: each page with calls is checked at least daily."""
_PAGE_KINDS: Final = ("initiative", "call")
_NOT_READ: Final = ("failed", "suspect")


def load_outages(connection: Connection, now: datetime) -> tuple[OutageNotice, ...]:
    """Return the outages at present, the oldest first: of the list, and of the call pages that it links to.

    A former call page may be gone for good, and a page that is no longer watched, because the configuration names
    another one, has no end of its outage.
    """
    other = checks.alias()
    of_page = select(other.c.id).where(other.c.page_url == pages.c.url).correlate(pages)
    # not max(id), which would go through a year of checks: this one stops at the first
    judged = of_page.where(other.c.outcome.in_((*PLAUSIBLE_OUTCOMES, *_NOT_READ))).order_by(other.c.id.desc())
    statement = (
        select(pages.c.url, pages.c.kind, pages.c.read_at, checks.c.checked_at)
        .join_from(pages, checks, checks.c.id == judged.limit(1).scalar_subquery())
        .where(pages.c.kind.in_(_PAGE_KINDS), pages.c.read_at.is_not(None), checks.c.outcome.in_(_NOT_READ))
        .where(checks.c.checked_at > now - WATCHED_WITHIN)
        .order_by(pages.c.read_at, pages.c.url)
    )
    rows = [row for row in connection.execute(statement) if row.checked_at - row.read_at >= OUTAGE_AFTER]
    linked = set(_linked_call_pages(connection)) if any(row.kind == "call" for row in rows) else set()
    return tuple(
        OutageNotice("opened", row.read_at, row.url)
        for row in rows
        if row.kind == "initiative" or normalised_url(row.url) in linked
    )


def _linked_call_pages(connection: Connection) -> Iterator[str | None]:
    """Yield the normalised URLs of the pages of the calls that the list does not call closed."""
    for url in connection.execute(select(pages.c.url).where(pages.c.kind == "initiative")).scalars():
        for entry in known_entries.load(connection, url).known().calls:
            if entry.gone is None and entry.call.status != "closed" and entry.call.apply_url:
                yield normalised_url(entry.call.apply_url)


def load_last_read_at(connection: Connection) -> dict[str, datetime]:
    """Return the time of the last good reading of each page with calls."""
    statement = select(pages.c.url, pages.c.read_at).where(pages.c.kind.in_(_PAGE_KINDS), pages.c.read_at.is_not(None))
    return {row.url: row.read_at for row in connection.execute(statement)}


def is_outage_boundary(connection: Connection, page: Any, record: CheckRecord, check_id: int) -> bool:
    """Whether an outage of the page begins or ends with this check. `page`: its row before the check."""
    if page.kind not in _PAGE_KINDS or page.read_at is None or record.checked_at - page.read_at < OUTAGE_AFTER:
        return False
    if record.outcome in PLAUSIBLE_OUTCOMES:
        return True
    earlier = select(checks.c.checked_at).where(checks.c.page_url == page.url, checks.c.id < check_id)
    failed = earlier.where(checks.c.outcome.in_(_NOT_READ)).order_by(checks.c.id.desc())
    previous = connection.execute(failed.limit(1)).scalar()
    return previous is None or previous - page.read_at < OUTAGE_AFTER
