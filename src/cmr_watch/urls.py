"""Comparison of the URLs that pages contain. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

_REMEMBERED: Final = 2048  # a check compares the links of the same hundred pages again and again
_MOST_CHARACTERS: Final = 2048  # of a URL that is remembered: a hostile page can have some of a megabyte


def normalised_url(url: str | None) -> str | None:
    """A URL for comparison: without scheme, `www.`, fragment and trailing slash. An invalid URL is left unchanged."""
    if url is None:
        return None
    return _remembered(url) if len(url) <= _MOST_CHARACTERS else _normalised(url)


def _normalised(url: str) -> str:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:  # a typing error on the page
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}"


_remembered: Final = lru_cache(_REMEMBERED)(_normalised)


def page_address(url: str) -> str:
    """A URL for comparing where a page is: as normalised, without its query."""
    return (normalised_url(url) or "").partition("?")[0]
