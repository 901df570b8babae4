"""Composes a Message as a MIME mail (RFC 5322). Pure, and fast when many recipients get the same text.

All mails with the same Body differ only in five headers and in the token at TOKEN_SLOT. So the standard library
composes each Body once; the result is split at the slot, and joined again with the token of each recipient. A
message that does not allow this is composed separately.
"""

from __future__ import annotations

import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from cmr_watch.exceptions import DeliveryError
from cmr_watch.models.recipients import TOKEN_SLOT, Body, Message
from cmr_watch.notify.channels.mail_addresses import EmailAddress, parse

_SLOT: Final = TOKEN_SLOT.encode()
_SOFT_BREAK: Final = b"=\r\n"  # RFC 2045 §6.7: removed by decoding
_FOLDED_SLOT: Final = re.compile(
    b"(?:=\r\n)?".join(re.escape(TOKEN_SLOT[at : at + 1].encode()) for at in range(len(TOKEN_SLOT)))
)
_PLAIN_ID: Final = re.compile(r"<[a-zA-Z0-9.+_-]+@[a-zA-Z0-9.-]+>")
_PLAIN_TOKEN: Final = re.compile(rf"([0-9a-z]{{{len(TOKEN_SLOT)}}})?")
_MAX_LINE: Final = 78  # characters, RFC 5322 §2.1.1
# Commas and angle brackets are percent-encoded, because they separate the URLs of List-Unsubscribe (RFC 2369 §2).
_SAFE_IN_URL: Final = "%:/?#[]@!$&'()*+;="
_CACHE_SIZE: Final = 32  # digests have one body for each set of subscription options, and are sent interleaved


@dataclass(frozen=True, slots=True)
class MailSender:
    """The sender of all mails.

    `unsubscribe` is the address for unsubscribe mails (None: the sender's); `web_url` is where the unsubscribe pages
    are (None: there are none).
    """

    address: EmailAddress
    name: str = ""
    unsubscribe: str | None = None
    web_url: str | None = None


@dataclass(frozen=True, slots=True)
class MimeMail:
    """A mail ready to be sent."""

    recipient: EmailAddress
    content: bytes
    needs_smtputf8: bool


def compose(message: Message, sender: MailSender, now: datetime) -> MimeMail:
    """The mail as bytes: text, HTML, and headers that no text can add to.

    Raises a permanent DeliveryError if the address is invalid or the text cannot be encoded.
    """
    recipient = parse(message.address)
    try:
        content = _from_template(message, recipient, sender, now) or _composed(message, recipient, sender, now)
        return MimeMail(recipient, content, _needs_smtputf8(recipient, sender))
    except (MessageError, ValueError) as error:
        raise DeliveryError(f"The mail to {recipient} cannot be composed: {error}", permanent=True) from error


def _header_text(text: str) -> str:
    """The text without line breaks, and without anything that a mail program would decode (RFC 2047 encoded words)."""
    return " ".join(text.replace("=?", "= ?").split())


def _composed(message: Message, recipient: EmailAddress, sender: MailSender, now: datetime) -> bytes:
    """The mail, composed completely by the standard library."""
    body = Body(message.subject, message.text, message.html)
    mail = _shared_mail(body, sender, _needs_smtputf8(recipient, sender))
    mail["To"] = Address("", recipient.local, recipient.domain)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message.message_id
    return _unsubscribe_headers(sender, message.token).encode() + mail.as_bytes()


# ── templates ────────────────────────────────────────────────────────────────────────────────────────────────────


def _from_template(message: Message, recipient: EmailAddress, sender: MailSender, now: datetime) -> bytes | None:
    """The mail from the template of its body; None if one of its own headers would have to be folded or encoded."""
    to = f"To: {recipient}"
    if len(to) > _MAX_LINE or len(message.message_id) > _MAX_LINE - len("Message-ID: "):
        return None
    if not (_PLAIN_ID.fullmatch(message.message_id) and _PLAIN_TOKEN.fullmatch(message.token)):
        return None
    pieces = _template(message.body, sender, _needs_smtputf8(recipient, sender))
    if not pieces:
        return None
    own_headers = f"{to}\r\nDate: {format_datetime(now)}\r\nMessage-ID: {message.message_id}\r\n"
    headers = own_headers + _unsubscribe_headers(sender, message.token)
    return headers.encode() + message.token.encode().join(pieces)


@lru_cache(_CACHE_SIZE)
def _template(body: Body, sender: MailSender, needs_smtputf8: bool) -> tuple[bytes, ...]:
    """The mail without its own headers, split at the token slots; empty if not every slot is found again."""
    content = _shared_mail(body, sender, needs_smtputf8).as_bytes()
    headers, blank_line, rest = content.partition(b"\r\n\r\n")
    first, *others = _FOLDED_SLOT.sub(_unfolded, rest).split(_SLOT)
    if len(others) != body.text.count(TOKEN_SLOT) + body.html.count(TOKEN_SLOT):
        return ()
    return (headers + blank_line + first, *others)


def _unfolded(match: re.Match[bytes]) -> bytes:
    """The slot on a line of its own if a soft line break splits it."""
    return _SOFT_BREAK + _SLOT + _SOFT_BREAK if _SOFT_BREAK in match[0] else match[0]


# ── shared by all recipients ─────────────────────────────────────────────────────────────────────────────────────


def _needs_smtputf8(recipient: EmailAddress, sender: MailSender) -> bool:
    return not (recipient.local + sender.address.local).isascii()


def _shared_mail(body: Body, sender: MailSender, needs_smtputf8: bool) -> EmailMessage:
    mail = EmailMessage(policy=email.policy.SMTPUTF8 if needs_smtputf8 else email.policy.SMTP)
    mail["Subject"] = _header_text(body.subject)
    mail["From"] = Address(_header_text(sender.name), sender.address.local, sender.address.domain)
    mail["List-Id"] = f"cmr-watch <cmr-watch.{sender.address.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: prevents automatic replies
    mail.set_content(body.text, cte="quoted-printable")
    if body.html:
        mail.add_alternative(body.html, subtype="html", cte="quoted-printable")
    return mail


def _unsubscribe_headers(sender: MailSender, token: str) -> str:
    """The headers for this token; empty without one."""
    return _unsubscribe_header_template(sender).replace(TOKEN_SLOT, quote(token, safe="")) if token else ""


@lru_cache(_CACHE_SIZE)
def _unsubscribe_header_template(sender: MailSender) -> str:
    """List-Unsubscribe (RFC 2369), and one-click (RFC 8058) if there are pages, with TOKEN_SLOT in place of the token.

    Not written by the standard library: it would turn a long line into encoded words, which mail programs do not
    recognise as a link.
    """
    mailbox = parse(sender.unsubscribe) if sender.unsubscribe else sender.address
    mailto = f"<mailto:{quote(mailbox.local)}@{mailbox.domain}?subject=unsubscribe%20{TOKEN_SLOT}>"
    web_url = (sender.web_url or "").rstrip("/")
    if not web_url.startswith("https://"):
        return f"List-Unsubscribe: {mailto}\r\n"
    page = f"<{quote(web_url, safe=_SAFE_IN_URL)}/unsubscribe/{TOKEN_SLOT}>"
    return f"List-Unsubscribe: {page},\r\n {mailto}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
