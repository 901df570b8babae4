"""A real IMAP server on loopback, as much of RFC 3501 as a mail program needs to read; it misbehaves as a test says.

    with ImapServer() as server:
        server.add(b"Subject: hello\\n\\n")
        with open_mailbox(server.settings()) as inbox:
            assert len(list(inbox.mails())) == 1
        assert server.flags(1) == set()

Script it with `misbehave`: "silent", "drip", "bye", "no tls", "read-only", "drop at search", "drop inside fetch",
"drip inside fetch", "refuse store".
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import trustme

from cmr_watch.notify.channels.mailbox import MailboxSettings
from cmr_watch.notify.channels.settings import Security

_SIZE_ONLY = "(UID RFC822.SIZE)"
_COMMAND = re.compile(r'"(?:[^"\\]|\\.)*"|\([^)]*\)|\S+')


@dataclass
class StoredPage:
    """A mail in a folder."""

    uid: int
    content: bytes = field(repr=False)
    flags: set[str] = field(default_factory=set)


class ImapServer:
    """The server. `commands` is what clients said, without arguments; `logins` who they were."""

    def __init__(
        self,
        security: Security = "plain",
        credentials: tuple[str, str] = ("watch", "s3cret"),
        certified_for: str = "127.0.0.1",
        folder: str = "INBOX",
    ) -> None:
        self.mails: list[StoredPage] = []
        self.commands: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.credentials = credentials
        self.security = security
        self.misbehaviour = ""
        self._folder_name = folder
        self._certified_for = certified_for
        self._files = TemporaryDirectory(prefix="imap-")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._talks: list[_Talk] = []
        self.context: ssl.SSLContext | None = None
        self.port: int = self._listener.getsockname()[1]

    def add(self, content: bytes, *flags: str) -> int:
        """Deliver a mail; its UID."""
        uid = 100 + len(self.mails)  # not what a sequence number could be
        self.mails.append(StoredPage(uid, content, set(flags)))
        return uid

    def flags(self, uid: int) -> set[str]:
        return self.find(uid).flags

    def find(self, uid: int) -> StoredPage:
        return next(mail for mail in self.mails if mail.uid == uid)

    def misbehave(self, how: str) -> None:
        self.misbehaviour = how

    def settings(self, **changes: Any) -> MailboxSettings:
        """Settings that reach it."""
        usual: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "security": self.security,
            "user": self.credentials[0],
            "password": self.credentials[1],
            "folder": self._folder_name,
            "ca_file": None if self.security == "plain" else self._ca_file,
            "timeout": 5.0,
        }
        return MailboxSettings(**{**usual, **changes})

    def knows(self, folder: str) -> bool:
        return folder.strip('"') == self._folder_name

    # ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> ImapServer:
        if self.security != "plain":
            authority = trustme.CA()
            authority.cert_pem.write_to_path(self._ca_file)
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(self._certified_for).configure_cert(self.context)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        for talk in self._talks:
            talk.hang_up()
            talk.thread.join(10)
        self._files.cleanup()

    def shut(self) -> None:
        """Listen no more: connections are refused."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(10)

    @property
    def _ca_file(self) -> Path:
        return Path(self._files.name, "ca.pem")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                talk = _Talk(self, self._listener.accept()[0])
                self._talks.append(talk)
                talk.thread.start()


class _HungUp(Exception):
    """The talk is over."""


