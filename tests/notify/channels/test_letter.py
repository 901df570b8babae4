from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.exceptions import DeliveryError
from cmr_watch.models import SLOT
from cmr_watch.notify.channels.addresses import Mailbox
from cmr_watch.notify.channels.letter import Sender, write
from tests.notify.make import NOON, letter_to

SENDER = Sender(Mailbox("watch", "example.org"))
TOKEN = "0" * len(SLOT)


def read(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


def test_a_mail():
    message = letter_to("ann@example.org")
    written = write(message, replace(SENDER, name="Clusters meet Regions watch"), NOON)
    mail = read(written.content)
    assert not written.international
    assert mail["Subject"] == message.subject
    assert mail["From"] == "Clusters meet Regions watch <watch@example.org>"
    assert mail["To"] == "ann@example.org"
    assert mail["Date"].datetime == NOON
    assert mail["Message-ID"].strip() == message.message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["List-Id"] == "cmr-watch <cmr-watch.example.org>"
    assert mail.get_body(("plain",)).get_content().splitlines() == message.text.splitlines()
    assert mail.get_body(("html",)).get_content().strip() == message.html
    assert written.content.isascii()
    assert max(map(len, written.content.split(b"\r\n"))) < 998


def test_text_only():
    message = letter_to("ann@example.org", html="")
    assert read(write(message, SENDER, NOON).content).get_content_type() == "text/plain"


def test_an_international_address_needs_smtputf8_and_gets_it():
    written = write(letter_to("jörg@müller.example"), replace(SENDER, name="Wächter"), NOON)
    assert written.international
    assert "To: jörg@xn--mller-kva.example" in written.content.decode()


def test_a_long_message_id_stays_whole():
    message = replace(letter_to("ann@example.org"), message_id="<" + "0" * 32 + "@" + "long-name." * 6 + "example>")
    assert message.message_id.encode() in write(message, SENDER, NOON).content


HOSTILE = [
    "Lyon\r\nBcc: eve@example.org",
    "Lyon\nX-Evil: 1\n\nbody",
    "Lyon\rBcc: eve@example.org",
    "=?utf-8?q?Lyon=0D=0ABcc=3A_eve=40example.org?=",
    "=?utf-8?b?TGVvbg0KQmNjOiBldmVAZXhhbXBsZS5vcmc=?=",
    "\x00\x1b[31mLyon",
    "<script>alert(1)</script>",
    "<!channel> @everyone",
    '=HYPERLINK("https://evil.example","Lyon")',
    "{{7*7}} ${7*7} %s {0}",
    "\u202eLyon\u2028Bcc: eve@example.org\u0085X: y",
    "L" * 5000,
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_header_can_be_added(hostile):
    check_headers(hostile)


@given(st.text(max_size=300) | st.text(alphabet="=?utf8qbQ_0DA\r\n: <>@é", max_size=80))
def test_no_text_can_add_a_header_or_break_off(hostile):
    check_headers(hostile)


def check_headers(hostile: str) -> None:
    message = letter_to("ann@example.org", hostile, text=hostile, html=f"<p>{hostile}</p>")
    try:
        written = write(message, replace(SENDER, name=hostile), datetime(2023, 12, 5, tzinfo=UTC))
    except DeliveryError:
        return  # half characters: render lets none through
    mail = read(written.content)
    assert set(mail.keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "List-Id", "Auto-Submitted", "MIME-Version", "Content-Type"
    }  # fmt: skip
    assert [address.addr_spec for address in mail["From"].addresses] == ["watch@example.org"]
    assert [address.addr_spec for address in mail["To"].addresses] == ["ann@example.org"]
    assert not any(char in mail["Subject"] for char in "\r\n")


# ── unsubscribing ────────────────────────────────────────────────────────────────────────────────────────────────


def mail_to_end(sender: Sender, token: str = TOKEN) -> email.message.EmailMessage:
    message = letter_to("ann@example.org", text=f"To stop: {SLOT}", html=f"<p>{SLOT}</p>", token=token)
    return read(write(message, sender, NOON).content)


def test_a_mail_program_can_unsubscribe_by_mail():
    mail = mail_to_end(SENDER)
    assert mail["List-Unsubscribe"] == f"<mailto:watch@example.org?subject=unsubscribe%20{TOKEN}>"
    assert mail["List-Unsubscribe-Post"] is None
    assert TOKEN in mail.get_body(("plain",)).get_content()
    assert TOKEN in mail.get_body(("html",)).get_content()


def test_and_with_one_click_where_there_are_pages():
    mail = mail_to_end(replace(SENDER, unsubscribe="stop@example.org", web_url="https://watch.example.org"))
    ways = f"<https://watch.example.org/unsubscribe/{TOKEN}>, <mailto:stop@example.org?subject=unsubscribe%20{TOKEN}>"
    assert mail["List-Unsubscribe"] == ways
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_one_click_needs_https():
    assert "http:" not in mail_to_end(replace(SENDER, web_url="http://127.0.0.1:8000"))["List-Unsubscribe"]


def test_where_there_is_nothing_to_end_nothing_is_said_of_it():
    assert mail_to_end(SENDER, token="")["List-Unsubscribe"] is None


LOCALS = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


@given(LOCALS, st.integers(1, 90), WORDS, st.lists(WORDS, max_size=5))
def test_a_mail_from_pieces_is_the_one_that_is_made_whole(local, length, subject, lines):
    text = "\n".join([*lines, f"unsubscribe {SLOT}"])
    message = letter_to(
        f"{local}@{'d' * min(length, 60)}.example", subject, text=text, html=f"<p>{SLOT}</p>", token=TOKEN
    )
    quick = read(write(message, SENDER, NOON).content)
    slow = read(write(replace(message, message_id=f"{message.message_id} "), SENDER, NOON).content)
    assert {name: str(value).strip() for name, value in quick.items() if name != "Content-Type"} == {
        name: str(value).strip() for name, value in slow.items() if name != "Content-Type"
    }
    for kind in ("plain", "html"):
        assert quick.get_body((kind,)).get_content() == slow.get_body((kind,)).get_content()


def test_words_that_look_like_the_marks_are_no_marks():
    message = letter_to("ann@example.org", text=f"recipient0goes0here@recipient.invalid {SLOT}", token=TOKEN)
    text = read(write(message, SENDER, NOON).content).get_body(("plain",)).get_content()
    assert text.strip() == f"recipient0goes0here@recipient.invalid {TOKEN}"
