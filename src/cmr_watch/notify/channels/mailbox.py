"""Reads the mailbox that receives bounces and unsubscribe mails: a Maildir folder, or IMAP (RFC 3501).

Processed mails are marked as seen. All others are left unread and unchanged.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from cmr_watch.config import Settings
from cmr_watch.exceptions import CmrWatchError, ConfigError
from cmr_watch.log import masked
from cmr_watch.notify.channels.connection_errors import connection_failure
from cmr_watch.notify.channels.settings import Security
from cmr_watch.os_errors import os_reason

LARGEST_MAIL: Final = 5 * 1024 * 1024  # bytes; delivery reports are smaller
LOGOUT_TIMEOUT: Final = 3.0  # seconds; all mails are processed by then
PORTS: Final[dict[Security, int]] = {"tls": 993, "starttls": 143, "plain": 143}
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxError(CmrWatchError):
    """The mailbox cannot be read."""


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Either `maildir`, or `host` and the settings for IMAP.

    `timeout` limits each response, `deadline` each step, such as logging in or fetching a mail; both in seconds.
    `ca_file` contains the certificates to trust instead of those of the system.
    """

    maildir: Path | None = None
    host: str = ""
    port: int | None = None
    security: Security = "tls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    folder: str = "INBOX"
    ca_file: Path | str | None = None
    timeout: float = 20.0
    deadline: float = 120.0


def mailbox_settings(settings: Settings) -> MailboxSettings:
    """The settings of the mailbox. Raises ConfigError if none is configured."""
    bounces = settings.bounces
    if bounces.maildir is None and bounces.host is None:
        raise ConfigError("no mailbox is configured: set maildir, or host and user, in [bounces]")
    return MailboxSettings(
        maildir=bounces.maildir,
        host=bounces.host or "",
        port=bounces.port,
        security=bounces.security,
        user=bounces.user,
        password=bounces.password,
        folder=bounces.folder,
        ca_file=bounces.ca_file,
    )


class Inbox(Protocol):
    """The unseen mails of a mailbox."""

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """The key and content of each unseen mail, except those above LARGEST_MAIL. Raises MailboxError."""

    def done(self, key: str) -> None:
        """Mark this mail as seen; do nothing if it no longer exists. Raises MailboxError."""


@contextmanager
def open_mailbox(settings: MailboxSettings) -> Iterator[Inbox]:
    """Open the mailbox for the duration of the block. Raises MailboxError."""
    if settings.maildir is not None:
        yield _Maildir(settings.maildir)
        return
    inbox = _Imap(settings)
    try:
        inbox.open()
        yield inbox
    finally:
        inbox.close()


