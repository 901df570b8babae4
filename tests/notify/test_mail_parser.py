"""Parsing of incoming mail. Each folder in tests/fixtures/bounces/* holds a mail and the expected result.

To cover a mail that is parsed incorrectly, add a folder. Only the keys in expected.json are compared, and the `kind`.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.notify.bounce_parser import MAX_REASON, Bounce
from cmr_watch.notify.complaint_parser import Complaint
from cmr_watch.notify.incoming_mail import MAX_BYTES, MAX_IDS
from cmr_watch.notify.mail_parser import Incoming, parse_mail
from cmr_watch.notify.unsubscribe_parser import Unsubscribe

FOLDERS = sorted(path.parent for path in (Path(__file__).parents[1] / "fixtures" / "bounces").rglob("mail.eml"))
MAILS = [(folder / "mail.eml").read_bytes() for folder in FOLDERS]
KINDS = {"bounce": Bounce, "unsubscribe": Unsubscribe, "complaint": Complaint, None: type(None)}
MEBIBYTE = 1024 * 1024


def fixture(name: str) -> bytes:
    return next(mail for folder, mail in zip(FOLDERS, MAILS, strict=True) if folder.name == name)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_fixtures(folder, newline):
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    parsed = parse_mail((folder / "mail.eml").read_bytes().replace(b"\n", newline))
    assert type(parsed) is KINDS[expected.pop("kind")]
    for name, value in expected.items():
        actual = getattr(parsed, name)
        assert (list(actual) if isinstance(actual, tuple) else actual) == value, name


@pytest.mark.parametrize(
    ("status", "diagnostic", "kind"),
    [
        ("5.1.1", "smtp; 550 5.7.1 odd", "soft"),
        ("5.1.10", "", "hard"),
        ("5.4.4", "", "soft"),
        ("5.2.1", "", "soft"),
        ("5.2.1", "smtp; 550 5.2.1 this account is disabled", "hard"),
        ("5.2.2", "", "soft"),
        ("5.2.3", "", "soft"),
        ("5.3.4", "", "soft"),
        ("5.4.7", "", "soft"),
        ("5.7.26", "", "soft"),
        ("4.4.1", "", "soft"),
        ("5.1.1 (unknown)", "", "hard"),
        ("5.0.0", "smtp; 550 5.2.2 no room", "soft"),
        ("5.0.0", "smtp; 550 no such user", "hard"),
        ("5.0.0", "smtp; 550 unknown", "soft"),
        ("5.0.0", "smtp; 550 DMARC check failed", "soft"),
        ("5.0.0", "smtp; 451 4.3.0 later", "soft"),
        ("5.0.0", "smtp; 451 later", "soft"),
        ("5.0.0", "smtp; host [4.2.2.1] says 550 unknown user", "hard"),
        ("nonsense", "smtp; 550 the mailbox of ann is full", "soft"),
        ("4.0.0", "", "soft"),
    ],
)
def test_status_codes_are_classified_as_hard_or_soft(status, diagnostic, kind):
    mail = fixture("no-status").replace(
        b"Diagnostic-Code: smtp; 550 unknown", f"Status: {status}\nDiagnostic-Code: {diagnostic}".encode()
    )
    parsed = parse_mail(mail)
    assert isinstance(parsed, Bounce)
    assert (parsed.hard, parsed.soft) == ((("ann@example.org",), ()) if kind == "hard" else ((), ("ann@example.org",)))


def test_a_reason_is_one_short_printable_line():
    mail = fixture("no-status").replace(b"550 unknown", b"550 \x1b[31mred\x07 \xff" + b"long " * 200)
    parsed = parse_mail(mail)
    assert isinstance(parsed, Bounce)
    assert parsed.reason.isprintable()
    assert 200 < len(parsed.reason) <= MAX_REASON


def test_a_report_never_includes_its_own_message_id():
    for mail in MAILS:
        parsed = parse_mail(mail)
        assert not isinstance(parsed, Bounce) or not [one for one in parsed.message_ids if "report" in one]


def test_a_large_returned_mail():
    mail = fixture("postfix-550").replace(b"\nHello\n", b"\n" + b"Hello\n" * MEBIBYTE)
    assert parse_mail(mail) == parse_mail(fixture("postfix-550"))


def test_text_of_the_returned_mail_is_ignored():
    mail = fixture("postfix-550").replace(b"\nHello\n", b"\n" + fixture("two-recipients").replace(b"B1", b"B9") + b"\n")
    parsed = parse_mail(mail)
    assert isinstance(parsed, Bounce)
    assert (parsed.hard, parsed.soft) == (("ann@example.org",), ())


# ── arbitrary bytes ─────────────────────────────────────────────────────────────────────────────────────────────────


def is_valid(parsed: Incoming | None) -> bool:
    if isinstance(parsed, Bounce):
        addresses = parsed.hard + parsed.soft
        valid = all(address.isprintable() and address.count("@") for address in addresses)
        return bool(addresses) and valid and "\n" not in parsed.reason and len(parsed.message_ids) <= MAX_IDS
    return parsed is None or len(parsed.message_ids) <= MAX_IDS


@given(st.binary(max_size=2000))
def test_random_bytes(content):
    assert is_valid(parse_mail(content))


PIECES = st.sampled_from(
    [
        b"",
        b"\n",
        b"\n\n",
        b"\x00",
        b"\xff\xfe",
        b"=?utf-8?b?////?=",
        b"=?nonsense?q?=FF?=",
        b'"',
        b"<",
        b";",
        b"--B1--\n",
        b"--B1\n",
        b"Content-Type: text/plain; charset=nonsense\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Type: multipart/report; boundary*0*=utf-8''%FF\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"Action: failed\n",
        b"Final-Recipient: rfc822\n",
        b"Final-Recipient: rfc822; @\n",
    ]
)
CUTS = st.tuples(st.floats(0, 1), st.integers(0, 80), PIECES)


@given(st.sampled_from(MAILS), st.lists(CUTS, min_size=1, max_size=8))
def test_mutated_mails(mail, cuts):
    for place, length, piece in cuts:
        at = int(place * len(mail))
        mail = mail[:at] + piece + mail[at + length :]
    assert is_valid(parse_mail(mail))


HEAD = b"From: mailer-daemon@example.org\nIn-Reply-To: <a@b>\n"
NESTED = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(1000))
FIFTEEN = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (n, n) for n in range(15))
REPORT = HEAD + b'Content-Type: multipart/report; boundary="x"\n\n--x\n'
TAGS = b"this message was created automatically by mail delivery software\nfailed addresses follow:\nYour message to:\n"
EXPENSIVE = {
    "nested": HEAD + NESTED,
    "nested enclosed": HEAD + b"Content-Type: message/rfc822\n\n" * 100_000,
    "many lines, nested": HEAD + FIFTEEN + b"\n" * 5 * MEBIBYTE,
    "many parts": REPORT + b"\n--x\n" * MEBIBYTE,
    "many blocks": REPORT + b"Content-Type: message/delivery-status\n\n" + b"Action: failed\n\n" * 300_000,
    "many recipients": REPORT
    + b"Content-Type: message/delivery-status\n\n"
    + b"".join(b"Final-Recipient: rfc822; %s\nAction: failed\n\n" % (b"a" * 4000) for _ in range(280)),
    "one line": HEAD + b"\n" + b"a" * 5 * MEBIBYTE,
    "long lines": HEAD + b"\n" + TAGS + (b"a" * 3999 + b"\n") * 1300,
    "signs": HEAD + b"\n" + TAGS + (b"a@" * 1999 + b"\n") * 1300,
    "spaces": HEAD + b"\n" + TAGS + (b" " * 3999 + b"\n") * 1300,
    "huge header": HEAD + b"X: " + b"y\n " * MEBIBYTE + b"\n\n",
    "huge type": HEAD + b"Content-Type: multipart/report; " + b'";\n ' * MEBIBYTE + b"\n\n",
    "huge type, no quotes": HEAD + b"Content-Type: text/plain; " + b"a=b;\n " * MEBIBYTE + b"\n\n",
    "huge failed": HEAD + b"X-Failed-Recipients: " + b"(\n " * MEBIBYTE + b"\n\n",
    "huge from": b"From: " + b'"(<\n ' * MEBIBYTE + b"\n\n",
    "huge subject": b"Subject: " + b"=?utf-8?q?a\n " * MEBIBYTE + b"\n\n",
    "huge references": b"Subject: stop\nIn-Reply-To: " + b"<\n " * MEBIBYTE + b"\n\n",
    "base64 of nested": REPORT
    + b"Content-Type: message/rfc822\nContent-Transfer-Encoding: quoted-printable\n\n"
    + NESTED,
    "html styles": HEAD + b"Content-Type: text/html\n\n" + b"<style " * MEBIBYTE,
    "html comments": HEAD + b"Content-Type: text/html\n\n" + b"<!--" * MEBIBYTE,
    "html tags": HEAD + b"Content-Type: text/html\n\n" + b"<p " * MEBIBYTE,
    "many addresses": HEAD + b"\n" + b"a%d@b.example 550 5.1.1 user unknown\n" * 10_000,
    "dashes": HEAD + b"\n" + (b"-" * 3999 + b"\n") * 1300,
    "paragraphs": HEAD + b"\n" + b"550 \n \t \n" * MEBIBYTE,
    "wishes": b"Subject: " + b"please " * MEBIBYTE + b"\n\n",
    "zeros": bytes(5 * MEBIBYTE),
}


@pytest.mark.parametrize("content", EXPENSIVE.values(), ids=EXPENSIVE)
def test_expensive_mails_are_parsed_in_bounded_time(content):
    before = time.process_time()
    assert is_valid(parse_mail(content[: 5 * MEBIBYTE]))
    assert time.process_time() - before < 20  # CPU seconds: a generous upper bound, not a benchmark


def test_content_beyond_the_size_limit_is_ignored():
    mail = fixture("unsubscribe-by-subject")
    assert parse_mail(mail + b"x\n" * MAX_BYTES) == parse_mail(mail)
