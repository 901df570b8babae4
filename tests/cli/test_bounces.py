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
    """Anna was sent a welcome message; bounces arrive in a Maildir."""
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


def bounce(
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


def test_a_permanent_bounce_ends_the_subscription(mailed: Installation) -> None:
    put(mailed, bounce(mailed.mailbox.mails[0], "5.1.1"))
    result = mailed.run("bounces")
    assert (result.code, result.out) == (
        0,
        "1 address bounced permanently, 0 paused, 0 unsubscribed; 0 unrelated messages left unread.\n",
    )
    assert active(mailed) == []
    mailed.check("2023-12")
    assert mailed.mailbox.recipients == []
    assert mailed.run("bounces").out.startswith("0 addresses bounced"), "processed once"


def test_a_temporary_bounce_pauses_delivery(mailed: Installation) -> None:
    put(mailed, bounce(mailed.mailbox.mails[0], "4.2.2", action="delayed"))
    assert mailed.run("bounces").out.startswith("0 addresses bounced permanently, 1 paused")
    mailed.check("2023-12")
    assert mailed.mailbox.recipients == [], "the changes wait"
    assert active(mailed) == ["anna@example.org"]


@pytest.mark.parametrize(
    ("to", "head"),
    [
        ("anna@example.org", "Message-ID: <forged@example.org>\nSubject: x\n"),
        ("bob@example.org", ""),
    ],
)
def test_a_bounce_of_a_message_that_was_not_sent_is_ignored(mailed: Installation, to: str, head: str) -> None:
    file = put(mailed, bounce(mailed.mailbox.mails[0], "5.1.1", to=to, head=head))
    assert mailed.run("bounces").out == (
        "0 addresses bounced permanently, 0 paused, 0 unsubscribed; 1 unrelated message left unread.\n"
    )
    assert file.exists()
    assert active(mailed) == ["anna@example.org"]


def test_the_list_unsubscribe_header(mailed: Installation) -> None:
    header = str(mailed.mailbox.mails[0].parsed["List-Unsubscribe"])
    match = re.fullmatch(r"<mailto:([^?]+)\?subject=unsubscribe%20([0-9a-z]{43})>", header)
    assert match
    request = EmailMessage()
    request["From"], request["To"], request["Subject"] = "anna@example.org", match[1], f"unsubscribe {match[2]}"
    request.set_content("")
    put(mailed, request)
    assert "1 unsubscribed" in mailed.run("bounces").out
    assert active(mailed) == []
    again = mailed.run("subscriptions", "add", "anna@example.org")
    assert (again.code, "--resubscribe" in again.err) == (2, True)
    assert mailed.run("subscriptions", "add", "anna@example.org", "--resubscribe").code == 0


def test_an_invalid_token_is_ignored(mailed: Installation) -> None:
    request = EmailMessage()
    request["From"], request["To"], request["Subject"] = (
        "eve@example.org",
        "watch@example.org",
        "unsubscribe " + "0" * 43,
    )
    request.set_content("")
    put(mailed, request)
    assert "0 unsubscribed; 1 unrelated" in mailed.run("bounces").out
    assert active(mailed) == ["anna@example.org"]


def test_a_reply_that_says_unsubscribe(mailed: Installation) -> None:
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = "anna@example.org", "watch@example.org", "Re: Welcome"
    reply["In-Reply-To"] = mailed.mailbox.mails[0].message_id
    reply.set_content("Unsubscribe\n\n> You are subscribed\n")
    put(mailed, reply)
    assert "1 unsubscribed" in mailed.run("bounces").out
    assert active(mailed) == []


def test_without_a_mailbox(watch: Installation) -> None:
    result = watch.run("bounces")
    assert (result.code, result.out) == (2, "")
    assert "no mailbox is configured" in result.err


def test_a_maildir_that_does_not_exist(watch: Installation) -> None:
    watch.configure('[bounces]\nmaildir = "nowhere"\n')
    result = watch.run("bounces")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
