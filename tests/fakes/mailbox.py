"""An SMTP server on loopback that keeps the mails it accepts, with scripted misbehaviour.

    with Mailbox() as mailbox:
        MailChannel(mailbox.settings(), clock).send(message)
        assert mailbox.subjects == ["…"]

Script it with `refuse`, `reply_to_data`, `cut` and `slow`, at any time between mails.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import re
import ssl
import threading
from base64 import b64decode, b64encode
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from cmr_watch.notify.channels.mail import MailSettings, Security

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd logs its own deprecation warnings at each login

Moment = Literal["MAIL", "inside DATA", "before 250", "after 250"]
"""When the connection is dropped. "before 250": the mail is accepted, but the client gets no reply."""

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]*>)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived. It is parsed only once, as tests ask again and again."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)
    _parts: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def parsed(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)  # type: ignore[return-value]

    @cached_property
    def subject(self) -> str:
        return str(self.parsed["Subject"])

    @property
    def message_id(self) -> str:
        match = _MESSAGE_ID.search(self.content)  # much faster than parsing the mail, and called for thousands
        return match[1].decode() if match else ""

    def part(self, kind: Literal["plain", "html"]) -> str:
        if kind not in self._parts:
            part = self.parsed.get_body((kind,))
            assert part is not None, f"no text/{kind} in the mail"
            self._parts[kind] = str(part.get_content())
        return self._parts[kind]


class Mailbox:
    """The server. `mails` are the mails that it accepted; `connections` counts the connections."""

    def __init__(
        self,
        security: Security = "plain",
        credentials: tuple[str, str] | None = None,
        smtputf8: bool = True,
        certified_for: str | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.mails: list[Mail] = []
        self.connections = 0
        self.logins: list[tuple[str, str]] = []
        self.security = security
        self.credentials = credentials
        self.port = 0
        self._smtputf8 = smtputf8
        self._certified_for = certified_for or host
        self._host = host
        self._folder = TemporaryDirectory(prefix="mailbox-")
        self._rejections: dict[str, tuple[str, float]] = {}
        self._data_replies: deque[str] = deque()
        self._cuts: list[tuple[Moment, str | None]] = []
        self._pause = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._context: Any = None
        self._sessions: set[_Session] = set()

    # ── scripting ────────────────────────────────────────────────────────────────────────────────────────────────

    def refuse(self, recipient: str, reply: str = "550 5.1.1 no such user", times: float = float("inf")) -> None:
        """Reject the next `times` RCPT TO for this address."""
        self._rejections[recipient] = (reply, times)

    def reply_to_data(self, *replies: str) -> None:
        """Reply to the next mails with these, one each, after the final dot. These mails are not kept."""
        self._data_replies.extend(replies)

    def cut(self, moment: Moment, to: str | None = None) -> None:
        """Drop the connection once at this moment: during the next mail, or the next one to the address `to`."""
        self._cuts.append((moment, to))

    def slow(self, seconds: float) -> None:
        """Wait this long before each reply to the content of a mail."""
        self._pause = seconds

    def hang_up(self) -> None:
        """Close every open connection, as servers do after a time without commands."""

        async def close() -> None:
            for session in list(self._sessions):
                session.transport.close()

        self._run(close())

    # ── inspection ───────────────────────────────────────────────────────────────────────────────────────────────

    def settings(self, **changes: Any) -> MailSettings:
        """Settings for connecting to it."""
        user, password = self.credentials or (None, None)
        defaults: dict[str, Any] = {
            "host": self._host,
            "port": self.port,
            "sender": "watch@example.org",
            "security": self.security,
            "user": user,
            "password": password,
            "timeout": 5.0,
            "ca_file": None if self.security == "plain" else str(self._ca_file),
        }
        return MailSettings(**{**defaults, **changes})

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mails]

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.mails]

    def by_message_id(self) -> Counter[str]:
        """How often each Message-ID was accepted."""
        return Counter(mail.message_id for mail in self.mails)

    # ── starting and stopping ────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Mailbox:
        if self.security != "plain":
            self._make_certificates()
        self._thread.start()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._run(self._cancel_tasks())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()

    def start(self) -> None:
        """Accept connections, on the same port as before."""

        async def listen() -> asyncio.Server:
            context = self._context if self.security == "tls" else None
            return await self._loop.create_server(self._new_session, self._host, self.port, ssl=context)

        self._server = self._run(listen())
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Close every connection, and refuse new ones."""
        server, self._server = self._server, None
        if server is not None:
            self._loop.call_soon_threadsafe(server.close)
        self.hang_up()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Refuse connections during the block."""
        self.stop()
        yield
        self.start()

    @property
    def _ca_file(self) -> Path:
        return Path(self._folder.name, "ca.pem")

    def _make_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self._ca_file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(self._certified_for).configure_cert(self._context)

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _cancel_tasks(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def _new_session(self) -> SMTP:
        self.connections += 1
        return _Session(self)

    # ── called by the sessions ───────────────────────────────────────────────────────────────────────────────────────

    def _login(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login)
        # with handled=True, aiosmtpd would not reply to a failed login
        return AuthResult(success=login == self.credentials, handled=False)

    def _take_cut(self, moment: Moment, recipients: Sequence[str] = ()) -> bool:
        """Remove a scripted cut for this moment; False if there is none."""
        for to in (None, *recipients):
            if (moment, to) in self._cuts:
                self._cuts.remove((moment, to))
                return True
        return False


class _Handler:
    """What aiosmtpd calls. It reads every attribute of its handler at each connection, even `Mailbox.subjects`."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        reply, times = self._mailbox._rejections.get(address, ("", 0.0))
        if times > 0:
            self._mailbox._rejections[address] = (reply, times - 1)
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self._mailbox._pause:
            await asyncio.sleep(self._mailbox._pause)
        if self._mailbox._data_replies:
            return self._mailbox._data_replies.popleft()
        for recipient in envelope.rcpt_tos:
            self._mailbox.mails.append(Mail(envelope.mail_from or "", recipient, envelope.original_content or b""))
        if self._mailbox._take_cut("before 250", envelope.rcpt_tos):
            server.transport.abort()
        elif self._mailbox._take_cut("after 250", envelope.rcpt_tos):
            await server.push("250 OK")
            server.transport.close()
        return "250 OK"


