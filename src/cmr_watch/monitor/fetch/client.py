"""Fetch a page: check robots.txt, send a conditional GET, accept only HTML."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

from cmr_watch.clock import Clock
from cmr_watch.models.readings import FetchedPage, Validators
from cmr_watch.monitor.fetch import responses, robots
from cmr_watch.monitor.fetch.ip_addresses import Resolve, resolve
from cmr_watch.monitor.fetch.responses import Response
from cmr_watch.monitor.fetch.retrying import RequestPolicy, RetryingClient
from cmr_watch.monitor.fetch.robots import MemoryRobots, Robots, RobotsCache
from cmr_watch.monitor.fetch.settings import FetchSettings
from cmr_watch.monitor.fetch.transport import default_tls
from cmr_watch.monitor.fetch.urls import host_of


class Fetcher:
    """Fetches pages with one HTTP client and one TLS context, both created when first needed.

    It can be used from several threads, but fetches one page at a time. `resolve` and `tls` are replaced in tests:
    how names are resolved, and which certificate authorities are trusted.
    """

    def __init__(
        self,
        settings: FetchSettings,
        robots_cache: RobotsCache,
        clock: Clock,
        *,
        resolve: Resolve = resolve,
        tls: Callable[[], ssl.SSLContext] = default_tls,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._client = RetryingClient(settings, clock, resolve, tls)
        self._robots = Robots(robots_cache, self._fetch_robots, clock)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. A later fetch opens new ones."""
        self._client.close()

    def fetch(self, url: str, validators: Validators | None = None) -> FetchedPage | None:
        """The page, or None if it has not changed since the response that `validators` come from. Raises FetchError."""
        with self._lock:
            return self._fetch(url, validators)

    def fetch_unconditionally(self, url: str) -> FetchedPage:
        """The page, whether it has changed or not. Raises FetchError."""
        page = self.fetch(url)
        assert page is not None, "only a conditional GET is answered with 304"
        return page

    def crawl_delay(self) -> float:
        """The seconds to wait before the next page, because a robots.txt asks for it; 0 if none does."""
        with self._lock:
            return self._robots.crawl_delay()

    def _fetch(self, url: str, validators: Validators | None) -> FetchedPage | None:
        headers = responses.conditional_headers(validators)
        policy = RequestPolicy(
            max_bytes=self._settings.max_bytes,
            check_head=self._page_check(conditional=bool(headers)),
            check_url=self._robots.check if self._settings.robots else lambda _url: None,
            headers=headers,
            least_pause=self._robots.crawl_delay,
        )
        final_url, response, requested_at = self._client.get(self._client.parse_url(url), policy)
        if response.status == httpx.codes.NOT_MODIFIED:
            return None
        responses.check_body(host_of(final_url), response)
        return FetchedPage(
            url=url,
            final_url=str(final_url),
            content=response.body,
            charset=responses.charset(response.headers),
            validators=responses.validators(response.headers),
            # the time of the request, not of the response: a concurrent check may have fetched a newer version since
            fetched_at=requested_at,
            headers=tuple((name, value) for name, value in response.headers.items() if name != "set-cookie"),
        )

    def _page_check(self, *, conditional: bool) -> Callable[[httpx.URL, Response], None]:
        kinds = self._settings.kinds

        def check(url: httpx.URL, response: Response) -> None:
            responses.check_head(host_of(url), url.path, response, self._clock(), conditional=conditional, kinds=kinds)

        return check

    def _fetch_robots(self, url: httpx.URL) -> Response:
        policy = RequestPolicy(max_bytes=robots.MAX_BYTES, check_head=self._raise_if_transient, truncate=True, www=True)
        return self._client.get(url, policy)[1]

    def _raise_if_transient(self, url: httpx.URL, response: Response) -> None:
        """Transient failures are retried; `Robots` interprets every other status."""
        if responses.is_transient(response.status):
            raise responses.status_error(host_of(url), url.path, response, self._clock())


def fetch_page(settings: FetchSettings, url: str, clock: Clock) -> FetchedPage:
    """Fetch one page without a database: nothing is remembered. Raises FetchError."""
    with Fetcher(settings, MemoryRobots(), clock) as fetcher:
        return fetcher.fetch_unconditionally(url)
