"""A test site on loopback, and a fetcher that may connect to it and records its pauses instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmr_watch.exceptions import FetchError
from cmr_watch.models.readings import FetchedPage, Validators
from cmr_watch.monitor.fetch import Fetcher, FetchSettings, MemoryRobots
from tests.fakes.site import FakeSite

NOON = datetime(2024, 4, 2, 12, 0, tzinfo=UTC)


@dataclass
class Rig:
    """A site, and fetchers for it. `pauses` are the seconds that they would have slept."""

    site: FakeSite
    stack: ExitStack
    now: datetime = NOON
    robots: MemoryRobots = field(default_factory=MemoryRobots)
    pauses: list[float] = field(default_factory=list)

    def fetcher(self, *, hosts: tuple[str, ...] = (), **options: Any) -> Fetcher:
        replacements = {name: options.pop(name) for name in ("resolve", "tls") if name in options}
        defaults: dict[str, Any] = {
            "contact": "ops@example.org",
            "private_addresses": True,
            "robots": False,
            "pause": self.pauses.append,
            "jitter": lambda: 1.0,
            "connect_timeout": 1.0,
            "read_timeout": 1.0,
        }
        settings = FetchSettings(allowed_hosts=(self.site.host, *hosts), **(defaults | options))
        return self.stack.enter_context(Fetcher(settings, self.robots, lambda: self.now, **replacements))

    def fetch(self, path: str = "/", validators: Validators | None = None, **options: Any) -> FetchedPage | None:
        return self.fetcher(**options).fetch(self.site.url(path), validators)

    def page(self, path: str = "/", **options: Any) -> FetchedPage:
        page = self.fetch(path, **options)
        assert page is not None
        return page

    def error(self, path: str = "/", validators: Validators | None = None, **options: Any) -> str:
        """The message of the FetchError, with the site's host replaced by SITE."""
        return error_of(self.fetcher(**options), self.site.url(path), validators).replace(self.site.host, "SITE")

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


def error_of(fetcher: Fetcher, url: str, validators: Validators | None = None) -> str:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url, validators)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    return message


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Assert that the body takes less time: enough for a busy machine, but far less than without a timeout."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


@pytest.fixture
def rig() -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(stack.enter_context(FakeSite()), stack)
