"""The mailbox that mail comes back to: a Maildir folder, or IMAP (RFC 3501); the door of imaplib.

Mail that is not ours stays as it is, unread; what is dealt with is marked as seen.
"""

from __future__ import annotations

import imaplib
import os
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

from cmr_watch.exceptions import CmrWatchError
from cmr_watch.notify.channels.settings import Security

LARGEST_MAIL: Final = 5 * 1024 * 1024  # bytes; a larger one is no report that we could need
GOODBYE_TIMEOUT: Final = 3.0  # seconds; by then all is said
PORTS: Final[dict[Security, int]] = {"tls": 993, "starttls": 143, "plain": 143}
_SIZE: Final = re.compile(rb"RFC822\.SIZE (\d+)")


class MailboxError(CmrWatchError):
    """The mailbox cannot be read."""


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Either `maildir`, or `host` with what belongs to it.

    `timeout` is for one answer, `deadline` for one step, such as to log in or to fetch a mail; both in seconds.
    `ca_file` holds the certificates to trust in place of the machine's.
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


class Inbox(Protocol):
    """The mails that nobody has seen yet."""

    def mails(self) -> Iterator[tuple[str, bytes]]:
        """Each mail's key and content, one by one; too large ones are left out. Raises MailboxError."""

    def done(self, key: str) -> None:
        """This mail is dealt with: mark it as seen. Raises MailboxError."""


@contextmanager
def open_mailbox(settings: MailboxSettings) -> Iterator[Inbox]:
    """The mailbox, until the end of the block; raises MailboxError."""
    if settings.maildir is not None:
        yield _Maildir(settings.maildir)
        return
    line = _Imap(settings)
    try:
        line.open()
        yield line
    finally:
        line.close()


# ── a Maildir ────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Maildir:
    """A key is the part of a file name that stays when a mail program changes the flags behind it."""

    def __init__(self, root: Path) -> None:
        self._root = root
        with self._readable():
            if not root.is_dir():
                raise MailboxError(f"There is no folder {root}.")
            if not (root / "new").is_dir() or not (root / "cur").is_dir():
                raise MailboxError(f"{root} is no Maildir: it has no folders new and cur.")

    def mails(self) -> Iterator[tuple[str, bytes]]:
        with self._readable():
            unseen = [path for path in self._files() if path.parent.name == "new" or "S" not in _flags(path)]
        for path in unseen:
            content = self._content(path)
            if content is not None:
                yield _key(path), content

    def done(self, key: str) -> None:
        with self._readable():
            path = self._find(key)
            if path is not None:
                path.rename(self._root / "cur" / f"{key}:2,{''.join(sorted({*_flags(path), 'S'}))}")

    def _find(self, key: str) -> Path | None:
        """Where the mail is now; a mail program may have moved it since, or thrown it away."""
        asked = self._root / "new" / key
        return asked if asked.is_file() else next((path for path in self._files() if _key(path) == key), None)

    def _files(self) -> list[Path]:
        found = (path for name in ("new", "cur") for path in sorted((self._root / name).iterdir()))
        return [path for path in found if not path.name.startswith(".") and path.is_file()]

    def _content(self, path: Path) -> bytes | None:
        with self._readable(), suppress(FileNotFoundError), path.open("rb") as file:
            content = file.read(LARGEST_MAIL + 1)
            return content if len(content) <= LARGEST_MAIL else None
        return None

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise MailboxError(f"The Maildir {self._root} cannot be used: {_os_words(error)}.") from error


def _key(path: Path) -> str:
    return path.name.partition(":")[0]


def _flags(path: Path) -> str:
    return path.name.partition(":2,")[2]


