"""httpx over our own lines: its transport, and the machine's trust in TLS certificates."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpcore
import httpx

from cmr_watch.exceptions import FetchError
from cmr_watch.monitor.fetch.connection import Connections
from cmr_watch.monitor.fetch.errors import shown


def default_tls() -> ssl.SSLContext:
    """The machine's authorities; where it has none (a bare container), those that come with httpx."""
    paths = ssl.get_default_verify_paths()
    if paths.cafile or (paths.capath and any(Path(paths.capath).iterdir())):
        return ssl.create_default_context()
    return httpx.create_ssl_context(trust_env=False)


class Transport(httpx.BaseTransport):
    """Carries httpx's questions to httpcore over our lines; errors go through as they are.

    What httpx would act on by itself is taken out of the answer: it parses every Set-Cookie and Location, hostile
    ones too. The latter is handed on in the answer's extensions.
    """

    def __init__(self, lines: Connections, tls: Callable[[], ssl.SSLContext]) -> None:
        self._lines = lines
        self._tls = tls
        self._pools: dict[str, httpcore.ConnectionPool] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        answer = self._pool(url.scheme).handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        location = next((value for name, value in answer.headers if name.lower() == b"location"), None)
        kept = [(name, value) for name, value in answer.headers if name.lower() not in (b"location", b"set-cookie")]
        return httpx.Response(
            answer.status, headers=kept, stream=_Stream(answer), extensions={**answer.extensions, "location": location}
        )

    def _pool(self, scheme: str) -> httpcore.ConnectionPool:
        """One for http and one for https, made when needed: reading the machine's authorities takes 20 ms or more."""
        pool = self._pools.get(scheme)
        if pool is None:
            context = self._trust() if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            pool = httpcore.ConnectionPool(
                context, max_connections=2, keepalive_expiry=5.0, network_backend=self._lines
            )
            self._pools[scheme] = pool
        return pool

    def _trust(self) -> ssl.SSLContext:
        try:
            return self._tls()
        except OSError as error:
            words = shown(error.strerror or str(error))
            raise FetchError(f"this machine's certificate authorities cannot be read ({words})") from error

    def close(self) -> None:
        for pool in self._pools.values():
            pool.close()


class _Stream(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
