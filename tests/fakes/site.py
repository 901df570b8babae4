"""FakeSite: a web server on loopback with scripted responses.

    with FakeSite() as site:
        site.page("/list", "<h1>…</h1>", etag='"1"')      # 304 for a GET with that ETag
        site.script("/list", Response(503), Response(503))    # 503 twice, then the page again
        site.robots("User-agent: *\\nDisallow: /admin")   # without it: 404
        …
        site.requests[-1].headers["user-agent"]

A request gets the next scripted response for its path, otherwise the page of the path, otherwise 404.
The site evaluates conditional GETs with the validators of the page, as described in RFC 9110 §13.
"""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections import deque
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

Encoding = Literal["gzip", "deflate", "raw-deflate", "br"]
HTML = "text/html; charset=utf-8"
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Response:
    """An HTTP response. `content_length` need not be correct; `drip` is the pause in seconds after each body byte."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = HTML
    headers: tuple[tuple[str, str], ...] = ()
    content_length: int | None = None
    drip: float = 0.0


@dataclass(frozen=True)
class Drop:
    """Close the connection without a response; with `reset`, the client sees a connection reset."""

    reset: bool = False


@dataclass(frozen=True)
class Hang:
    """Send nothing until the client disconnects or the site is closed."""


@dataclass(frozen=True)
class Raw:
    """Send these bytes unchanged, `repeat` times with `drip` seconds in between, then close the connection.

    With `repeat=None`, repeat until the client disconnects.
    """

    data: bytes
    repeat: int | None = 1
    drip: float = 0.0


Scripted = Response | Drop | Hang | Raw


@dataclass(frozen=True)
class ReceivedRequest:
    """A request that was received. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(hash=False)


def packed(body: bytes, encoding: Encoding) -> bytes:
    """The body, compressed for this Content-Encoding ("raw-deflate": deflate without the zlib wrapper)."""
    if encoding == "gzip":
        return gzip.compress(body, mtime=0)
    if encoding == "deflate":
        return zlib.compress(body)
    if encoding == "raw-deflate":
        compressor = zlib.compressobj(wbits=-15)
        return compressor.compress(body) + compressor.flush()
    import brotli  # type: ignore[import-untyped]

    return bytes(brotli.compress(body))


class FakeSite:
    """The site; see the module's docstring. `tls` is a server-side context with a certificate that the test created."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[ReceivedRequest] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._pages: dict[str, Response] = {}
        self._scripts: dict[str, deque[Scripted]] = {}
        self._lock = threading.Lock()
        self._server = _Server((host, 0), self, tls)
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="FakeSite")

    # ── scripting ────────────────────────────────────────────────────────────────────────────────────────────────

    def page(
        self,
        path: str,
        body: bytes | str,
        *,
        content_type: str | None = HTML,
        etag: str | None = None,
        last_modified: str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        encoding: Encoding | None = None,
        status: int = 200,
    ) -> None:
        """Serve this page at `path` from now on."""
        extra = [("ETag", etag), ("Last-Modified", last_modified)]
        content = body.encode() if isinstance(body, str) else body
        if encoding:
            content = packed(content, encoding)
            extra.append(("Content-Encoding", encoding.removeprefix("raw-")))
        fixed = tuple((name, value) for name, value in extra if value)
        self._pages[path] = Response(status, content, content_type, fixed + headers)

    def remove(self, path: str) -> None:
        """Respond with 404 at `path` from now on, and discard its scripted responses."""
        self._pages.pop(path, None)
        self._scripts.pop(path, None)

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        """Redirect from `path` from now on."""
        self._pages[path] = Response(status, headers=(("Location", to),))

    def fail(self, path: str, status: int, *, retry_after: str | None = None) -> None:
        """Respond with this status at `path` from now on."""
        headers = (("Retry-After", retry_after),) if retry_after is not None else ()
        self._pages[path] = Response(status, b"<h1>Sorry</h1>", headers=headers)

    def script(self, path: str, *responses: Scripted) -> None:
        """Give the next requests for `path` these responses, one each, and only then its page."""
        self._scripts.setdefault(path, deque()).extend(responses)

    def robots(self, text: str | bytes) -> None:
        """Set the content of /robots.txt."""
        self.page("/robots.txt", text, content_type="text/plain")

    # ── inspection ───────────────────────────────────────────────────────────────────────────────────────────────

    def url(self, path: str = "/") -> str:
        return f"{self._scheme}://{self.host}{path}"

    @property
    def hostname(self) -> str:
        return str(self._server.server_address[0])

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def host(self) -> str:
        """Host and port, such as `127.0.0.1:40123`."""
        return f"{self.hostname}:{self.port}"

    def paths(self) -> list[str]:
        """The requested paths in order, without robots.txt."""
        return [request.path for request in self.requests if request.path != "/robots.txt"]

    # ── starting and stopping ────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop, close every connection, and wait for the threads. May be called more than once."""
        self.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.disconnect_clients()
        self._server.server_close()

    def response_for(self, request: ReceivedRequest) -> Scripted:
        """Record the request, and take the response for it. Called by the server's threads."""
        with self._lock:
            self.requests.append(request)
            if script := self._scripts.get(request.path):
                return script.popleft()
            page = self._pages.get(request.path)
        if page is None:
            return Response(404, b"<h1>Not found</h1>")
        return replace(page, status=304, body=b"") if _is_not_modified(page, request.headers) else page


