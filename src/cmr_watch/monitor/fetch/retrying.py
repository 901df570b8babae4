"""Send a request until there is a response: follow redirects and retry transient errors, within limits."""

from __future__ import annotations

import logging
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import httpcore
import httpx

from cmr_watch.clock import Clock
from cmr_watch.config.settings import PINNED_HOSTS
from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch import decompress, responses
from cmr_watch.monitor.fetch.connection import Connections, Exchange
from cmr_watch.monitor.fetch.cookies import Cookies
from cmr_watch.monitor.fetch.errors import TransientError
from cmr_watch.monitor.fetch.ip_addresses import Resolve
from cmr_watch.monitor.fetch.responses import Response
from cmr_watch.monitor.fetch.settings import FetchSettings
from cmr_watch.monitor.fetch.transport import Transport
from cmr_watch.monitor.fetch.urls import AllowedHosts, host_of

_log = logging.getLogger(__name__)

# What httpx and httpcore raise if the server does not speak HTTP (their errors have no common base class) or sends
# hostile headers.
_PROTOCOL_ERRORS = (
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    httpcore.ProtocolError,
    httpcore.NetworkError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    OSError,
    ValueError,
)


def _allow_all(url: httpx.URL) -> None:
    """Accept any URL. For robots.txt itself, which no robots.txt governs."""


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """What a request sends and which responses it accepts.

    - `check_url` raises FetchError if the URL, or one that a redirect leads to, must not be requested.
    - `check_head` examines status and headers, and raises FetchError if the response is not wanted.
    - `max_bytes` limits the decompressed body: a larger one is an error, or cut off if `truncate` is set.
    - `least_pause`: the seconds to wait at least before a retry.
    - `www`: a redirect may lead to the same host with or without `www.`, even if that is not one of the allowed hosts.
    """

    max_bytes: int
    check_head: Callable[[httpx.URL, Response], None]
    check_url: Callable[[httpx.URL], None] = _allow_all
    headers: dict[bytes, bytes] = field(default_factory=dict)
    truncate: bool = False
    least_pause: Callable[[], float] = lambda: 0.0
    www: bool = False


@dataclass(slots=True)
class _Budget:
    """The time and the retries that are left for a request, shared by all its redirects."""

    seconds: float
    retries: int


