"""A site on loopback, and a fetcher that may talk to it and whose pauses are only written down."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cmr_watch.exceptions import FetchError
from cmr_watch.models import FetchedPage, Validators
from cmr_watch.monitor.fetch import Fetcher, FetchSettings, MemoryRobots
from tests.fakes.site import FakeSite

NOON = datetime(2024, 4, 2, 12, 0, tzinfo=UTC)


@dataclass
class Rig:
    """What a test needs to fetch from its site. `pauses` are the seconds that it would have slept."""

    site: FakeSite
    stack: ExitStack
    now: datetime = NOON
    robots: MemoryRobots = field(default_factory=MemoryRobots)
    pauses: list[float] = field(default_factory=list)

    def fetcher(self, *, hosts: tuple[str, ...] = (), **options: Any) -> Fetcher:
        seams = {name: options.pop(name) for name in ("resolve", "tls") if name in options}
        chosen: dict[str, Any] = {
            "contact": "ops@example.org",
            "private_addresses": True,
            "robots": False,
            "pause": self.pauses.append,
            "jitter": lambda: 1.0,
            "connect_timeout": 1.0,
            "read_timeout": 1.0,
        }
        settings = FetchSettings(allowed_hosts=(self.site.host, *hosts), **(chosen | options))
        return self.stack.enter_context(Fetcher(settings, self.robots, lambda: self.now, **seams))

    def fetch(self, path: str = "/", validators: Validators | None = None, **options: Any) -> FetchedPage | None:
        return self.fetcher(**options).fetch(self.site.url(path), validators)

    def page(self, path: str = "/", **options: Any) -> FetchedPage:
        page = self.fetch(path, **options)
        assert page is not None
        return page

    def trouble(self, path: str = "/", validators: Validators | None = None, **options: Any) -> str:
        """The sentence that it fails with, the site's name written as SITE."""
        return trouble(self.fetcher(**options), self.site.url(path), validators).replace(self.site.host, "SITE")

    def later(self, **much: float) -> None:
        self.now += timedelta(**much)


def trouble(fetcher: Fetcher, url: str, validators: Validators | None = None) -> str:
    with pytest.raises(FetchError) as caught:
        fetcher.fetch(url, validators)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert len(sentence) < 400
    return sentence


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """However busy the machine is: far less than it would take without the limit."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds


@pytest.fixture
def rig() -> Iterator[Rig]:
    with ExitStack() as stack:
        yield Rig(stack.enter_context(FakeSite()), stack)
