"""FakeProxy: an HTTP proxy on loopback that forwards http requests, and opens tunnels for https.

    with FakeProxy(login="user:password") as proxy:
        proxy.url                       # http://user:password@127.0.0.1:PORT
        …
        proxy.requests                  # ["GET http://site.example/", "CONNECT site.example:443"]

All names lead to loopback. With a `login`, requests without it get 407.
"""

from __future__ import annotations

import base64
import socket
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


class FakeProxy:
    """The proxy; see the module's docstring. `refuse` is the status that it gives instead of connecting."""

    def __init__(self, login: str = "", refuse: int | None = None) -> None:
        self.login = login
        self.refuse = refuse
        self.requests: list[str] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="FakeProxy")

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.login}{'@' if self.login else ''}{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: FakeProxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        if not self._is_refused():
            self._forward()

    def do_CONNECT(self) -> None:
        if not self._is_refused():
            self._tunnel()

    def _is_refused(self) -> bool:
        proxy = self.server.proxy
        proxy.requests.append(f"{self.command} {self.path}")
        wanted = f"Basic {base64.b64encode(proxy.login.encode()).decode()}"
        status = 407 if proxy.login and self.headers.get("Proxy-Authorization") != wanted else proxy.refuse
        if status is not None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        return status is not None

    def _forward(self) -> None:
        url = urlsplit(self.path)
        connection = HTTPConnection("127.0.0.1", url.port or 80, timeout=5)
        headers = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        connection.request("GET", url.path or "/", headers=headers)
        response = connection.getresponse()
        body = response.read()
        self.send_response(response.status)
        for name, value in response.getheaders():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    def _tunnel(self) -> None:
        port = int(self.path.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), 5) as target:
            self.send_response(200, "Connection established")
            self.end_headers()
            self.wfile.flush()
            back = threading.Thread(target=_copy, args=(target, self.connection))
            back.start()
            _copy(self.connection, target)
            back.join()
        self.close_connection = True


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
