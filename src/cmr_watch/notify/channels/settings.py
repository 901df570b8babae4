"""How the ways out are reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Security = Literal["starttls", "tls", "plain"]


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How to reach the mail server.

    `timeout` is for one answer, `deadline` for everything that one mail takes, connecting included; both in seconds.
    `ca_file` holds the certificates to trust in place of the machine's.
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
