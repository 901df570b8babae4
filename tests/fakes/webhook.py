"""An HTTP server on loopback that receives the posts of Apprise's json:// service, with scripted misbehaviour.

with Webhook() as hook:
    AppriseChannel().send(replace(message, address=hook.address()))
    assert hook.received[0].text == message.text
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Post:
    """A request that got a response with status 200."""

    path: str
    body: dict[str, Any] = field(repr=False)

    @property
    def subject(self) -> str:
        return str(self.body["title"])

    @property
    def text(self) -> str:
        return str(self.body["message"])


class Webhook:
    """The server. `received` are the accepted posts; `requests` counts all requests."""

    def __init__(self) -> None:
        self.received: list[Post] = []
        self.requests = 0
        self._scripted: defaultdict[str, deque[int]] = defaultdict(deque)
        self._always: dict[str, int] = {}
        self._redirect = 200
        self._slow: dict[str, float] = {}
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.webhook = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def address(self, path: str = "/hook") -> str:
        """The Apprise URL of a webhook with this path."""
        return f"json://127.0.0.1:{self.port}{path}"

    def respond(self, *codes: int, path: str = "/hook") -> None:
        """Respond to the next requests for this path with these status codes, one each."""
        self._scripted[path].extend(codes)

    def always(self, code: int, path: str = "/hook") -> None:
        """Respond to every request for this path with this status code."""
        self._always[path] = code

    def redirect(self, code: int) -> None:
        """Redirect every post to a page."""
        self._redirect = code

    def slow(self, seconds: float, path: str = "/hook") -> None:
        """Take this long for each response, sending a byte now and then so that no single read times out."""
        self._slow[path] = seconds

    def __enter__(self) -> Webhook:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        """Record a request and send the response. Called by the server's threads."""
        self.requests += 1
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        path = handler.path
        scripted = self._scripted[path]
        code = scripted.popleft() if scripted else self._always.get(path, self._redirect if body else 200)
        handler.wfile.write(f"HTTP/1.0 {code} {HTTPStatus(code).phrase}\r\nX-Drip: ".encode())
        self._drip(handler, self._slow.get(path, 0.0))
        if 300 <= code < 400:
            handler.wfile.write(b"\r\nLocation: /login")
        if code == 200 and body:
            self.received.append(Post(path, json.loads(body)))
        handler.wfile.write(b"\r\nContent-Length: 2\r\n\r\nok")

    def _drip(self, handler: BaseHTTPRequestHandler, seconds: float) -> None:
        for _ in range(int(seconds / 0.05)):
            handler.wfile.write(b".")
            handler.wfile.flush()
            if self._stopping.wait(0.05):
                return


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    webhook: Webhook

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: the client disconnected during a slow response, as the test intended."""


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = 65536
    server: _Server

    def do_POST(self) -> None:
        self.server.webhook.take(self)

    def do_GET(self) -> None:
        self.server.webhook.take(self)

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing."""
