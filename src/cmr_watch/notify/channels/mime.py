"""Composes a Message as a MIME mail (RFC 5322). Pure, and fast when many recipients get the same text.

All mails with the same Body differ only in five headers and in the tokens at TOKEN_SLOT and MUTE_SLOT. So the standard
library encodes each text once; the result is split at the slots, and joined again with the tokens of each recipient.

A mail is either *news*, which its recipient can unsubscribe from, or a *service* mail to somebody who waits for it:
a request for confirmation, or a message to the operator. Only news has the headers of a mailing list.
"""

from __future__ import annotations

import email.policy
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote

from cmr_watch.exceptions import DeliveryError
from cmr_watch.languages import ENGLISH
from cmr_watch.models.muting import MUTE_LINK, MUTE_SLOT, ItemRef, linked_item
from cmr_watch.models.recipients import TOKEN_SLOT, Message
from cmr_watch.notify.channels.mail_addresses import EmailAddress, parse
from cmr_watch.notify.channels.mail_headers import LINE, mailbox_header, text_header

_SOFT_BREAK: Final = b"=\r\n"  # RFC 2045 §6.7: removed by decoding
_SLOT: Final = re.compile(f"{TOKEN_SLOT}|{MUTE_LINK}")
_ENCODED_SLOT: Final = re.compile(f"({TOKEN_SLOT}|{MUTE_SLOT})".encode())
_FOLDED_SLOT: Final = re.compile(
    b"|".join(b"(?:=\r\n)?".join(re.escape(char.encode()) for char in slot) for slot in (TOKEN_SLOT, MUTE_SLOT))
)
_PLAIN_ID: Final = re.compile(r"<[a-zA-Z0-9.+_-]+@[a-zA-Z0-9.-]+>")
_PLAIN_TOKEN: Final = re.compile(rf"([0-9a-z]{{{len(TOKEN_SLOT)}}})?")
# Commas and angle brackets are percent-encoded, because they separate the URLs of List-Unsubscribe (RFC 2369 §2).
_SAFE_IN_URL: Final = "%:/?#[]@!$&'()*+;="
_LONGEST_DOMAIN: Final = LINE - len("List-Id: cmr-watch <cmr-watch.>")
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
        f"{_unsubscribe_headers(sender, token, message.body.language)}"
        f"{_shared_headers(message.subject, sender, message.body.language, is_news=bool(token))}"
    )


@lru_cache(_CACHE_SIZE)
def _shared_headers(subject: str, sender: MailSender, language: str, *, is_news: bool) -> str:
    domain = sender.address.domain.lower()
    return (
        f"{text_header('Subject', subject)}{mailbox_header('From', sender.name, sender.address)}"
        f"Content-Language: {language}\r\n"  # RFC 3282
        f"{_list_headers(domain) if is_news else ''}{_automatic_headers(domain, is_news)}"
    )


def _list_headers(domain: str) -> str:
    """The headers of a mailing list, by which mail programs sort, and older responders know not to reply.

    - List-Id (RFC 2919): stays the same as long as the sender's domain does.
    - Precedence: no standard (RFC 2076 §3.9: discouraged), but vacation(1) and the rules of many organisations know
      only this. `bulk` rather than `list`: nobody writes to the list. Service mails have none: they are not sent in
      bulk, and some mail servers deliver what is later.
    """
    space = " " if len(domain) <= _LONGEST_DOMAIN else "\r\n "
    return f"List-Id: cmr-watch{space}<cmr-watch.{domain}>\r\nPrecedence: bulk\r\n"


def _automatic_headers(domain: str, is_news: bool) -> str:
    """The headers of a mail that no person wrote.

    - Auto-Submitted (RFC 3834 §5): no automatic reply.
    - X-Auto-Response-Suppress: the same for Exchange ([MS-OXCMAIL] §2.1.3.2.20). Not `All`, nor `NDR`: bounces must
      come.
    - Feedback-ID: Gmail counts complaints by these fields. The last one names the sender and must have 5 to 15
      characters; it follows from the domain, and the others from the kind of mail, so none tells who the recipient is.
    """
    sender = hashlib.sha256(domain.encode()).hexdigest()[:10]
    return (
        "Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\n"
        f"Feedback-ID: {'news' if is_news else 'service'}:cmr-{sender}\r\n"
    )


