"""Settings of the mail channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Security = Literal["starttls", "tls", "plain"]


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How to reach the mail server, and the addresses that appear in mails.

    `timeout` limits each response, `deadline` everything that one mail takes, including connecting; both in seconds.
    `ca_file` contains the certificates to trust instead of those of the system.
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