class RetryingClient:
    """An HTTP client with redirects and retries. Its connections open when first needed."""

    def __init__(
        self,
        settings: FetchSettings,
        clock: Clock,
        resolve: Resolve,
        tls: Callable[[], ssl.SSLContext],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._allowed_hosts = AllowedHosts((*PINNED_HOSTS, *settings.allowed_hosts))
        self._connections = Connections(settings, resolve)
        self._transport = Transport(self._connections, tls, httpx.URL(settings.proxy) if settings.proxy else None)
        self._client: httpx.Client | None = None

    def close(self) -> None:
        """Close the connections. A later request opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def parse_url(self, url: str) -> httpx.URL:
        """Raises FetchError if the URL is invalid or its host is not allowed."""
        return self._allowed_hosts.parse(url)

    def get(self, url: httpx.URL, policy: RequestPolicy) -> tuple[httpx.URL, Response, datetime]:
        """The final URL, its response, and the time of the request that got it. Raises FetchError."""
        budget, cookies = _Budget(self._settings.deadline, self._settings.retries), Cookies()
        seen = {(url, b"")}  # with other cookies, the same URL may lead on
        while True:
            policy.check_url(url)
            response, requested_at = self._get_with_retries(url, policy, budget, cookies)
            if response.location is None:
                return url, response, requested_at
            target = self._allowed_hosts.redirect_target(url, response.location, www=policy.www)
            request = (target, cookies.header(target))
            if request in seen:
                raise FetchError(f"{host_of(url)} redirects in a loop")
            if len(seen) > self._settings.max_redirects:
                raise FetchError(f"{host_of(url)} redirects more than {self._settings.max_redirects} times")
            url = target
            seen.add(request)

    def _get_with_retries(
        self, url: httpx.URL, policy: RequestPolicy, budget: _Budget, cookies: Cookies
    ) -> tuple[Response, datetime]:
        attempts = 0
        while True:
            requested_at, started = self._clock(), time.monotonic()
            attempts += 1
            try:
                response = self._get_once(url, policy, budget.seconds, cookies)
            except TransientError as error:
                if not budget.retries:
                    raise error.with_attempts(attempts) from error
                budget.retries -= 1
                self._pause(error, attempts, policy.least_pause())
            else:
                budget.seconds -= time.monotonic() - started
                return response, requested_at

    def _pause(self, error: TransientError, attempts: int, least: float) -> None:
        least = max(error.retry_after, least)
        if error.status == httpx.codes.TOO_MANY_REQUESTS:
            least = max(self._settings.rate_limit_pause, least)
        seconds = pause_after(attempts, least, self._settings.jitter())
        _log.debug("%s; retrying in %.1f seconds", error, seconds)
        self._settings.pause(seconds)

    def _get_once(self, url: httpx.URL, policy: RequestPolicy, seconds: float, cookies: Cookies) -> Response:
        exchange = self._connections.exchange = Exchange(seconds, self._settings.deadline)
        cookie = cookies.header(url)
        headers = policy.headers | ({b"Cookie": cookie} if cookie else {})
        try:
            with self._open_client().stream("GET", url, headers=headers) as response:
                cookies.store(url, response.extensions["set_cookies"], self._clock())
                return _read(url, policy, response)
        except httpcore.ProxyError as error:
            raise _proxy_error(host_of(url), str(error)) from error
        except _PROTOCOL_ERRORS as error:
            raise _protocol_error(host_of(url), exchange) from error

    def _open_client(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(
                transport=self._transport,
                headers={
                    "User-Agent": self._settings.user_agent,
                    "Accept": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
                    "Accept-Encoding": decompress.ACCEPTED,
                    "Accept-Language": "en",
                },
                timeout=self._settings.read_timeout,  # a second safeguard: `connection` enforces the timeouts
                trust_env=False,  # no proxy and no .netrc: see `connection`
            )
        return self._client


def _proxy_error(host: str, answer: str) -> FetchError:
    """The error if the proxy does not connect to a host. `answer` begins with the status of its response."""
    status = int(answer[:3])
    message = f"the proxy does not connect to {host} ({responses.status_name(status)})"
    return TransientError(message, status=status) if responses.is_transient(status) else FetchError(message)


def _protocol_error(host: str, exchange: Exchange) -> FetchError:
    if exchange.closed_by_server and not exchange.received:
        return TransientError(f"{host} closed the connection without a response")
    if exchange.closed_by_server:
        return TransientError(f"{host} sent an incomplete response")
    return FetchError(f"{host} sent a response that is not valid HTTP")


def _read(url: httpx.URL, policy: RequestPolicy, streamed: httpx.Response) -> Response:
    """The response, with its body if the status is 2xx. The body of a redirect is not read."""
    location = streamed.extensions["location"] if streamed.status_code in responses.REDIRECTS else None
    response = Response(streamed.status_code, _joined(streamed.headers), location)
    if location is not None:
        return response
    policy.check_head(url, response)
    if response.status == httpx.codes.NOT_MODIFIED:
        deque(streamed.iter_raw(), 0)  # it has no body, but httpcore reuses only connections that were read to the end
    if not streamed.is_success:
        return response
    encoding = response.headers.get("content-encoding", "")
    body = decompress.read_body(host_of(url), streamed.iter_raw(), encoding, policy.max_bytes, truncate=policy.truncate)
    return response._replace(body=body)


def _joined(headers: httpx.Headers) -> dict[str, str]:
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def pause_after(attempts: int, retry_after: float, jitter: float) -> float:
    """Seconds to wait before the next attempt: 1, 2, 4 … 30, but never less than `retry_after`.

    `jitter` (0 to 1) determines half of the back-off: at 0 it is half as long.
    """
    backoff = min(30.0, 2.0 ** min(attempts - 1, 5))
    return max(retry_after, backoff * (0.5 + jitter / 2))
