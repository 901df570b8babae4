from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.cli.conftest import Installation
from tests.fakes.mailbox import Mail


@pytest.fixture
def mailed(watch: Installation) -> Installation:
    """Anna was welcomed; mail comes back to a Maildir."""
    for part in ("new", "cur", "tmp"):
        (watch.folder / "mail" / part).mkdir(parents=True)
    watch.configure('[bounces]\nmaildir = "mail"\n')
    watch.serve("2023-09")
    assert watch.run("check").code == 0
    return watch


def put(watch: Installation, mail: EmailMessage, name: str = "1") -> Path:
    file = watch.folder / "mail" / "new" / f"{name}.example"
    file.write_bytes(mail.as_bytes())
    return file


def report(
    mail: Mail, status: str, *, to: str = "anna@example.org", action: str = "failed", head: str = ""
) -> EmailMessage:
    fields = f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\n"
    head = head or f"Message-ID: {mail.message_id}\nSubject: x\n"
    raw = (
        "From: MAILER-DAEMON@mx.example.org\nTo: watch@example.org\nSubject: Undelivered\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nIt could not be delivered.\n"
        f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n{fields}\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n{head}\n--b--\n"
    )
    return email.message_from_string(raw, policy=email.policy.default)  # type: ignore[return-value]


def active(watch: Installation) -> list[str]:
    return [row["address"] for row in watch.run("subscriptions", "list", "--json").json if "@" in row["address"]]


def test_a_hard_bounce_ends_the_mailing(mailed: Installation) -> None:
    put(mailed, report(mailed.mailbox.mails[0], "5.1.1"))
    ran = mailed.run("bounces")
    assert (ran.code, ran.out) == (0, "1 address gone, 0 paused, 0 unsubscribed; 0 other mails left alone.\n")
    assert active(mailed) == []
    mailed.check("2023-12")
    assert mailed.mailbox.recipients == []
    assert mailed.run("bounces").out.startswith("0 addresses gone"), "once"


def test_a_soft_bounce_is_left_in_peace_for_a_while(mailed: Installation) -> None:
    put(mailed, report(mailed.mailbox.mails[0], "4.2.2", action="delayed"))
    assert mailed.run("bounces").out.startswith("0 addresses gone, 1 paused")
    mailed.check("2023-12")
    assert mailed.mailbox.recipients == [], "what is new waits"
    assert active(mailed) == ["anna@example.org"]


@pytest.mark.parametrize(
    ("to", "head"),
    [
        ("anna@example.org", "Message-ID: <forged@example.org>\nSubject: x\n"),
        ("bob@example.org", ""),
    ],
)
def test_what_names_no_message_of_ours_is_left_alone(mailed: Installation, to: str, head: str) -> None:
    file = put(mailed, report(mailed.mailbox.mails[0], "5.1.1", to=to, head=head))
    assert mailed.run("bounces").out == "0 addresses gone, 0 paused, 0 unsubscribed; 1 other mail left alone.\n"
    assert file.exists()
    assert active(mailed) == ["anna@example.org"]


def test_the_way_that_a_mail_program_takes(mailed: Installation) -> None:
    header = str(mailed.mailbox.mails[0].parsed["List-Unsubscribe"])
    found = re.fullmatch(r"<mailto:([^?]+)\?subject=unsubscribe%20([0-9a-z]{43})>", header)
    assert found
    wish = EmailMessage()
    wish["From"], wish["To"], wish["Subject"] = "anna@example.org", found[1], f"unsubscribe {found[2]}"
    wish.set_content("")
    put(mailed, wish)
    assert "1 unsubscribed" in mailed.run("bounces").out
    assert active(mailed) == []
    again = mailed.run("subscriptions", "add", "anna@example.org")
    assert (again.code, "--anew" in again.err) == (2, True)
    assert mailed.run("subscriptions", "add", "anna@example.org", "--anew").code == 0


def test_a_token_that_was_made_up_ends_nothing(mailed: Installation) -> None:
    wish = EmailMessage()
    wish["From"], wish["To"], wish["Subject"] = "eve@example.org", "watch@example.org", "unsubscribe " + "0" * 43
    wish.set_content("")
    put(mailed, wish)
    assert "0 unsubscribed; 1 other" in mailed.run("bounces").out
    assert active(mailed) == ["anna@example.org"]


def test_an_answer_with_the_word_unsubscribes(mailed: Installation) -> None:
    answer = EmailMessage()
    answer["From"], answer["To"], answer["Subject"] = "anna@example.org", "watch@example.org", "Re: Welcome"
    answer["In-Reply-To"] = mailed.mailbox.mails[0].message_id
    answer.set_content("Unsubscribe\n\n> You are subscribed\n")
    put(mailed, answer)
    assert "1 unsubscribed" in mailed.run("bounces").out
    assert active(mailed) == []


def test_without_a_mailbox(watch: Installation) -> None:
    ran = watch.run("bounces")
    assert (ran.code, ran.out) == (2, "")
    assert "no mailbox is configured" in ran.err


def test_a_folder_that_is_none(watch: Installation) -> None:
    watch.configure('[bounces]\nmaildir = "nowhere"\n')
    ran = watch.run("bounces")
    assert (ran.code, len(ran.err.splitlines())) == (1, 1)