class _Session(SMTP):
    """One connection of a client."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        super().__init__(
            _Handler(mailbox),
            hostname="mailbox.test",
            enable_SMTPUTF8=mailbox._smtputf8,
            tls_context=mailbox._context if mailbox.security == "starttls" else None,
            require_starttls=mailbox.security == "starttls",
            authenticator=mailbox._login,
            auth_require_tls=False,
            loop=mailbox._loop,
        )

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._mailbox._sessions.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._mailbox._sessions.discard(self)
        super().connection_lost(error)

    async def auth_XOAUTH2(self, _server: SMTP, arguments: list[str]) -> AuthResult:
        """A failure is described in a challenge, which the client answers with an empty line."""
        response = b64decode(arguments[1]).decode()
        self._mailbox.logins.append((response, ""))
        user, token = self._mailbox.credentials or ("", "")
        if response == f"user={user}\x01auth=Bearer {token}\x01\x01":
            return AuthResult(success=True, auth_data=user)
        await self.push("334 " + b64encode(b'{"status":"400"}').decode())
        assert await self._reader.readline() == b"\r\n"
        return AuthResult(success=False, handled=False)

    async def smtp_MAIL(self, arg: str) -> None:
        if self._mailbox._take_cut("MAIL"):
            self.transport.abort()
        elif self._mailbox.credentials and not self.session.authenticated:
            await self.push("530 5.7.0 Authentication required")
        else:
            await super().smtp_MAIL(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if self._mailbox._take_cut("inside DATA", self.envelope.rcpt_tos):
            await self.push("354 Go on")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)
