"""Why somebody gets a message, and how that can be stopped. Pure.

A letter is encoded once for many people: each one's token is put where SLOT stands in its bytes. So quoted-printable,
which breaks long lines, must not break one inside SLOT: it stands near the start of a line, or of a broken line's rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import quote

from cmr_watch.models import SLOT
from cmr_watch.render.message_context import MessageContext
from cmr_watch.render.sanitize import clean, link

SUBSCRIBED: Final = "You get this because the operator of this service subscribed you."
OPERATING: Final = "You get this because this service names you as its operator."
TRYING: Final = "You get this because the operator of this service tries whether messages arrive."

_WIDTHS: Final = (75, 76, 77)  # how encoders break lines, with the `=` at their end
_ROOM: Final = len(SLOT) + 5
_LEADS: Final = (
    "To stop, open this address: ",
    "To stop getting these mails, open this address: ",
    "To stop, open: ",
)


@dataclass(frozen=True, slots=True)
class UnsubscribeFooter:
    """`text`: lines of a plain mail. In HTML `words`, or a link to `url`, `pad` blanks in on a line of its own."""

    text: str = ""
    words: str = ""
    url: str = ""
    pad: str = ""


def stopping(context: MessageContext, chat: bool) -> UnsubscribeFooter:
    """By a link where this service has an address in the web, else by a mail, else by asking somebody."""
    contact = clean(context.contact or "", 200)
    if chat:
        return _asking(f"To stop, ask {contact or 'whoever runs it'}.")
    if web := link(context.web_url):
        return _by_link(f"{web.rstrip('/')}/unsubscribe/")
    if context.unsubscribe_address:
        return _by_mail(clean(context.unsubscribe_address, 320))
    return _asking(f"To stop, {f'write to {contact}' if contact else 'answer this mail'}.")


def _asking(words: str) -> UnsubscribeFooter:
    return UnsubscribeFooter(words, words)


def _by_link(start: str) -> UnsubscribeFooter:
    """An address cannot be broken, so a long one has as many words before it as it takes to leave SLOT whole."""
    lead = next((lead for lead in ("", *_LEADS) if _whole_after(lead + start)), None)
    line = f"{lead}{start}{SLOT}" if lead else f"{_LEADS[0].strip()}\n{start}{SLOT}"
    return UnsubscribeFooter(line, url=start + SLOT, pad=_pad(start))


def _by_mail(address: str) -> UnsubscribeFooter:
    start = f"mailto:{quote(address, safe='@')}?subject=unsubscribe%20"
    text = f"To stop, send a mail to {address} with the subject:\nunsubscribe {SLOT}"
    return UnsubscribeFooter(text, url=start + SLOT, pad=_pad(start))


def _pad(start: str) -> str:
    """Blanks inside the tag, where they mean nothing."""
    line = f'href="{escape(start)}'
    return next(" " * blanks for blanks in range(10_000) if _whole_after(" " * blanks + line))


def _whole_after(line: str) -> bool:
    """Whether SLOT stays whole after this start of its line."""
    length = len(line.replace("=", "=3D").encode())
    return all(length % width + _ROOM <= width for width in _WIDTHS)