# ── Maildir ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Maildir:
    """A key is the part of a file name before the flags, which mail programs change."""

    def __init__(self, root: Path) -> None:
        self._root = root
        with self._os_errors_reported():
            if not root.is_dir():
                raise MailboxError(f"The Maildir {root} does not exist.")
            if not (root / "new").is_dir() or not (root / "cur").is_dir():
                raise MailboxError(f"{root} is not a Maildir: it needs the folders new and cur.")

    def mails(self) -> Iterator[tuple[str, bytes]]:
        with self._os_errors_reported():
            unseen = [path for path in self._files() if path.parent.name == "new" or "S" not in _flags(path)]
        for path in unseen:
            content = self._content(path)
            if content is not None:
                yield _key(path), content

    def done(self, key: str) -> None:
        with self._os_errors_reported():
            path = self._find(key)
            if path is not None:
                path.rename(self._root / "cur" / f"{key}:2,{''.join(sorted({*_flags(path), 'S'}))}")

    def _find(self, key: str) -> Path | None:
        """The current path of the mail, None if it is gone: a mail program may have moved or deleted it."""
        unmoved = self._root / "new" / key
        return unmoved if unmoved.is_file() else next((path for path in self._files() if _key(path) == key), None)

    def _files(self) -> list[Path]:
        paths = (path for name in ("new", "cur") for path in sorted((self._root / name).iterdir()))
        return [path for path in paths if not path.name.startswith(".") and path.is_file()]

    def _content(self, path: Path) -> bytes | None:
        with self._os_errors_reported(), suppress(FileNotFoundError), path.open("rb") as file:
            content = file.read(LARGEST_MAIL + 1)
            return content if len(content) <= LARGEST_MAIL else None
        return None

    @contextmanager
    def _os_errors_reported(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise MailboxError(f"The Maildir {self._root} cannot be accessed: {os_reason(error)}.") from error


def _key(path: Path) -> str:
    return path.name.partition(":")[0]


def _flags(path: Path) -> str:
    return path.name.partition(":2,")[2]


# ── IMAP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Imap:
    """An IMAP connection. A key is the UID of a mail."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings
        self._port = settings.port or PORTS[settings.security]
        self._connection: imaplib.IMAP4 | None = None
        self._is_aborted = False

    def open(self) -> None:
        """Connect, log in, and open the folder. Raises MailboxError."""
        with self._step("rejected the connection", is_connecting=True):
            connection = self._connect()
        with self._step(f"rejected the login as {self._settings.user}", "; check user and password_file in [bounces]"):
            self._log_in(connection)
        with self._step(f"cannot open the folder {self._settings.folder}"):
            _require_ok(connection.select(_quoted(self._settings.folder)))

    def close(self) -> None:
        """Log out and close the connection, if there is one."""
        connection, self._connection = self._connection, None
        sock = getattr(connection, "sock", None)
        if connection is None or sock is None:
            return
        with suppress(OSError, imaplib.IMAP4.error):
            sock.settimeout(min(self._settings.timeout, LOGOUT_TIMEOUT))
            connection.logout()
        with suppress(OSError):
            connection.shutdown()

    def mails(self) -> Iterator[tuple[str, bytes]]:
        with self._step():
            response = self._uid("SEARCH", "UNSEEN")
        for uid in b" ".join(line for line in response if isinstance(line, bytes)).split():
            key = uid.decode("ascii", "replace")
            content = self._content(key)
            if content is not None:
                yield key, content

    def done(self, key: str) -> None:
        with self._step():
            self._uid("STORE", key, "+FLAGS.SILENT", r"(\Seen)")

    def _content(self, uid: str) -> bytes | None:
        with self._step():
            size = _SIZE.search(b" ".join(_flattened(self._uid("FETCH", uid, "(UID RFC822.SIZE)"))))
            if size is None or int(size[1]) > LARGEST_MAIL:  # no size: the mail was deleted in the meantime
                return None
            response = self._uid("FETCH", uid, "(UID BODY.PEEK[])")
        contents = (line[1] for line in response if isinstance(line, tuple) and b"BODY[" in line[0].upper())
        return next((content for content in contents if len(content) <= LARGEST_MAIL), None)

    def _uid(self, *command: str) -> list[Any]:
        connection = self._connection
        if connection is None:
            raise MailboxError(f"The connection to {self._server} is closed.")
        return _require_ok(connection.uid(*command))

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self) -> imaplib.IMAP4:
        """imaplib connects in its constructor. So the object is created first, for `_abort` to find its socket."""
        settings = self._settings
        client_class = imaplib.IMAP4_SSL if settings.security == "tls" else imaplib.IMAP4
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
        timer = threading.Timer(self._settings.deadline, self._abort)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            reason = self._connection_failure(error) if is_connecting else None
            reason = reason or self._described(error, failure, advice)
            raise MailboxError(f"The {self._server} {reason}.") from None  # the cause may contain the password
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
        is_rejection = isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort)
        return f"{failure or 'rejected the request'}: {reason}{advice}" if is_rejection else f"cannot be used: {reason}"

    def _redacted(self, error: Exception) -> str:
        """The reason on one line, at most 200 characters, without the password."""
        reason = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error).encode()
        line = " ".join(reason.decode("utf-8", "replace").split()) or type(error).__name__
        for secret in (self._settings.password, _base64(self._settings.password)):
            line = masked(line, secret) if secret else line
        return "".join(char for char in line if char.isprintable())[:200].rstrip(".")


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