def _is_not_modified(page: Response, request_headers: dict[str, str]) -> bool:
    page_headers = {name.lower(): value for name, value in page.headers}
    if page.status != 200:
        return False
    if "if-none-match" in request_headers:  # If-Modified-Since is then ignored: RFC 9110 §13.1.3
        return page_headers.get("etag") is not None and page_headers["etag"] == request_headers["if-none-match"]
    return "last-modified" in page_headers and page_headers["last-modified"] == request_headers.get("if-modified-since")


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for the threads, so that no test leaves a socket open
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: FakeSite, tls: ssl.SSLContext | None) -> None:
        self.site = site
        self._tls = tls
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without looking up the full host name, as the base class would: it can take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._connections.add(request)
        try:
            if self._tls is not None:
                request = self._wrap(request)
            if request is not None:
                super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._connections = {connection for connection in self._connections if connection.fileno() != -1}

    def _wrap(self, connection: socket.socket) -> ssl.SSLSocket | None:
        assert self._tls is not None
        connection.settimeout(5)
        try:
            wrapped = self._tls.wrap_socket(connection, server_side=True)
        except OSError:  # the client rejected the certificate
            self.shutdown_request(connection)
            return None
        with self._lock:
            self._connections.add(wrapped)
        return wrapped

    def disconnect_clients(self) -> None:
        """Shut down the connections that are still open, which ends their threads."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: tests of a hostile server make the client disconnect."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = 30

    def setup(self) -> None:
        super().setup()
        self.server.site.connections += 1

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        response = self.server.site.response_for(ReceivedRequest(self.command, self.path, headers))
        if isinstance(response, Response):
            self._send(response)
        else:
            self.close_connection = True
            self._misbehave(response)

    do_HEAD = do_POST = do_GET

    def _send(self, response: Response) -> None:
        self.send_response(response.status, _PHRASES.get(response.status, "Odd"))
        if response.content_type is not None:
            self.send_header("Content-Type", response.content_type)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status != 304:
            length = len(response.body) if response.content_length is None else response.content_length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if response.drip:
            self._drip(response)
        elif self.command != "HEAD":
            self.wfile.write(response.body)
        if response.content_length is not None:
            self.close_connection = True
        self.wfile.flush()

    def _drip(self, response: Response) -> None:
        for position in range(len(response.body)):
            self.wfile.write(response.body[position : position + 1])
            self.wfile.flush()
            if self.server.site.stopping.wait(response.drip):
                return

    def _misbehave(self, response: Drop | Hang | Raw) -> None:
        if isinstance(response, Raw):
            self._send_raw(response)
        elif isinstance(response, Hang):
            while not self.server.site.stopping.wait(0.02) and not self._has_client_disconnected():
                pass
        elif response.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()

    def _send_raw(self, response: Raw) -> None:
        sent = 0
        while (response.repeat is None or sent < response.repeat) and not self.server.site.stopping.is_set():
            self.wfile.write(response.data)
            sent += 1
            if response.drip:
                self.wfile.flush()
                self.server.site.stopping.wait(response.drip)
        self.wfile.flush()

    def _has_client_disconnected(self) -> bool:
        self.connection.settimeout(0.001)
        try:
            return not self.connection.recv(1)
        except TimeoutError:
            return False

    def log_message(self, format: str, *args: Any) -> None:
        """Print nothing: tests read `site.requests`."""
