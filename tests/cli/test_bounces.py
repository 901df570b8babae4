from __future__ import annotations

import email
import email.policy
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
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


def sent_earlier(watch: Installation, mail: Mail, days: float) -> None:
    """Make this mail look as if it had been sent this many days ago."""
    at = datetime.now(UTC) - timedelta(days=days)
    with closing(sqlite3.connect(watch.database)) as connection, connection:
        which = (f"{at:%Y-%m-%d %H:%M:%S.%f}", mail.message_id)
        assert connection.execute("UPDATE deliveries SET done_at = ? WHERE message_id = ?", which).rowcount == 1
        connection.execute("DELETE FROM delivery_pauses")


def send_second(watch: Installation) -> Mail:
    """Send Anna another message."""
    watch.check("2023-12")
    return watch.mailbox.mails[-1]


def test_a_second_bounce_a_day_later_ends_the_subscription(mailed: Installation) -> None:
    first = mailed.mailbox.mails[0]
    put(mailed, bounce(first, "5.1.1"))
    result = mailed.run("bounces")
    assert (result.code, result.out) == (
        0,
        "0 addresses bounced permanently, 1 paused, 0 unsubscribed; 0 unrelated messages left unread.\n",
    )
    assert active(mailed) == ["anna@example.org"]
    sent_earlier(mailed, first, 1.01)
    put(mailed, bounce(first, "5.1.1"), "again")  # the time at which it was sent has changed, so forget it
    with closing(sqlite3.connect(mailed.database)) as connection, connection:
        connection.execute("DELETE FROM hard_bounces")
    assert "1 paused" in mailed.run("bounces").out
    sent_earlier(mailed, first, 1.01)
    put(mailed, bounce(send_second(mailed), "5.1.1"), "second")
    assert mailed.run("bounces").out.startswith("1 address bounced permanently, 0 paused")
    assert active(mailed) == []
    assert mailed.run("bounces").out.startswith("0 addresses bounced"), "processed once"


def test_reports_about_one_message_or_of_one_day_confirm_nothing(mailed: Installation) -> None:
    first = mailed.mailbox.mails[0]
    put(mailed, bounce(first, "5.1.1"))
    put(mailed, bounce(first, "5.1.1"), "twice")
    assert "2 paused" in mailed.run("bounces").out
    sent_earlier(mailed, first, 0.5)
    put(mailed, bounce(send_second(mailed), "5.1.1"), "second")
    assert "0 addresses bounced permanently, 1 paused" in mailed.run("bounces").out
    assert active(mailed) == ["anna@example.org"]


def test_a_first_bounce_pauses_delivery(mailed: Installation) -> None:
    put(mailed, bounce(mailed.mailbox.mails[0], "5.1.1"))
    mailed.run("bounces")
    mailed.check("2023-12")
    assert mailed.mailbox.recipients == [], "the changes wait"


# ── many at once ─────────────────────────────────────────────────────────────────────────────────────────────────


def subscribe(watch: Installation, count: int) -> list[str]:
    """Subscribe this many addresses, with their welcome messages sent."""
    addresses = [f"reader{number}@example.org" for number in range(count)]
    entries = "".join(f'[[subscriptions]]\nname = "{name}"\nto = "{name}"\n' for name in addresses)
    watch.configure(f'[operator]\nto = ["operator@example.org"]\n{entries}', subscriptions=False)
    assert watch.check("2023-09").code == 0
    return addresses


def told(watch: Installation) -> list[str]:
    return [mail.subject for mail in watch.mailbox.mails if mail.recipient == "operator@example.org"]


def test_a_refusal_of_our_mail_ends_nothing(watch: Installation) -> None:
    for address in (addresses := subscribe(watch, 12)):
        watch.mailbox.refuse(address, "550 DMARC check failed")
    watch.check("2023-12")
    assert active(watch) == addresses
    assert told(watch) != [], "the operator is notified of the failed messages"


def test_many_dead_addresses_at_once_are_held(watch: Installation) -> None:
    addresses = subscribe(watch, 12)
    for address in addresses[:6]:
        watch.mailbox.refuse(address, "550 5.1.1 <" + address + ">: no such user")
    watch.check("2023-12")
    assert active(watch) == addresses
    assert "any addresses bounce at once" in " ".join(told(watch))
    held = watch.run("bounces", "--held").lines
    assert [line.partition(": ")[0] for line in held] == addresses[:6]
    assert "no such user" in held[0]
    result = watch.run("bounces", "--end-held")
    assert result.out.startswith("6 addresses bounced permanently, 0 paused")
    assert active(watch) == addresses[6:]
    assert watch.run("bounces", "--held").out == "No subscriptions are held.\n"
    watch.check("2024-04")
    assert "1 resolved" in " ".join(told(watch))


def test_a_few_dead_addresses_end_at_once(watch: Installation) -> None:
    addresses = subscribe(watch, 6)
    for address in addresses[:2]:
        watch.mailbox.refuse(address, "550 5.1.1 no such user")
    watch.check("2023-12")
    assert active(watch) == addresses[2:]
    assert watch.run("bounces", "--held", "--json").out == ""
    watch.mailbox.refuse(addresses[2], "550 5.1.1 no such user")
    watch.check("2024-04")
    assert active(watch) == addresses[2:], "three of six within a day"


