"""What doctor says about a test mail that a loopback server received, with what servers on the way add to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cmr_watch.config import MailSection, Settings, WebSection
from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.received_mail import check_authentication, check_headers
from cmr_watch.notify.message_settings import send_test_message
from tests.fakes.mailbox import Mailbox
from tests.fakes.names import FakeNames, Zone
from tests.notify.make import Clock

SITE = WebSection(url="https://watch.eu", contact="news@watch.eu")
KEY = "p=" + "MIGf" * 54
ZONE: Zone = {
    ("_dmarc.watch.eu", "TXT"): ["v=DMARC1; p=none"],
    ("s1._domainkey.watch.eu", "TXT"): ["v=DKIM1; k=rsa; " + KEY],
    ("s1._domainkey.mail.watch.eu", "TXT"): [KEY],
    ("old._domainkey.watch.eu", "TXT"): ["v=DKIM1; p="],
    ("short._domainkey.watch.eu", "TXT"): ["v=DKIM1; p=" + "MFww" * 31],
    ("ed._domainkey.watch.eu", "TXT"): ["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="],
    ("bounces.watch.eu", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"],
}
COVERED = "from:to:subject:date:message-id:list-unsubscribe:list-unsubscribe-post"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


def settings(port: int = 25, web: WebSection = SITE) -> Settings:
    return Settings(mail=MailSection("127.0.0.1", port, "plain", sender="news@watch.eu"), web=web)


def arrived(mailbox: Mailbox, *added: str, web: WebSection = SITE) -> bytes:
    """A test mail as the server received it, with the headers that were added on the way."""
    own = settings(int(mailbox.settings().port), web)
    send_test_message(own, "ann@example.org", Clock())
    return "".join(f"{line}\r\n" for line in added).encode() + mailbox.mails[-1].content


def signature(domain: str = "watch.eu", selector: str = "s1", covered: str = COVERED) -> str:
    folded = covered.replace(":subject", ":\r\n\tsubject")
    return f"DKIM-Signature: v=1; a=rsa-sha256; d={domain};\r\n s={selector}; h={folded}; bh=x; b=x"


def authentication(mail: bytes, zone: Zone = ZONE) -> list[Finding]:
    return list(check_authentication(mail, FakeNames(zone)))


def found(findings: list[Finding], what: str) -> list[tuple[bool | None, str]]:
    return [(one.good, one.words) for one in findings if one.what == what]


# ── the headers ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_complete_headers(mailbox: Mailbox) -> None:
    results = (
        "Authentication-Results: mx.google.com;\r\n dkim=pass header.i=@watch.eu; spf=pass (google.com: domain of\r\n"
        " news@watch.eu (192.0.2.1; dmarc=fail) ok) smtp.mailfrom=news@watch.eu; dmarc=pass (p=NONE) header.from=x"
    )

    assert [(one.good, one.words) for one in check_headers(arrived(mailbox, results), settings())] == [
        (True, "its headers are complete"),
        (True, "mx.google.com says: dkim=pass, dmarc=pass, spf=pass"),
    ]


def test_headers_that_the_server_removed(mailbox: Mailbox) -> None:
    mail = arrived(mailbox).replace(b"List-Unsubscribe-Post:", b"X-Removed:").replace(b"List-Id:", b"X-Removed-Id:")

    assert found(list(check_headers(mail, settings())), "test mail")[0] == (
        False,
        "it arrived without List-Id, List-Unsubscribe-Post",
    )


def test_without_a_site_there_is_no_one_click(mailbox: Mailbox) -> None:
    mail = arrived(mailbox, web=WebSection())

    good, words = found(list(check_headers(mail, settings(web=WebSection()))), "test mail")[0]
    assert (good, "by mail, not by one click" in words) == (None, True)


def test_another_sender(mailbox: Mailbox) -> None:
    mail = arrived(mailbox).replace(b"<news@watch.eu>", b"<news=watch.eu@relay.eu>")

    good, words = found(list(check_headers(mail, settings())), "test mail")[0]
    assert (good, "relay.eu" in words) == (False, True)


RESULTS = [
    ("mx.eu; spf=softfail smtp.mailfrom=x; dkim=pass; dmarc=fail", False, "did not accept DMARC and SPF: dkim=pass"),
    ("mx.eu; dkim=fail; dkim=pass; dkim=neutral", True, "mx.eu says: dkim=pass"),
    ("mx.eu; spf=pass (all is well; dmarc=fail (not really; dkim=fail)) smtp.mailfrom=x", True, "mx.eu says: spf=pass"),
    ("mx.eu 1; spf=none", False, "mx.eu 1 did not accept SPF"),
    ("mx.eu; none", None, "mx.eu does not say"),
    ("", None, "the receiving server does not say"),
    ("mx.eu; x-dkim=fail; spf=bestguesspass; dkim = pass", True, "mx.eu says: dkim=pass, spf=bestguesspass"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "good", "words"), RESULTS)
def test_what_the_receiving_server_says(mailbox: Mailbox, value: str, good: bool | None, words: str) -> None:
    forged = "Authentication-Results: evil.eu; spf=pass; dkim=pass; dmarc=pass"
    added = [f"Authentication-Results: {value}", forged] if value else []

    result = list(check_headers(arrived(mailbox, *added), settings()))[-1]

    assert (result.good, words in result.words) == (good, True), result
    assert "evil.eu" not in result.words


# ── signature and return path ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("domain", ["watch.eu", "mail.watch.eu", "WATCH.eu"])
def test_a_signature_in_order(mailbox: Mailbox, domain: str) -> None:
    findings = authentication(arrived(mailbox, "Return-Path: <news@watch.eu>", signature(domain)))

    place = f"s1._domainkey.{domain.lower()}"
    assert found(findings, "dkim") == [(True, f"{domain.lower()} signed it, and its key is published ({place})")]
    assert found(findings, "return path") == []


SIGNED = [
    ([], "the mail has no signature, so nothing vouches for watch.eu"),
    (
        [signature("relay.eu")],
        "only relay.eu signed the mail, so nothing vouches for watch.eu",
    ),
    ([signature(selector="none")], "the key of the signature is missing: none._domainkey.watch.eu"),
    ([signature(selector="short")], "the key of the signature has less than 1,024 bits: short._domainkey.watch.eu"),
    ([signature(selector="old")], "the key of the signature is revoked: old._domainkey.watch.eu"),
    (
        [signature(covered=COVERED.removesuffix(":list-unsubscribe-post"))],
        "the signature does not cover List-Unsubscribe-Post, so no unsubscribe button is shown",
    ),
    (
        [signature(covered="from:subject")],
        "the signature does not cover List-Unsubscribe and List-Unsubscribe-Post, so no unsubscribe button is shown",
    ),
]


@pytest.mark.parametrize(("added", "words"), SIGNED)
def test_a_signature_that_does_not_do(mailbox: Mailbox, added: list[str], words: str) -> None:
    problems = [one for one in authentication(arrived(mailbox, *added)) if one.good is False]

    assert [(one.what, one.words) for one in problems] == [("dkim", words)]
    assert "docs/deliverability.md" in problems[0].advice


def test_a_short_key_of_another_kind_is_good(mailbox: Mailbox) -> None:
    assert [good for good, _ in found(authentication(arrived(mailbox, signature(selector="ed"))), "dkim")] == [True]


def test_the_signature_of_a_relay_does_no_harm(mailbox: Mailbox) -> None:
    findings = authentication(arrived(mailbox, signature("relay.eu", covered="from"), signature()))

    assert [good for good, _ in found(findings, "dkim")] == [True]


PATHS = [
    ("<b@bounces.watch.eu>", True, "bounces.watch.eu is aligned with watch.eu"),
    ("<b@relay.eu>", None, "the mail server sends bounces to relay.eu, which says nothing for watch.eu"),
]


@pytest.mark.parametrize(("path", "good", "words"), PATHS)
def test_a_return_path_of_another_domain(mailbox: Mailbox, path: str, good: bool | None, words: str) -> None:
    findings = authentication(arrived(mailbox, f"Return-Path: {path}", signature()))

    ((found_good, found_words),) = found(findings, "return path")
    assert (found_good, words in found_words) == (good, True)
    assert len(found(findings, "spf")) == 1, "that of the return path"


def test_a_strict_policy_aligns_only_the_same_domain(mailbox: Mailbox) -> None:
    zone = {**ZONE, ("_dmarc.watch.eu", "TXT"): ["v=DMARC1; p=none; adkim=s; aspf=s"]}
    mail = arrived(mailbox, "Return-Path: <b@bounces.watch.eu>", signature("mail.watch.eu"))

    findings = authentication(mail, zone)

    assert [good for good, _ in found(findings, "return path")] == [None]
    assert [good for good, _ in found(findings, "dkim")] == [False]


HOSTILE = [
    b"",
    b"\x00\xff\r\n\r\n",
    b"From: \xff\xfe <x@\xff>\r\nDKIM-Signature: \xe9\r\n\r\n",
    b"From: news@watch.eu\r\n" + b"DKIM-Signature: d=watch.eu; s=../..\x1b; h=::\r\n" * 500 + b"\r\n",
    b"From: =?utf-8?q?news=40watch=2Eeu?=\r\nReturn-Path: <a@b@c>\r\n\r\n",
    b"Authentication-Results: " + b"(" * 50_000 + b"; dkim=" + b"p" * 50_000 + b"\r\n\r\n",
    b"From: news@watch.eu\r\nReturn-Path: " + b"<" * 9000 + b"\r\nDKIM-Signature: " + b"=;" * 50_000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("mail", HOSTILE)
def test_whatever_the_file_contains_it_is_read(mail: bytes) -> None:
    names = FakeNames(ZONE)

    assert list(check_headers(mail, settings()))
    list(check_authentication(mail, names))
    assert len(names.asked) < 60
