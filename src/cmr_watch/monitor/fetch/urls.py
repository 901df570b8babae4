"""Which web addresses may be asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import httpx

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.errors import shown

_PORTS = {"http": 80, "https": 443}


def host_of(url: httpx.URL) -> str:
    """The host for a sentence, with a port that is not the usual one: `example.org`, `127.0.0.1:8080`."""
    return shown(url.netloc.decode("ascii", "replace"))


def origin_of(url: httpx.URL) -> str:
    """What a robots.txt is for (RFC 9309 §2.3): `https://example.org`."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


class Pinned:
    """The hosts that may be asked: `host` for any port of it, `host:port` for that one."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = frozenset(_host_and_port(entry) for entry in hosts)

    def start(self, text: str) -> httpx.URL:
        """The address of a page to watch."""
        url = _parse(text)
        if url is None or not url.is_absolute_url:
            raise FetchError(f"“{shown(text)}” is not a web address")
        if url.scheme not in _PORTS:
            raise FetchError(f"“{shown(text)}” is neither an http nor an https address")
        if url.userinfo:
            raise FetchError(f"the address on {host_of(url)} has a user name or a password in it: refused")
        if not self._has(url):
            raise FetchError(f"{host_of(url)} is not one of the hosts that may be read")
        return url.copy_with(fragment=None)

    def hop(self, current: httpx.URL, location: bytes) -> httpx.URL:
        """Where a redirect from `current` leads, if it may lead there."""
        host, text = host_of(current), _text(location)
        url = _parse(text, current)
        if url is None or url.scheme not in _PORTS or not url.is_absolute_url:
            raise FetchError(f"{host} redirects to something that is no web page ({shown(text)})")
        if url.userinfo:
            raise FetchError(f"{host} redirects to an address with a user name or a password in it: refused")
        if not self._has(url):
            raise FetchError(f"{host} redirects to {host_of(url)}, which is not one of the hosts that may be read")
        if current.scheme == "https" and url.scheme == "http":
            raise FetchError(f"{host} redirects from https to http on {host_of(url)}: refused")
        return url.copy_with(fragment=None)

    def _has(self, url: httpx.URL) -> bool:
        port = url.port or _PORTS[url.scheme]
        return not self._hosts.isdisjoint({(url.raw_host, None), (url.raw_host, port)})


def _host_and_port(entry: str) -> tuple[bytes, int | None]:
    """As httpx writes them: lower case, IDNA. An entry that is no host matches nothing."""
    url = _parse(f"//{entry}")
    return (url.raw_host, url.port) if url is not None else (b"", None)


def _parse(text: str, base: httpx.URL | None = None) -> httpx.URL | None:
    try:
        return base.join(text) if base is not None else httpx.URL(text)
    except (httpx.InvalidURL, ValueError):  # also UnicodeError, of a name that IDNA cannot write
        return None


def _text(location: bytes) -> str:
    """RFC 9110 wants ASCII; what servers send beyond that is UTF-8, else nobody's guess."""
    try:
        return location.strip().decode("utf-8")
    except UnicodeDecodeError:
        return location.strip().decode("latin-1")
