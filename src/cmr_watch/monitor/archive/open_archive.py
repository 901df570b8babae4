"""Opens the web archive that the configuration names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from cmr_watch.clock import Clock
from cmr_watch.config import Settings
from cmr_watch.monitor.archive.memento_client import TIMEMAP_TYPES, Archive
from cmr_watch.monitor.fetch import Fetcher, FetchSettings, RobotsCache, fetch_settings

RATE_LIMIT_PAUSE: Final = 60.0
"""Seconds to wait after a 429. The Internet Archive blocks a client that does not stop for a while."""


@contextmanager
def open_archive(
    settings: Settings, robots_cache: RobotsCache, clock: Clock, sleep: Callable[[float], None]
) -> Iterator[Archive]:
    """Open the archive for the duration of the block. `sleep` waits between two requests, in seconds."""
    with Fetcher(replace(archive_fetch_settings(settings), pause=sleep), robots_cache, clock) as fetcher:

        def pause() -> None:
            sleep(max(settings.archive.pause, fetcher.crawl_delay()))

        yield Archive(settings.archive.timemap, fetcher.fetch_unconditionally, pause)


def archive_fetch_settings(settings: Settings) -> FetchSettings:
    """The settings for fetching from the archive: its host is allowed as well, and so is the type of a TimeMap."""
    page_settings = fetch_settings(settings)
    host = urlsplit(settings.archive.timemap).netloc
    return replace(
        page_settings,
        allowed_hosts=(*page_settings.allowed_hosts, host),
        kinds=TIMEMAP_TYPES,
        rate_limit_pause=RATE_LIMIT_PAUSE,
    )