class _Talk:
    """One connection."""

    def __init__(self, server: ImapServer, line: socket.socket) -> None:
        self._server = server
        self._line = line
        self._rest = b""
        self.thread = threading.Thread(target=self._run, daemon=True)
        self._answers: dict[str, Callable[[str, list[str]], None]] = {
            "CAPABILITY": self._capability,
            "STARTTLS": self._starttls,
            "LOGIN": self._login,
            "AUTHENTICATE": self._authenticate,
            "SELECT": self._select,
            "NOOP": lambda tag, _: self._ok(tag),
            "LOGOUT": self._logout,
            "UID SEARCH": self._search,
            "UID FETCH": self._fetch,
            "UID STORE": self._store,
        }

    def hang_up(self) -> None:
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        with suppress(OSError, _HungUp):
            if self._server.security == "tls":
                self._secure()
            self._greet()
            while True:
                self._answer(self._read())
        self._line.close()

    def _greet(self) -> None:
        if self._server.misbehaviour == "silent":
            self._line.recv(1)  # until the client goes
        while self._server.misbehaviour == "drip":
            self._line.sendall(b"*")
            time.sleep(0.05)
        self._say("* BYE not today" if self._server.misbehaviour == "bye" else "* OK hello")

    def _answer(self, command: str) -> None:
        tag, *words = _COMMAND.findall(command)
        name = words.pop(0).upper()
        name = f"UID {words.pop(0).upper()}" if name == "UID" else name
        self._server.commands.append(name)
        self._answers[name](tag, words)

    # ── the commands ─────────────────────────────────────────────────────────────────────────────────────────────

    def _capability(self, tag: str, _: list[str]) -> None:
        offers = self._server.security == "starttls" and self._server.misbehaviour != "no tls"
        self._say(f"* CAPABILITY IMAP4rev1 AUTH=PLAIN{' STARTTLS' if offers else ''}")
        self._ok(tag)

    def _starttls(self, tag: str, _: list[str]) -> None:
        self._ok(tag)
        self._secure()

    def _login(self, tag: str, words: list[str]) -> None:
        user, password = (re.sub(r"\\(.)", r"\1", word.strip('"')) for word in words)
        self._let_in(tag, user, password)

    def _authenticate(self, tag: str, _: list[str]) -> None:
        self._say("+ ")
        _, user, password = b64decode(self._read()).decode().split("\0")
        self._let_in(tag, user, password)

    def _let_in(self, tag: str, user: str, password: str) -> None:
        self._server.logins.append((user, password))
        if (user, password) == self._server.credentials:
            self._ok(tag)
        else:
            self._say(f"{tag} NO [AUTHENTICATIONFAILED] not {user} with {password}")  # servers that tell it exist

    def _select(self, tag: str, words: list[str]) -> None:
        if not self._server.knows(words[0]):
            self._say(f"{tag} NO no such folder")
            return
        self._say(f"* {len(self._server.mails)} EXISTS")
        read_only = self._server.misbehaviour == "read-only"
        self._say(f"{tag} OK [{'READ-ONLY' if read_only else 'READ-WRITE'}] selected")

    def _logout(self, tag: str, _: list[str]) -> None:
        self._say("* BYE see you")
        self._ok(tag)
        raise _HungUp

    def _search(self, tag: str, words: list[str]) -> None:
        assert words == ["UNSEEN"]
        if self._server.misbehaviour == "drop at search":
            raise _HungUp
        found = [str(mail.uid) for mail in self._server.mails if r"\Seen" not in mail.flags]
        self._say(" ".join(["* SEARCH", *found]))
        self._ok(tag)

    def _fetch(self, tag: str, words: list[str]) -> None:
        """RFC822.SIZE, or the content as a literal. BODY[] without PEEK sets the flag, as a server does."""
        number, mail = self._mail(words[0])
        if mail is not None and words[1] == _SIZE_ONLY:
            self._say(f"* {number} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.content)})")
        elif mail is not None:
            if "PEEK" not in words[1]:
                mail.flags.add(r"\Seen")
            self._say(f"* {number} FETCH (FLAGS ())")  # what another client did just now
            self._say(f"* {number} FETCH (UID {mail.uid} BODY[] {{{len(mail.content)}}}")
            self._send_literal(mail.content)
            self._say(")")
        self._ok(tag)

    def _send_literal(self, content: bytes) -> None:
        if self._server.misbehaviour == "drop inside fetch":
            self._line.sendall(content[: len(content) // 2])
            raise _HungUp
        while self._server.misbehaviour == "drip inside fetch":
            self._line.sendall(b"x")
            time.sleep(0.05)
        self._line.sendall(content)

    def _store(self, tag: str, words: list[str]) -> None:
        if self._server.misbehaviour == "refuse store":
            self._say(f"{tag} NO not yours")
            return
        _, mail = self._mail(words[0])
        assert words[1] == "+FLAGS.SILENT"
        if mail is not None:
            mail.flags |= set(words[2].strip("()").split())
        self._ok(tag)

    def _mail(self, uid: str) -> tuple[int, StoredPage | None]:
        found = ((place, mail) for place, mail in enumerate(self._server.mails, 1) if mail.uid == int(uid))
        return next(found, (0, None))

    # ── the line ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _secure(self) -> None:
        assert self._server.context is not None
        self._line = self._server.context.wrap_socket(self._line, server_side=True)

    def _ok(self, tag: str) -> None:
        self._say(f"{tag} OK done")

    def _say(self, words: str) -> None:
        self._line.sendall(words.encode() + b"\r\n")

    def _read(self) -> str:
        while b"\r\n" not in self._rest:
            more = self._line.recv(65536)
            if not more:
                raise _HungUp
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\r\n")
        return line.decode()