def test_held_and_end_held_exclude_each_other(watch: Installation) -> None:
    assert watch.run("bounces", "--held", "--end-held").code == 2


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


def arf(mail: Mail) -> EmailMessage:
    raw = (
        "From: feedback@provider.example\nTo: watch@example.org\nSubject: complaint\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {mail.message_id}\n\n--b--\n"
    )
    return email.message_from_string(raw, policy=email.policy.default)  # type: ignore[return-value]


def test_a_complaint_ends_the_subscription(mailed: Installation) -> None:
    mailed.configure('[operator]\nto = ["operator@example.org"]\n[bounces]\nmaildir = "mail"\n')
    put(mailed, arf(mailed.mailbox.mails[0]))
    assert ", 1 complaint; 0 unrelated" in mailed.run("bounces").out
    assert active(mailed) == []
    again = mailed.run("subscriptions", "add", "anna@example.org")
    assert (again.code, "reported our mail as spam" in again.err) == (2, True)
    mailed.check("2023-12")
    assert "eported as spam by anna@example.org" in " ".join(told(mailed))


def test_a_complaint_about_another_mail_is_ignored(mailed: Installation) -> None:
    put(mailed, arf(Mail("", "", b"Message-ID: <forged@example.org>\n")))
    assert "1 unrelated message left unread" in mailed.run("bounces").out
    assert active(mailed) == ["anna@example.org"]


def test_the_operator_is_notified_once_of_a_request_without_token(mailed: Installation) -> None:
    mailed.configure('[operator]\nto = ["operator@example.org"]\n[bounces]\nmaildir = "mail"\n')
    request = EmailMessage()
    request["From"], request["To"], request["Subject"] = "Eve <eve@example.org>", "watch@example.org", "Hello"
    request.set_content("Please unsubscribe me.\n")
    put(mailed, request)
    assert ", 1 request for the operator; 0 unrelated" in mailed.run("bounces").out
    assert mailed.run("bounces").out.startswith("0 addresses bounced permanently, 0 paused, 0 unsubscribed; 0 unrel")
    mailed.check("2023-12")
    assert "nsubscribe request from eve@example.org" in " ".join(told(mailed))
    assert active(mailed) == ["anna@example.org"]


def test_a_token_counts_whatever_else_the_mail_carries(mailed: Installation) -> None:
    header = str(mailed.mailbox.mails[0].parsed["List-Unsubscribe"])
    request = EmailMessage()
    request["From"], request["To"] = "anna@example.org", "watch@example.org"
    request["Subject"] = f'Re: "unsubscribe {header[-44:-1]}"'
    request["Auto-Submitted"], request["Precedence"], request["Return-Path"] = "auto-replied", "bulk", "<>"
    request.set_content("<p></p>", subtype="html")
    put(mailed, request)
    assert "1 unsubscribed" in mailed.run("bounces").out
    assert active(mailed) == []


def test_an_invalid_token_is_ignored(mailed: Installation) -> None:
    request = EmailMessage()
    request["From"], request["To"], request["Subject"] = (
        "eve@example.org",
        "watch@example.org",
        "unsubscribe " + "0" * 43,
    )
    request.set_content("")
    put(mailed, request)
    assert "0 unsubscribed, 1 request for the operator; 0 unrelated" in mailed.run("bounces").out
    assert active(mailed) == ["anna@example.org"]


def test_a_reply_that_says_unsubscribe(mailed: Installation) -> None:
    reply = EmailMessage()
    reply["From"], reply["To"], reply["Subject"] = "anna@example.org", "watch@example.org", "Re: Welcome"
    reply["In-Reply-To"] = mailed.mailbox.mails[0].message_id
    reply.set_content("Unsubscribe\n\n> You are subscribed\n")
    put(mailed, reply)
    assert "1 unsubscribed" in mailed.run("bounces").out
    assert active(mailed) == []


def test_the_operator_is_notified_once_of_files_that_cannot_be_read(mailed: Installation) -> None:
    mailed.configure('[operator]\nto = ["operator@example.org"]\n[bounces]\nmaildir = "mail"\n')
    (mailed.folder / "mail" / "new" / "0").symlink_to("0")
    put(mailed, arf(mailed.mailbox.mails[0]))
    for _ in range(2):
        assert ", 1 unreadable; 0 unrelated" in mailed.run("bounces").out
    assert active(mailed) == []
    mailed.check("2023-12")
    assert "some returned mail cannot be read" in mailed.mailbox.mails[-1].part("plain").lower()
    (mailed.folder / "mail" / "new" / "0").unlink()
    mailed.run("bounces")
    mailed.check("2024-04")
    assert told(mailed)[-1] == "Resolved: all returned mail can be read again"


def test_without_a_mailbox(watch: Installation) -> None:
    result = watch.run("bounces")
    assert (result.code, result.out) == (2, "")
    assert "no mailbox is configured" in result.err


def test_a_maildir_that_does_not_exist(watch: Installation) -> None:
    watch.configure('[bounces]\nmaildir = "nowhere"\n')
    result = watch.run("bounces")
    assert (result.code, len(result.err.splitlines())) == (1, 1)
