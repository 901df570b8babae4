"""May we? RFC 9309, with protego for its rules, and what is remembered of it for a day."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import httpx

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.errors import TransientError, shown
from cmr_watch.monitor.fetch.responses import Response, named
from cmr_watch.monitor.fetch.settings import PRODUCT
from cmr_watch.monitor.fetch.urls import host_of, origin_of

if TYPE_CHECKING:
    from protego import Protego

REMEMBERED = timedelta(days=1)  # §2.4
MOST_BYTES = 500 * 1024  # §2.5: what comes after is not read

Remembered = tuple[str | None, int, datetime]
"""The text (None: there are no rules), the status it came with, and when."""


class RobotsCache(Protocol):
    """What keeps the rules between two runs. `host` is an origin: `https://example.org`."""

    def cached_robots(self, host: str) -> Remembered | None: ...
    def save_robots(self, host: str, text: str | None, status: int, fetched_at: datetime) -> None: ...


class MemoryRobots:
    """A `RobotsCache` for where there is no database."""

    def __init__(self) -> None:
        self._kept: dict[str, Remembered] = {}

    def cached_robots(self, host: str) -> Remembered | None:
        return self._kept.get(host)

    def save_robots(self, host: str, text: str | None, status: int, fetched_at: datetime) -> None:
        self._kept[host] = (text, status, fetched_at)


class Robots:
    """Says whether an address may be asked; `ask` gets a robots.txt, redirects followed."""

    def __init__(self, cache: RobotsCache, ask: Callable[[httpx.URL], Response], clock: Callable[[], datetime]) -> None:
        self._cache = cache
        self._ask = ask
        self._clock = clock
        self._rules: dict[str, tuple[datetime, Protego | None]] = {}

    def check(self, url: httpx.URL) -> None:
        """Raise FetchError if `url` may not be asked."""
        rules = self._rules_for(url)
        if rules is not None and not rules.can_fetch(str(url), PRODUCT):
            raise FetchError(f"{host_of(url)} asks programs not to read {shown(url.path)} (its robots.txt)")

    def _rules_for(self, url: httpx.URL) -> Protego | None:
        origin, now = origin_of(url), self._clock()
        known = self._rules.get(origin)
        if known is None or not _is_fresh(known[0], now):
            text, _, fetched_at = self._remembered(origin, now) or self._fetch(url, origin, now)
            known = (fetched_at, _parse_for(url, text) if text else None)
            self._rules[origin] = known
        return known[1]

    def _remembered(self, origin: str, now: datetime) -> Remembered | None:
        kept = self._cache.cached_robots(origin)
        return kept if kept is not None and _is_fresh(kept[2], now) else None

    def _fetch(self, url: httpx.URL, origin: str, now: datetime) -> Remembered:
        try:
            answer = self._ask(url.join("/robots.txt"))
        except FetchError as error:
            if isinstance(error, TransientError) and error.status == httpx.codes.TOO_MANY_REQUESTS:
                return None, error.status, now - REMEMBERED  # a 4xx, but not about the rules: asked again next time
            # 5xx, or unreachable: §2.3.1.4
            raise FetchError(f"{error}; this was for its robots.txt, without which no page may be read") from error
        if 200 <= answer.status < 300:
            text: str | None = answer.body.decode("utf-8-sig", "replace")
        elif 400 <= answer.status < 500:
            text = None  # §2.3.1.3
        else:
            raise FetchError(f"{host_of(url)} answered {named(answer.status)} for robots.txt, so no page may be read")
        self._cache.save_robots(origin, text, answer.status, now)
        return text, answer.status, now


def _parse_for(url: httpx.URL, text: str) -> Protego:
    try:
        return parse(text)
    except ValueError as error:
        raise FetchError(f"{host_of(url)} has a robots.txt that cannot be read, so no page may be read") from error


def _is_fresh(fetched_at: datetime, now: datetime) -> bool:
    return timedelta(0) <= now - fetched_at < REMEMBERED


def parse(text: str) -> Protego:
    """The rules. Groups for other robots become one: protego's work grows with groups × rules, of which 500 KiB hold
    thousands."""
    from protego import Protego  # loaded only where there are rules

    return Protego.parse("\n".join(map(_without_other_names, text.splitlines())))


def _without_other_names(line: str) -> str:
    found = re.match(r"\s*user(?:-|\s+)?agent(?:\s*:|\s)([^#]*)", line, re.IGNORECASE)
    if found is None:
        return line
    name = found[1].strip().lower()
    if name == "*":
        return "user-agent: *"
    ours = name.replace("*", "").partition("/")[0].strip() == PRODUCT
    return f"user-agent: {PRODUCT}" if ours else "user-agent: another"