def _os_words(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else type(error).__name__


# ── IMAP ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Imap:
    """One connection. A key is the UID of a mail."""

    def __init__(self, settings: MailboxSettings) -> None:
        self._settings = settings
        self._port = settings.port or PORTS[settings.security]
        self._connection: imaplib.IMAP4 | None = None
        self._late = False

    def open(self) -> None:
        """Connect, log in, and choose the folder; raises MailboxError."""
        with self._step():
            connection = self._connect()
        with self._step(f"refuses the user name or the password of {self._settings.user}"):
            self._log_in(connection)
        with self._step(f"has no folder {self._settings.folder} that we can open"):
            _expect(connection.select(_quoted(self._settings.folder)))

    def close(self) -> None:
        """Say goodbye, if there is a connection."""
        connection, self._connection = self._connection, None
        sock = getattr(connection, "sock", None)
        if connection is None or sock is None:
            return
        with suppress(OSError, imaplib.IMAP4.error):
            sock.settimeout(min(self._settings.timeout, GOODBYE_TIMEOUT))
            connection.logout()
        with suppress(OSError):
            connection.shutdown()

    def mails(self) -> Iterator[tuple[str, bytes]]:
        with self._step():
            found = self._uid("SEARCH", "UNSEEN")
        for uid in b" ".join(line for line in found if isinstance(line, bytes)).split():
            key = uid.decode("ascii", "replace")
            content = self._content(key)
            if content is not None:
                yield key, content

    def done(self, key: str) -> None:
        with self._step():
            self._uid("STORE", key, "+FLAGS.SILENT", r"(\Seen)")

    def _content(self, uid: str) -> bytes | None:
        with self._step():
            size = _SIZE.search(b" ".join(_flat(self._uid("FETCH", uid, "(UID RFC822.SIZE)"))))
            if size is None or int(size[1]) > LARGEST_MAIL:  # without a size: somebody has deleted it
                return None
            found = self._uid("FETCH", uid, "(UID BODY.PEEK[])")
        contents = (line[1] for line in found if isinstance(line, tuple) and b"BODY[" in line[0].upper())
        return next((content for content in contents if len(content) <= LARGEST_MAIL), None)

    def _uid(self, *command: str) -> list[Any]:
        connection = self._connection
        if connection is None:
            raise MailboxError(f"{self._name} is closed.")
        return _expect(connection.uid(*command))

    # ── the connection ───────────────────────────────────────────────────────────────────────────────────────────

    def _connect(self) -> imaplib.IMAP4:
        """The object is known before it connects, which it does when it is made: so that the deadline can cut it."""
        settings = self._settings
        kind = imaplib.IMAP4_SSL if settings.security == "tls" else imaplib.IMAP4
        context = None if settings.security == "plain" else ssl.create_default_context(cafile=settings.ca_file)
        secured = {"ssl_context": context} if settings.security == "tls" else {}
        connection = self._connection = kind.__new__(kind)
        connection.__init__(settings.host, self._port, timeout=settings.timeout, **secured)  # type: ignore[misc]
        if settings.security == "starttls":
            _expect(connection.starttls(context))
        return connection

    def _log_in(self, connection: imaplib.IMAP4) -> None:
        user, password = self._settings.user, self._settings.password or ""
        if user is None:
            return
        if (user + password).isascii():
            connection.login(user, password)
        else:  # imaplib's own login knows ASCII only; SASL PLAIN is UTF-8 (RFC 4616 §2)
            connection.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())

    @contextmanager
    def _step(self, refusal: str = "") -> Iterator[None]:
        """One step against the deadline: a server that drips keeps within every single time-out."""
        timer = threading.Timer(self._settings.deadline, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (imaplib.IMAP4.error, OSError, UnicodeError) as error:
            raise MailboxError(f"{self._name} {self._words(error, refusal)}.") from None  # it may hold the password
        finally:
            timer.cancel()

    def _cut(self) -> None:
        self._late = True
        sock = getattr(self._connection, "sock", None)
        if sock is not None:
            with suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # TLS's own would take it from under the reader

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _name(self) -> str:
        return f"The mailbox server {self._settings.host}:{self._port}"

    def _words(self, error: Exception, refusal: str) -> str:
        if self._late or isinstance(error, TimeoutError):
            return "takes too long to answer"
        known = next((words for kind, words in _TROUBLES.items() if isinstance(error, kind)), "")
        if known:
            return known
        said = self._safe(error)
        refused = isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort)
        return f"{refusal or 'refuses what we ask'}: {said}" if refused else f"broke off: {said}"

    def _safe(self, error: Exception) -> str:
        """One line, not too long, and without the password."""
        words = error.args[0] if error.args and isinstance(error.args[0], bytes) else str(error).encode()
        line = " ".join(words.decode("utf-8", "replace").split()) or type(error).__name__
        for secret in (self._settings.password, _encoded(self._settings.password)):
            line = line.replace(secret, "***") if secret else line
        return "".join(letter for letter in line if letter.isprintable())[:200].rstrip(".")


_TROUBLES: Final[dict[type[Exception], str]] = {
    socket.gaierror: "is not known by that name",
    UnicodeError: "is not known by that name",  # what getaddrinfo says to a name that cannot be one
    ConnectionRefusedError: "refuses the connection",
    ssl.SSLCertVerificationError: "shows a certificate that is not good",
}


def _expect(answer: tuple[str, list[Any]]) -> list[Any]:
    said, data = answer
    if said != "OK":
        raise imaplib.IMAP4.error(next((line for line in data if line), said))
    return data


def _flat(data: list[Any]) -> list[bytes]:
    return [line[0] if isinstance(line, tuple) else line for line in data if line]


def _encoded(password: str | None) -> str:
    return b64encode(password.encode()).decode() if password else ""


def _quoted(folder: str) -> str:
    """A folder's name on the wire: quoted, and in modified UTF-7 (RFC 3501 §5.1.3)."""
    plain = re.sub(r"[^\x20-\x7e]+", lambda found: _shifted(found[0]), folder.replace("&", "&-"))
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shifted(letters: str) -> str:
    return "&" + b64encode(letters.encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"
