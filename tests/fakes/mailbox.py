"""A real SMTP server on loopback that keeps what it takes and misbehaves as a test says.

    with Mailbox() as mailbox:
        MailChannel(mailbox.settings(), clock).send(message)
        assert mailbox.subjects == ["…"]

Script it with `refuse`, `answer_data`, `cut` and `slow`, before or between sends.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import re
import ssl
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from cmr_watch.notify.channels.mail import MailSettings, Security

logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # aiosmtpd tells of its own deprecations at each login

Moment = Literal["MAIL", "inside DATA", "before 250", "after 250"]
"""Where the line is dropped. "before 250": the mail is kept, but nobody is told."""

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]*>)", re.MULTILINE | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived."""

    sender: str
    recipient: str
    content: bytes = field(repr=False)

    @property
    def parsed(self) -> EmailMessage:
        return email.message_from_bytes(self.content, policy=email.policy.default)  # type: ignore[return-value]

    @property
    def subject(self) -> str:
        return str(self.parsed["Subject"])

    @property
    def message_id(self) -> str:
        found = _MESSAGE_ID.search(self.content)  # many are asked for theirs: no need to parse the whole mail
        return found[1].decode() if found else ""

    def part(self, kind: Literal["plain", "html"]) -> str:
        part = self.parsed.get_body((kind,))
        assert part is not None, f"no text/{kind} in the mail"
        return str(part.get_content())


class Mailbox:
    """The server. `mails` are the mails that it took; `connections` counts who knocked."""

    def __init__(
        self,
        security: Security = "plain",
        credentials: tuple[str, str] | None = None,
        smtputf8: bool = True,
        certified_for: str = "127.0.0.1",
    ) -> None:
        self.mails: list[Mail] = []
        self.connections = 0
        self.logins: list[tuple[str, str]] = []
        self.security = security
        self.credentials = credentials
        self.port = 0
        self._smtputf8 = smtputf8
        self._certified_for = certified_for
        self._folder = TemporaryDirectory(prefix="mailbox-")
        self._refused: dict[str, tuple[str, float]] = {}
        self._data_answers: deque[str] = deque()
        self._cuts: list[tuple[Moment, str | None]] = []
        self._pause = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncio.Server | None = None
        self._context: Any = None
        self._talks: set[_Talk] = set()

    # ── what it should do ────────────────────────────────────────────────────────────────────────────────────────

    def refuse(self, recipient: str, answer: str = "550 5.1.1 no such user", times: float = float("inf")) -> None:
        """Answer RCPT TO this address so, `times` times."""
        self._refused[recipient] = (answer, times)

    def answer_data(self, *answers: str) -> None:
        """Answer the next mails so after the final dot; none of them is kept."""
        self._data_answers.extend(answers)

    def cut(self, moment: Moment, to: str | None = None) -> None:
        """Drop the line once at this moment: of the next mail, or of the next one to an address."""
        self._cuts.append((moment, to))

    def slow(self, seconds: float) -> None:
        """Think that long before each answer to DATA."""
        self._pause = seconds

    def hang_up(self) -> None:
        """Close every open connection, as servers do with idle ones."""

        async def close() -> None:
            for talk in list(self._talks):
                talk.transport.close()

        self._do(close())

    # ── what it says of itself ───────────────────────────────────────────────────────────────────────────────────

    def settings(self, **changes: Any) -> MailSettings:
        """Settings that reach it."""
        user, password = self.credentials or (None, None)
        usual: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "sender": "watch@example.org",
            "security": self.security,
            "user": user,
            "password": password,
            "timeout": 5.0,
            "ca_file": None if self.security == "plain" else str(self._ca_file),
        }
        return MailSettings(**{**usual, **changes})

    @property
    def subjects(self) -> list[str]:
        return [mail.subject for mail in self.mails]

    @property
    def recipients(self) -> list[str]:
        return [mail.recipient for mail in self.mails]

    def by_message_id(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(mail.message_id for mail in self.mails)

    # ── its life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def __enter__(self) -> Mailbox:
        if self.security != "plain":
            self._make_certificates()
        self._thread.start()
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.shut()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._folder.cleanup()

    def open(self) -> None:
        """Listen, on the same port as before."""

        async def start() -> asyncio.Server:
            context = self._context if self.security == "tls" else None
            return await self._loop.create_server(self._talk, "127.0.0.1", self.port, ssl=context)

        self._server = self._do(start())
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        """Listen no more: connections are refused."""
        server, self._server = self._server, None
        if server is not None:
            self._loop.call_soon_threadsafe(server.close)
        self.hang_up()

    @contextmanager
    def shut_for_now(self) -> Iterator[None]:
        self.shut()
        yield
        self.open()

    @property
    def _ca_file(self) -> Path:
        return Path(self._folder.name, "ca.pem")

    def _make_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self._ca_file)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(self._certified_for).configure_cert(self._context)

    def _do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _end(self) -> None:
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await asyncio.sleep(0)

    def _talk(self) -> SMTP:
        self.connections += 1
        return _Talk(self)

    # ── what aiosmtpd asks ───────────────────────────────────────────────────────────────────────────────────────

    def _login(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        login = (data.login.decode(), data.password.decode())
        self.logins.append(login)
        # handled=False: else a bad login is never answered, and the client waits
        return AuthResult(success=login == self.credentials, handled=False)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer, times = self._refused.get(address, ("", 0.0))
        if times > 0:
            self._refused[address] = (answer, times - 1)
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        if self._pause:
            await asyncio.sleep(self._pause)
        if self._data_answers:
            return self._data_answers.popleft()
        for recipient in envelope.rcpt_tos:
            self.mails.append(Mail(envelope.mail_from or "", recipient, envelope.original_content or b""))
        if self._next_cut("before 250", envelope.rcpt_tos):
            server.transport.abort()
        elif self._next_cut("after 250", envelope.rcpt_tos):
            await server.push("250 OK")
            server.transport.close()
        return "250 OK"

    def _next_cut(self, moment: Moment, recipients: Sequence[str] = ()) -> bool:
        for to in (None, *recipients):
            if (moment, to) in self._cuts:
                self._cuts.remove((moment, to))
                return True
        return False


class _Talk(SMTP):
    """One connection."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        super().__init__(
            mailbox,
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
        self._mailbox._talks.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._mailbox._talks.discard(self)
        super().connection_lost(error)

    async def smtp_MAIL(self, arg: str) -> None:
        if self._mailbox._next_cut("MAIL"):
            self.transport.abort()
        elif self._mailbox.credentials and not self.session.authenticated:
            await self.push("530 5.7.0 Authentication required")
        else:
            await super().smtp_MAIL(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if self._mailbox._next_cut("inside DATA", self.envelope.rcpt_tos):
            await self.push("354 Go on")
            await self._reader.readline()
            self.transport.abort()
            return
        await super().smtp_DATA(arg)
