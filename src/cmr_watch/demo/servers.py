"""The servers of the demo, all on 127.0.0.1: the watched site, the web hook of a chat, and a mail server."""

from __future__ import annotations

import hashlib
import json
import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PATH = "/events/organised-by-eccp/clusters-meet-regions"
CALL_PATH = "/content/call-expression-interest-clusters-meet-regions"
HOOK = "/chat"
_LONGEST_COMMAND = 512  # bytes, RFC 5321 §4.5.3.1.4


class Site(ThreadingHTTPServer):
    """Serves `pages` by path, and collects the JSON posted to HOOK in `posted`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, bytes] = {}
        self.posted: list[dict[str, Any]] = []
        self.host = f"127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def server_bind(self) -> None:
        """Bind the socket, but skip the parent's look-up of this host's full name, which can take seconds."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Site
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def do_GET(self) -> None:
        page = self.server.pages.get(self.path)
        if page is None:
            self._respond(404, b"", {})
            return
        etag = f'"{hashlib.sha256(page).hexdigest()[:16]}"'
        is_current = self.headers.get("If-None-Match") == etag
        self._respond(304 if is_current else 200, b"" if is_current else page, {"ETag": etag})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.posted.append(json.loads(body))
        self._respond(200, b"ok", {})

    def _respond(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the demo prints its own output."""


class MailServer(socketserver.ThreadingTCPServer):
    """A mail server of a few commands (RFC 5321 §4.5.1). Collects the messages that it accepts in `mails`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailSession)
        self.mails: list[EmailMessage] = []
        self.port = int(self.server_address[1])
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _MailSession(socketserver.StreamRequestHandler):
    server: MailServer
    disable_nagle_algorithm = True

    def handle(self) -> None:
        self._reply("220 demo")
        while line := self.rfile.readline(_LONGEST_COMMAND):
            command = line[:4].upper()
            if command == b"DATA":
                self._reply("354 end with a dot")
                self._receive()
            self._reply("221 bye" if command == b"QUIT" else "250 ok")
            if command == b"QUIT":
                return

    def _receive(self) -> None:
        content = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            content += line.removeprefix(b".")
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.server.mails.append(mail)

    def _reply(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
