"""An IMAP server on loopback: the part of RFC 3501 that is needed for reading, with scripted misbehaviour.

    with ImapServer() as server:
        server.add(b"Subject: hello\\n\\n")
        with open_mailbox(server.settings()) as inbox:
            assert len(list(inbox.mails())) == 1
        assert server.flags(1) == set()

`misbehave` takes one of: "silent", "drip", "bye", "no tls", "read-only", "drop at fetch", "drop inside fetch",
"drip inside fetch", "refuse store", "refuse one fetch", "long line", "many lines", "huge literal", "many digits".
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trustme

from cmr_watch.notify.channels.mailbox import MailboxSettings
from cmr_watch.notify.channels.settings import Security

_FLAGS_ONLY = "(UID FLAGS)"
_PARTIAL = re.compile(r"\(UID BODY\.PEEK\[\]<0\.(\d+)>\)")
_COMMAND = re.compile(r'"(?:[^"\\]|\\.)*"|\([^)]*\)|\S+')


@dataclass
class StoredMail:
    """A mail on the server."""

    uid: int
    content: bytes = field(repr=False)
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """The server. `commands` are those received, without arguments; `logins` the user names and passwords received."""

    def __init__(
        self,
        security: Security = "plain",
        credentials: tuple[str, str] = ("watch", "s3cret"),
        certified_for: str = "127.0.0.1",
        folder: str = "INBOX",
    ) -> None:
        self.mails: list[StoredMail] = []
        self.next_uid = 100
        self.commands: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.credentials = credentials
        self.security = security
        self.misbehaviour = ""
        self.validity = 1700000000
        self.sent = 0
        self._folder_name = folder
        self._certified_for = certified_for
        self._files = TemporaryDirectory(prefix="imap-")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sessions: list[_Session] = []
        self.context: ssl.SSLContext | None = None
        self.port: int = self._listener.getsockname()[1]

    def add(self, content: bytes, *flags: str) -> int:
        """Add a mail, and return its UID."""
        uid = self.next_uid  # differs from every sequence number
        self.next_uid += 1
        self.mails.append(StoredMail(uid, content, set(flags)))
        return uid

    def flags(self, uid: int) -> set[str]:
        return self._find(uid).flags

    def _find(self, uid: int) -> StoredMail:
        return next(mail for mail in self.mails if mail.uid == uid)

    def misbehave(self, how: str) -> None:
        self.misbehaviour = how

    def settings(self, **changes: Any) -> MailboxSettings:
        """Settings for connecting to it."""
        defaults: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "security": self.security,
            "user": self.credentials[0],
            "password": self.credentials[1],
            "folder": self._folder_name,
            "ca_file": None if self.security == "plain" else self._ca_file,
            "timeout": 5.0,
        }
        return MailboxSettings(**{**defaults, **changes})

    def has_folder(self, folder: str) -> bool:
        return folder.strip('"') == self._folder_name

    # ── starting and stopping ────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> ImapServer:
        if self.security != "plain":
            authority = trustme.CA()
            authority.cert_pem.write_to_path(self._ca_file)
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(self._certified_for).configure_cert(self.context)
        self._accept_thread = threading.Thread(target=self._accept, daemon=True)
        self._accept_thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_listening()
        for session in self._sessions:
            session.hang_up()
            session.thread.join(10)
        self._files.cleanup()

    def stop_listening(self) -> None:
        """Refuse connections from now on."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accept_thread.join(10)

    @property
    def _ca_file(self) -> Path:
        return Path(self._files.name, "ca.pem")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                session = _Session(self, self._listener.accept()[0])
                self._sessions.append(session)
                session.thread.start()


class _HungUp(Exception):
    """The session has ended."""


