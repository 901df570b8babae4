"""How a message explains unsubscribing."""

from __future__ import annotations

from datetime import date
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.recipients import TOKEN_SLOT, Contents
from cmr_watch.render.messages import Consent, MessageContext, body
from tests.notify.make import PAGE, K, recorded
from tests.render.make import check_document, groups

CONTENTS = Contents(groups(recorded(K.CALL_OPENED)))
MAIL, WEB = "cmr-watch@example.org", "https://watch.example.org/"


def render(chat=False, **rest):
    return body(CONTENTS, MessageContext(PAGE, **rest), chat, BRUSSELS)


def test_by_link():
    mail = render(site_url=WEB, unsubscribe_address=MAIL)
    link = f"https://watch.example.org/unsubscribe/{TOKEN_SLOT}"
    assert f"To unsubscribe from these messages, open this link: {link}\n" in mail.text
    assert link in check_document(mail.html).links
    assert ">Unsubscribe</a>" in mail.html
    assert "mailto:" not in mail.html


def test_by_mail():
    mail = render(unsubscribe_address=MAIL)
    assert f"To unsubscribe, send an e-mail to {MAIL} with the subject:\nunsubscribe {TOKEN_SLOT}\n" in mail.text
    assert f"mailto:{MAIL}?subject=unsubscribe%20{TOKEN_SLOT}" in check_document(mail.html).links


@pytest.mark.parametrize("rest", [{}, {"site_url": "javascript:alert(1)"}])
def test_by_request(rest):
    assert "To unsubscribe, reply to this e-mail." in render(**rest).text
    mail = render(**rest, contact="Ada")
    assert "To unsubscribe, write to Ada." in mail.text
    assert "To unsubscribe, write to Ada." in mail.html
    assert TOKEN_SLOT not in mail.text + mail.html


def test_a_chat_message_has_no_token():
    assert "To unsubscribe, contact Ada." in render(chat=True, site_url=WEB, contact="Ada").text
    chat = render(chat=True, site_url=WEB, unsubscribe_address=MAIL)
    assert "To unsubscribe, contact the operator." in chat.text
    assert TOKEN_SLOT not in chat.text


ASKED = [
    (None, "You are receiving this because the operator of this service subscribed you."),
    (("calls",), "You are receiving this because you subscribed to calls and cut-offs on 3 May 2026."),
    (
        ("calls", "editions"),
        "You are receiving this because you subscribed to calls and cut-offs, and editions on 3 May 2026.",
    ),
    (("materials", "calls", "editions"), "You are receiving this because you subscribed to all changes on 3 May 2026."),
]


@pytest.mark.parametrize(("topics", "expected"), ASKED)
def test_why_a_recipient_gets_the_message(topics, expected):
    consent = Consent(topics, date(2026, 5, 3)) if topics else None
    mail = body(CONTENTS, MessageContext(PAGE), False, BRUSSELS, consent)
    assert expected in mail.text
    assert expected in mail.html


def keeps_slots(rendered, width):
    """Whether both SLOTs are unbroken in an e-mail that is encoded with lines of this width."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=width))
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    return (
        mail.as_bytes().count(TOKEN_SLOT.encode())
        == rendered.text.count(TOKEN_SLOT) + rendered.html.count(TOKEN_SLOT)
        == 2
    )


@pytest.mark.parametrize("width", [76, 78])
@pytest.mark.parametrize("length", range(1, 80))
def test_encoding_never_breaks_the_slot(width, length):
    name = "a" * length
    assert keeps_slots(render(site_url=f"https://{name}.eu"), width)
    assert keeps_slots(render(unsubscribe_address=f"{name}=+&é@example.org"), width)
