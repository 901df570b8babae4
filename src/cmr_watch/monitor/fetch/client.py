"""Fetch a page: the parts in order. May it be asked, what is the answer, is it a page."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx

from cmr_watch.models import FetchedPage, Validators
from cmr_watch.monitor.fetch import responses, robots
from cmr_watch.monitor.fetch.ip_addresses import Resolve, resolve
from cmr_watch.monitor.fetch.responses import Response
from cmr_watch.monitor.fetch.retrying import RequestPolicy, RetryingClient
from cmr_watch.monitor.fetch.robots import Robots, RobotsCache
from cmr_watch.monitor.fetch.settings import FetchSettings
from cmr_watch.monitor.fetch.transport import default_tls
from cmr_watch.monitor.fetch.urls import host_of


class Fetcher:
    """One httpx client and one TLS context, made when first needed. One fetch at a time: other threads wait.

    `resolve` and `tls` are for tests: what a name resolves to, and which authorities are trusted.
    """

    def __init__(
        self,
        settings: FetchSettings,
        robots_cache: RobotsCache,
        clock: Callable[[], datetime],
        *,
        resolve: Resolve = resolve,
        tls: Callable[[], ssl.SSLContext] = default_tls,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._asker = RetryingClient(settings, clock, resolve, tls)
        self._robots = Robots(robots_cache, self._ask_for_robots, clock)
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._asker.close()

    def fetch(self, url: str, validators: Validators | None = None) -> FetchedPage | None:
        """The page; None if it still is the one that `validators` came with. Raises FetchError with one sentence."""
        with self._one_at_a_time:
            return self._fetch(url, validators)

    def _fetch(self, url: str, validators: Validators | None) -> FetchedPage | None:
        headers = responses.conditions(validators)
        question = RequestPolicy(
            limit=self._settings.max_bytes,
            judge=self._judge_page(conditional=bool(headers)),
            may=self._robots.check if self._settings.robots else lambda _url: None,
            headers=headers,
        )
        final, answer, asked_at = self._asker.ask(self._asker.start(url), question)
        if answer.status == httpx.codes.NOT_MODIFIED:
            return None
        responses.judge_body(host_of(final), answer)
        return FetchedPage(
            url=url,
            final_url=str(final),
            content=answer.body,
            charset=responses.charset(answer.headers),
            validators=responses.validators(answer.headers),
            fetched_at=asked_at,  # not when the answer came: what another check read in between may be newer
            headers=tuple((name, value) for name, value in answer.headers.items() if name != "set-cookie"),
        )

    def _judge_page(self, *, conditional: bool) -> Callable[[httpx.URL, Response], None]:
        kinds = self._settings.kinds

        def judge(url: httpx.URL, answer: Response) -> None:
            responses.judge(host_of(url), url.path, answer, self._clock(), conditional=conditional, kinds=kinds)

        return judge

    def _ask_for_robots(self, url: httpx.URL) -> Response:
        return self._asker.ask(url, RequestPolicy(limit=robots.MOST_BYTES, judge=self._judge_robots, cut=True))[1]

    def _judge_robots(self, url: httpx.URL, answer: Response) -> None:
        """What may pass is tried again; the rest is for `Robots` to judge."""
        if responses.may_pass(answer.status):
            raise responses.refusal(host_of(url), url.path, answer, self._clock())
