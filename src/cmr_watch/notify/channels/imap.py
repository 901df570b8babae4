"""Reads a folder on an IMAP server (RFC 3501)."""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Protocol

from cmr_watch.exceptions import MailboxError
from cmr_watch.log import masked
from cmr_watch.notify.channels.connection_errors import connection_failure
from cmr_watch.notify.channels.oauth import TokenError, fetch_token, xoauth2
from cmr_watch.notify.channels.settings import MailboxSettings, Security
from cmr_watch.notify.incoming_mail import MAX_BYTES
from cmr_watch.notify.mail_parser import is_report

LOGOUT_TIMEOUT: Final = 3.0  # seconds; all mails are processed by then
PORTS: Final[dict[Security, int]] = {"tls": 993, "starttls": 143, "plain": 143}
MAX_MAILS: Final = 1000  # in one run; the rest follows in the next one
LIST_SIZE: Final = 500  # mails in one request, whose response is then some tens of kilobytes
HEAD_SIZE: Final = 32 * 1024  # bytes; more than a header and the words of a request have
MAX_RESPONSE: Final = 4 * 1024 * 1024  # bytes; far more than any request needs
_MAX_DIGITS: Final = 10  # of a 32-bit number
_UID: Final = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_SEEN: Final = re.compile(rb"\\Seen\b", re.IGNORECASE)


class Position(Protocol):
    """Remembers up to which UID a mailbox was read."""

    def load(self, mailbox: str, validity: int) -> int:
        """The UID; 0 if nothing is known of this mailbox with this UIDVALIDITY."""

    def save(self, mailbox: str, validity: int, uid: int) -> None:
        """Remember the UID."""


class _Rejected(MailboxError):
    """The server rejected a command."""


class _Limit:
    """Limits what a server may send in response to one command; imaplib would collect any amount in memory."""

    received = 0

    def read(self, size: int) -> bytes:
        """Read a literal."""
        self._count(size)
        return super().read(size)  # type: ignore[misc, no-any-return]

    def readline(self) -> bytes:
        """Read a line."""
        line: bytes = super().readline()  # type: ignore[misc]
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self.received += size
        if self.received > MAX_RESPONSE:
            raise imaplib.IMAP4.abort("the response is too large")


class _Limited(_Limit, imaplib.IMAP4): ...


class _LimitedTls(_Limit, imaplib.IMAP4_SSL): ...


