"""A small HTTP server for monitoring systems. It accepts GET requests only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from cmr_watch.exceptions import ConfigError

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response."""

    status: HTTPStatus
    content_type: str
    body: bytes


Route = Callable[[], Response]
"""Handles the requests for one path."""


def health_response(problems: tuple[str, ...]) -> Response:
    """200 if there are no problems, else 503. The body lists them: `{"status": "fail", "problems": ["…"]}`."""
    status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
    body = {"status": "fail" if problems else "ok", "problems": list(problems)}
    return Response(status, JSON, (json.dumps(body, ensure_ascii=False) + "\n").encode())


class Server:
    """Listens until it is closed. Each request has its own thread and a socket timeout of ten seconds.

    ConfigError: `listen` cannot be used, for instance because the port is taken.
    """

    def __init__(self, listen: str, routes: Mapping[str, Route]) -> None:
        host, _, port = listen.rpartition(":")
        try:
            self._server = _Server((host.strip("[]"), int(port)), _handler(routes))
        except OSError as error:
            raise ConfigError(f"[daemon] listen: cannot listen on {listen}: {error.strerror or error}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that the server listens on, also when `listen` asked for any free one (port 0)."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing: a client that disconnects is not an error."""


def _handler(routes: Mapping[str, Route]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10
        server_version = "cmr-watch"
        sys_version = ""

        def do_GET(self) -> None:
            route = routes.get(self.path.partition("?")[0])
            response = route() if route else Response(HTTPStatus.NOT_FOUND, "text/plain", b"not found\n")
            self.send_response(response.status)
            for name, value in (
                ("Content-Type", response.content_type),
                ("Content-Length", str(len(response.body))),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing: monitoring systems send a request every few seconds."""

    return Handler