class _Session:
    """One connection of a client."""

    def __init__(self, server: ImapServer, connection: socket.socket) -> None:
        self._server = server
        self._socket = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a response is sent in pieces
        self._buffer = b""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self._handlers: dict[str, Callable[[str, list[str]], None]] = {
            "CAPABILITY": self._capability,
            "STARTTLS": self._starttls,
            "LOGIN": self._login,
            "AUTHENTICATE": self._authenticate,
            "SELECT": self._select,
            "NOOP": lambda tag, _: self._ok(tag),
            "LOGOUT": self._logout,
            "FETCH": self._list,
            "UID FETCH": self._fetch,
            "UID STORE": self._store,
        }

    def hang_up(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        with suppress(OSError, _HungUp):
            if self._server.security == "tls":
                self._secure()
            self._greet()
            while True:
                self._handle(self._read_line())
        self._socket.close()

    def _greet(self) -> None:
        if self._server.misbehaviour == "silent":
            self._socket.recv(1)  # until the client disconnects
        while self._server.misbehaviour == "drip":
            self._socket.sendall(b"*")
            time.sleep(0.05)
        self._send_line("* BYE not today" if self._server.misbehaviour == "bye" else "* OK hello")

    def _handle(self, command: str) -> None:
        tag, *arguments = _COMMAND.findall(command)
        name = arguments.pop(0).upper()
        name = f"UID {arguments.pop(0).upper()}" if name == "UID" else name
        self._server.commands.append(name)
        self._handlers[name](tag, arguments)

    # ── the commands ─────────────────────────────────────────────────────────────────────────────────────────────

    def _capability(self, tag: str, _: list[str]) -> None:
        offers_tls = self._server.security == "starttls" and self._server.misbehaviour != "no tls"
        self._send_line(f"* CAPABILITY IMAP4rev1 AUTH=PLAIN{' STARTTLS' if offers_tls else ''}")
        self._ok(tag)

    def _starttls(self, tag: str, _: list[str]) -> None:
        self._ok(tag)
        self._secure()

    def _login(self, tag: str, arguments: list[str]) -> None:
        user, password = (re.sub(r"\\(.)", r"\1", word.strip('"')) for word in arguments)
        self._check_login(tag, user, password)

    def _authenticate(self, tag: str, arguments: list[str]) -> None:
        self._send_line("+ ")
        if arguments[0] == "XOAUTH2":
            user, token = self._server.credentials
            response = b64decode(self._read_line()).decode()
            self._server.logins.append((response, ""))
            if response == f"user={user}\x01auth=Bearer {token}\x01\x01":
                self._ok(tag)
                return
            self._send_line("+ " + b64encode(b'{"status":"400"}').decode())  # describes the failure
            assert self._read_line() == ""
            self._send_line(f"{tag} NO [AUTHENTICATIONFAILED] not {token}")
            return
        _, user, password = b64decode(self._read_line()).decode().split("\0")
        self._check_login(tag, user, password)

    def _check_login(self, tag: str, user: str, password: str) -> None:
        self._server.logins.append((user, password))
        if (user, password) == self._server.credentials:
            self._ok(tag)
        else:
            # some servers repeat the password
            self._send_line(f"{tag} NO [AUTHENTICATIONFAILED] not {user} with {password}")

    def _select(self, tag: str, arguments: list[str]) -> None:
        if not self._server.has_folder(arguments[0]):
            self._send_line(f"{tag} NO no such folder")
            return
        self._send_line(f"* {len(self._server.mails)} EXISTS")
        if self._server.validity:
            self._send_line(f"* OK [UIDVALIDITY {self._server.validity}] UIDs valid")
        read_only = self._server.misbehaviour == "read-only"
        self._send_line(f"{tag} OK [{'READ-ONLY' if read_only else 'READ-WRITE'}] selected")

    def _logout(self, tag: str, _: list[str]) -> None:
        self._send_line("* BYE see you")
        self._ok(tag)
        raise _HungUp

    def _list(self, tag: str, arguments: list[str]) -> None:
        """Send the flags of mails by their numbers."""
        assert arguments[1] == _FLAGS_ONLY
        if self._server.misbehaviour == "drop at fetch":
            raise _HungUp
        self._flood()
        first, last = map(int, arguments[0].split(":"))
        for number, mail in list(enumerate(self._server.mails, 1))[first - 1 : last]:
            self._send_line(f"* {number} FETCH (UID {mail.uid} FLAGS ({' '.join(sorted(mail.flags))}))")
        self._ok(tag)

    def _flood(self) -> None:
        match self._server.misbehaviour:
            case "long line":
                self._send_line("* 1 FETCH (UID 100 FLAGS (" + "x" * 2_000_000 + "))")
            case "many lines":
                for number in range(400_000):
                    self._send_line(f"* {number} FETCH (UID {number} FLAGS ())")
            case "huge literal":
                self._send_line("* 1 FETCH (UID 100 BODY[] {99999999999}")
            case "many digits":
                self._send_line("* 1 FETCH (UID 100 BODY[] {" + "9" * 5000 + "}")

    def _fetch(self, tag: str, arguments: list[str]) -> None:
        """Send the start of a mail as a literal. BODY[] without PEEK sets the Seen flag (RFC 3501 §6.4.5)."""
        number, mail = self._find_mail(arguments[0])
        partial = _PARTIAL.fullmatch(arguments[1])
        assert partial
        if self._server.misbehaviour == "refuse one fetch" and number == 1:
            self._send_line(f"{tag} NO cannot be read")
            return
        if mail is not None:
            content = mail.content[: int(partial[1])]
            self._send_line(f"* {number} FETCH (FLAGS ())")  # an unsolicited response, caused by another client
            self._send_line(f"* {number} FETCH (UID {mail.uid} BODY[]<0> {{{len(content)}}}")
            self._send_literal(content)
            self._send_line(")")
        self._ok(tag)

    def _send_literal(self, content: bytes) -> None:
        if self._server.misbehaviour == "drop inside fetch":
            self._socket.sendall(content[: len(content) // 2])
            raise _HungUp
        while self._server.misbehaviour == "drip inside fetch":
            self._socket.sendall(b"x")
            time.sleep(0.05)
        self._server.sent += len(content)
        self._socket.sendall(content)

    def _store(self, tag: str, arguments: list[str]) -> None:
        if self._server.misbehaviour == "refuse store":
            self._send_line(f"{tag} NO not yours")
            return
        _, mail = self._find_mail(arguments[0])
        assert arguments[1] == "+FLAGS.SILENT"
        if mail is not None:
            mail.flags |= set(arguments[2].strip("()").split())
        self._ok(tag)

    def _find_mail(self, uid: str) -> tuple[int, StoredMail | None]:
        matches = ((number, mail) for number, mail in enumerate(self._server.mails, 1) if mail.uid == int(uid))
        return next(matches, (0, None))

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _secure(self) -> None:
        assert self._server.context is not None
        self._socket = self._server.context.wrap_socket(self._socket, server_side=True)

    def _ok(self, tag: str) -> None:
        self._send_line(f"{tag} OK done")

    def _send_line(self, line: str) -> None:
        self._socket.sendall(line.encode() + b"\r\n")

    def _read_line(self) -> str:
        while b"\r\n" not in self._buffer:
            received = self._socket.recv(65536)
            if not received:
                raise _HungUp
            self._buffer += received
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line.decode()
