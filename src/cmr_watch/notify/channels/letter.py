"""From a Message to the bytes of a mail (RFC 5322): pure.

Many mails say the same to different people. Such a mail is made once, with marks where each one's own words go, and
taken apart there; a mail is then put together from the pieces.
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

from cmr_watch.exceptions import DeliveryError
from cmr_watch.models import SLOT, Message
from cmr_watch.notify.channels.addresses import Mailbox, parse

_TO: Final = Mailbox("recipient0goes0here", "recipient.invalid")
_ID: Final = "<message0id0goes0here@recipient.invalid>"
_DATE: Final = datetime.fromisoformat("1999-12-31T23:59:59+00:00")
_MARKS: Final = re.compile("|".join(re.escape(mark) for mark in (str(_TO), _ID, format_datetime(_DATE), SLOT)).encode())
_OWN: Final = re.compile(r"<[!-;=?-~]+>")
_LONGEST_TO: Final = 70  # with its name a line of the header stays within 78 (RFC 5322 §2.1.1)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who mails come from. `unsubscribe`: where a mail program sends its unsubscribe mail; `web_url`: the pages."""

    mailbox: Mailbox
    name: str = ""
    unsubscribe: str | None = None
    web_url: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready to go."""

    recipient: Mailbox
    content: bytes
    international: bool


def write(message: Message, sender: Sender, now: datetime) -> Letter:
    """The mail as bytes: text and HTML, and headers that nobody can add to."""
    recipient = parse(message.address)
    international = not (recipient.local + sender.mailbox.local).isascii()
    try:
        usual = not international and _is_plain(recipient, message)
        pieces = _pieces(_template(message), sender) if usual else None
        if pieces is None:
            return Letter(recipient, _whole(message, recipient, sender, now, international), international)
    except (MessageError, ValueError) as error:
        raise DeliveryError(f"The mail to {recipient} cannot be written: {error}", permanent=True) from error
    own = (str(recipient), message.message_id, format_datetime(now), message.token)
    return Letter(recipient, _joined(pieces, own), international)


def one_line(words: str) -> str:
    """For a header: no line break, and nothing that a mail program would decode once more (RFC 2047 encoded words)."""
    return " ".join(words.replace("=?", "= ?").split())


def _whole(message: Message, recipient: Mailbox, sender: Sender, now: datetime, international: bool) -> bytes:
    mail = EmailMessage(policy=email.policy.SMTPUTF8 if international else email.policy.SMTP)
    mail["Subject"] = one_line(message.subject)
    mail["From"] = Address(one_line(sender.name), sender.mailbox.local, sender.mailbox.domain)
    mail["To"] = Address("", recipient.local, recipient.domain)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message.message_id
    mail["List-Id"] = f"cmr-watch <cmr-watch.{sender.mailbox.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in return
    if message.token:
        _add_unsubscribe(mail, sender, message.token)
    mail.set_content(message.text, cte="quoted-printable")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    return mail.as_bytes()


def _add_unsubscribe(mail: EmailMessage, sender: Sender, token: str) -> None:
    """RFC 2369 §3.2, and RFC 8058 where there are pages: only a POST from there acts."""
    ways = [f"<mailto:{sender.unsubscribe or sender.mailbox}?subject=unsubscribe%20{token}>"]
    if sender.web_url and sender.web_url.startswith("https://"):
        ways.insert(0, f"<{sender.web_url}/unsubscribe/{token}>")
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["List-Unsubscribe"] = ", ".join(ways)


# ── the same words for many ──────────────────────────────────────────────────────────────────────────────────────


def _is_plain(recipient: Mailbox, message: Message) -> bool:
    """Whether all that is its own stands in a mail as it is: nothing to fold, and nothing that could be a line."""
    token = not message.token or (message.token.isascii() and message.token.isalnum())
    return len(str(recipient)) <= _LONGEST_TO and token and _OWN.fullmatch(message.message_id) is not None


def _template(message: Message) -> Message:
    return Message("", message.body, _ID, token=SLOT if message.token else "")


@lru_cache(maxsize=32)
def _pieces(template: Message, sender: Sender) -> tuple[bytes, ...] | None:
    """The mail between its marks, and the marks; None when an encoder has parted a mark, or a word looks like one."""
    content = _whole(template, _TO, sender, _DATE, international=False)
    found = _MARKS.findall(content)
    if [found.count(mark) for mark in _own_marks()] != [1, 1, 1, _slots(template, sender)]:
        return None
    return tuple(part for pair in zip(_MARKS.split(content), [*found, b""], strict=True) for part in pair)


def _own_marks() -> tuple[bytes, ...]:
    return str(_TO).encode(), _ID.encode(), format_datetime(_DATE).encode(), SLOT.encode()


def _slots(template: Message, sender: Sender) -> int:
    """How often the token has to stand there."""
    if not template.token:
        return 0
    headers = 2 if sender.web_url and sender.web_url.startswith("https://") else 1
    return headers + template.body.text.count(SLOT) + template.body.html.count(SLOT)


def _joined(pieces: tuple[bytes, ...], own: tuple[str, ...]) -> bytes:
    words = dict(zip(_own_marks(), (word.encode("ascii") for word in own), strict=True))
    return b"".join(words.get(piece, piece) for piece in pieces)
