"""FakeSite: a real web server on loopback that does what a test tells it to.

    with FakeSite() as site:
        site.page("/list", "<h1>…</h1>", etag='"1"')      # a GET with that ETag is answered 304
        site.script("/list", Response(503), Response(503))    # twice 503, then the page again
        site.robots("User-agent: *\\nDisallow: /admin")   # without it: 404
        …
        site.requests[-1].headers["user-agent"]

What is scripted for a path goes out first, one answer to a request; then its page; else 404.
A page's validators are kept by the site: a conditional GET is answered as RFC 9110 §13 says.
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
    """An ordinary answer. `content_length` may lie; `drip` is the pause in seconds after each byte of the body."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = HTML
    headers: tuple[tuple[str, str], ...] = ()
    content_length: int | None = None
    drip: float = 0.0


@dataclass(frozen=True)
class Drop:
    """Close the connection without a word; with `reset`, so that the client sees a reset."""

    reset: bool = False


@dataclass(frozen=True)
class Hang:
    """Say nothing until the client has gone, or the test has ended."""


@dataclass(frozen=True)
class Raw:
    """These bytes, as they are (`repeat` times, `drip` seconds between), then the line is closed.

    With `repeat=None` it goes on until the client has gone.
    """

    data: bytes
    repeat: int | None = 1
    drip: float = 0.0


Scripted = Response | Drop | Hang | Raw


@dataclass(frozen=True)
class Seen:
    """A request that arrived; the names of its headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str] = field(hash=False)


def packed(body: bytes, encoding: Encoding) -> bytes:
    """The body as Content-Encoding `encoding` has it ("raw-deflate": deflate without the zlib wrapper)."""
    if encoding == "gzip":
        return gzip.compress(body, mtime=0)
    if encoding == "deflate":
        return zlib.compress(body)
    if encoding == "raw-deflate":
        squeeze = zlib.compressobj(wbits=-15)
        return squeeze.compress(body) + squeeze.flush()
    import brotli  # type: ignore[import-untyped]

    return bytes(brotli.compress(body))


class FakeSite:
    """See the module. `tls` is a server's context (a `trustme` certificate has been put into it by the test)."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.requests: list[Seen] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._pages: dict[str, Response] = {}
        self._scripts: dict[str, deque[Scripted]] = {}
        self._lock = threading.Lock()
        self._server = _Server((host, 0), self, tls)
        self._scheme = "https" if tls else "http"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="FakeSite")

    # ── what a test says ─────────────────────────────────────────────────────────────────────────────────────────

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
        """From now on `path` answers this."""
        extra = [("ETag", etag), ("Last-Modified", last_modified)]
        content = body.encode() if isinstance(body, str) else body
        if encoding:
            content = packed(content, encoding)
            extra.append(("Content-Encoding", encoding.removeprefix("raw-")))
        fixed = tuple((name, value) for name, value in extra if value)
        self._pages[path] = Response(status, content, content_type, fixed + headers)

    def remove(self, path: str) -> None:
        """From now on `path` is 404 (and what was scripted for it is forgotten)."""
        self._pages.pop(path, None)
        self._scripts.pop(path, None)

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        """From now on `path` redirects."""
        self._pages[path] = Response(status, headers=(("Location", to),))

    def fail(self, path: str, status: int, *, retry_after: str | None = None) -> None:
        """From now on `path` answers this status."""
        headers = (("Retry-After", retry_after),) if retry_after is not None else ()
        self._pages[path] = Response(status, b"<h1>Sorry</h1>", headers=headers)

    def script(self, path: str, *answers: Scripted) -> None:
        """The next requests for `path` are answered so, one each, before its page is."""
        self._scripts.setdefault(path, deque()).extend(answers)

    def robots(self, text: str | bytes) -> None:
        """What /robots.txt says."""
        self.page("/robots.txt", text, content_type="text/plain")

    # ── what a test asks ─────────────────────────────────────────────────────────────────────────────────────────

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
        """`127.0.0.1:40123`"""
        return f"{self.hostname}:{self.port}"

    def paths(self) -> list[str]:
        """The paths asked for, in order, without robots.txt."""
        return [seen.path for seen in self.requests if seen.path != "/robots.txt"]

    # ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop, cut every line, wait for the threads. A second time does nothing."""
        self.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.cut()
        self._server.server_close()

    def answer(self, seen: Seen) -> Scripted:
        """What goes out for this request (called by the server's threads)."""
        with self._lock:
            self.requests.append(seen)
            if script := self._scripts.get(seen.path):
                return script.popleft()
            page = self._pages.get(seen.path)
        if page is None:
            return Response(404, b"<h1>Not found</h1>")
        return replace(page, status=304, body=b"") if _not_modified(page, seen.headers) else page


