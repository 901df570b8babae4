from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.exceptions import DeliveryError
from cmr_watch.notify.channels.addresses import Mailbox
from cmr_watch.notify.channels.letter import write
from tests.notify.make import NOON, letter_to

SENDER = Mailbox("watch", "example.org")


def read(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


def test_a_mail():
    message = letter_to("ann@example.org")
    written = write(message, SENDER, "Clusters meet Regions watch", NOON)
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
    message = replace(letter_to("ann@example.org"), html="")
    assert read(write(message, SENDER, "", NOON).content).get_content_type() == "text/plain"


def test_an_international_address_needs_smtputf8_and_gets_it():
    written = write(letter_to("jörg@müller.example"), SENDER, "Wächter", NOON)
    assert written.international
    assert "To: jörg@xn--mller-kva.example" in written.content.decode()


def test_a_long_message_id_stays_whole():
    message = replace(letter_to("ann@example.org"), message_id="<" + "0" * 32 + "@" + "long-name." * 6 + "example>")
    assert message.message_id.encode() in write(message, SENDER, "", NOON).content


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
    message = replace(letter_to("ann@example.org"), subject=hostile, text=hostile, html=f"<p>{hostile}</p>")
    try:
        written = write(message, SENDER, hostile, datetime(2023, 12, 5, tzinfo=UTC))
    except DeliveryError:
        return  # half characters: render lets none through
    mail = read(written.content)
    assert set(mail.keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "List-Id", "Auto-Submitted", "MIME-Version", "Content-Type"
    }  # fmt: skip
    assert [address.addr_spec for address in mail["From"].addresses] == ["watch@example.org"]
    assert [address.addr_spec for address in mail["To"].addresses] == ["ann@example.org"]
    assert not any(char in mail["Subject"] for char in "\r\n")
