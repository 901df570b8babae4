"""Read an archive of web pages that speaks Memento (RFC 7089): which copies of a page it has, and each of them."""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from cmr_watch.exceptions import FetchError
from cmr_watch.models import FetchedPage, Validators
from cmr_watch.monitor.archive.boilerplate import without_boilerplate
from cmr_watch.monitor.archive.timemap import Memento, in_order, parse_timemap

_log = logging.getLogger(__name__)

TIMEMAP_TYPES: Final = ("application/link-format", "text/plain")
"""What a TimeMap says it is (RFC 7089 §5); some archives serve it as plain text."""
MOST_TIMEMAPS: Final = 50
"""How many TimeMaps are asked for one page."""

_STAMP: Final = re.compile(r"/([0-9]{14})(?:[a-z]{2}_)?/(?=https?://)", re.I)
_PLAIN_STAMP: Final = re.compile(r"/[0-9]{14}(?=/https?://)", re.I)
_FAR_APART: Final = timedelta(days=1)


class Archive:
    """One archive, asked one thing at a time.

    - `timemap_url` is what stands before a page's address in the address of its TimeMap
    - `get` fetches an address, or raises FetchError
    - `pause` is called between two requests: to an archive we are guests
    """

    def __init__(self, timemap_url: str, get: Callable[[str], FetchedPage], pause: Callable[[], None]) -> None:
        self._timemap_url = timemap_url
        self._get = get
        self._pause = pause
        self._has_asked = False

    def mementos(self, page_url: str) -> tuple[Memento, ...]:
        """All copies of a page by time, each once. One TimeMap that fails is a failure: half a list is none.

        Raises FetchError, and ParseError if the answer is no TimeMap.
        """
        waiting, asked = deque([self._timemap_url + page_url]), set[str]()
        found: list[Memento] = []
        while waiting and len(asked) < MOST_TIMEMAPS:
            url = waiting.popleft()
            if url not in asked:
                asked.add(url)
                page = self._ask(url)
                timemap = parse_timemap(page.content.decode("utf-8", "replace"), page.final_url)
                found += timemap.mementos
                waiting += timemap.more
        if not asked.issuperset(waiting):
            _log.warning("The archive's list of copies has more than %d parts: the rest is left out.", MOST_TIMEMAPS)
        return in_order(replace(memento, page_url=page_url) for memento in found)

    def fetch(self, memento: Memento) -> FetchedPage:
        """The page as it was at that instant, under its own address, without what the archive added.

        Raises FetchError, also if the archive sends a copy of another day in its place.
        """
        page = self._ask_for_copy(memento.url)
        _refuse_other_day(page.final_url, memento)
        url = memento.page_url or memento.url
        return FetchedPage(
            url=url,
            final_url=url,  # relative links are the page's own
            content=without_boilerplate(page.content),
            charset=page.charset,
            validators=Validators(),  # the archive's say nothing about the page
            fetched_at=memento.at,
        )

    def _ask_for_copy(self, url: str) -> FetchedPage:
        """The raw copy if the archive has such, else the one that it shows."""
        raw = raw_address(url)
        if raw is None:
            return self._ask(url)
        try:
            return self._ask(raw)
        except FetchError:
            return self._ask(url)

    def _ask(self, url: str) -> FetchedPage:
        if self._has_asked:
            self._pause()
        self._has_asked = True
        return self._get(url)


def raw_address(url: str) -> str | None:
    """Where the copy lies as it was taken: `…/20240402091200id_/https://…` (Wayback Machine, pywb, OpenWayback).

    None for an address of another form, or one that already says what it wants.
    """
    raw, found = _PLAIN_STAMP.subn(r"\g<0>id_", url, count=1)
    return raw if found else None


def _refuse_other_day(url: str, memento: Memento) -> None:
    """An archive that has lost a copy leads to the nearest that it has: true, but not of that day."""
    stamp = _STAMP.search(url)
    at = _instant(stamp[1]) if stamp else None
    if at is not None and abs(at - memento.at) > _FAR_APART:
        raise FetchError(f"the archive sent a copy of {at:%Y-%m-%d} in place of that of {memento.at:%Y-%m-%d}")


def _instant(stamp: str) -> datetime | None:
    try:
        return datetime.strptime(stamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
