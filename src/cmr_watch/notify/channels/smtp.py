"""Sends mail over SMTP (RFC 5321). One connection carries many mails."""

from __future__ import annotations

import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable, Container
from contextlib import suppress
from typing import Final

from cmr_watch.clock import Clock
from cmr_watch.exceptions import ChannelDown, DeliveryError, LeaseLost
from cmr_watch.log import masked
from cmr_watch.models.recipients import Message
from cmr_watch.notify import refusals
from cmr_watch.notify.channels import mime
from cmr_watch.notify.channels.connection_errors import connection_failure
from cmr_watch.notify.channels.mail_addresses import parse
from cmr_watch.notify.channels.oauth import TokenError, fetch_token, xoauth2
from cmr_watch.notify.channels.settings import MailSettings
from cmr_watch.notify.channels.smtp_client import ReplyTooLong, SmtpClient, SmtpTlsClient
from cmr_watch.notify.channels.watchdog import Watchdog

# 530, 534, 535 and 538 ask for a login. 552 means a full mailbox, to be treated as 452 (RFC 5321 §4.5.3.1.10).
_TEMPORARY_5XX: Final = frozenset({530, 534, 535, 538, 552})
_ACCEPTED, _REFUSED = range(200, 300), range(400, 600)  # the first digit decides (RFC 5321 §4.2.1)
QUIT_TIMEOUT: Final = 3.0  # seconds; all mails are delivered by then, so a slow reply to QUIT is not worth waiting for
_PASSWORD_WORDS: Final = ("password", "password_file")
_CLOSING: Final = 421  # the server closes the connection, whatever the command (RFC 5321 §3.8)
_PERMANENT: Final = 500
_SENT_AT_ONCE: Final = 16_000  # bytes; less than a kernel waits with, and than what TLS sends in one piece
_NO_REPLY: Final = (-1, b"")  # smtplib, too, uses -1 for a reply without a valid code


