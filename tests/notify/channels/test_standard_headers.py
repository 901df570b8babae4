"""The headers by which mail programs and providers know what a mail is, in the bytes that a mail server received."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from cmr_watch.models.recipients import TOKEN_SLOT, Message
from cmr_watch.notify.channels.mail import MailChannel
from tests.fakes.mailbox import Mailbox
from tests.notify.make import Clock, message_to

TOKEN = "0" * len(TOKEN_SLOT)
NEWS = message_to("ann@example.org", token=TOKEN)
OPT_IN = replace(message_to("ann@example.org", token="a" * len(TOKEN_SLOT)), unsubscribes=False)
TO_OPERATOR = message_to("op@example.org")
OF_A_LIST = ("List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Precedence")
SITE = "https://watch.example.org"
LONG_DOMAIN = ".".join(["d" * 60] * 4)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


def received(mailbox: Mailbox, message: Message, **settings: str) -> dict[str, list[str]]:
    """The header lines of the mail as they arrived, by name; a folded one has line breaks."""
    with closing(MailChannel(mailbox.settings(**settings), Clock())) as channel:
        channel.send(message)
    block = mailbox.mails[-1].content.partition(b"\r\n\r\n")[0].decode("ascii")
    fields: dict[str, list[str]] = {}
    for field in re.split(r"\r\n(?![ \t])", block):
        name, _, value = field.partition(":")
        fields.setdefault(name, []).append(value.removeprefix(" "))
    return fields


def test_news(mailbox: Mailbox) -> None:
    fields = received(mailbox, NEWS, web_url=SITE, unsubscribe="stop@example.org")

    assert {name: fields[name] for name in OF_A_LIST} == {
        "List-Id": ["cmr-watch <cmr-watch.example.org>"],
        "List-Unsubscribe": [
            f"<{SITE}/unsubscribe/{TOKEN}>,\r\n <mailto:stop@example.org?subject=unsubscribe%20{TOKEN}>"
        ],
        "List-Unsubscribe-Post": ["List-Unsubscribe=One-Click"],
        "Precedence": ["bulk"],
    }
    assert all(len(values) == 1 for values in fields.values())


@pytest.mark.parametrize("message", [OPT_IN, TO_OPERATOR])
def test_who_waits_for_a_mail_gets_none_of_a_list(mailbox: Mailbox, message: Message) -> None:
    assert not {*OF_A_LIST} & {*received(mailbox, message, web_url=SITE)}


@pytest.mark.parametrize("url", [None, "http://watch.example.org"])
def test_one_click_is_offered_over_https_only(mailbox: Mailbox, url: str | None) -> None:
    fields = received(mailbox, NEWS, web_url=url)  # type: ignore[arg-type]

    assert fields["List-Unsubscribe"] == [f"<mailto:watch@example.org?subject=unsubscribe%20{TOKEN}>"]
    assert "List-Unsubscribe-Post" not in fields


@pytest.mark.parametrize("message", [NEWS, OPT_IN, TO_OPERATOR])
def test_no_mail_asks_for_an_automatic_reply_but_bounces_still_come(mailbox: Mailbox, message: Message) -> None:
    fields = received(mailbox, message)

    assert fields["Auto-Submitted"] == ["auto-generated"]
    (suppressed,) = fields["X-Auto-Response-Suppress"]
    assert suppressed.split(", ") == ["OOF", "AutoReply"]


def test_the_list_id_is_the_same_in_all_mails_of_a_domain(mailbox: Mailbox) -> None:
    other = replace(message_to("bob@example.net", "Another subject", token=TOKEN.replace("0", "1")))
    ids = {received(mailbox, message, sender=sender)["List-Id"][0] for message in (NEWS, other) for sender in
           ("watch@example.org", "news@EXAMPLE.org")}  # fmt: skip

    assert ids == {"cmr-watch <cmr-watch.example.org>"}


@pytest.mark.parametrize(("message", "kind"), [(NEWS, "news"), (OPT_IN, "service"), (TO_OPERATOR, "service")])
def test_the_feedback_id_names_the_kind_and_the_sender(mailbox: Mailbox, message: Message, kind: str) -> None:
    (value,) = received(mailbox, message)["Feedback-ID"]
    *identifiers, sender = value.split(":")

    assert identifiers == [kind]
    assert re.fullmatch(r"[a-z0-9-]{5,15}", sender), "Gmail: 5 to 15 characters"


def test_the_feedback_id_depends_on_the_domain_and_not_on_the_recipient(mailbox: Mailbox) -> None:
    def feedback_id(address: str, sender: str) -> str:
        message = message_to(address, f"News for {address}", token=TOKEN.replace("0", str(len(address) % 10)))
        return received(mailbox, message, sender=sender)["Feedback-ID"][0]

    ours = feedback_id("ann@example.org", "watch@example.org")
    assert feedback_id("robert@example.net", "watch@example.org") == ours
    assert feedback_id("ann@example.org", "watch@example.net") != ours


@pytest.mark.parametrize("domain", ["example.org", "xn--mller-kva.example", "d" * 55 + ".example", LONG_DOMAIN])
@pytest.mark.parametrize("message", [NEWS, OPT_IN])
def test_lines_are_folded_at_spaces_and_short_enough(mailbox: Mailbox, domain: str, message: Message) -> None:
    fields = received(mailbox, message, sender=f"watch@{domain}", sender_name="W" * 200, web_url=SITE)

    lines = mailbox.mails[-1].content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(line.isspace() or not line for line in lines)
    if message is NEWS:
        assert [" ".join(value.split()) for value in fields["List-Id"]] == [f"cmr-watch <cmr-watch.{domain}>"]
        if domain != LONG_DOMAIN:
            assert max(map(len, f"List-Id: {fields['List-Id'][0]}".split("\r\n"))) <= 78


HOSTILE = "x\r\nBcc: eve@example.org\r\n\r\nbody"


@pytest.mark.parametrize(
    "settings", [{"sender_name": HOSTILE}, {"web_url": f"{SITE}/{HOSTILE}"}, {"web_url": f"{SITE}/>, <https://evil.example"}]
)  # fmt: skip
def test_no_setting_adds_a_header(mailbox: Mailbox, settings: dict[str, str]) -> None:
    expected = {*received(mailbox, NEWS, web_url=SITE)}

    fields = received(mailbox, NEWS, **{"web_url": SITE, **settings})

    assert {*fields} == expected
    assert fields["List-Unsubscribe"][0].count("<") == 2
