"""Mails that readers ask for on the site, in the name of an address: a link to manage its subscription, its data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from cmr_watch.models.muting import Mute
from cmr_watch.models.recipients import Subscription

LINK_VALID_FOR: Final = timedelta(hours=24)
"""How long a link works, from when its mail was written."""
KEPT_FOR: Final = timedelta(days=7)
"""How long a request is kept, from when it was made."""
RequestKind = Literal["link", "export"]


@dataclass(frozen=True, slots=True)
class MailRequest:
    """A mail that is asked for. `language`: of the page, as a code. `network`: from which it came, truncated.

    `mailed_at`: when the mail was written; None until then.
    """

    kind: RequestKind
    address: str
    language: str
    network: str
    requested_at: datetime
    id: int = 0
    mailed_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether its link works."""
        is_mailed = self.mailed_at is not None and self.mailed_at <= now < self.mailed_at + LINK_VALID_FOR
        return self.kind == "link" and is_mailed


@dataclass(frozen=True, slots=True)
class Managed:
    """What a link opens: an address with its subscriptions, oldest first, and what it has muted."""

    address: str
    subscriptions: tuple[Subscription, ...]
    mutes: tuple[Mute, ...] = ()

    @property
    def active(self) -> tuple[Subscription, ...]:
        """Those that have not ended."""
        return tuple(entry for entry in self.subscriptions if entry.status == "active")

    @property
    def is_declared(self) -> bool:
        """Whether the configuration declares it, so that only the operator decides what is sent."""
        return any(entry.name is not None for entry in self.active)
