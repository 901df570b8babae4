"""A dead man's switch: an external monitor that raises an alarm when pings stop coming."""

from __future__ import annotations

import logging
import re
from typing import Final, Literal

import httpx

from cmr_watch.exceptions import ConfigError
from cmr_watch.monitor.fetch.errors import printable
from cmr_watch.monitor.fetch.responses import status_name

log = logging.getLogger(__name__)

Signal = Literal["start", "success", "fail"]

_TIMEOUT: Final = 10.0  # seconds; short, so that a slow monitor does not delay a check
_MAX_REDIRECTS: Final = 3
_KUMA_PATH: Final = re.compile(r".*/api/push/[^/]+/?")
_UNSUPPORTED: Final = frozenset({httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED})


class DeadMansSwitch:
    """Reports the start and the result of each check to a monitor, with GET requests.

    Two forms of `url` are supported; the query of either may contain further parameters, which are kept:

    - Healthchecks and compatible monitors: `/start` or `/fail` is appended to the path; nothing for success. If the
      monitor does not know one of the two (404 or 405), it is not sent again.
    - Uptime Kuma, a path that ends in `/api/push/TOKEN`: the query has `status=up` or `status=down`, and `msg`. It has
      no signal for the start of a check, so none is sent.

    The URL is a secret, so the log names only its host. ConfigError: it is not a valid URL.
    """

    def __init__(self, url: str) -> None:
        try:
            self._url = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise ConfigError("[daemon] ping: is not a valid URL") from error
        self._is_kuma = _KUMA_PATH.fullmatch(self._url.path) is not None
        self._unsupported: set[Signal] = {"start"} if self._is_kuma else set()

    def started(self) -> None:
        """A check begins."""
        self._send("start")

    def succeeded(self) -> None:
        """A check was successful."""
        self._send("success", "OK")

    def failed(self, reason: str) -> None:
        """A check failed; `reason` is sent to Uptime Kuma, which shows it."""
        self._send("fail", printable(reason, 200))

    def _send(self, signal: Signal, message: str = "") -> None:
        if signal in self._unsupported:
            return
        url = self._kuma_url(signal, message) if self._is_kuma else self._healthchecks_url(signal)
        try:
            with self._client() as client, client.stream("GET", url) as response:
                status = response.status_code  # the body, however long, is not read
        except httpx.TimeoutException:
            self._warn(f"did not respond within {_TIMEOUT:.0f} seconds")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self._warn(f"could not be reached ({type(error).__name__})")
        else:
            self._process(signal, status)

    @staticmethod
    def _client() -> httpx.Client:
        return httpx.Client(timeout=_TIMEOUT, follow_redirects=True, max_redirects=_MAX_REDIRECTS)

    def _kuma_url(self, signal: Signal, message: str) -> httpx.URL:
        return self._url.copy_merge_params({"status": "down" if signal == "fail" else "up", "msg": message})

    def _healthchecks_url(self, signal: Signal) -> httpx.URL:
        if signal == "success":
            return self._url
        return self._url.copy_with(path=f"{self._url.path.rstrip('/')}/{signal}")

    def _process(self, signal: Signal, status: int) -> None:
        if httpx.codes.is_success(status):
            return
        if signal != "success" and not self._is_kuma and status in _UNSUPPORTED:
            self._unsupported.add(signal)
            log.info("the dead man's switch at %s does not support /%s, so it is not sent", self._url.host, signal)
        else:
            self._warn(f"returned {status_name(status)}")

    def _warn(self, problem: str) -> None:
        log.warning("the dead man's switch at %s %s", self._url.host, problem)
