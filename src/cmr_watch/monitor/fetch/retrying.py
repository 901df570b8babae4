"""Ask until there is an answer: redirects are followed, passing trouble is tried again, all within a budget."""

from __future__ import annotations

import logging
import ssl
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import httpcore
import httpx

from cmr_watch.config.settings import PINNED_HOSTS
from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch import decompress, responses
from cmr_watch.monitor.fetch.connection import Connections, Exchange
from cmr_watch.monitor.fetch.errors import TransientError
from cmr_watch.monitor.fetch.ip_addresses import Resolve
from cmr_watch.monitor.fetch.responses import Response
from cmr_watch.monitor.fetch.settings import FetchSettings
from cmr_watch.monitor.fetch.transport import Transport
from cmr_watch.monitor.fetch.urls import Pinned, host_of

_log = logging.getLogger(__name__)

# What httpx and httpcore raise when the other side does not speak HTTP (their errors have no common root), and what
# comes of hostile headers.
_NOT_HTTP = (
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


def _anywhere(url: httpx.URL) -> None:
    """No robots.txt is asked before a robots.txt."""


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """What to ask, and what to take.

    - `may` raises if an address, or one that a redirect leads to, must not be asked
    - `judge` sees the head of an answer and raises if its body is not wanted
    - at most `limit` bytes of a body; more is an error, or with `cut` not read
    """

    limit: int
    judge: Callable[[httpx.URL, Response], None]
    may: Callable[[httpx.URL], None] = _anywhere
    headers: dict[bytes, bytes] = field(default_factory=dict)
    cut: bool = False


@dataclass(slots=True)
class _Budget:
    """What is left for one question over all its hops."""

    seconds: float
    retries: int


class RetryingClient:
    """One httpx client, made when first needed."""

    def __init__(
        self,
        settings: FetchSettings,
        clock: Callable[[], datetime],
        resolve: Resolve,
        tls: Callable[[], ssl.SSLContext],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._pinned = Pinned((*PINNED_HOSTS, *settings.allowed_hosts))
        self._lines = Connections(settings, resolve)
        self._transport = Transport(self._lines, tls)
        self._client: httpx.Client | None = None

    def close(self) -> None:
        """Let go of the connections; what is asked later opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def start(self, url: str) -> httpx.URL:
        """The address, if it may be asked at all."""
        return self._pinned.start(url)

    def ask(self, url: httpx.URL, question: RequestPolicy) -> tuple[httpx.URL, Response, datetime]:
        """Where the answer came from at last, the answer, and when it was asked for."""
        budget, seen = _Budget(self._settings.deadline, self._settings.retries), {url}
        while True:
            question.may(url)
            answer, asked_at = self._ask_until_answered(url, question, budget)
            if answer.location is None:
                return url, answer, asked_at
            following = self._pinned.hop(url, answer.location)
            if following in seen:
                raise FetchError(f"{host_of(url)} redirects in a circle")
            if len(seen) > self._settings.max_redirects:
                raise FetchError(f"{host_of(url)} redirects more than {self._settings.max_redirects} times")
            url = following
            seen.add(url)

    def _ask_until_answered(
        self, url: httpx.URL, question: RequestPolicy, budget: _Budget
    ) -> tuple[Response, datetime]:
        tries = 0
        while True:
            asked_at, started = self._clock(), time.monotonic()
            tries += 1
            try:
                answer = self._ask_once(url, question, budget.seconds)
            except TransientError as trouble:
                if not budget.retries:
                    raise trouble.after(tries) from trouble
                budget.retries -= 1
                self._wait(trouble, tries)
            else:
                budget.seconds -= time.monotonic() - started
                return answer, asked_at

    def _wait(self, trouble: TransientError, tries: int) -> None:
        seconds = pause_after(tries, trouble.retry_after, self._settings.jitter())
        _log.info("%s; trying again in %.1f seconds", trouble, seconds)
        self._settings.pause(seconds)

    def _ask_once(self, url: httpx.URL, question: RequestPolicy, seconds: float) -> Response:
        exchange = self._lines.exchange = Exchange(seconds, self._settings.deadline)
        try:
            with self._opened().stream("GET", url, headers=question.headers) as response:
                return _take(url, question, response)
        except _NOT_HTTP as error:
            raise _garbled(host_of(url), exchange) from error

    def _opened(self) -> httpx.Client:
        if self._client is None:
            self._client = httpx.Client(
                transport=self._transport,
                headers={
                    "User-Agent": self._settings.user_agent,
                    "Accept": "text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
                    "Accept-Encoding": decompress.ACCEPTED,
                    "Accept-Language": "en",
                },
                timeout=self._settings.read_timeout,  # a second belt: the lines keep the time
                trust_env=False,  # no proxy, no .netrc: see `line`
            )
        return self._client


def _garbled(host: str, exchange: Exchange) -> FetchError:
    if exchange.ended and not exchange.received:
        return TransientError(f"{host} closed the connection without an answer")
    if exchange.ended:
        return TransientError(f"{host} broke off in the middle of its answer")
    return FetchError(f"{host} sent an answer that is not HTTP")


def _take(url: httpx.URL, question: RequestPolicy, response: httpx.Response) -> Response:
    location = response.extensions["location"] if response.status_code in responses.REDIRECTS else None
    answer = Response(response.status_code, _joined(response.headers), location)
    if location is not None:
        return answer
    question.judge(url, answer)
    if answer.status == httpx.codes.NOT_MODIFIED:
        deque(response.iter_raw(), 0)  # it has no body; what is not read to its end costs the line
    if not response.is_success:
        return answer
    encoding = answer.headers.get("content-encoding", "")
    body = decompress.read_body(host_of(url), response.iter_raw(), encoding, question.limit, cut=question.cut)
    return replace(answer, body=body)


def _joined(headers: httpx.Headers) -> dict[str, str]:
    joined: dict[str, str] = {}
    for raw_name, raw_value in headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def pause_after(tries: int, retry_after: float, jitter: float) -> float:
    """Seconds to wait: 1, 2, 4 … up to 30, one half of it by `jitter` (0 to 1); never less than the server asks for."""
    backoff = min(30.0, 2.0 ** min(tries - 1, 5))
    return max(retry_after, backoff * (0.5 + jitter / 2))