# ── the text ─────────────────────────────────────────────────────────────────────────────────────────────────────


class _Template(NamedTuple):
    """The content, split at the token slots. `slots`: what each of them mutes; None where it is to unsubscribe."""

    pieces: tuple[bytes, ...]
    slots: tuple[ItemRef | None, ...]


def _content(message: Message) -> bytes:
    """The text with the recipient's tokens, and the headers that describe it."""
    template = _template(message.body.text, message.body.html) if _PLAIN_TOKEN.fullmatch(message.token) else None
    if template is None:
        return _encoded(message.text, message.html)
    tokens: dict[ItemRef | None, str] = {None: message.token, **dict(message.mute_tokens)}
    first, *others = template.pieces
    filled = (tokens.get(slot, MUTE_SLOT).encode() for slot in template.slots)
    return first + b"".join(token + piece for token, piece in zip(filled, others, strict=True))


@lru_cache(_CACHE_SIZE)
def _template(text: str, html: str) -> _Template | None:
    """The content, split at the token slots; None if not every slot is found again."""
    headers, blank_line, rest = _encoded(text, html).partition(b"\r\n\r\n")
    first, *others = _ENCODED_SLOT.split(_FOLDED_SLOT.sub(_unfolded, rest))
    slots = tuple(_muted(match) for part in (text, html) for match in _SLOT.finditer(part))
    if [found == MUTE_SLOT.encode() for found in others[::2]] != [slot is not None for slot in slots]:
        return None
    return _Template((headers + blank_line + first, *others[1::2]), slots)


def _muted(match: re.Match[str]) -> ItemRef | None:
    return None if match[0] == TOKEN_SLOT else linked_item(match)


def _unfolded(match: re.Match[bytes]) -> bytes:
    """The slot on a line of its own if a soft line break splits it."""
    return _SOFT_BREAK + match[0].replace(_SOFT_BREAK, b"") + _SOFT_BREAK if _SOFT_BREAK in match[0] else match[0]


def _encoded(text: str, html: str) -> bytes:
    """The text, and the HTML if there is any, encoded by the standard library."""
    mail = EmailMessage(policy=email.policy.SMTP)
    mail.set_content(text, cte="quoted-printable")
    if html:
        mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return mail.as_bytes()


# ── unsubscribing ────────────────────────────────────────────────────────────────────────────────────────────────


def _unsubscribe_headers(sender: MailSender, token: str, language: str) -> str:
    """The headers for this token; empty without one."""
    return _unsubscribe_header_template(sender, language).replace(TOKEN_SLOT, quote(token, safe="")) if token else ""


@lru_cache(_CACHE_SIZE)
def _unsubscribe_header_template(sender: MailSender, language: str) -> str:
    """List-Unsubscribe (RFC 2369), and one-click (RFC 8058) if there are pages, with TOKEN_SLOT in place of the token.

    Not written by the standard library: it would turn a long line into encoded words, which mail programs do not
    recognise as a link.
    """
    mailbox = parse(sender.unsubscribe) if sender.unsubscribe else sender.address
    mailto = f"<mailto:{quote(mailbox.local)}@{mailbox.domain}?subject=unsubscribe%20{TOKEN_SLOT}>"
    web_url = (sender.web_url or "").rstrip("/")
    if not web_url.startswith("https://"):
        return f"List-Unsubscribe: {mailto}\r\n"
    path = "/unsubscribe/" if language == ENGLISH else f"/{language}/unsubscribe/"
    page = f"<{quote(web_url, safe=_SAFE_IN_URL)}{path}{TOKEN_SLOT}>"
    return f"List-Unsubscribe: {page},\r\n {mailto}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