class SmtpConnection:
    """The connection to the mail server. It is opened for the first mail, and again after it has been lost."""

    def __init__(self, settings: MailSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._client: SmtpClient | None = None
        self._context: ssl.SSLContext | None = None
        self._may_be_accepted = False
        self._token = ""
        self._watchdog = Watchdog(self._abort)
        self._sender_address = parse(settings.sender)
        self._sender = mime.MailSender(
            self._sender_address, settings.sender_name, settings.unsubscribe, settings.web_url
        )

    def send(self, message: Message, is_ours: Callable[[], bool]) -> None:
        """Return once the server has accepted the mail. Raises DeliveryError, or LeaseLost.

        `is_ours` is asked right before the final dot; if it is not, the connection is closed without it, and the server
        discards the mail (RFC 5321 §4.1.1.4).
        The error is `uncertain` if the connection was lost after the final dot may have been sent, because the server
        may have accepted the mail. KeyboardInterrupt is passed on unchanged.
        """
        mail = mime.compose(message, self._sender, self._clock())
        is_session_usable, self._may_be_accepted = False, False
        try:
            with self._watchdog.limit(self._settings.deadline):
                self._transmit(mail, is_ours)
            is_session_usable = True
        except DeliveryError:
            is_session_usable = True
            raise
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(self._why_lost(error), uncertain=self._may_be_accepted) from error
        finally:
            if not is_session_usable:  # also after a KeyboardInterrupt between a command and its reply
                self._disconnect()

    def check(self) -> None:
        """Connect and log in, without sending anything. Raises ChannelDown."""
        with self._watchdog.limit(self._settings.deadline):
            self._connected()

    def close(self) -> None:
        """Log out and close the connection, if there is one."""
        self._watchdog.stop()
        client, self._client = self._client, None
        if client is not None:
            with suppress(smtplib.SMTPException, OSError):
                if client.sock is not None:
                    client.sock.settimeout(min(self._settings.timeout, QUIT_TIMEOUT))
                client.quit()
            client.close()

    # ── one mail ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _transmit(self, mail: mime.MimeMail, is_ours: Callable[[], bool]) -> None:
        client = self._start_transaction(mail)
        code, reply = client.command(f"RCPT TO:<{mail.recipient}>")
        self._require(code, reply, _ACCEPTED, f"rejected the recipient {mail.recipient}")
        code, reply = client.command("DATA")
        self._require(code, reply, (354,), f"rejected the mail to {mail.recipient}")
        code, reply = self._send_content(client, mail.content, is_ours)
        if code not in _ACCEPTED and code not in _REFUSED:
            raise OSError(f"the reply to the mail means nothing: {self._described(code, reply)}")
        self._require(code, reply, _ACCEPTED, f"rejected the mail to {mail.recipient}")

    def _send_content(self, client: SmtpClient, content: bytes, is_ours: Callable[[], bool]) -> tuple[int, bytes]:
        """Send the content and the final dot: without the dot, the server does not accept the mail.

        Content that may have to wait for the server to read is sent before `is_ours` is asked. Less is sent with the
        dot: a server would wake up twice.
        """
        rest = _dot_stuffed(content)
        if len(rest) > _SENT_AT_ONCE:
            client.send(rest)
            rest = b""
        if not is_ours():
            raise LeaseLost
        # from here on, the dot may reach the server even if the connection is lost
        self._may_be_accepted = True
        client.send(rest + b".\r\n")
        return client.getreply()

    def _start_transaction(self, mail: mime.MimeMail) -> SmtpClient:
        """Send MAIL FROM. If a connection that was already open has become stale, reconnect once."""
        is_new = self._client is None
        client = self._connected()
        options = self._mail_options(client, mail)
        try:
            code, reply = client.command(f"MAIL FROM:<{self._sender_address}>{options}")
        except (smtplib.SMTPServerDisconnected, OSError):
            code, reply = _NO_REPLY
        if code in _ACCEPTED:
            return client
        self._disconnect()
        if not is_new:
            return self._start_transaction(mail)
        if code == _CLOSING:
            raise ChannelDown(f"{self._name} closed the connection: {self._described(code, reply)}")
        # without options, the command is the same for every mail, so every mail would be rejected
        error = DeliveryError if options else ChannelDown
        raise error(f"{self._name} does not accept mail from {self._sender_address}: {self._described(code, reply)}")

    def _mail_options(self, client: SmtpClient, mail: mime.MimeMail) -> str:
        if not mail.needs_smtputf8:
            return ""
        if not client.has_extn("smtputf8"):
            reason = f"{self._name} does not support SMTPUTF8, which the mail to {mail.recipient} requires"
            raise DeliveryError(reason, permanent=True)
        return " SMTPUTF8 BODY=8BITMIME"

    def _require(self, code: int, reply: bytes, accepted: Container[int], failure: str) -> None:
        """Raise DeliveryError unless the code is one of `accepted`; the session is reset for the next mail."""
        if code in accepted:
            return
        self._reset_session()
        permanent = 500 <= code < 600 and code not in _TEMPORARY_5XX
        reason = f"{self._name} {failure}: {self._described(code, reply)}"
        is_dead = permanent and refusals.is_dead(f"{code} {reply.decode('utf-8', 'replace')}")
        raise DeliveryError(reason, permanent=permanent, unknown_recipient=is_dead)

    def _reset_session(self) -> None:
        """Cancel this mail. The connection is kept for the next one if the server agrees."""
        try:
            is_usable = self._client is not None and self._client.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            is_usable = False
        if not is_usable:
            self._disconnect()

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _connected(self) -> SmtpClient:
        """The open connection; opened if necessary. Raises ChannelDown."""
        if self._client is not None:
            return self._client
        client = None
        try:
            client = self._connect()
        except TokenError as error:
            raise ChannelDown(f"{self._name} cannot be used: {error}") from None
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            cause = TimeoutError() if self._watchdog.has_expired else error
            raise ChannelDown(f"{self._name} {self._why_down(cause)}") from error
        finally:
            if client is None:
                self._disconnect()
        return client

    def _connect(self) -> SmtpClient:
        settings = self._settings
        client = self._client = self._new_client()
        code, reply = client.connect(settings.host, settings.port)
        if code != 220:
            raise _greeting_error(code, reply)
        _disable_nagle(client)
        client.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            code, reply = client.starttls(context=self._tls_context())
            if code != 220:
                raise smtplib.SMTPResponseException(code, reply)
            client.ehlo_or_helo_if_needed()
        if settings.user and settings.oauth:
            self._token = fetch_token(settings.oauth)
            _log_in_with_token(client, settings.user, self._token)
        elif settings.user:
            _log_in(client, settings.user, settings.password or "")
        return client

    def _new_client(self) -> SmtpClient:
        """A client that is not connected yet, so that the watchdog can abort it while it connects."""
        timeout = self._settings.timeout
        client = (
            SmtpTlsClient(timeout=timeout, local_hostname=_ehlo_name(), context=self._tls_context())
            if self._settings.security == "tls"
            else SmtpClient(timeout=timeout, local_hostname=_ehlo_name())
        )
        client._host = self._settings.host  # type: ignore[attr-defined]  # the name that the certificate must match
        return client

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context(cafile=self._settings.ca_file)
        return self._context

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _abort(self) -> None:
        """Shut the socket down: a server that sends a byte now and then never exceeds the time-out of a single read."""
        client = self._client
        sock = client.sock if client is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    # ── error messages ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _name(self) -> str:
        return f"the mail server {self._settings.host}:{self._settings.port}"

    def _why_down(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPAuthenticationError):
            reply = self._described(error.smtp_code, _as_bytes(error.smtp_error))
            if error.smtp_code < _PERMANENT:
                return f"cannot check the login at the moment: {reply}"
            what, key = ("OAuth token", "oauth_token_command or oauth_token_file") if self._token else _PASSWORD_WORDS
            return f"rejected the user name or {what}: {reply}; check user and {key} in [mail]"
        if isinstance(error, smtplib.SMTPResponseException):
            return f"rejected the connection: {self._described(error.smtp_code, _as_bytes(error.smtp_error))}"
        if isinstance(error, ReplyTooLong):
            return str(error)
        known = connection_failure(error, "mail", self._settings.security)
        return self._redacted(known or f"cannot be reached: {error}")

    def _why_lost(self, error: Exception) -> str:
        if self._watchdog.has_expired or isinstance(error, TimeoutError):
            return f"{self._name} did not respond in time"
        if isinstance(error, ReplyTooLong):
            return f"{self._name} {error}"
        return f"the connection to {self._name} failed: {self._redacted(error)}"

    def _described(self, code: int, reply: bytes) -> str:
        return self._redacted(f"{code} {reply.decode('utf-8', 'replace')}") if code > 0 else "no valid reply"

    def _redacted(self, reason: object) -> str:
        """The reason on one line, at most 300 characters, without the password."""
        line = " ".join(str(reason).split()) or type(reason).__name__
        for secret in filter(None, (self._settings.password, self._token)):
            line = masked(line, secret)
        return line[:300]


def _dot_stuffed(content: bytes) -> bytes:
    """The content for DATA, without the final dot: a dot at the beginning of a line is doubled (RFC 5321 §4.5.2).

    Also after a bare line feed, which some servers accept as the end of a line.
    """
    lines = content if content.endswith(b"\r\n") else content + b"\r\n"
    return lines.replace(b"\n.", b"\n..")


def _disable_nagle(client: smtplib.SMTP) -> None:
    """Of a long mail, the final dot is sent separately; Nagle's algorithm would delay it until the rest has arrived."""
    if client.sock is not None:
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _greeting_error(code: int, reply: bytes) -> smtplib.SMTPException:
    """A server that expects TLS sends no greeting, or one that is not valid."""
    return smtplib.SMTPConnectError(code, reply) if code > 0 else smtplib.SMTPServerDisconnected("no valid greeting")


def _log_in(client: smtplib.SMTP, user: str, password: str) -> None:
    if (user + password).isascii():
        try:
            client.login(user, password)
        except ValueError as error:  # for CRAM-MD5: a challenge that is not base64; or a system without MD5
            raise smtplib.SMTPException(f"logging in failed, its challenge is not valid ({error})") from error
        return
    # smtplib's login supports only ASCII; SASL PLAIN uses UTF-8 (RFC 4616 §2)
    code, reply = client.docmd("AUTH", "PLAIN " + b64encode(f"\0{user}\0{password}".encode()).decode())
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _log_in_with_token(client: smtplib.SMTP, user: str, token: str) -> None:
    """Log in with XOAUTH2. A 334 describes the failure; an empty line must follow before the server rejects it."""
    code, reply = client.docmd("AUTH", "XOAUTH2 " + b64encode(xoauth2(user, token)).decode())
    if code == 334:
        code, reply = client.docmd("")
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _as_bytes(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode()


def _ehlo_name() -> str:
    """The name for EHLO. smtplib would look it up, which takes seconds if no name server responds."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
