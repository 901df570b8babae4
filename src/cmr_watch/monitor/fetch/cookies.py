"""Cookies within one fetch (RFC 6265), because some sites redirect until a cookie comes back. Nothing is kept. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

MAX_COOKIES = 50
MAX_COOKIE_BYTES = 4096
"""Both as RFC 6265 §6.1 wants them as a minimum; what is beyond is ignored."""
MAX_HEADER_BYTES = 8192

_PAIR = re.compile(rb"([\x21-\x3a\x3c\x3e-\x7e]{1,500})[ \t]{0,20}=[ \t]{0,20}([\x20-\x3a\x3c-\x7e\x80-\xff]*)")


class Cookies:
    """The cookies that the sites have set during one fetch.

    A cookie goes back to the host that set it, or to the domain that it names if that host is in it; a secure one only
    by https. Its path is not examined: all pages of a fetch are one visit.
    """

    def __init__(self) -> None:
        self._values: dict[tuple[bytes, bytes], bytes] = {}
        self._secure: set[tuple[bytes, bytes]] = set()

    def store(self, url: httpx.URL, headers: Iterable[bytes], now: datetime) -> None:
        """Take up the Set-Cookie headers of a response from `url`. Invalid ones are ignored."""
        for header in headers:
            first, *rest = header[: MAX_COOKIE_BYTES + 1].split(b";")
            pair = _PAIR.fullmatch(first.strip())
            if pair is None or len(header) > MAX_COOKIE_BYTES:
                continue
            attributes = dict(_attribute(part) for part in rest)
            key = (_domain(url.raw_host, attributes.get(b"domain", b"")), pair[1])
            self._values.pop(key, None)
            self._secure.discard(key)
            if not _is_expired(attributes, now) and len(self._values) < MAX_COOKIES:
                self._values[key] = pair[2].strip()
                self._secure |= {key} if b"secure" in attributes else set()

    def header(self, url: httpx.URL) -> bytes:
        """The Cookie header of a request for `url`; empty if there is none."""
        pairs = (
            key[1] + b"=" + value
            for key, value in self._values.items()
            if _is_in(url.raw_host, key[0]) and (url.scheme == "https" or key not in self._secure)
        )
        header = b""
        for pair in pairs:
            if len(header) + len(pair) + 2 <= MAX_HEADER_BYTES:
                header += (b"; " if header else b"") + pair
        return header


def _attribute(part: bytes) -> tuple[bytes, bytes]:
    name, _, value = part.partition(b"=")
    return name.strip().lower(), value.strip()


def _domain(host: bytes, named: bytes) -> bytes:
    """`host` alone, or `.domain` if the cookie names one that the host is in (RFC 6265 §5.3)."""
    domain = b"." + named.lower().lstrip(b".")
    is_in_it = b"." in domain[1:] and not host[-1:].isdigit() and _is_in(host, domain)
    return domain if is_in_it else host


def _is_in(host: bytes, domain: bytes) -> bool:
    return host == domain or (domain.startswith(b".") and (b"." + host).endswith(domain))


def _is_expired(attributes: dict[bytes, bytes], now: datetime) -> bool:
    """Whether the cookie is to be deleted. Max-Age comes before Expires (RFC 6265 §5.3)."""
    max_age = attributes.get(b"max-age", b"")
    if re.fullmatch(rb"-?[0-9]{1,20}", max_age):
        return int(max_age) <= 0
    try:
        at = parsedate_to_datetime(attributes.get(b"expires", b"")[:100].decode("latin-1"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)) <= now
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
