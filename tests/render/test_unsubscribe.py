from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from cmr_watch.models import SLOT, Contents
from cmr_watch.render.messages import MessageContext, body
from cmr_watch.render.sentences import BRUSSELS
from tests.notify.make import PAGE, K, recorded
from tests.render.make import check_document

NEWS = Contents((recorded(K.CALL_OPENED),))
MAIL, WEB = "cmr-watch@example.org", "https://watch.example.org/"


def write(chat=False, **rest):
    return body(NEWS, MessageContext(PAGE, **rest), chat, BRUSSELS)


def test_by_a_link():
    mail = write(web_url=WEB, unsubscribe_address=MAIL)
    link = f"https://watch.example.org/unsubscribe/{SLOT}"
    assert f"To stop getting these mails, open this address: {link}\n" in mail.text
    assert link in check_document(mail.html).links
    assert "mailto:" not in mail.html


def test_by_a_mail():
    mail = write(unsubscribe_address=MAIL)
    assert f"To stop, send a mail to {MAIL} with the subject:\nunsubscribe {SLOT}\n" in mail.text
    assert f"mailto:{MAIL}?subject=unsubscribe%20{SLOT}" in check_document(mail.html).links


@pytest.mark.parametrize("rest", [{}, {"web_url": "javascript:alert(1)"}])
def test_by_asking(rest):
    assert "To stop, answer this mail." in write(**rest).text
    mail = write(**rest, contact="Ada")
    assert "To stop, write to Ada." in mail.text
    assert "To stop, write to Ada." in mail.html
    assert SLOT not in mail.text + mail.html


def test_a_chat_has_one_text_for_all():
    assert "To stop, ask Ada." in write(chat=True, web_url=WEB, contact="Ada").text
    chat = write(chat=True, web_url=WEB, unsubscribe_address=MAIL)
    assert "To stop, ask whoever runs it." in chat.text
    assert SLOT not in chat.text


def whole(made, width):
    """Whether each SLOT stands whole in the bytes of a letter, encoded in lines of this width."""
    mail = EmailMessage(policy=SMTP.clone(max_line_length=width))
    mail.set_content(made.text, cte="quoted-printable")
    mail.add_alternative(made.html, subtype="html", cte="quoted-printable")
    return mail.as_bytes().count(SLOT.encode()) == made.text.count(SLOT) + made.html.count(SLOT) == 2


@pytest.mark.parametrize("width", [76, 78])
@pytest.mark.parametrize("length", range(1, 80))
def test_no_encoder_breaks_the_slot(width, length):
    name = "a" * length
    assert whole(write(web_url=f"https://{name}.eu"), width)
    assert whole(write(unsubscribe_address=f"{name}=+&é@example.org"), width)
