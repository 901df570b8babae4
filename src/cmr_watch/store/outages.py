"""Outages: the list or a call page could not be read for days. Functions run in the transaction of their caller.

At the end of each round, the outages that there are now are compared with the rows that are open (`Difference`).
Whatever was missed before, for example because a process was killed, is thus made up for at the end of the next round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, or_, select, update

from cmr_watch.models.planning import Outage
from cmr_watch.store import known_entries, readable, recipients, restore_quarantine
from cmr_watch.store.check_records import LAST_JUDGED, NOT_READ, PLAUSIBLE_OUTCOMES
from cmr_watch.store.database import Database, insert_returning_id
from cmr_watch.store.schema import checks, outages, pages
from cmr_watch.urls import normalised_url

OUTAGE_AFTER: Final = timedelta(days=3)
"""How long there has been no good reading when subscribers are notified."""
OBSERVED_FOR: Final = timedelta(days=2)
"""For how much of that time the page was found to be unreadable: a host that was suspended has observed nothing."""
_OBSERVED_BY_CHECK: Final = timedelta(days=1)
"""The longest time that two consecutive failed checks account for. Each page with calls is checked at least daily."""
_LIST: Final = "list"
"""Identifies the list among the pages, whatever its address. The call pages are identified by their normalised URL."""

_OPEN: Final = select(outages).where(outages.c.ended_at.is_(None)).order_by(outages.c.id)
Pages = Mapping[str, Sequence[Any]]
"""The pages that were checked, each with its newest judged check, by normalised URL; the newest check comes last."""


class Difference(NamedTuple):
    """How the outages that there are now differ from the open rows.

    - `opened`: new rows. `ended`: the IDs of rows to close.
    - `silent`: the IDs of those that end without a good reading, because the list no longer links to the page, and
      therefore without a notice.
    - `moved`: the IDs of outages of the list, which has another address now. `confirmed`: the IDs of outages that were
      open in a restored backup and are not over: their end is still to be announced.
    """

    opened: tuple[dict[str, Any], ...]
    ended: tuple[int, ...]
    silent: tuple[int, ...]
    moved: tuple[int, ...]
    confirmed: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.opened or self.ended or self.moved or self.confirmed)


def load_outages(connection: Connection) -> tuple[Outage, ...]:
    """Return all outages, oldest first. Those that are over are kept for a year."""
    rows = connection.execute(select(outages).order_by(outages.c.id))
    return tuple(readable.models(connection, outages, rows, outage_of))


def find_difference(connection: Connection, list_url: str) -> Difference:
    """Compare the outages that there are now with the open rows."""
    checked = _load_pages(connection)
    failing = set(_failing(connection, checked, list_url))
    found = connection.execute(_OPEN).all()
    open_ = list(readable.rows(connection, outages, found))
    read_again = [row for row in open_ if _was_read_again(connection, row, checked, list_url)]
    lasting = [row for row in open_ if row not in read_again and _page(row) in failing]
    # one that cannot be read may be of any page, and subscribers are notified of each once
    unknown = failing if len(open_) < len(found) else {_page(row) for row in lasting}
    new = sorted(failing.difference(unknown), key=lambda page: (page != _LIST, page))  # the list first
    return Difference(
        opened=tuple(_opened(connection, checked, new, list_url)),
        ended=tuple(row.id for row in open_ if row not in lasting),
        silent=tuple(row.id for row in open_ if row not in (*lasting, *read_again)),
        moved=tuple(row.id for row in open_ if row.is_list and row.page_url != list_url),
        confirmed=tuple(row.id for row in lasting if not row.announces_end),
    )


def apply(database: Database, connection: Connection, difference: Difference, list_url: str, now: datetime) -> None:
    """Open and close outages, and make all recipients due for planning if there are any."""
    by_id = outages.c.id.in_
    for ids, values in (
        (difference.moved, {"page_url": list_url}),
        (difference.confirmed, {"announces_end": True}),
        (difference.silent, {"announces_end": False}),
        (difference.ended, {"ended_at": now}),
    ):
        if ids:
            connection.execute(update(outages).where(by_id(ids)).values(**values))
    for row in difference.opened:
        outage_id = insert_returning_id(connection, outages, {**row, "opened_at": now, "announces_end": True})
        if restore_quarantine.is_before_restore(connection, row["since"] + OUTAGE_AFTER):
            restore_quarantine.settle_opened(database, connection, now, outages.c.id == outage_id)
    if difference.opened or difference.ended:
        recipients.plan_all_again(database, connection, now)


def outage_of(row: Any) -> Outage:
    """Return an outage from its row."""
    return Outage(row.id, _page(row), row.page_url, row.is_list, row.since, row.ended_at is None, row.announces_end)


def _page(row: Any) -> str:
    return _LIST if row.is_list else normalised_url(row.page_url) or ""


# ── the pages ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _load_pages(connection: Connection) -> Pages:
    """Return each page with its newest check that read it or failed to."""
    result: defaultdict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(LAST_JUDGED):
        result[normalised_url(row.url) or ""].append(row)
    return result


def _failing(connection: Connection, checked: Pages, list_url: str) -> Iterator[str]:
    """Yield the list, and the call pages that it links to, if they could not be read at the newest check."""
    failing = {url for url, of_page in checked.items() if of_page[-1].outcome in NOT_READ}
    listed = normalised_url(list_url) or ""
    if listed in failing or listed not in checked:  # an address in the configuration that was not checked yet
        yield _LIST
    others = failing - {listed}
    if others:
        yield from others.intersection(_linked_call_pages(connection, [row.url for row in checked.get(listed, ())]))


def _linked_call_pages(connection: Connection, list_urls: Sequence[str]) -> Iterator[str | None]:
    """Yield the normalised URLs of the pages of the calls that the list does not call closed."""
    for url in list_urls:
        for entry in known_entries.load(connection, url).known().calls:
            if entry.gone is None and entry.call.status != "closed" and entry.call.apply_url:
                yield normalised_url(entry.call.apply_url)


def _was_read_again(connection: Connection, row: Any, checked: Pages, list_url: str) -> bool:
    """Whether there is a good reading since the outage began; it may have failed again after that."""
    urls = _urls(checked, _page(row), list_url)
    check_id, _ = _last_good_reading(connection, urls, is_list=row.is_list)
    return check_id > int(row.after_check_id)


def _urls(checked: Pages, page: str, list_url: str) -> list[str]:
    """Return the addresses of a page, the one that was checked last at the end."""
    return [row.url for row in checked.get((normalised_url(list_url) or "") if page == _LIST else page, ())]


# ── new outages ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _opened(connection: Connection, checked: Pages, failing: Sequence[str], list_url: str) -> Iterator[dict[str, Any]]:
    """Yield the rows of the outages of pages that have been failing for long enough."""
    for page in failing:
        urls, is_list = _urls(checked, page, list_url), page == _LIST
        check_id, read_at = _last_good_reading(connection, urls, is_list=is_list)
        since = _outage_since(read_at, _failed_checks(connection, urls, check_id))
        # if the list has never been read, no subscriber was notified that it is being watched
        if since is not None and not (is_list and read_at is None):
            yield {"page_url": urls[-1], "is_list": is_list, "since": since, "after_check_id": check_id}


def _outage_since(read_at: datetime | None, failed_at: Sequence[datetime]) -> datetime | None:
    """Return since when a page could not be read; None if that is not an outage yet."""
    if not failed_at:
        return None
    # the clock may have been set back
    since = min(failed_at) if read_at is None else min(read_at, *failed_at)
    has_lasted = failed_at[-1] - since >= OUTAGE_AFTER and _observed(failed_at) >= OBSERVED_FOR
    return since if has_lasted else None


def _last_good_reading(connection: Connection, urls: Sequence[str], *, is_list: bool) -> tuple[int, datetime | None]:
    """Return the ID and the time of the newest plausible check of a page.

    For an accepted reading, that is when it was accepted. The list may have been at another address.
    """
    is_listing = pages.c.kind == "initiative"
    of_page = or_(pages.c.url.in_(urls), is_listing) if is_list else pages.c.url.in_(urls)
    statement = (
        select(checks.c.id, checks.c.checked_at)
        .join(pages, pages.c.url == checks.c.page_url)
        .where(of_page, checks.c.outcome.in_(PLAUSIBLE_OUTCOMES))
    )
    found = connection.execute(statement.order_by(checks.c.id.desc()).limit(2))
    row = next(readable.rows(connection, checks, found), None)
    if row is not None:
        return row.id, row.checked_at
    # the check is no longer stored
    return 0, readable.time_of(connection.execute(select(func.max(pages.c.read_at)).where(of_page)).scalar())


def _failed_checks(connection: Connection, urls: Sequence[str], after_id: int) -> Sequence[datetime]:
    statement = select(checks.c.checked_at).where(checks.c.page_url.in_(urls), checks.c.outcome.in_(NOT_READ))
    times = connection.execute(statement.where(checks.c.id > after_id).order_by(checks.c.id)).scalars()
    return [at for at in map(readable.time_of, times) if at]


def _observed(failed_at: Sequence[datetime]) -> timedelta:
    """Return for how long a page was found to be unreadable, without the time in which nothing was checked."""
    gaps = (min(max(later - earlier, timedelta(0)), _OBSERVED_BY_CHECK) for earlier, later in pairwise(failed_at))
    return sum(gaps, timedelta(0))
