"""Which URLs may be fetched. Pure."""

from __future__ import annotations

from collections.abc import Iterable

import httpx

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.errors import printable

DEFAULT_PORTS = {"http": 80, "https": 443}


def host_of(url: httpx.URL) -> str:
    """The host for messages, with the port unless it is the default: `example.org`, `127.0.0.1:8080`."""
    return printable(url.netloc.decode("ascii", "replace"))


def origin_of(url: httpx.URL) -> str:
    """The scope of a robots.txt (RFC 9309 §2.3): `https://example.org`."""
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


class AllowedHosts:
    """The hosts that may be fetched from: `host` allows every port, `host:port` only that one."""

    def __init__(self, hosts: Iterable[str]) -> None:
        self._hosts = frozenset(_host_and_port(entry) for entry in hosts)

    def parse(self, text: str) -> httpx.URL:
        """The URL of a page to fetch. Raises FetchError if it is invalid or its host is not allowed."""
        url = _parse(text)
        if url is None or not url.is_absolute_url:
            raise FetchError(f"“{printable(text)}” is not a valid URL")
        if url.scheme not in DEFAULT_PORTS:
            raise FetchError(f"“{printable(text)}” is not an http or https URL")
        if url.userinfo:
            raise FetchError(f"the URL on {host_of(url)} contains a user name or password, which is not allowed")
        if not self._is_allowed(url):
            raise FetchError(f"{host_of(url)} is not one of the allowed hosts")
        return url.copy_with(fragment=None)

    def redirect_target(self, current: httpx.URL, location: bytes, *, www: bool = False) -> httpx.URL:
        """The URL that `current` redirects to. Raises FetchError if it must not be followed.

        `www`: the same host with or without `www.` is allowed, too.
        """
        host, text = host_of(current), _decode(location)
        url = _parse(text, current)
        if url is None or url.scheme not in DEFAULT_PORTS or not url.is_absolute_url:
            raise FetchError(f"{host} redirects to “{printable(text)}”, which is not a valid http or https URL")
        if url.userinfo:
            raise FetchError(f"{host} redirects to a URL that contains a user name or password, which is not allowed")
        if not self._may_follow(current, url, www=www):
            raise FetchError(f"{host} redirects to {host_of(url)}, which is not one of the allowed hosts")
        if current.scheme == "https" and url.scheme == "http":
            raise FetchError(f"{host} redirects from https to http on {host_of(url)}, which is not allowed")
        return url.copy_with(fragment=None)

    def _may_follow(self, current: httpx.URL, url: httpx.URL, *, www: bool) -> bool:
        return self._is_allowed(url) or (www and _is_www_of(current, url))

    def _is_allowed(self, url: httpx.URL) -> bool:
        port = _port_of(url)
        return not self._hosts.isdisjoint({(url.raw_host, None), (url.raw_host, port)})


def _port_of(url: httpx.URL) -> int:
    return url.port or DEFAULT_PORTS[url.scheme]


def _is_www_of(one: httpx.URL, other: httpx.URL) -> bool:
    """Whether two URLs differ in host by `www.` at most, on the same port or both on a standard one."""
    ports = {_port_of(one), _port_of(other)}
    is_same_host = one.raw_host.removeprefix(b"www.") == other.raw_host.removeprefix(b"www.")
    return is_same_host and (len(ports) == 1 or ports == set(DEFAULT_PORTS.values()))


def _host_and_port(entry: str) -> tuple[bytes, int | None]:
    """Normalised as httpx does it: lower case, IDNA. An invalid entry matches nothing."""
    url = _parse(f"//{entry}")
    return (url.raw_host, url.port) if url is not None else (b"", None)


def _parse(text: str, base: httpx.URL | None = None) -> httpx.URL | None:
    try:
        return base.join(text) if base is not None else httpx.URL(text)
    except (httpx.InvalidURL, ValueError):  # ValueError: also UnicodeError, for a name that IDNA cannot encode
        return None


def _decode(location: bytes) -> str:
    """RFC 9110 wants ASCII. Other bytes are usually UTF-8; if they are not, any 8-bit charset will do."""
    try:
        return location.strip().decode("utf-8")
    except UnicodeDecodeError:
        return location.strip().decode("latin-1")
