"""From a Message to the bytes of a mail (RFC 5322): pure."""

from __future__ import annotations

import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from cmr_watch.exceptions import DeliveryError
from cmr_watch.models import Message

_LOCAL: Final = re.compile(r"[^\s\x00-\x20\x7f<>()\[\],;:\\\"@.]+(\.[^\s\x00-\x20\x7f<>()\[\],;:\\\"@.]+)*")
_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.(?!-)[a-z0-9-]{1,63})*", re.IGNORECASE)
# Where IDNA 2003, which Python speaks, and today's IDNA 2008 lead to different hosts (UTS 46 §7).
_DEVIATING: Final = frozenset("ßς\u200c\u200d")
_LONGEST_LOCAL: Final = 64  # bytes, RFC 5321 §4.5.3.1.1
_LONGEST_DOMAIN: Final = 255


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address that mail can go to. `domain` is in ASCII; `local` is not when only SMTPUTF8 (RFC 6531) carries it."""

    local: str
    domain: str

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready to go."""

    recipient: Mailbox
    content: bytes
    international: bool


def parse(address: str) -> Mailbox:
    """A bare address, `local@domain`, taken apart; anything else can never be written to."""
    local, _, domain = address.rpartition("@")
    if not _LOCAL.fullmatch(local) or not local.isprintable() or len(local.encode()) > _LONGEST_LOCAL:
        raise _no_address(address)
    return Mailbox(local, _ascii_domain(domain, address))


def _ascii_domain(domain: str, address: str) -> str:
    if not domain.isascii():
        if not _DEVIATING.isdisjoint(domain):
            raise _no_address(address, "write its domain in the xn-- form")
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            raise _no_address(address) from None
    if not _DOMAIN.fullmatch(domain) or len(domain) > _LONGEST_DOMAIN:
        raise _no_address(address)
    return domain


def _no_address(address: str, advice: str = "") -> DeliveryError:
    shown = ascii(address if len(address) <= 100 else address[:100] + "…")
    return DeliveryError(f"{shown} is no mail address" + (f": {advice}" if advice else ""), permanent=True)


def write(message: Message, sender: Mailbox, sender_name: str, now: datetime) -> Letter:
    """The mail as bytes: text and HTML, and headers that nobody can add to."""
    recipient = parse(message.address)
    international = not (recipient.local + sender.local).isascii()
    mail = EmailMessage(policy=email.policy.SMTPUTF8 if international else email.policy.SMTP)
    try:
        mail["Subject"] = one_line(message.subject)
        mail["From"] = Address(one_line(sender_name), sender.local, sender.domain)
        mail["To"] = Address("", recipient.local, recipient.domain)
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = message.message_id
        mail["List-Id"] = f"cmr-watch <cmr-watch.{sender.domain}>"
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in return
        mail.set_content(message.text, cte="quoted-printable")
        if message.html:
            mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
        return Letter(recipient, mail.as_bytes(), international)
    except (MessageError, ValueError) as error:
        raise DeliveryError(f"The mail to {recipient} cannot be written: {error}", permanent=True) from error


def one_line(words: str) -> str:
    """For a header: no line break, and nothing that a mail program would decode once more (RFC 2047 encoded words)."""
    return " ".join(words.replace("=?", "= ?").split())
