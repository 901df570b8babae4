"""From a Message to the bytes of a mail (RFC 5322): pure."""

from __future__ import annotations

import email.policy
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from cmr_watch.exceptions import DeliveryError
from cmr_watch.models import Message
from cmr_watch.notify.channels.addresses import Mailbox, parse


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready to go."""

    recipient: Mailbox
    content: bytes
    international: bool


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
