"""A client that calls an ASGI application without a network."""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
import httpx

Headers = dict[str, str] | list[tuple[str, str]]


class Client:
    """Sends requests to an application, as if from an IP address. Redirects are not followed.

    A fault of the application becomes a response, as it does on a real server.
    """

    def __init__(self, application: Any, address: str = "192.0.2.7") -> None:
        self._transport = httpx.ASGITransport(application, raise_app_exceptions=False, client=(address, 1))

    def get(self, path: str, headers: Headers | None = None) -> httpx.Response:
        return self.request("GET", path, headers)

    def post(self, path: str, content: bytes = b"", headers: Headers | None = None) -> httpx.Response:
        return self.request("POST", path, headers, content)

    def request(
        self, method: str, path: str, headers: Headers | None = None, content: bytes | None = None
    ) -> httpx.Response:
        return anyio.run(partial(self._request, method, path, headers or {}, content))

    async def _request(self, method: str, path: str, headers: Headers, content: bytes | None) -> httpx.Response:
        async with httpx.AsyncClient(transport=self._transport, base_url="http://site.example") as client:
            return await client.request(method, path, headers=headers, content=content)
