"""Which pages are to be asked for now, beside the list: politely, each on its own rhythm. Pure.

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

from cmr_watch.models import Edition, Known, LastFetch, PageKind
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
) -> tuple[tuple[str, PageKind], ...]:
    """The address and the kind of each page to ask for now: call pages first, then what waits longest."""
    visited = {bare_address(visit.url): visit for visit in last_fetches}
    calls = tuple(dict.fromkeys((*_calls(listed, visited, list_url), *_former_calls(last_fetches, now))))
    rated = sorted(_editions(listed, visited, list_url, now, {bare_address(url) for url in calls}))
    due: list[tuple[str, PageKind]] = [(url, "call") for url in calls]
    return tuple([*due, *((url, "edition") for _, url in rated)][:most])


def _calls(listed: Known, visited: Mapping[str | None, LastFetch], list_url: str) -> Iterator[str]:
    """Those that a notice links to."""
    editions = {bare_address(one.edition.url) for one in listed.editions}
    for one in listed.calls:
        url = one.call.apply_url
        if one.gone is None and url and is_own(url, list_url) and bare_address(url) not in editions:
            yield _as_visited(url, visited)


def _former_calls(last_fetches: Iterable[LastFetch], now: datetime) -> Iterator[str]:
    """Those that were read before: a page outlives its notice. One that is gone is asked for once a day."""
    for visit in last_fetches:
        if visit.kind == "call" and (not visit.failed or now - visit.fetched_at >= _DAILY - _EARLY):
            yield visit.url


def _editions(
    listed: Known, visited: Mapping[str | None, LastFetch], list_url: str, now: datetime, calls: set[str | None]
) -> Iterator[tuple[float, str]]:
    """What is due, with how long it waits, the longest first; once each, though several lines may link to it."""
    rhythms: dict[str, timedelta] = {}
    for one in listed.editions:
        url = one.edition.url
        if one.gone != "withdrawn" and url and is_own(url, list_url) and bare_address(url) not in calls:
            address = _as_visited(url, visited)
            rhythms[address] = min(_rhythm(one.edition, now), rhythms.get(address, _MONTHLY))
    for url, rhythm in rhythms.items():
        waits = _waits(visited.get(bare_address(url)), rhythm, now)
        if waits >= timedelta(0):
            yield -waits.total_seconds(), url


def _waits(visit: LastFetch | None, rhythm: timedelta, now: datetime) -> timedelta:
    if visit is None:
        return timedelta.max
    return now - visit.fetched_at - ((min(rhythm, _DAILY) if visit.failed else rhythm) - _EARLY)


def _rhythm(edition: Edition, now: datetime) -> timedelta:
    if still_to_come(edition, now):
        return _DAILY
    days = span(edition)
    return _WEEKLY if days and now.date() - days[1] <= _YOUNG else _MONTHLY


def _as_visited(url: str, visited: Mapping[str | None, LastFetch]) -> str:
    """The spelling under which a page is known: `www.` or not, it is the same page."""
    visit = visited.get(bare_address(url))
    return visit.url if visit else url


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
    """A booklet behind an edition's line is no page to read."""
    return path.lower().endswith((".pdf", ".doc", ".docx", ".ppt", ".pptx", ".zip", ".jpg", ".png", ".ics"))
