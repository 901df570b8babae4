"""Which pages are to be asked for now, beside the list: politely, each on its own schedule. Pure.

- the call page with every check;
- the page of an edition that is still to come daily;
- that of a past one weekly for two months, then monthly;
- one that failed, daily.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cmr_watch.models import Edition, Known, LastFetch, PageRef
from cmr_watch.monitor.edition_dates import span, still_to_come
from cmr_watch.monitor.match import bare_address

MOST: Final = 12
"""Pages in one check: the first one after a start finds dozens, and the others come with the next checks."""
_DAILY: Final = timedelta(days=1)
_WEEKLY: Final = timedelta(days=7)
_MONTHLY: Final = timedelta(days=30)
_YOUNG: Final = timedelta(days=61)
_EARLY: Final = timedelta(minutes=30)
"""A page may be asked for that much before its time, or an hourly check would come round an hour late each day."""


def due_pages(
    listed: Known, last_fetches: Sequence[LastFetch], list_url: str, now: datetime, most: int = MOST
) -> tuple[PageRef, ...]:
    """The pages to fetch now: call pages first, then the most overdue edition pages; at most `most`."""
    fetched = {bare_address(last.page.url): last for last in last_fetches}
    calls = tuple(dict.fromkeys((*_calls(listed, fetched, list_url), *_former_calls(last_fetches, now))))
    rated = sorted(_editions(listed, fetched, list_url, now, {bare_address(url) for url in calls}))
    pages = [*(PageRef(url, "call") for url in calls), *(PageRef(url, "edition") for _, url in rated)]
    return tuple(pages[:most])


def _calls(listed: Known, fetched: Mapping[str | None, LastFetch], list_url: str) -> Iterator[str]:
    """The call pages that a notice links to."""
    editions = {bare_address(one.edition.url) for one in listed.editions}
    for one in listed.calls:
        url = one.call.apply_url
        if one.gone is None and url and is_own(url, list_url) and bare_address(url) not in editions:
            yield _as_fetched(url, fetched)


def _former_calls(last_fetches: Iterable[LastFetch], now: datetime) -> Iterator[str]:
    """The call pages fetched before, as a page outlives its notice; one that fails is fetched once a day."""
    for last in last_fetches:
        if last.page.kind == "call" and (not last.has_failed or now - last.fetched_at >= _DAILY - _EARLY):
            yield last.page.url


def _editions(
    listed: Known, fetched: Mapping[str | None, LastFetch], list_url: str, now: datetime, calls: set[str | None]
) -> Iterator[tuple[float, str]]:
    """The edition pages that are due, each once, as (negated overdue time in seconds, address)."""
    intervals: dict[str, timedelta] = {}
    for one in listed.editions:
        url = one.edition.url
        if one.gone != "withdrawn" and url and is_own(url, list_url) and bare_address(url) not in calls:
            address = _as_fetched(url, fetched)
            intervals[address] = min(_interval(one.edition, now), intervals.get(address, _MONTHLY))
    for url, interval in intervals.items():
        overdue = _overdue(fetched.get(bare_address(url)), interval, now)
        if overdue >= timedelta(0):
            yield -overdue.total_seconds(), url


def _overdue(last: LastFetch | None, interval: timedelta, now: datetime) -> timedelta:
    if last is None:
        return timedelta.max
    return now - last.fetched_at - ((min(interval, _DAILY) if last.has_failed else interval) - _EARLY)


def _interval(edition: Edition, now: datetime) -> timedelta:
    if still_to_come(edition, now):
        return _DAILY
    days = span(edition)
    return _WEEKLY if days and now.date() - days[1] <= _YOUNG else _MONTHLY


def _as_fetched(url: str, fetched: Mapping[str | None, LastFetch]) -> str:
    """The spelling under which a page was fetched before: with and without `www.` it is the same page."""
    last = fetched.get(bare_address(url))
    return last.page.url if last else url


def is_own(url: str, list_url: str) -> bool:
    """Whether a link stays on the site of the list, and leads to another page than the list itself."""
    try:
        there, here = urlsplit(url), urlsplit(list_url)
        same = _site(there.hostname, there.port) == _site(here.hostname, here.port)
    except ValueError:
        return False
    is_page = there.scheme in ("http", "https") and bare_address(url) != bare_address(list_url)
    return same and is_page and there.path.strip("/") != "" and not _is_file(there.path)


def _site(host: str | None, port: int | None) -> tuple[str, int | None]:
    return (host or "").removeprefix("www."), port


def _is_file(path: str) -> bool:
    """Whether the path names a document, such as a booklet, rather than a page."""
    return path.lower().endswith((".pdf", ".doc", ".docx", ".ppt", ".pptx", ".zip", ".jpg", ".png", ".ics"))
