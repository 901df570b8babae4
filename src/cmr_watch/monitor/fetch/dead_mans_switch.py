"""Tell a dead man's switch that all is well, or that it is not."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlsplit

import httpx

log = logging.getLogger(__name__)

_TIMEOUT: Final = 10.0  # seconds; it must never hold up a check


def ping(url: str, what: str = "") -> bool:
    """GET the address, with `/start` or `/fail` behind it where that is the news. False, and logged: nobody answered.

    The address is a secret, so only its host is ever named.
    """
    try:
        answer = httpx.get(f"{url}{what}", timeout=_TIMEOUT, follow_redirects=True)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("%s could not be told how it goes: %s", urlsplit(url).hostname, type(error).__name__)
        return False
    return True