def _not_modified(page: Response, asked: dict[str, str]) -> bool:
    known = {name.lower(): value for name, value in page.headers}
    if page.status != 200:
        return False
    if "if-none-match" in asked:  # If-Modified-Since is then not looked at: RFC 9110 §13.1.3
        return known.get("etag") is not None and known["etag"] == asked["if-none-match"]
    return "last-modified" in known and known["last-modified"] == asked.get("if-modified-since")


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # server_close waits for them, so that no test leaves a socket behind
    block_on_close = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: FakeSite, tls: ssl.SSLContext | None) -> None:
        self.site = site
        self._tls = tls
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Without the parent's look-up of the machine's full name, which can take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        try:
            if self._tls is not None:
                request = self._wrap(request)
            if request is not None:
                super().process_request_thread(request, client_address)
        finally:
            with self._guard:
                self._open = {line for line in self._open if line.fileno() != -1}

    def _wrap(self, line: socket.socket) -> ssl.SSLSocket | None:
        assert self._tls is not None
        line.settimeout(5)
        try:
            wrapped = self._tls.wrap_socket(line, server_side=True)
        except OSError:  # the client did not like the certificate
            self.shutdown_request(line)
            return None
        with self._guard:
            self._open.add(wrapped)
        return wrapped

    def cut(self) -> None:
        """End the lines that are still open: their threads then end too."""
        with self._guard:
            lines = list(self._open)
        for line in lines:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client has gone: what a test of a hostile server is about, so not a word."""


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
        answer = self.server.site.answer(Seen(self.command, self.path, headers))
        if isinstance(answer, Response):
            self._send(answer)
        else:
            self.close_connection = True
            self._misbehave(answer)

    do_HEAD = do_POST = do_GET

    def _send(self, answer: Response) -> None:
        self.send_response(answer.status, _PHRASES.get(answer.status, "Odd"))
        if answer.content_type is not None:
            self.send_header("Content-Type", answer.content_type)
        for name, value in answer.headers:
            self.send_header(name, value)
        if answer.status != 304:
            length = len(answer.body) if answer.content_length is None else answer.content_length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if answer.drip:
            self._drip(answer)
        elif self.command != "HEAD":
            self.wfile.write(answer.body)
        if answer.content_length is not None:
            self.close_connection = True
        self.wfile.flush()

    def _drip(self, answer: Response) -> None:
        for position in range(len(answer.body)):
            self.wfile.write(answer.body[position : position + 1])
            self.wfile.flush()
            if self.server.site.stopping.wait(answer.drip):
                return

    def _misbehave(self, answer: Drop | Hang | Raw) -> None:
        if isinstance(answer, Raw):
            self._send_raw(answer)
        elif isinstance(answer, Hang):
            while not self.server.site.stopping.wait(0.02) and not self._client_gone():
                pass
        elif answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()

    def _send_raw(self, answer: Raw) -> None:
        sent = 0
        while (answer.repeat is None or sent < answer.repeat) and not self.server.site.stopping.is_set():
            self.wfile.write(answer.data)
            sent += 1
            if answer.drip:
                self.wfile.flush()
                self.server.site.stopping.wait(answer.drip)
        self.wfile.flush()

    def _client_gone(self) -> bool:
        self.connection.settimeout(0.001)
        try:
            return not self.connection.recv(1)
        except TimeoutError:
            return False

    def log_message(self, format: str, *args: Any) -> None:
        """QuietHours: a test reads `site.requests`."""
