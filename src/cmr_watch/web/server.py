"""A small HTTP server for monitors: /livez, /readyz, /healthz, /metrics. It answers GET, and nothing else."""

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
    """Status, media type, body."""

    status: HTTPStatus
    kind: str
    body: bytes


Route = Callable[[], Response]


def troubles(found: tuple[str, ...]) -> Response:
    """200 when there are none, else 503; what is wrong stands in the body."""
    status = HTTPStatus.SERVICE_UNAVAILABLE if found else HTTPStatus.OK
    body = {"status": "fail" if found else "ok", "problems": list(found)}
    return Response(status, JSON, (json.dumps(body, ensure_ascii=False) + "\n").encode())


class Server:
    """Listens until it is closed; each request has a thread of its own, and ten seconds."""

    def __init__(self, listen: str, routes: Mapping[str, Route]) -> None:
        host, _, port = listen.rpartition(":")
        try:
            self._server = _Server((host.strip("[]"), int(port)), _handler(routes))
        except OSError as error:
            raise ConfigError(f"[daemon] listen: {listen} cannot be used: {error.strerror or error}") from error
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port, also where any free one was asked for."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Answer nobody any more."""
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
        """Whoever hangs up is no event."""


def _handler(routes: Mapping[str, Route]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10
        server_version = "cmr-watch"
        sys_version = ""

        def do_GET(self) -> None:
            route = routes.get(self.path.partition("?")[0])
            answer = route() if route else Response(HTTPStatus.NOT_FOUND, "text/plain", b"no such page\n")
            self.send_response(answer.status)
            for name, value in (
                ("Content-Type", answer.kind),
                ("Content-Length", str(len(answer.body))),
                ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Monitors ask every few seconds: that is no event."""

    return Handler
