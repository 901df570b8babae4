"""Which of the pages linked from the list are due (ADR 8). Pure.

- call pages: in every check;
- the page of an upcoming edition: daily;
- the page of a past edition: weekly for two months, then monthly;
- a page whose last fetch failed: daily, except for a call page that the list still links to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cmr_watch.models.readings import Edition, Known, LastFetch, PageRef
from cmr_watch.monitor.upcoming import date_range, is_upcoming
from cmr_watch.urls import normalised_url

MAX_PAGES: Final = 12
"""The most pages in one check. The first check finds dozens; the rest are fetched by the next checks."""
_DAILY: Final = timedelta(days=1)
_WEEKLY: Final = timedelta(days=7)
_MONTHLY: Final = timedelta(days=30)
_RECENT: Final = timedelta(days=61)
_TOLERANCE: Final = timedelta(minutes=30)
"""How early a page may be fetched. Without it, hourly checks would fetch a daily page an hour later each day."""
_FILE_EXTENSIONS: Final = (".pdf", ".doc", ".docx", ".ppt", ".pptx", ".zip", ".jpg", ".png", ".ics")


def due_pages(
    listed: Known, last_fetches: Sequence[LastFetch], list_url: str, now: datetime, most: int = MAX_PAGES
) -> tuple[PageRef, ...]:
    """The pages to fetch now, at most `most`.

    Call pages come first, then the edition pages, most overdue first. Of those that were never fetched, the pages of
    upcoming editions come first, the soonest edition before the later ones, and then those of the latest past ones.
    """
    fetched = {normalised_url(last.page.url): last for last in last_fetches}
    calls = tuple(dict.fromkeys((*_linked_calls(listed, fetched, list_url), *_former_calls(last_fetches, now))))
    call_urls = {normalised_url(url) for url in calls}
    editions = sorted(_due_editions(listed, fetched, list_url, now, call_urls))
    pages = [*(PageRef(url, "call") for url in calls), *(PageRef(url, "edition") for *_, url in editions)]
    return tuple(pages[:most])


def _linked_calls(listed: Known, fetched: Mapping[str | None, LastFetch], list_url: str) -> Iterator[str]:
    """The call pages that a notice links to."""
    edition_urls = {normalised_url(entry.edition.url) for entry in listed.editions}
    for entry in listed.calls:
        url = entry.call.apply_url
        if entry.gone is None and url and should_follow(url, list_url) and normalised_url(url) not in edition_urls:
            yield _as_fetched(url, fetched)


def _former_calls(last_fetches: Iterable[LastFetch], now: datetime) -> Iterator[str]:
    """The call pages that were fetched before, because a page can outlive its notice."""
    for last in last_fetches:
        if last.page.kind == "call" and (not last.has_failed or _age(last, now) >= _DAILY - _TOLERANCE):
            yield last.page.url


def _due_editions(
    listed: Known, fetched: Mapping[str | None, LastFetch], list_url: str, now: datetime, call_urls: set[str | None]
) -> Iterator[tuple[float, timedelta, timedelta, str]]:
    """The edition pages that are due, each once: (negated overdue time in s, interval, distance of edition, URL)."""
    intervals: dict[str, tuple[timedelta, timedelta]] = {}
    for entry in listed.editions:
        link = entry.edition.url
        if entry.gone != "withdrawn" and link and _is_edition_page(link, list_url, call_urls):
            url = _as_fetched(link, fetched)
            order = _interval(entry.edition, now), _distance(entry.edition, now)
            intervals[url] = min(order, intervals.get(url, order))
    for url, (interval, distance) in intervals.items():
        overdue = _overdue(fetched.get(normalised_url(url)), interval, now)
        if overdue >= timedelta(0):
            yield -overdue.total_seconds(), interval, distance, url


def _is_edition_page(url: str, list_url: str, call_urls: set[str | None]) -> bool:
    return should_follow(url, list_url) and normalised_url(url) not in call_urls


def _overdue(last: LastFetch | None, interval: timedelta, now: datetime) -> timedelta:
    """How long the page has been due; negative if it is not due yet, the maximum if it was never fetched."""
    if last is None:
        return timedelta.max
    effective_interval = min(interval, _DAILY) if last.has_failed else interval
    return _age(last, now) - (effective_interval - _TOLERANCE)


def _age(last: LastFetch, now: datetime) -> timedelta:
    """How long ago the page was fetched. If that was in the future, by a clock that was wrong, it was long ago."""
    return now - last.fetched_at if last.fetched_at <= now else timedelta.max


def _interval(edition: Edition, now: datetime) -> timedelta:
    if is_upcoming(edition, now):
        return _DAILY
    days = date_range(edition)
    return _WEEKLY if days and now.date() - days[1] <= _RECENT else _MONTHLY


def _distance(edition: Edition, now: datetime) -> timedelta:
    """The days between now and the edition, before or after it; the maximum if its date is not known."""
    days = date_range(edition)
    return abs(days[0] - now.date()) if days else timedelta.max


def _as_fetched(url: str, fetched: Mapping[str | None, LastFetch]) -> str:
    """The URL under which the page was fetched before, which may differ in `www.` or a trailing slash."""
    last = fetched.get(normalised_url(url))
    return last.page.url if last else url


def should_follow(url: str, list_url: str) -> bool:
    """Whether the link leads to a page on the list's site (with or without `www.`), and not to the list itself."""
    try:
        link, base = urlsplit(url), urlsplit(list_url)
        is_same_site = _site(link.hostname, link.port) == _site(base.hostname, base.port)
    except ValueError:
        return False
    is_other_page = link.scheme in ("http", "https") and normalised_url(url) != normalised_url(list_url)
    return is_same_site and is_other_page and link.path.strip("/") != "" and not _is_file(link.path)


def skipped_links(listed: Known, list_url: str) -> str | None:
    """The host to which most links of the list lead, if none of them leads to a page on the list's site; else None.

    Then the list is probably a copy whose links still lead to the site that it was copied from.
    """
    links = [url for url in (*_edition_links(listed), *(entry.call.apply_url for entry in listed.calls)) if url]
    if any(should_follow(url, list_url) for url in links):
        return None
    hosts = Counter(host for url in links if normalised_url(url) != normalised_url(list_url) and (host := _host(url)))
    return hosts.most_common(1)[0][0] if hosts else None


def _edition_links(listed: Known) -> Iterator[str | None]:
    return (entry.edition.url for entry in listed.editions if entry.gone is None)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _site(host: str | None, port: int | None) -> tuple[str, int | None]:
    return (host or "").removeprefix("www."), port


def _is_file(path: str) -> bool:
    return path.lower().endswith(_FILE_EXTENSIONS)
