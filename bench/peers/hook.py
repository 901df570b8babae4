"""A web hook on loopback that can be closed, opened again, refuse, and act in the middle of a request."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

Moment = Literal["before", "after"]


class Hook:
    """Receives notifications of any service that posts JSON or text.

    `received` are the texts that it accepted, with their paths; `requests` counts all requests. `status` is what it
    responds with. `interrupt(moment, act)` calls `act` once, before or after it accepted the next notification, and
    then closes the connection without a response.
    """

    def __init__(self) -> None:
        self.received: list[tuple[str, str]] = []
        self.requests = 0
        self.status = 200
        self._interruption: tuple[Moment, Callable[[], object]] | None = None
        self._port = 0
        self._server: _Server | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def port(self) -> int:
        return self._port

    def open(self) -> None:
        """Accept connections, on the same port as before."""
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.hook = self
        self._port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Refuse connections."""
        server, self._server = self._server, None
        if server:
            server.shutdown()
            server.server_close()

    def interrupt(self, moment: Moment, act: Callable[[], object]) -> None:
        self._interruption = (moment, act)

    def take(self, path: str, body: bytes) -> int | None:
        """The status of the response to a request, or None for no response. Called by the server's threads."""
        self.requests += 1
        interruption, self._interruption = self._interruption, None
        is_accepted = self.status < 400 and (interruption is None or interruption[0] == "after")
        if is_accepted:
            self.received.append((path, text_of(body)))
        if interruption:
            interruption[1]()
            return None
        return self.status


def text_of(body: bytes) -> str:
    """All text of a notification, whatever the names of its fields."""
    try:
        return "\n".join(_strings(json.loads(body)))
    except ValueError:
        return body.decode(errors="replace")


def _strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in _strings(item)]
    return [value] if isinstance(value, str) else []


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    hook: Hook

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: the client was killed."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        status = self.server.hook.take(self.path, self.rfile.read(int(self.headers.get("Content-Length", "0"))))
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""