class Imap:
    """An IMAP connection. A key is the UID of a mail."""

    def __init__(self, settings: MailboxSettings, position: Position | None = None) -> None:
        self._settings = settings
        self._port = settings.port or PORTS[settings.security]
        self._connection: imaplib.IMAP4 | None = None
        self._is_aborted = False
        self._position = position
        self._validity = self._reached = self._start = 0
        self._count = 0
        self._token = ""
        self.unreadable: list[str] = []

    def open(self) -> None:
        """Connect, log in, and open the folder. Raises MailboxError."""
        with self._step("rejected the connection", is_connecting=True):
            connection = self._connect()
        with self._step(
            f"rejected the login as {self._settings.user}",
            f"; check user and {_login_key(self._settings)} in [bounces]",
        ):
            self._log_in(connection)
        with self._step(f"cannot open the folder {self._settings.folder}"):
            self._select(connection)

    def close(self) -> None:
        """Remember how far the mailbox was read, log out and close the connection, if there is one."""
        connection, self._connection = self._connection, None
        sock = getattr(connection, "sock", None)
        if connection is not None and sock is not None:
            with suppress(OSError, ValueError, imaplib.IMAP4.error):
                sock.settimeout(min(self._settings.timeout, LOGOUT_TIMEOUT))
                connection.logout()
            with suppress(OSError):
                connection.shutdown()
        if self._position is not None and self._reached > self._start:
            self._position.save(self._name, self._validity, self._reached)

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """The unseen mails that have arrived since the mailbox was last read; at most MAX_MAILS, the oldest first."""
        unseen, highest = self._list_new()
        for uid in unseen:
            content = self._content(uid)
            if content is not None:
                yield str(uid), content
            self._reached = uid
        self._reached = max(highest, self._reached)

    def done(self, key: str) -> None:
        with self._step():
            self._uid("STORE", key, "+FLAGS.SILENT", r"(\Seen)")

    # ── what is new ──────────────────────────────────────────────────────────────────────────────────────────────

    def _select(self, connection: imaplib.IMAP4) -> None:
        """Open the folder. UIDs keep their meaning for as long as UIDVALIDITY is the same (RFC 3501 §2.3.1.1)."""
        self._count = _number(_require_ok(connection.select(_quoted(self._settings.folder))))
        self._validity = _number(connection.response("UIDVALIDITY")[1])
        if self._position is not None and self._validity:
            self._start = self._reached = self._position.load(self._name, self._validity)

    @property
    def _name(self) -> str:
        return f"{self._settings.user}@{self._settings.host}:{self._port}/{self._settings.folder}"

    def _list_new(self) -> tuple[list[int], int]:
        """The UIDs of the unseen mails after `_start`, and up to which UID this is known.

        Mails are listed by their numbers, in small ranges, because UIDs may have gaps of any size, and because a
        server may not change the numbers during FETCH (RFC 3501 §7.4.1).
        """
        unseen: list[int] = []
        highest = self._start
        for first in range(self._first_new(), self._count + 1, LIST_SIZE):
            for uid, is_seen in self._flags(first, min(first + LIST_SIZE - 1, self._count)):
                if uid > self._start:
                    highest = max(highest, uid)
                    unseen += [] if is_seen else [uid]
            if len(unseen) >= MAX_MAILS:
                unseen = sorted(unseen)[:MAX_MAILS]
                return unseen, unseen[-1]
        return sorted(unseen), highest

    def _first_new(self) -> int:
        """The number of the first mail with a UID after `_start`: UIDs ascend with the numbers (RFC 3501 §2.3.1.1)."""
        low, high = 1, self._count + 1
        while self._start and low < high:
            middle = high - 1 if high == self._count + 1 else (low + high) // 2  # usually, nothing is new
            found = self._flags(middle, middle)
            if not found or found[0][0] > self._start:
                high = middle
            else:
                low = middle + 1
        return low

    def _flags(self, first: int, last: int) -> list[tuple[int, bool]]:
        """The UIDs of the mails with these numbers, and whether each was seen."""
        with self._step():
            lines = _flattened(_require_ok(self._open_connection().fetch(f"{first}:{last}", "(UID FLAGS)")))
        uids = ((_UID.search(line), _SEEN.search(line)) for line in lines)
        return [(int(uid[1]), seen is not None) for uid, seen in uids if uid]

    # ── one mail ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _content(self, uid: int) -> bytes | None:
        """The start of a mail, which includes its header; of a report, as much as is parsed."""
        try:
            content = self._fetch(uid, HEAD_SIZE)
            is_longer = content is not None and len(content) >= HEAD_SIZE
            return self._fetch(uid, MAX_BYTES) if content and is_longer and is_report(content) else content
        except _Rejected as error:
            self.unreadable.append(f"UID {uid}: {error}")
            return None

    def _fetch(self, uid: int, size: int) -> bytes | None:
        with self._step():
            response = self._uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{size}>)")
        contents = (line[1] for line in response if isinstance(line, tuple) and b"BODY[" in line[0].upper())
        return next((content[:size] for content in contents), None)

    def _uid(self, *command: str) -> list[Any]:
        return _require_ok(self._open_connection().uid(*command))

    def _open_connection(self) -> imaplib.IMAP4:
        if self._connection is None:
            raise MailboxError(f"The connection to {self._server} is closed.")
        return self._connection

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self) -> imaplib.IMAP4:
        """imaplib connects in its constructor. So the object is created first, for `_abort` to find its socket."""
        settings = self._settings
        client_class: type[imaplib.IMAP4] = _LimitedTls if settings.security == "tls" else _Limited
        context = None if settings.security == "plain" else ssl.create_default_context(cafile=settings.ca_file)
        tls_options = {"ssl_context": context} if settings.security == "tls" else {}
        connection = self._connection = client_class.__new__(client_class)
        connection.__init__(settings.host, self._port, timeout=settings.timeout, **tls_options)  # type: ignore[misc]
        if settings.security == "starttls":
            _require_ok(connection.starttls(context))
        return connection

    def _log_in(self, connection: imaplib.IMAP4) -> None:
        user, password = self._settings.user, self._settings.password or ""
        if user is None:
            return
        if self._settings.oauth:
            self._token = fetch_token(self._settings.oauth)
            # a challenge that follows describes the failure; it must be answered before the server rejects the login
            responses = iter([xoauth2(user, self._token)])
            connection.authenticate("XOAUTH2", lambda _: next(responses, b""))
            return
        if (user + password).isascii():
            connection.login(user, password)
        else:  # imaplib's login supports only ASCII; SASL PLAIN uses UTF-8 (RFC 4616 §2)
            connection.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())

    @contextmanager
    def _step(self, failure: str = "", advice: str = "", *, is_connecting: bool = False) -> Iterator[None]:
        """Limit a step to the deadline, and raise MailboxError if it fails; `failure` describes a rejection.

        `advice` follows the reason for it.

        A server that sends a byte now and then never exceeds the time-out of a single read.
        """
        if isinstance(self._connection, _Limit):
            self._connection.received = 0
        timer = threading.Timer(self._settings.deadline, self._abort)
        timer.daemon = True
        timer.start()
        try:
            yield
        except TokenError as error:
            raise MailboxError(f"The {self._server} cannot be used: {error}.") from None
        except (imaplib.IMAP4.error, OSError, ValueError, MemoryError) as error:
            reason = self._connection_failure(error) if is_connecting else None
            reason = reason or self._described(error, failure, advice)
            kind = _Rejected if _is_rejection(error) else MailboxError
            raise kind(f"The {self._server} {reason}.") from None  # the cause may contain the password
        finally:
            timer.cancel()

    def _abort(self) -> None:
        self._is_aborted = True
        sock = getattr(self._connection, "sock", None)
        if sock is not None:
            with suppress(OSError):
                # not SSLSocket.shutdown, which would discard the TLS object that another thread is reading from
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    # ── error messages ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _server(self) -> str:
        return f"mailbox server {self._settings.host}:{self._port}"

    def _connection_failure(self, error: Exception) -> str | None:
        return connection_failure(TimeoutError() if self._is_aborted else error, "bounces", self._settings.security)

    def _described(self, error: Exception, failure: str, advice: str) -> str:
        if self._is_aborted or isinstance(error, TimeoutError):
            return "did not respond in time"
        reason = self._redacted(error)
        if _is_rejection(error):
            return f"{failure or 'rejected the request'}: {reason}{advice}"
        return f"cannot be used: {reason}"

    def _redacted(self, error: Exception) -> str:
        """The reason on one line, at most 200 characters, without the password."""
        reason = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error).encode()
        line = " ".join(reason.decode("utf-8", "replace").split()) or type(error).__name__
        for secret in (self._settings.password, _base64(self._settings.password), self._token):
            line = masked(line, secret) if secret else line
        return "".join(char for char in line if char.isprintable())[:200].rstrip(".")


