"""Settings of the mail channel and of the mailbox, and how they follow from the configuration."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from cmr_watch.config import Settings
from cmr_watch.exceptions import ConfigError

Security = Literal["starttls", "tls", "plain"]


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Where the access token comes from: the output of a command, or a file that another program keeps up to date."""

    command: tuple[str, ...] = ()
    file: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.command or self.file)


NO_TOKEN: Final = TokenSource()


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How to reach the mail server, and the addresses that appear in mails.

    `timeout` limits each response, `deadline` everything that one mail takes, including connecting; both in seconds.
    `ca_file` contains the certificates to trust instead of those of the system. `oauth` is used instead of a password.
    """

    host: str
    port: int
    sender: str
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    sender_name: str = ""
    timeout: float = 20.0
    deadline: float = 120.0
    ca_file: str | None = None
    unsubscribe: str | None = None
    web_url: str | None = None
    oauth: TokenSource = NO_TOKEN


def mail_settings(settings: Settings) -> MailSettings | None:
    """The settings of the mail channel; None if no mail server is configured."""
    mail = settings.mail
    if mail.host is None or mail.sender is None:
        return None
    return MailSettings(
        host=mail.host,
        port=mail.effective_port,
        sender=mail.sender,
        security=mail.security,
        user=mail.user,
        password=mail.password,
        oauth=TokenSource(mail.oauth_token_command, mail.oauth_token_file),
        sender_name=mail.sender_name,
        ca_file=str(mail.ca_file) if mail.ca_file else None,
        unsubscribe=mail.unsubscribe,
        web_url=settings.web.secure_url,
    )


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Either `maildir`, or `host` and the settings for IMAP.

    `timeout` limits each response, `deadline` each step, such as logging in or fetching a mail; both in seconds.
    `ca_file` contains the certificates to trust instead of those of the system. `oauth` is used instead of a password.
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
    oauth: TokenSource = NO_TOKEN


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
        oauth=TokenSource(bounces.oauth_token_command, bounces.oauth_token_file),
        folder=bounces.folder,
        ca_file=bounces.ca_file,
    )
