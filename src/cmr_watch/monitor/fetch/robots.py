"""Obey robots.txt (RFC 9309), and its Crawl-delay. protego evaluates the rules, which are cached for a day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import httpx

from cmr_watch.clock import Clock
from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.errors import TransientError, printable
from cmr_watch.monitor.fetch.responses import Response, charset, status_name
from cmr_watch.monitor.fetch.settings import PRODUCT
from cmr_watch.monitor.fetch.urls import host_of, origin_of

if TYPE_CHECKING:
    from protego import Protego

CACHE_TIME = timedelta(days=1)  # RFC 9309 §2.4
MAX_CRAWL_DELAY = 60.0
"""Seconds; the longest Crawl-delay that is obeyed: a check of all pages must end before the next one."""
MAX_BYTES = 500 * 1024  # RFC 9309 §2.5; the rest of a larger file is ignored

CachedRobots = tuple[str | None, int, datetime]
"""The text (None if there are no rules), the HTTP status, and the time of the fetch."""


class RobotsCache(Protocol):
    """Stores robots.txt between runs. `host` is an origin such as `https://example.org`."""

    def cached_robots(self, host: str) -> CachedRobots | None: ...
    def save_robots(self, host: str, text: str | None, status: int, fetched_at: datetime) -> None: ...


class MemoryRobots:
    """A `RobotsCache` for use without a database."""

    def __init__(self) -> None:
        self._entries: dict[str, CachedRobots] = {}

    def cached_robots(self, host: str) -> CachedRobots | None:
        return self._entries.get(host)

    def save_robots(self, host: str, text: str | None, status: int, fetched_at: datetime) -> None:
        self._entries[host] = (text, status, fetched_at)


class Robots:
    """Checks URLs against robots.txt. `fetch` downloads a robots.txt, following redirects."""

    def __init__(self, cache: RobotsCache, fetch: Callable[[httpx.URL], Response], clock: Clock) -> None:
        self._cache = cache
        self._fetch = fetch
        self._clock = clock
        self._rules: dict[str, tuple[datetime, Protego | None]] = {}

    def check(self, url: httpx.URL) -> None:
        """Raise FetchError if `url` must not be fetched."""
        rules = self._rules_for(url)
        if rules is not None and not rules.can_fetch(str(url), PRODUCT):
            raise FetchError(f"{host_of(url)} disallows {printable(url.path)} in its robots.txt")

    def crawl_delay(self) -> float:
        """The seconds between two requests that the sites fetched from so far ask for; the longest of them."""
        delays = (rules.crawl_delay(PRODUCT) for _, rules in self._rules.values() if rules is not None)
        return min(max(filter(None, delays), default=0.0), MAX_CRAWL_DELAY)

    def _rules_for(self, url: httpx.URL) -> Protego | None:
        origin, now = origin_of(url), self._clock()
        rules = self._rules.get(origin)
        if rules is None or not _is_fresh(rules[0], now):
            text, _, fetched_at = self._cached(origin, now) or self._download(url, origin, now)
            rules = (fetched_at, _parse_for(url, text) if text else None)
            self._rules[origin] = rules
        return rules[1]

    def _cached(self, origin: str, now: datetime) -> CachedRobots | None:
        cached = self._cache.cached_robots(origin)
        return cached if cached is not None and _is_fresh(cached[2], now) else None

    def _download(self, url: httpx.URL, origin: str, now: datetime) -> CachedRobots:
        """Fetch and cache. Raises FetchError if the rules cannot be determined."""
        try:
            response = self._fetch(url.join("/robots.txt"))
        except FetchError as error:
            if isinstance(error, TransientError) and error.status == httpx.codes.TOO_MANY_REQUESTS:
                # a 4xx, so there are no rules (§2.3.1.3); but a temporary one: already expired, and not cached
                return None, error.status, now - CACHE_TIME
            # 5xx or unreachable: everything is disallowed (§2.3.1.4)
            raise FetchError(f"{error}; robots.txt could not be read, so pages are not fetched") from error
        if 200 <= response.status < 300:
            from cmr_watch.charsets import decode

            text: str | None = decode(response.body, charset(response.headers))
        elif 400 <= response.status < 500:
            text = None  # §2.3.1.3
        else:
            status = status_name(response.status)
            raise FetchError(f"{host_of(url)} returned {status} for robots.txt, so pages are not fetched")
        self._cache.save_robots(origin, text, response.status, now)
        return text, response.status, now


def _parse_for(url: httpx.URL, text: str) -> Protego:
    try:
        return parse(text)
    except ValueError as error:
        raise FetchError(f"{host_of(url)} has an invalid robots.txt, so pages are not fetched") from error


def _is_fresh(fetched_at: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - fetched_at < CACHE_TIME


def parse(text: str) -> Protego:
    """The rules that apply to us. Raises ValueError if protego cannot parse the text.

    All groups for other robots get the same name, so protego merges them: its work grows with groups × rules, and
    500 KiB can hold thousands of each.
    """
    from protego import Protego  # imported only if there are rules

    return Protego.parse("\n".join(map(_with_merged_agents, text.splitlines())))


def _with_merged_agents(line: str) -> str:
    """The line; if it names a user agent, that is `*`, ours or `another`."""
    match = re.match(r"\s*user(?:-|\s+)?agent(?:\s*:|\s)([^#]*)", line, re.IGNORECASE)
    if match is None:
        return line
    name = match[1].strip().lower()
    if name == "*":
        return "user-agent: *"
    is_ours = name.replace("*", "").partition("/")[0].strip() == PRODUCT
    return f"user-agent: {PRODUCT}" if is_ours else "user-agent: another"