def _login_key(settings: MailboxSettings) -> str:
    return "oauth_token_command or oauth_token_file" if settings.oauth else "password_file"


def _is_rejection(error: Exception) -> bool:
    """Whether the server understood the command and refused it. `abort` means that the connection is unusable."""
    return isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort)


def _number(data: list[Any]) -> int:
    """The number in a response; 0 if there is none."""
    text = bytes(data[-1] or b"") if data else b""
    return int(text) if text.isdigit() and len(text) <= _MAX_DIGITS else 0


def _require_ok(response: tuple[str, list[Any]]) -> list[Any]:
    """The data of a response. Raises IMAP4.error unless its status is OK."""
    status, data = response
    if status != "OK":
        raise imaplib.IMAP4.error(next((line for line in data if line), status))
    return data


def _flattened(data: list[Any]) -> list[bytes]:
    return [line[0] if isinstance(line, tuple) else line for line in data if line]


def _base64(password: str | None) -> str:
    return b64encode(password.encode()).decode() if password else ""


def _quoted(folder: str) -> str:
    """The name of a folder as an IMAP argument: in modified UTF-7 (RFC 3501 §5.1.3), and quoted."""
    encoded = re.sub(r"[^\x20-\x7e]+", lambda match: _utf7_shifted(match[0]), folder.replace("&", "&-"))
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _utf7_shifted(text: str) -> str:
    return "&" + b64encode(text.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
