"""Why a recipient gets a message, and how to unsubscribe. Pure.

The body of a mail is encoded once for many recipients, and each one's token then replaces TOKEN_SLOT in the encoded
bytes. Quoted-printable breaks long lines (RFC 2045 §6.7, rule 5), and must not break one inside the slot. So the slot
is placed near the start of a line, or near the start of one of the pieces that its line is broken into.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Final
from urllib.parse import quote

from cmr_watch.models.readings import Topic
from cmr_watch.models.recipients import TOKEN_SLOT
from cmr_watch.render.datetimes import day_words
from cmr_watch.render.i18n import N_, _, local_path
from cmr_watch.render.message_context import MessageContext
from cmr_watch.render.sanitize import clean, safe_link

SUBSCRIBED: Final = N_("You are receiving this because the operator of this service subscribed you.")
OPERATING: Final = "You are receiving this because you are listed as the operator of this service."
TESTING: Final = "You are receiving this because the operator of this service is testing whether messages arrive."
TOPIC_NAMES: Final[dict[Topic, str]] = {
    "calls": N_("calls and cut-offs"),
    "editions": N_("editions"),
    "materials": N_("summaries and materials"),
}

_WIDTHS: Final = (75, 76, 77)  # at which encoders break lines, counting the `=` at their end
_ROOM: Final = len(TOKEN_SLOT) + 5
_LEADS: Final = (
    N_("Unsubscribe:"),
    N_("To unsubscribe, open this link:"),
    N_("To unsubscribe from these messages, open this link:"),
)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a recipient asked for, and when; for those who subscribed themselves."""

    topics: tuple[Topic, ...]
    subscribed_on: date


@dataclass(frozen=True, slots=True)
class UnsubscribeFooter:
    """How to unsubscribe: `text` in plain text; in HTML a link to `url`, or `html_text` if there is no link.

    `padding` is the number of blanks, as a string of them, before the `href` attribute.
    """

    text: str = ""
    html_text: str = ""
    url: str = ""
    padding: str = ""


def reason(consent: Consent | None) -> str:
    """`… because you subscribed to calls and cut-offs on 3 May 2026.`; or that the operator did."""
    if consent is None:
        return _(SUBSCRIBED)
    is_all = set(consent.topics) == set(TOPIC_NAMES)
    topics = _("all changes") if is_all else _(", and ").join(_(TOPIC_NAMES[topic]) for topic in consent.topics)
    text = _("You are receiving this because you subscribed to {topics} on {day}.")
    return text.format(topics=topics, day=day_words(consent.subscribed_on))


def unsubscribe_footer(context: MessageContext, chat: bool) -> UnsubscribeFooter:
    """By a link if this service serves its site, else by e-mail if it reads a mailbox, else through the operator.

    The recipients of a chat message share it, so it cannot contain the token of one of them.
    """
    contact = clean(context.contact or "", 200)
    if chat:
        return _by_request(_("To unsubscribe, contact {contact}.").format(contact=contact or _("the operator")))
    if site_url := safe_link(context.site_url):
        return _by_link(site_url.rstrip("/") + local_path("/unsubscribe/"))
    if context.unsubscribe_address:
        return _by_mail(clean(context.unsubscribe_address, 320))
    if contact:
        return _by_request(_("To unsubscribe, write to {contact}.").format(contact=contact))
    return _by_request(_("To unsubscribe, reply to this e-mail."))


def _by_request(text: str) -> UnsubscribeFooter:
    return UnsubscribeFooter(text, text)


def _by_link(start: str) -> UnsubscribeFooter:
    """A URL must stay on one line, so the text before it is chosen by length: the first that keeps it whole."""
    leads = [_(lead) for lead in _LEADS]
    lead = next((lead for lead in leads if _keeps_slot(f"{lead} {start}")), None)
    text = f"{lead} {start}{TOKEN_SLOT}" if lead else f"{leads[0]}\n{start}{TOKEN_SLOT}"
    return UnsubscribeFooter(text, url=start + TOKEN_SLOT, padding=_padding(start))


def _by_mail(address: str) -> UnsubscribeFooter:
    start = f"mailto:{quote(address, safe='@')}?subject=unsubscribe%20"
    lead = _("To unsubscribe, send an e-mail to {address} with the subject:").format(address=address)
    return UnsubscribeFooter(f"{lead}\nunsubscribe {TOKEN_SLOT}", url=start + TOKEN_SLOT, padding=_padding(start))


def _padding(start: str) -> str:
    """Blanks inside the tag, where they have no meaning."""
    line = f'href="{escape(start)}'
    return next(" " * blanks for blanks in range(10_000) if _keeps_slot(" " * blanks + line))


def _keeps_slot(start: str) -> bool:
    """Whether a TOKEN_SLOT that follows this start of a line is not broken."""
    plain = len(start.encode("ascii", "ignore"))
    # as quoted-printable writes it: three characters for a byte that is not ASCII, and for the equals sign
    length = plain + 2 * start.count("=") + 3 * (len(start.encode()) - plain)
    return all(length % width + _ROOM <= width for width in _WIDTHS)
