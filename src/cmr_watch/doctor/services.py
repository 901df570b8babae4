"""Checks what surrounds the program: the mailbox of bounces, the folder of backups, the health endpoints, the monitor.

Each takes a limited time, and changes nothing: no mail is read, no file is kept, the monitor is not pinged.
"""

from __future__ import annotations

import errno
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cmr_watch.config import DaemonSection, Settings, WebSection
from cmr_watch.doctor.finding import Finding
from cmr_watch.notify.channels.mailbox import MailboxError, MailboxSettings, mailbox_settings, open_mailbox

TIMEOUT: Final = 10.0  # seconds
_DEADLINE: Final = 20.0


def check_services(settings: Settings) -> Iterator[Finding]:
    """Check those of the services that are configured."""
    if settings.bounces.maildir or settings.bounces.host:
        yield _check_mailbox(replace(mailbox_settings(settings), timeout=TIMEOUT, deadline=_DEADLINE))
    if settings.backup.folder:
        yield _check_backup_folder(settings.backup.folder)
    for port in (
        _Port("endpoints", "[daemon] listen", settings.daemon.listen, DaemonSection().listen, "health endpoints"),
        _Port("site", "[web] listen", settings.web.listen, WebSection().listen, "the public site"),
    ):
        if port.listen:
            yield _check_listen(port)
    if settings.daemon.ping:
        yield _check_ping(settings.daemon.ping)


def _check_mailbox(mailbox: MailboxSettings) -> Finding:
    if mailbox.maildir is None and mailbox.user is None:
        text = "[bounces] names a host, but no user to log in with"
        return Finding("bounces", False, text, "Set user and password_file (or oauth_token_command) in [bounces].")
    try:
        with open_mailbox(mailbox):
            pass
    except MailboxError as error:
        is_folder = mailbox.maildir is not None
        keys = "maildir" if is_folder else "host, port, security, user, password_file and folder"
        return Finding("bounces", False, str(error).rstrip("."), f"Check {keys} in [bounces].")
    if mailbox.maildir and not os.access(mailbox.maildir / "new", os.W_OK):
        advice = "Make the user that runs cmr-watch the owner of the Maildir."
        return Finding("bounces", False, f"no mail in {mailbox.maildir} can be marked as seen", advice)
    return Finding("bounces", True, f"{mailbox.maildir or f'the mailbox on {mailbox.host}'} can be read")


def _check_backup_folder(folder: Path) -> Finding:
    """The folder is created with the first backup, so what matters is the nearest folder that exists."""
    existing = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    advice = "Give the user that runs cmr-watch a folder that it can write to (with systemd: also in ReadWritePaths)."
    try:
        with tempfile.TemporaryFile(dir=existing):
            fate = "can be written" if folder.exists() else "does not exist yet; `run` creates it with the first backup"
            return Finding("backup", True, f"{folder} {fate}")
    except OSError as error:
        return Finding("backup", False, f"{folder} cannot be written: {error.strerror or error}", advice)


@dataclass(frozen=True, slots=True)
class _Port:
    """A port that the daemon listens on: the name of its check, its setting, and what it is for."""

    name: str
    setting: str
    listen: str
    default: str
    purpose: str


def _check_listen(checked: _Port) -> Finding:
    name, listen = checked.name, checked.listen
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    advice = f'Choose another address in {checked.setting}, or "" to run without {checked.purpose}.'
    try:
        family, _, _, _, address = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        with socket.create_server(address, family=family):
            return Finding(name, True, f"the daemon can listen on {listen}")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            return Finding(name, False, f"the daemon cannot listen on {listen}: {error.strerror or error}", advice)
    if _is_daemon(host, int(port)):
        return Finding(name, True, f"the daemon is running and listens on {listen}")
    # an operator who uses cron and has never set the address has nothing to fix
    is_problem = listen != checked.default
    text = f"another program listens on {listen}, so the daemon could not start"
    return Finding(name, False if is_problem else None, text, advice)


def _is_daemon(host: str, port: int) -> bool:
    connection = HTTPConnection("127.0.0.1" if host in ("", "0.0.0.0") else host, port, timeout=TIMEOUT)  # noqa: S104
    try:
        connection.request("GET", "/livez")
        return (connection.getresponse().getheader("Server") or "").startswith("cmr-watch")
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _check_ping(url: str) -> Finding:
    """Only the host is named: the path of the URL is a secret."""
    monitor = urlsplit(url)
    host, port = monitor.hostname or "", monitor.port or (443 if monitor.scheme == "https" else 80)
    try:
        with socket.create_connection((host, port), TIMEOUT):
            return Finding("ping", True, f"{host} accepts connections on port {port}; it was not pinged")
    except OSError as error:
        reason = error.strerror or error
        text = f"the dead man's switch {host} cannot be reached on port {port}: {reason}"
        return Finding("ping", False, text, "Check [daemon] ping and the network.")
