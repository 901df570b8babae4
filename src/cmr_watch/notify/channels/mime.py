"""Composes a Message as a MIME mail (RFC 5322). Pure, and fast when many recipients get the same text.

All mails with the same Body differ only in five headers and in the token at TOKEN_SLOT. So the standard library
encodes each text once; the result is split at the slot, and joined again with the token of each recipient.
"""

from __future__ import annotations

import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from cmr_watch.exceptions import DeliveryError
from cmr_watch.models.recipients import TOKEN_SLOT, Message
from cmr_watch.notify.channels.mail_addresses import EmailAddress, parse
from cmr_watch.notify.channels.mail_headers import mailbox_header, text_header

_SLOT: Final = TOKEN_SLOT.encode()
_SOFT_BREAK: Final = b"=\r\n"  # RFC 2045 §6.7: removed by decoding
_FOLDED_SLOT: Final = re.compile(
    b"(?:=\r\n)?".join(re.escape(TOKEN_SLOT[at : at + 1].encode()) for at in range(len(TOKEN_SLOT)))
)
_PLAIN_ID: Final = re.compile(r"<[a-zA-Z0-9.+_-]+@[a-zA-Z0-9.-]+>")
_PLAIN_TOKEN: Final = re.compile(rf"([0-9a-z]{{{len(TOKEN_SLOT)}}})?")
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
        content = _headers(message, recipient, sender, now).encode() + _content(message)
    except (MessageError, ValueError) as error:
        raise DeliveryError(f"The mail to {recipient} cannot be composed: {error}", permanent=True) from error
    return MimeMail(recipient, content, needs_smtputf8=not (recipient.local + sender.address.local).isascii())


def _headers(message: Message, recipient: EmailAddress, sender: MailSender, now: datetime) -> str:
    """The headers, none of which a text can add to. Raises ValueError if one cannot be written."""
    if not _PLAIN_ID.fullmatch(message.message_id):
        raise ValueError(f"{message.message_id!r} is not a Message-ID")
    token = message.token if message.unsubscribes else ""
    return (
        f"To: {recipient}\r\nDate: {format_datetime(now)}\r\nMessage-ID: {message.message_id}\r\n"
        f"{_unsubscribe_headers(sender, token)}{_shared_headers(message.subject, sender)}"
    )


@lru_cache(_CACHE_SIZE)
def _shared_headers(subject: str, sender: MailSender) -> str:
    return (
        f"{text_header('Subject', subject)}{mailbox_header('From', sender.name, sender.address)}"
        f"List-Id: cmr-watch <cmr-watch.{sender.address.domain}>\r\n"
        "Auto-Submitted: auto-generated\r\n"  # RFC 3834: prevents automatic replies
    )


# ── the text ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _content(message: Message) -> bytes:
    """The text with the recipient's token, and the headers that describe it."""
    pieces = _template(message.body.text, message.body.html) if _PLAIN_TOKEN.fullmatch(message.token) else ()
    return message.token.encode().join(pieces) if pieces else _encoded(message.text, message.html)


@lru_cache(_CACHE_SIZE)
def _template(text: str, html: str) -> tuple[bytes, ...]:
    """The content, split at the token slots; empty if not every slot is found again."""
    headers, blank_line, rest = _encoded(text, html).partition(b"\r\n\r\n")
    first, *others = _FOLDED_SLOT.sub(_unfolded, rest).split(_SLOT)
    if len(others) != text.count(TOKEN_SLOT) + html.count(TOKEN_SLOT):
        return ()
    return (headers + blank_line + first, *others)


def _unfolded(match: re.Match[bytes]) -> bytes:
    """The slot on a line of its own if a soft line break splits it."""
    return _SOFT_BREAK + _SLOT + _SOFT_BREAK if _SOFT_BREAK in match[0] else match[0]


def _encoded(text: str, html: str) -> bytes:
    """The text, and the HTML if there is any, encoded by the standard library."""
    mail = EmailMessage(policy=email.policy.SMTP)
    mail.set_content(text, cte="quoted-printable")
    if html:
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail.as_bytes()


# ── unsubscribing ────────────────────────────────────────────────────────────────────────────────────────────────


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
