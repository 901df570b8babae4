"""Client for web archives with the Memento protocol (RFC 7089): list the copies of a page, and fetch a copy."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote

from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import FetchedPage, Validators
from cmr_watch.monitor.archive.boilerplate import remove_boilerplate
from cmr_watch.monitor.archive.timemap import Memento, original_urls, parse_http_date, parse_timemap, sort_unique
from cmr_watch.urls import normalised_url

_log = logging.getLogger(__name__)

TIMEMAP_TYPES: Final = ("application/link-format", "text/plain")
"""The media types of a TimeMap (RFC 7089 §5). Some archives serve it as plain text."""
MAX_TIMEMAPS: Final = 50
"""The most TimeMaps to fetch for one page."""

_TIMESTAMP: Final = re.compile(r"/([0-9]{14})(?:[a-z]{2}_)?/(?=https?://)", re.I)
_PLAIN_TIMESTAMP: Final = re.compile(r"/[0-9]{14}(?=/https?://)", re.I)
_ASK_LATER: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_TOLERANCE: Final = timedelta(days=1)
"""The most by which the capture time of a copy may differ from the requested one."""


class OtherPage(FetchError):
    """The archive returned a copy of another page."""


class Archive:
    """Fetches from one archive, one request at a time.

    - `timemap_url` is the prefix of every TimeMap's URL; the URL of the page follows it.
    - `get` fetches a URL, or raises FetchError.
    - `pause` is called between two requests, to limit the load on the archive.

    Once the archive has refused a request because there were too many (429), all others fail without being sent.
    """

    def __init__(self, timemap_url: str, get: Callable[[str], FetchedPage], pause: Callable[[], None]) -> None:
        self._timemap_url = timemap_url
        self._get = get
        self._pause = pause
        self._has_requested = False
        self._refusal: FetchError | None = None

    def mementos(self, page_url: str) -> tuple[Memento, ...]:
        """All copies of a page in order of time, without duplicates.

        Raises FetchError if any of its TimeMaps cannot be fetched, and ParseError if a response is not a TimeMap.
        """
        pending, requested = deque([self._timemap_url + page_url]), set[str]()
        mementos: list[Memento] = []
        while pending and len(requested) < MAX_TIMEMAPS:
            url = pending.popleft()
            if url not in requested:
                requested.add(url)
                page = self._request(url)
                timemap = parse_timemap(page.content.decode("utf-8", "replace"), page.final_url)
                mementos += timemap.mementos
                pending += timemap.more
        if not requested.issuperset(pending):
            _log.warning("the archive lists the copies in more than %d TimeMaps; the rest is ignored", MAX_TIMEMAPS)
        return sort_unique(replace(memento, page_url=page_url) for memento in mementos)

    def fetch(self, memento: Memento) -> FetchedPage:
        """The page as it was at that time, under its own URL and without the archive's additions.

        Raises FetchError, also if the archive returns a copy from another day instead; OtherPage, if it returns another
        page: at that time, the page was redirected to it.
        """
        page = self._request_copy(memento.url)
        _check_capture_time(page, memento)
        _check_page(page, memento)
        url = memento.page_url or memento.url
        return FetchedPage(
            url=url,
            final_url=url,  # relative links refer to the original page
            content=remove_boilerplate(page.content),
            charset=page.charset,
            validators=Validators(),  # those of the archive do not apply to the page
            fetched_at=memento.at,
        )

    def _request_copy(self, url: str) -> FetchedPage:
        """The raw copy if the archive provides one, else the copy with the archive's additions.

        The latter is not asked for if the archive is down or busy, because that request would fail as well.
        """
        raw = raw_url(url)
        if raw is None:
            return self._request(url)
        try:
            return self._request(raw)
        except FetchError as error:
            if error.is_transient or error.status in _ASK_LATER:
                raise
            return self._request(url)

    def _request(self, url: str) -> FetchedPage:
        if self._refusal is not None:
            raise self._refusal
        if self._has_requested:
            self._pause()
        self._has_requested = True
        try:
            return self._get(url)
        except FetchError as error:
            self._refusal = error if error.status == HTTPStatus.TOO_MANY_REQUESTS else None
            raise


def raw_url(url: str) -> str | None:
    """The URL of the unmodified copy: `…/20240402091200id_/https://…` (Wayback Machine, pywb, OpenWayback).

    None if the URL has another form, or already has such a flag.
    """
    raw, replaced = _PLAIN_TIMESTAMP.subn(r"\g<0>id_", url, count=1)
    return raw if replaced else None


def _check_capture_time(page: FetchedPage, memento: Memento) -> None:
    """Raise FetchError for a copy from another day: an archive that lost a copy redirects to the nearest one."""
    header = parse_http_date(dict(page.headers).get("memento-datetime", ""))
    timestamp = _TIMESTAMP.search(page.final_url)
    named = (header, _parse_timestamp(timestamp[1]) if timestamp else None)
    for at in filter(None, named):
        if abs(at - memento.at) > _TOLERANCE:
            raise FetchError(f"the archive returned a copy from {at:%Y-%m-%d} instead of {memento.at:%Y-%m-%d}")
    if not any(named) and page.final_url != page.url:
        raise FetchError("the archive redirected to a copy of an unknown day")


def _check_page(page: FetchedPage, memento: Memento) -> None:
    """Raise OtherPage for a copy of another page."""
    timestamp = _TIMESTAMP.search(page.final_url)
    named = original_urls(dict(page.headers).get("link", "")) + (
        (page.final_url[timestamp.end() :],) if timestamp else ()
    )
    others = [url for url in named if memento.page_url and _comparable(url) != _comparable(memento.page_url)]
    if others:
        raise OtherPage(f"the archive returned a copy of {others[0][:200]} instead")
    if memento.page_url and not named and page.final_url != page.url:
        raise FetchError("the archive redirected to a copy of an unknown page")


def _comparable(url: str) -> str | None:
    """Without scheme, port and `www.`; archives write some characters as they are, and others encoded."""
    return normalised_url(unquote(url))


def _parse_timestamp(timestamp: str) -> datetime | None:
    try:
        return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
