"""Mail over SMTP (RFC 5321): the door of smtplib. One connection carries many mails."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from cmr_watch.exceptions import ChannelDown, DeliveryError
from cmr_watch.models import Message
from cmr_watch.notify.channels import mime
from cmr_watch.notify.channels.mail_addresses import parse
from cmr_watch.notify.channels.settings import MailSettings
from cmr_watch.notify.channels.watchdog import Watchdog

# 530, 534, 535, 538 say: log in first. 552 says: full now, as RFC 5321 §4.5.3.1.10 wants it read.
_TEMPORARY_5XX: Final = frozenset({530, 534, 535, 538, 552})
GOODBYE_TIMEOUT: Final = 3.0  # seconds; by then all is said, and nobody should wait for a polite answer
_ENHANCED: Final = re.compile(rb"\s*5\.(\d{1,3})\.\d{1,3}\b")
_HUNG_UP: Final = (421, b"it hung up")


class Line:
    """The line to the mail server, one for many mails. A broken one is opened anew for the next mail."""

    def __init__(self, settings: MailSettings, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._clock = clock
        self._connection: smtplib.SMTP | None = None
        self._context: ssl.SSLContext | None = None
        self._is_past_the_dot = False
        self._watchdog = Watchdog(self._cut)
        self._sender = parse(settings.sender)
        self._from = mime.Sender(self._sender, settings.sender_name, settings.unsubscribe, settings.web_url)

    def send(self, message: Message) -> None:
        """Return when the server has taken the mail.

        An error is `uncertain` when the dot may have been said and no answer was heard. Ctrl-C goes through as it is,
        and says nothing of it.
        """
        ready = mime.write(message, self._from, self._clock())
        in_step, self._is_past_the_dot = False, False
        try:
            with self._watchdog.watching(self._settings.deadline):
                self._transmit(ready)
            in_step = True
        except DeliveryError:
            in_step = True
            raise
        except (smtplib.SMTPException, OSError) as error:
            words = f"{self._name} broke off: {self._safe(error)}"
            raise DeliveryError(words, uncertain=self._is_past_the_dot) from error
        finally:
            if not in_step:  # also when Ctrl-C came between a command and its answer
                self._drop()

    def check(self) -> None:
        """Connect and log in, send nothing; raises ChannelDown."""
        with self._watchdog.watching(self._settings.deadline):
            self._open()

    def close(self) -> None:
        """Say goodbye, if there is a connection."""
        self._watchdog.dismiss()
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                if connection.sock is not None:
                    connection.sock.settimeout(min(self._settings.timeout, GOODBYE_TIMEOUT))
                connection.quit()
            connection.close()

    # ── one mail ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _transmit(self, ready: mime.MimeMail) -> None:
        connection = self._begin(ready)
        code, reply = connection.rcpt(str(ready.recipient))
        self._expect(code, reply, (250, 251), f"refuses {ready.recipient}")
        code, reply = connection.docmd("DATA")
        self._expect(code, reply, (354,), f"refuses the mail to {ready.recipient}")
        code, reply = self._hand_over(connection, ready.content)
        self._expect(code, reply, (250,), f"refuses the mail to {ready.recipient}")

    def _hand_over(self, connection: smtplib.SMTP, content: bytes) -> tuple[int, bytes]:
        """The content, and then the dot: a server that did not get the dot has no mail."""
        connection.send(_quoted(content))
        # from here on the dot may have gone out, whatever becomes of the line: nobody can know whether it arrived
        self._is_past_the_dot = True
        connection.send(b".\r\n")
        return connection.getreply()

    def _begin(self, ready: mime.MimeMail) -> smtplib.SMTP:
        """An open connection with MAIL FROM said. Nothing is handed over yet, so a worn one is simply replaced."""
        fresh = self._connection is None
        connection = self._open()
        options = self._options(connection, ready)
        try:
            code, reply = connection.mail(str(self._sender), options)
        except (smtplib.SMTPServerDisconnected, OSError):
            code, reply = _HUNG_UP
        if code == 250:
            return connection
        self._drop()
        if not fresh:
            return self._begin(ready)
        error = DeliveryError if options else ChannelDown  # the sender is the same for every mail, so is the refusal
        raise error(f"{self._name} takes no mail from {self._sender}: {self._say(code, reply)}")

    def _options(self, connection: smtplib.SMTP, ready: mime.MimeMail) -> list[str]:
        if not ready.international:
            return []
        if not connection.has_extn("smtputf8"):
            raise DeliveryError(f"{self._name} offers no SMTPUTF8, which {ready.recipient} needs", permanent=True)
        return ["SMTPUTF8", "BODY=8BITMIME"]

    def _expect(self, code: int, reply: bytes, wanted: tuple[int, ...], what: str) -> None:
        if code in wanted:
            return
        self._start_over()
        permanent = 500 <= code < 600 and code not in _TEMPORARY_5XX
        words = f"{self._name} {what}: {self._say(code, reply)}"
        raise DeliveryError(words, permanent=permanent, gone=_is_gone(code, reply))

    def _start_over(self) -> None:
        """This mail is off; the connection stays for the next one where the server goes along."""
        try:
            usable = self._connection is not None and self._connection.rset()[0] == 250
        except (smtplib.SMTPException, OSError):
            usable = False
        if not usable:
            self._drop()

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _open(self) -> smtplib.SMTP:
        if self._connection is not None:
            return self._connection
        opened = None
        try:
            opened = self._connect()
        except smtplib.SMTPAuthenticationError as error:
            words = f"refuses the user name or the password: {self._say(error.smtp_code, _bytes(error.smtp_error))}"
            raise ChannelDown(f"{self._name} {words}") from None
        except smtplib.SMTPResponseException as error:
            words = f"turns us away: {self._say(error.smtp_code, _bytes(error.smtp_error))}"
            raise ChannelDown(f"{self._name} {words}") from None
        except ssl.SSLCertVerificationError as error:
            raise ChannelDown(f"{self._name} shows a certificate that is not good: {error.verify_message}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise ChannelDown(f"{self._name} cannot be reached: {self._safe(error)}") from error
        finally:
            if opened is None:
                self._drop()
        return opened

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        connection = self._connection = self._unconnected()
        code, reply = connection.connect(settings.host, settings.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, reply)
        _without_delay(connection)
        connection.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            code, reply = connection.starttls(context=self._tls())
            if code != 220:
                raise smtplib.SMTPResponseException(code, reply)
            connection.ehlo_or_helo_if_needed()
        if settings.user:
            _log_in(connection, settings.user, settings.password or "")
        return connection

    def _unconnected(self) -> smtplib.SMTP:
        """Made without a host, so that the deadline can cut it while it connects."""
        timeout = self._settings.timeout
        connection = (
            smtplib.SMTP_SSL(timeout=timeout, local_hostname=_own_name(), context=self._tls())
            if self._settings.security == "tls"
            else smtplib.SMTP(timeout=timeout, local_hostname=_own_name())
        )
        connection._host = self._settings.host  # type: ignore[attr-defined]  # the name that TLS checks
        return connection

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context(cafile=self._settings.ca_file)
        return self._context

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _cut(self) -> None:
        """What the watchdog does to a server that drips, which keeps within every single time-out."""
        connection = self._connection
        sock = connection.sock if connection is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _name(self) -> str:
        return f"the mail server {self._settings.host}:{self._settings.port}"

    def _say(self, code: int, reply: bytes) -> str:
        return self._safe(f"{code} {reply.decode('utf-8', 'replace')}" if code > 0 else "its answer is none")

    def _safe(self, words: object) -> str:
        """One line, not too long, and without the password."""
        line = " ".join(str(words).split()) or type(words).__name__
        if self._settings.password:
            line = line.replace(self._settings.password, "***")
        return line[:300]


def _quoted(content: bytes) -> bytes:
    """The content as DATA carries it before its last dot: dots doubled at the beginning of lines (RFC 5321 §4.5.2).

    After a lone line feed too, for some servers take that for the end of a line.
    """
    whole = content if content.endswith(b"\r\n") else content + b"\r\n"
    return whole.replace(b"\n.", b"\n..")


def _without_delay(connection: smtplib.SMTP) -> None:
    """The dot is a write of its own, which would else wait until the other side has acknowledged the content."""
    if connection.sock is not None:
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _log_in(connection: smtplib.SMTP, user: str, password: str) -> None:
    if (user + password).isascii():
        connection.login(user, password)
        return
    # smtplib's own login knows ASCII only; SASL PLAIN is UTF-8 (RFC 4616 §2).
    code, reply = connection.docmd("AUTH", "PLAIN " + b64encode(f"\0{user}\0{password}".encode()).decode())
    if code != 235:
        raise smtplib.SMTPAuthenticationError(code, reply)


def _is_gone(code: int, reply: bytes) -> bool:
    """Whether there is no such mailbox (RFC 3463 §3.2), and not a server that will not have us, or one that is full."""
    status = _ENHANCED.match(reply)
    return code in (550, 551, 553) and (status is None or status[1] == b"1")


def _bytes(reply: bytes | str) -> bytes:
    return reply if isinstance(reply, bytes) else reply.encode()


def _own_name() -> str:
    """What EHLO says. smtplib would ask the resolver, which takes seconds where there is none."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"
