"""Requests for a subscription that were made on the site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cmr_watch.models.recipients import SubscriptionRequest

_CONFIRMED: Final = "confirmed "
_MINUTE: Final = "%Y-%m-%d %H:%M UTC"
_DOTLESS: Final = ("gmail.com", "googlemail.com")
"""The domains of one service, which leaves out the full stops of an address."""
VALID_FOR: Final = timedelta(days=7)
"""How long a request can be confirmed, from when its mail was written."""
KEPT_FOR: Final = timedelta(days=28)
"""How long a request is kept, from when it was made."""
WAY: Final = "web form"
"""How the consent to a subscription begins that was given on the site."""


def inbox_of(mailbox: str) -> str:
    """Where the mail to a mailbox arrives, as far as its address tells.

    Many services deliver `ada+watch` to `ada`. So one inbox has any number of addresses, and only what they have in
    common can limit how many mails arrive in it.
    """
    local, _, domain = mailbox.rpartition("@")
    name = local.partition("+")[0] or local
    return f"{name.replace('.', '')}@{_DOTLESS[0]}" if domain in _DOTLESS else f"{name}@{domain}"


@dataclass(frozen=True, slots=True)
class Signup:
    """What somebody asks for, in the name of an address.

    - `consent_text`: the version of the text that was agreed to, and its language.
    - `network`: from which the request came, truncated.
    - `mailed_at`: when the mail that asks for confirmation was written; None until then.
    """

    request: SubscriptionRequest
    consent_text: str
    network: str
    requested_at: datetime
    id: int = 0
    mailed_at: datetime | None = None
    confirmed_at: datetime | None = None

    @property
    def address(self) -> str:
        """The address that is to be subscribed."""
        return self.request.address

    def is_valid(self, now: datetime) -> bool:
        """Whether it can still be confirmed."""
        return self.mailed_at is not None and self.mailed_at <= now < self.mailed_at + VALID_FOR

    def consent(self, now: datetime) -> str:
        """When, how and to what the address has agreed, once it is confirmed; kept with the subscription."""
        return (
            f"{WAY}, text {self.consent_text}, requested {self.requested_at.astimezone(UTC).strftime(_MINUTE)}"
            f" from {self.network}, {_CONFIRMED}{now.astimezone(UTC).strftime(_MINUTE)}"
        )


def confirmed_at(consent: str) -> datetime | None:
    """When a recipient has agreed on the site, by the consent of their subscription; None if they have not.

    The subscription itself may have begun earlier, if the operator added it, and begins anew after a restore.
    """
    if not consent.startswith(WAY):
        return None
    try:
        return datetime.strptime(consent.rpartition(_CONFIRMED)[2], _MINUTE).replace(tzinfo=UTC)
    except ValueError:
        return None
