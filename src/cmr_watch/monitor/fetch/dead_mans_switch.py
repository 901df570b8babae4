"""Ping a dead man's switch: an external monitor that raises an alarm when pings stop coming."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlsplit

import httpx

log = logging.getLogger(__name__)

_TIMEOUT: Final = 10.0  # seconds; short, so that a slow monitor does not delay a check


def ping(url: str, suffix: str = "") -> bool:
    """GET the URL with `suffix` appended: empty for success, `/start` or `/fail`. Logs a failure and returns False.

    The URL is a secret, so the log names only its host.
    """
    try:
        response = httpx.get(f"{url}{suffix}", timeout=_TIMEOUT, follow_redirects=True)
        response.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("the dead man's switch at %s could not be pinged: %s", urlsplit(url).hostname, type(error).__name__)
        return False
    return True
