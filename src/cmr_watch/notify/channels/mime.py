"""From a Message to the bytes of a mail (RFC 5322): pure, and fast where many get the same words.

All mails of one Body are the same but for five headers and the token at SLOT. So the standard library writes each
Body once; its bytes are split at SLOT and joined anew for every reader. What does not fit that is written whole.
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
from cmr_watch.models import SLOT, Body, Message
from cmr_watch.notify.channels.mail_addresses import Mailbox, parse

_SLOT: Final = SLOT.encode()
_SOFT_BREAK: Final = b"=\r\n"  # RFC 2045 §6.7: not there once it is decoded
_FOLDED_SLOT: Final = re.compile(b"(?:=\r\n)?".join(re.escape(SLOT[at : at + 1].encode()) for at in range(len(SLOT))))
_PLAIN_ID: Final = re.compile(r"<[a-zA-Z0-9.+_-]+@[a-zA-Z0-9.-]+>")
_PLAIN_TOKEN: Final = re.compile(rf"([0-9a-z]{{{len(SLOT)}}})?")
_LONGEST_LINE: Final = 78  # RFC 5322 §2.1.1
_IN_URL: Final = "%:/?#[]@!$&'()*+;="  # no comma and no angle bracket: they part the addresses of List-Unsubscribe
_KEPT: Final = 32  # digests have one body for each wish, and they come in turn


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails come from. `unsubscribe`: where a mail program sends its unsubscribe mail; `web_url`: the pages."""

    mailbox: Mailbox
    name: str = ""
    unsubscribe: str | None = None
    web_url: str | None = None


@dataclass(frozen=True, slots=True)
class MimeMail:
    """A mail that is ready to go."""

    recipient: Mailbox
    content: bytes
    international: bool


def write(message: Message, sender: Sender, now: datetime) -> MimeMail:
    """The mail as bytes: text and HTML, and headers that nobody can add to."""
    recipient = parse(message.address)
    try:
        content = _filled_in(message, recipient, sender, now) or _whole(message, recipient, sender, now)
        return MimeMail(recipient, content, _is_international(recipient, sender))
    except (MessageError, ValueError) as error:
        raise DeliveryError(f"The mail to {recipient} cannot be written: {error}", permanent=True) from error


def one_line(words: str) -> str:
    """For a header: no line break, and nothing that a mail program would decode once more (RFC 2047 encoded words)."""
    return " ".join(words.replace("=?", "= ?").split())


def _whole(message: Message, recipient: Mailbox, sender: Sender, now: datetime) -> bytes:
    """The mail, all of it written by the standard library."""
    mail = _common(Body(message.subject, message.text, message.html), sender, _is_international(recipient, sender))
    mail["To"] = Address("", recipient.local, recipient.domain)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message.message_id
    return _unsubscribing(sender, message.token).encode() + mail.as_bytes()


# ── the fast way ─────────────────────────────────────────────────────────────────────────────────────────────────


def _filled_in(message: Message, recipient: Mailbox, sender: Sender, now: datetime) -> bytes | None:
    """The mail from the template of its body; None where a part of it could come out otherwise than it should."""
    to = f"To: {recipient}"
    if len(to) > _LONGEST_LINE or len(message.message_id) > _LONGEST_LINE - len("Message-ID: "):
        return None
    if not (_PLAIN_ID.fullmatch(message.message_id) and _PLAIN_TOKEN.fullmatch(message.token)):
        return None
    pieces = _template(message.body, sender, _is_international(recipient, sender))
    if not pieces:
        return None
    own = f"{to}\r\nDate: {format_datetime(now)}\r\nMessage-ID: {message.message_id}\r\n"
    return (own + _unsubscribing(sender, message.token)).encode() + message.token.encode().join(pieces)


@lru_cache(_KEPT)
def _template(body: Body, sender: Sender, international: bool) -> tuple[bytes, ...]:
    """The mail but for the headers of its own, in pieces between the tokens; empty if it does not come apart well."""
    content = _common(body, sender, international).as_bytes()
    headers, gap, rest = content.partition(b"\r\n\r\n")
    first, *others = _FOLDED_SLOT.sub(_unfolded, rest).split(_SLOT)
    if len(others) != body.text.count(SLOT) + body.html.count(SLOT):
        return ()
    return (headers + gap + first, *others)


def _unfolded(found: re.Match[bytes]) -> bytes:
    """A slot that a soft line break runs through gets a line of its own."""
    return _SOFT_BREAK + _SLOT + _SOFT_BREAK if _SOFT_BREAK in found[0] else found[0]


# ── what is the same for all ─────────────────────────────────────────────────────────────────────────────────────


def _is_international(recipient: Mailbox, sender: Sender) -> bool:
    return not (recipient.local + sender.mailbox.local).isascii()


def _common(body: Body, sender: Sender, international: bool) -> EmailMessage:
    mail = EmailMessage(policy=email.policy.SMTPUTF8 if international else email.policy.SMTP)
    mail["Subject"] = one_line(body.subject)
    mail["From"] = Address(one_line(sender.name), sender.mailbox.local, sender.mailbox.domain)
    mail["List-Id"] = f"cmr-watch <cmr-watch.{sender.mailbox.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in return
    mail.set_content(body.text, cte="quoted-printable")
    if body.html:
        mail.add_alternative(body.html, subtype="html", cte="quoted-printable")
    return mail


def _unsubscribing(sender: Sender, token: str) -> str:
    return _unsubscribe_lines(sender).replace(SLOT, quote(token, safe="")) if token else ""


@lru_cache(_KEPT)
def _unsubscribe_lines(sender: Sender) -> str:
    """RFC 2369, and RFC 8058 where there are pages: only a POST from there acts.

    By hand, for the standard library makes encoded words of whatever is longer than a line, and nobody follows those.
    """
    mailbox = parse(sender.unsubscribe) if sender.unsubscribe else sender.mailbox
    mailto = f"<mailto:{quote(mailbox.local)}@{mailbox.domain}?subject=unsubscribe%20{SLOT}>"
    web_url = (sender.web_url or "").rstrip("/")
    if not web_url.startswith("https://"):
        return f"List-Unsubscribe: {mailto}\r\n"
    page = f"<{quote(web_url, safe=_IN_URL)}/unsubscribe/{SLOT}>"
    return f"List-Unsubscribe: {page},\r\n {mailto}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
