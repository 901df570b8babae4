"""Client for web archives with the Memento protocol (RFC 7089): list the copies of a page, and fetch a copy."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import FetchedPage, Validators
from cmr_watch.monitor.archive.boilerplate import remove_boilerplate
from cmr_watch.monitor.archive.timemap import Memento, parse_timemap, sort_unique

_log = logging.getLogger(__name__)

TIMEMAP_TYPES: Final = ("application/link-format", "text/plain")
"""The media types of a TimeMap (RFC 7089 §5). Some archives serve it as plain text."""
MAX_TIMEMAPS: Final = 50
"""The most TimeMaps to fetch for one page."""

_TIMESTAMP: Final = re.compile(r"/([0-9]{14})(?:[a-z]{2}_)?/(?=https?://)", re.I)
_PLAIN_TIMESTAMP: Final = re.compile(r"/[0-9]{14}(?=/https?://)", re.I)
_TOLERANCE: Final = timedelta(days=1)
"""The most by which the capture time of a copy may differ from the requested one."""


class Archive:
    """Fetches from one archive, one request at a time.

    - `timemap_url` is the prefix of every TimeMap's URL; the URL of the page follows it.
    - `get` fetches a URL, or raises FetchError.
    - `pause` is called between two requests, to limit the load on the archive.
    """

    def __init__(self, timemap_url: str, get: Callable[[str], FetchedPage], pause: Callable[[], None]) -> None:
        self._timemap_url = timemap_url
        self._get = get
        self._pause = pause
        self._has_requested = False

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

        Raises FetchError, also if the archive returns a copy from another day instead.
        """
        page = self._request_copy(memento.url)
        _check_capture_time(page.final_url, memento)
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
        """The raw copy if the archive provides one, else the copy with the archive's additions."""
        raw = raw_url(url)
        if raw is None:
            return self._request(url)
        try:
            return self._request(raw)
        except FetchError:
            return self._request(url)

    def _request(self, url: str) -> FetchedPage:
        if self._has_requested:
            self._pause()
        self._has_requested = True
        return self._get(url)


def raw_url(url: str) -> str | None:
    """The URL of the unmodified copy: `…/20240402091200id_/https://…` (Wayback Machine, pywb, OpenWayback).

    None if the URL has another form, or already has such a flag.
    """
    raw, replaced = _PLAIN_TIMESTAMP.subn(r"\g<0>id_", url, count=1)
    return raw if replaced else None


def _check_capture_time(url: str, memento: Memento) -> None:
    """Raise FetchError for a copy from another day: an archive that lost a copy redirects to the nearest one."""
    timestamp = _TIMESTAMP.search(url)
    at = _parse_timestamp(timestamp[1]) if timestamp else None
    if at is not None and abs(at - memento.at) > _TOLERANCE:
        raise FetchError(f"the archive returned a copy from {at:%Y-%m-%d} instead of {memento.at:%Y-%m-%d}")


def _parse_timestamp(timestamp: str) -> datetime | None:
    try:
        return datetime.strptime(timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
