"""The httpx transport on top of `connection`, and the TLS trust store."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpcore
import httpx

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.connection import Connections
from cmr_watch.monitor.fetch.errors import printable
from cmr_watch.monitor.fetch.urls import DEFAULT_PORTS


def default_tls() -> ssl.SSLContext:
    """The system's certificate authorities, or those bundled with httpx if there are none (as in a bare container)."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        return ssl.create_default_context()
    return httpx.create_ssl_context(trust_env=False)


class Transport(httpx.BaseTransport):
    """Sends httpx requests through httpcore over our own connections. Errors of httpcore are not translated.

    Set-Cookie and Location are removed from responses, because httpx would parse them, and hostile values make it
    fail. They are passed on in the response's extensions.
    """

    def __init__(
        self, connections: Connections, tls: Callable[[], ssl.SSLContext], proxy: httpx.URL | None = None
    ) -> None:
        self._connections = connections
        self._tls = tls
        self._proxy = proxy
        self._pools: dict[str, httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if self._proxy is not None:
            self._connections.check_behind_proxy(url.host, url.port or DEFAULT_PORTS[url.scheme])
        response = self._pool(url.scheme).handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        location = next((value for name, value in response.headers if name.lower() == b"location"), None)
        cookies = [value for name, value in response.headers if name.lower() == b"set-cookie"]
        removed = (b"location", b"set-cookie")
        return httpx.Response(
            response.status,
            headers=[(name, value) for name, value in response.headers if name.lower() not in removed],
            stream=_Stream(response),
            extensions={**response.extensions, "location": location, "set_cookies": cookies},
        )

    def _pool(self, scheme: str) -> httpcore.ConnectionPool:
        """One pool per scheme, created when needed: loading the certificate authorities takes 20 ms or more."""
        pool = self._pools.get(scheme)
        if pool is None:
            pool = self._open_pool(
                self._load_tls_context() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            )
            self._pools[scheme] = pool
        return pool

    def _open_pool(self, context: ssl.SSLContext) -> httpcore.ConnectionPool:
        if self._proxy is None:
            return httpcore.ConnectionPool(
                context, max_connections=2, keepalive_expiry=5.0, network_backend=self._connections
            )
        return httpcore.HTTPProxy(
            str(self._proxy.copy_with(username=None, password=None)),
            (self._proxy.username.encode(), self._proxy.password.encode()) if self._proxy.userinfo else None,
            ssl_context=context,
            proxy_ssl_context=self._load_tls_context() if self._proxy.scheme == "https" else None,
            max_connections=2,
            keepalive_expiry=5.0,
            network_backend=self._connections,
        )

    def _load_tls_context(self) -> ssl.SSLContext:
        try:
            return self._tls()
        except OSError as error:
            reason = printable(error.strerror or str(error))
            raise FetchError(f"the system's certificate authorities cannot be loaded ({reason})") from error

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()
