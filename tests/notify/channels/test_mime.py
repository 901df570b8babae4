"""MIME mails: headers that no text can add to, unsubscribe headers, and templates that give the same mail."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.exceptions import DeliveryError
from cmr_watch.models.muting import MUTE_SLOT, ItemRef, mute_path
from cmr_watch.models.recipients import TOKEN_SLOT
from cmr_watch.notify.channels.mail_addresses import EmailAddress
from cmr_watch.notify.channels.mime import MailSender, _template, compose
from tests.notify.make import NOON, message_to

SENDER = MailSender(EmailAddress("watch", "example.org"))
TOKEN = "0" * len(TOKEN_SLOT)


def parse_mail(content: bytes) -> email.message.EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)  # type: ignore[return-value]


def test_a_mail():
    message = message_to("ann@example.org")
    composed = compose(message, replace(SENDER, name="Clusters meet Regions watch"), NOON)
    mail = parse_mail(composed.content)
    assert not composed.needs_smtputf8
    assert mail["Subject"] == message.subject
    assert mail["From"] == "Clusters meet Regions watch <watch@example.org>"
    assert mail["To"] == "ann@example.org"
    assert mail["Date"].datetime == NOON
    assert mail["Message-ID"].strip() == message.message_id
    assert mail.get_body(("plain",)).get_content().splitlines() == message.text.splitlines()
    assert mail.get_body(("html",)).get_content().strip() == message.html
    assert composed.content.isascii()
    assert max(map(len, composed.content.split(b"\r\n"))) < 998


def test_text_only():
    message = message_to("ann@example.org", html="")
    assert parse_mail(compose(message, SENDER, NOON).content).get_content_type() == "text/plain"


def test_an_international_address_needs_smtputf8_and_gets_it():
    composed = compose(message_to("jörg@müller.example"), replace(SENDER, name="Wächter"), NOON)
    assert composed.needs_smtputf8
    assert "To: jörg@xn--mller-kva.example" in composed.content.decode()


def test_a_long_message_id_stays_whole():
    message = replace(message_to("ann@example.org"), message_id="<" + "0" * 32 + "@" + "long-name." * 6 + "example>")
    assert message.message_id.encode() in compose(message, SENDER, NOON).content


def test_a_message_id_that_adds_a_header_is_refused():
    message = replace(message_to("ann@example.org"), message_id="<1@example.org>\r\nBcc: eve@example.org")
    with pytest.raises(DeliveryError, match="Message-ID"):
        compose(message, SENDER, NOON)


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
def test_hostile_text_adds_no_header(hostile):
    check_headers(hostile)


@given(st.text(max_size=300) | st.text(alphabet="=?utf8qbQ_0DA\r\n: <>@é", max_size=80))
def test_generated_text_adds_no_header(hostile):
    check_headers(hostile)


def check_headers(hostile: str) -> None:
    message = message_to("ann@example.org", hostile, text=hostile, html=f"<p>{hostile}</p>")
    try:
        composed = compose(message, replace(SENDER, name=hostile), datetime(2023, 12, 5, tzinfo=UTC))
    except DeliveryError:
        return  # lone surrogates, which rendering removes
    mail = parse_mail(composed.content)
    assert set(mail.keys()) == {
        "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted", "X-Auto-Response-Suppress", "Feedback-ID",
        "MIME-Version", "Content-Type", "Content-Language",
    }  # fmt: skip
    assert [address.addr_spec for address in mail["From"].addresses] == ["watch@example.org"]
    assert [address.addr_spec for address in mail["To"].addresses] == ["ann@example.org"]
    assert not any(char in mail["Subject"] for char in "\r\n")


# ── unsubscribe ──────────────────────────────────────────────────────────────────────────────────────────────────


def mail_with_token(sender: MailSender, token: str = TOKEN) -> email.message.EmailMessage:
    message = message_to("ann@example.org", text=f"Unsubscribe: {TOKEN_SLOT}", html=f"<p>{TOKEN_SLOT}</p>", token=token)
    return parse_mail(compose(message, sender, NOON).content)


def test_unsubscribing_by_mail():
    mail = mail_with_token(SENDER)
    assert mail["List-Unsubscribe"] == f"<mailto:watch@example.org?subject=unsubscribe%20{TOKEN}>"
    assert mail["List-Unsubscribe-Post"] is None
    assert TOKEN in mail.get_body(("plain",)).get_content()
    assert TOKEN in mail.get_body(("html",)).get_content()


def test_unsubscribing_with_one_click_if_there_are_pages():
    mail = mail_with_token(replace(SENDER, unsubscribe="stop@example.org", web_url="https://watch.example.org"))
    urls = f"<https://watch.example.org/unsubscribe/{TOKEN}>, <mailto:stop@example.org?subject=unsubscribe%20{TOKEN}>"
    assert mail["List-Unsubscribe"] == urls
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_one_click_needs_https():
    assert "http:" not in mail_with_token(replace(SENDER, web_url="http://127.0.0.1:8000"))["List-Unsubscribe"]


def test_no_unsubscribe_header_without_a_token():
    assert mail_with_token(SENDER, token="")["List-Unsubscribe"] is None


def test_unsubscribe_urls_are_encoded_but_never_folded():
    sender = replace(
        SENDER,
        unsubscribe="unsubscribe+all%x@" + "long-name." * 5 + "example",
        web_url="https://x.example/a,<b>\r\nX: y",
    )
    message = message_to("ann@example.org", token=TOKEN)
    content = compose(message, sender, NOON).content
    assert (
        f"\r\n <mailto:unsubscribe%2Ball%25x@{'long-name.' * 5}example?subject=unsubscribe%20{TOKEN}>\r\n"
        in content.decode()
    )
    assert (
        f"List-Unsubscribe: <https://x.example/a%2C%3Cb%3E%0D%0AX:%20y/unsubscribe/{TOKEN}>,\r\n " in content.decode()
    )


@given(st.integers(0, 90), st.integers(0, 90), st.booleans())
def test_a_template_is_split_at_every_slot(before, after, spaced):
    """Also if the encoder folds a line within a slot."""
    text = ("é " if spaced else "e") * before + TOKEN_SLOT + "é" * after
    message = message_to("ann@example.org", text=text, html=f'<a href="{text}">{text}</a>', token=TOKEN)
    template = _template(message.body.text, message.body.html)
    assert template is not None
    assert (len(template.pieces), template.slots) == (4, (None, None, None))
    mail = compose(message, SENDER, NOON).content
    assert max(map(len, mail.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78
    assert parse_mail(mail).get_body(("plain",)).get_content().splitlines() == [text.replace(TOKEN_SLOT, TOKEN)]


@pytest.mark.parametrize("length", [1, 60, 64])
@pytest.mark.parametrize("domain", ["d.example", ".".join(["d" * 60] * 4)])
def test_a_long_recipient_is_not_changed_and_lines_are_short_enough(length, domain):
    address = f"{'a' * length}@{domain}"
    content = compose(message_to(address), SENDER, NOON).content
    assert parse_mail(content)["To"] == address
    assert max(map(len, content.split(b"\r\n"))) <= 998


LOCAL_PARTS = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}", fullmatch=True).filter(lambda part: "=?" not in part)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200)


@given(LOCAL_PARTS, st.integers(1, 90), TEXTS, st.lists(TEXTS, max_size=5))
def test_a_mail_from_the_template_equals_one_that_was_written_with_its_token(local, length, subject, lines):
    text = "\n".join([*lines, f"unsubscribe {TOKEN_SLOT}"])
    message = message_to(
        f"{local}@{'d' * min(length, 60)}.example", subject, text=text, html=f"<p>{TOKEN_SLOT}</p>", token=TOKEN
    )
    from_template = parse_mail(compose(message, SENDER, NOON).content)
    written = replace(message.body, text=message.text, html=message.html)
    separate = parse_mail(compose(replace(message, body=written), SENDER, NOON).content)
    assert {name: str(value).strip() for name, value in from_template.items() if name != "Content-Type"} == {
        name: str(value).strip() for name, value in separate.items() if name != "Content-Type"
    }
    for kind in ("plain", "html"):
        assert from_template.get_body((kind,)).get_content() == separate.get_body((kind,)).get_content()


def test_text_that_resembles_a_slot_is_not_replaced():
    message = message_to("ann@example.org", text=f"{TOKEN_SLOT[:-1]} {TOKEN_SLOT[1:]} {TOKEN_SLOT}", token=TOKEN)
    text = parse_mail(compose(message, SENDER, NOON).content).get_body(("plain",)).get_content()
    assert text.strip() == f"{TOKEN_SLOT[:-1]} {TOKEN_SLOT[1:]} {TOKEN}"


# ── muting ───────────────────────────────────────────────────────────────────────────────────────────────────────

CALL, LYON, LYON_2 = (
    ItemRef("call", "call-2024"),
    ItemRef("edition", "lyon-fr-2024"),
    ItemRef("edition", "lyon-fr-2024-2"),
)
ATHENS = ItemRef("edition", "\u03b1\u03b8\u03ae\u03bd\u03b1-gr-2025")
ALL = (CALL, LYON, LYON_2, ATHENS)
MUTE_TOKENS = tuple((item, f"m{number:043}") for number, item in enumerate(ALL))


@given(st.integers(0, 90), st.sampled_from(["e", "é ", "<", "="]), st.permutations(ALL), st.booleans())
def test_each_mute_link_gets_its_own_token(before, char, items, twice):
    """Wherever the encoder folds a line, in whichever order they stand."""
    lines = [f"{char * before}https://watch.example.org{mute_path(item)}" for item in (*items, *items[:twice])]
    text = "\n".join([*lines, f"unsubscribe {TOKEN_SLOT}"])
    html = "".join(f'<a href="{line}">x</a>' for line in lines) + f"<p>{TOKEN_SLOT}</p>"
    message = replace(message_to("ann@example.org", text=text, html=html, token=TOKEN), mute_tokens=MUTE_TOKENS)
    assert _template(text, html) is not None
    content = compose(message, SENDER, NOON).content
    assert max(map(len, content.partition(b"\r\n\r\n")[2].split(b"\r\n"))) <= 78
    expected = [line.replace(MUTE_SLOT, dict(MUTE_TOKENS)[item]) for line, item in zip(lines, items, strict=False)]
    plain, rich = (parse_mail(content).get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert plain.splitlines()[: len(expected)] == expected == message.text.splitlines()[: len(expected)]
    assert all(f'href="{line}"' in rich for line in expected)
    assert (TOKEN in plain, TOKEN in rich, MUTE_SLOT in plain + rich) == (True, True, False)


def test_a_slot_outside_of_a_link_is_left_alone():
    text = f"{MUTE_SLOT} {TOKEN_SLOT}"
    message = replace(message_to("ann@example.org", text=text, token=TOKEN), mute_tokens=MUTE_TOKENS)
    plain = parse_mail(compose(message, SENDER, NOON).content).get_body(("plain",)).get_content()
    assert plain.strip() == f"{MUTE_SLOT} {TOKEN}"


@pytest.mark.parametrize(("language", "path"), [("en", "/unsubscribe/"), ("de", "/de/unsubscribe/")])
def test_the_headers_follow_the_language_of_the_text(language, path):
    message = message_to("ann@example.org", "Hello", html=f'<!DOCTYPE html>\n<html lang="{language}"><p>x', token=TOKEN)
    mail = parse_mail(
        compose(
            message, replace(SENDER, web_url="https://watch.example.org"), datetime(2023, 12, 5, tzinfo=UTC)
        ).content
    )
    assert mail["Content-Language"] == language
    assert f"<https://watch.example.org{path}{TOKEN}>" in mail["List-Unsubscribe"]
