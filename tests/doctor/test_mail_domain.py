"""What doctor says about SPF, DMARC and MX records, as a table of zones."""

from __future__ import annotations

from pathlib import Path

import pytest

from cmr_watch.config import BouncesSection, MailSection, Settings, WebSection
from cmr_watch.doctor.deliverability import check_deliverability
from cmr_watch.doctor.dmarc import are_aligned, check_dmarc
from cmr_watch.doctor.finding import Finding
from cmr_watch.doctor.mail_domain import check_mail_domain, is_public
from cmr_watch.doctor.name_server import Kind
from cmr_watch.doctor.spf import check_spf
from tests.fakes.names import FakeNames, Zone

INTERNET: Zone = {("eu", "NS"): ["x.dns.eu."], ("org", "NS"): ["a0.org.afilias-nst.info."]}
GOOD: Zone = {
    **INTERNET,
    ("watch.eu", "TXT"): ["v=spf1 include:relay.eu mx -all", "site-verification=1"],
    ("relay.eu", "TXT"): ["v=spf1 ip4:192.0.2.0/24 ~all"],
    ("_dmarc.watch.eu", "TXT"): ["v=DMARC1; p=none; rua=mailto:dmarc@watch.eu"],
    ("watch.eu", "MX"): ["20 b.watch.eu.", "5 a.watch.eu."],
}
NO_DNS = FakeNames({}, fails_after=0)


def settings(sender: str = "news@watch.eu", unsubscribe: str | None = None, **sections: object) -> Settings:
    mail = MailSection(host="smtp.watch.eu", sender=sender, unsubscribe=unsubscribe)
    return Settings(mail=mail, **sections)  # type: ignore[arg-type]


def test_a_domain_in_order() -> None:
    assert list(check_mail_domain(settings(), FakeNames(GOOD))) == [
        Finding("spf", True, "watch.eu has one, with 2 of 10 look-ups: v=spf1 include:relay.eu mx -all"),
        Finding("dmarc", True, "the policy for watch.eu is p=none, which only asks for reports"),
        Finding("mx", True, "mail to watch.eu goes to a.watch.eu"),
    ]


MANY = "v=spf1 " + " ".join(f"a:{number}.watch.eu" for number in range(11)) + " -all"
SPF = [
    ([], None, "has no SPF record"),
    (["V=SPF1 ip4:192.0.2.1 -all"], True, "with 0 of 10"),
    (["v=spf10 -all", "spf2.0/pra"], None, "has no SPF record"),
    (["v=spf1 -all", "v=spf1 mx -all"], False, "has 2 SPF records"),
    (["v=spf1 +all"], False, "allows every server"),
    (["v=spf1 mx all"], False, "allows every server"),
    (["v=spf1 a:install.eu ip4:192.0.2.1 ?all"], True, "with 1 of 10"),
    (["v=spf1 include:nowhere.eu -all"], False, "refers to nowhere.eu"),
    (["v=spf1 a mx a:x.eu mx:y.eu/24 a/24 ptr exists:%{i}.z.eu include:relay.eu -all"], True, "with 8 of 10"),
    (["v=spf1 redirect=relay.eu"], True, "with 1 of 10"),
    (["v=spf1 redirect=nowhere.eu -all"], True, "with 0 of 10"),
    (["v=spf1 include:%{d}.z.eu -all"], True, "with 1 of 10"),
    (["v=spf1 include:watch.eu -all"], False, "more than 10 look-ups"),
    ([MANY], False, "more than 10 look-ups"),
]


@pytest.mark.parametrize(("texts", "good", "words"), SPF)
def test_spf(texts: list[str], good: bool | None, words: str) -> None:
    names = FakeNames({("watch.eu", "TXT"): texts, ("relay.eu", "TXT"): GOOD["relay.eu", "TXT"]})

    finding = check_spf("watch.eu", names)

    assert (finding.good, words in finding.words) == (good, True), finding
    assert bool(finding.advice) is not bool(good)
    assert len(names.asked) <= 12


def test_look_ups_of_included_records_count() -> None:
    zone: dict[tuple[str, Kind], list[str]] = {
        (f"{number}.eu", "TXT"): [f"v=spf1 include:{number + 1}.eu ~all"] for number in range(20)
    }

    assert "more than 10 look-ups" in check_spf("0.eu", names := FakeNames(zone)).words
    assert len(names.asked) <= 12
    zone["9.eu", "TXT"] = ["v=spf1 mx ~all"]
    assert "with 10 of 10" in check_spf("0.eu", FakeNames(zone)).words


DMARC = [
    ({}, None, "has no DMARC record"),
    ({"news.watch.eu": ["v=spf1 -all"]}, None, "has no DMARC record"),
    ({"news.watch.eu": ["v=DMARC1; p=reject"]}, True, "for news.watch.eu is p=reject, so mail that fails is refused"),
    ({"watch.eu": ["v=DMARC1;p=quarantine"]}, True, "is p=quarantine (of watch.eu), so mail that fails goes to"),
    ({"watch.eu": ["v=DMARC1; p=reject; sp=none"]}, True, "is sp=none (of watch.eu)"),
    ({"news.watch.eu": ["v=DMARC1; p=none; sp=reject"]}, True, "is p=none, "),
    ({"news.watch.eu": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, False, "more than one DMARC record"),
    ({"news.watch.eu": ["v=DMARC1; p=reject"], "watch.eu": ["v=DMARC1; p=none"]}, True, "is p=reject, "),
    ({"watch.eu": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, None, "has no DMARC record"),
    ({"news.watch.eu": ["v=DMARC1; p=none; p=reject"]}, True, "is p=none, "),
    ({"news.watch.eu": ["v=DMARC1; p=monitor"]}, False, "no valid policy: p=monitor"),
    ({"news.watch.eu": ["v=DMARC1; rua=mailto:x@watch.eu"]}, False, "no valid policy: p="),
]  # fmt: skip


@pytest.mark.parametrize(("records", "good", "words"), DMARC)
def test_dmarc(records: dict[str, list[str]], good: bool | None, words: str) -> None:
    names = FakeNames({(f"_dmarc.{name}", "TXT"): texts for name, texts in records.items()})

    finding = check_dmarc("news.watch.eu", names)

    assert (finding.good, words in finding.words) == (good, True), finding
    assert bool(finding.advice) is not bool(good)


def test_a_long_domain_is_walked_in_few_steps_and_no_top_level_domain_is_asked() -> None:
    check_dmarc(".".join("abcdefghijklmnop") + ".eu", names := FakeNames({}))

    assert len(names.asked) <= 8
    assert ("_dmarc.eu", "TXT") not in names.asked
    assert ("_dmarc.p.eu", "TXT") in names.asked


ALIGNED = [
    ("watch.eu", "watch.eu", "", True),
    ("watch.eu", "bounces.watch.eu", "", True),
    ("news.watch.eu", "bounces.watch.eu", "", True),
    ("watch.eu", "bounces.watch.eu", "aspf=s", False),
    ("watch.eu", "watch.eu", "aspf=s", True),
    ("watch.eu", "bounces.watch.eu", "adkim=s", True),
    ("watch.eu", "relay.eu", "", False),
    ("watch.eu", "notwatch.eu", "", False),
    ("news.watch.eu", "watch.eu", "psd=y", False),
    ("news.watch.eu", "x.news.watch.eu", "psd=y", True),
]


@pytest.mark.parametrize(("sender", "other", "tags", "expected"), ALIGNED)
def test_alignment(sender: str, other: str, tags: str, expected: bool) -> None:
    names = FakeNames({("_dmarc.watch.eu", "TXT"): [f"v=DMARC1; p=none; {tags}"]})

    assert are_aligned(sender, other, names, "aspf") is expected


def test_a_domain_can_be_set_apart_from_its_parent() -> None:
    zone: dict[tuple[str, Kind], list[str]] = {("_dmarc.watch.eu", "TXT"): ["v=DMARC1; p=none"]}
    assert are_aligned("a.news.watch.eu", "watch.eu", FakeNames(zone), "adkim")
    zone["_dmarc.news.watch.eu", "TXT"] = ["v=DMARC1; p=none; psd=n"]
    assert not are_aligned("a.news.watch.eu", "watch.eu", FakeNames(zone), "adkim")
    assert are_aligned("a.news.watch.eu", "b.news.watch.eu", FakeNames(zone), "adkim")


MX = [
    ({("watch.eu", "MX"): ["10 mx.relay.eu."]}, True, "mail to watch.eu goes to mx.relay.eu"),
    ({("watch.eu", "MX"): ["0 ."]}, False, "says that it takes no mail"),
    ({("watch.eu", "A"): ["192.0.2.1"]}, True, "goes to its own address"),
    ({("watch.eu", "AAAA"): ["2001:db8::1"]}, True, "goes to its own address"),
    ({}, False, "has no mail server"),
]


@pytest.mark.parametrize(("zone", "good", "words"), MX)
def test_mx(zone: Zone, good: bool, words: str) -> None:
    finding = list(check_mail_domain(settings(), FakeNames({**INTERNET, **zone})))[-1]

    assert (finding.what, finding.good, words in finding.words) == ("mx", good, True), finding


def test_the_address_for_unsubscribing_is_checked_too() -> None:
    findings = list(check_mail_domain(settings(unsubscribe="stop@leave.eu"), FakeNames(GOOD)))

    assert [(one.good, one.words.split()[0]) for one in findings if one.what == "mx"] == [
        (True, "mail"),
        (False, "leave.eu"),
    ]
    assert "“unsubscribe” in [mail]" in findings[-1].advice


@pytest.mark.parametrize(
    "domain", ["example.org", "sub.example.com", "watch.test", "localhost", "host", "x.local", "a.INVALID"]
)
def test_a_name_that_is_not_public_is_not_looked_up(domain: str) -> None:  # fmt: skip
    assert not is_public(domain)
    (finding,) = check_mail_domain(settings(f"news@{domain}"), names := FakeNames({}))
    assert (finding.what, finding.good, names.asked) == ("dns", None, [])


@pytest.mark.parametrize("domain", ["watch.eu", "example.eu", "myexample.org", "xn--mller-kva.de"])
def test_public_names(domain: str) -> None:
    assert is_public(domain)


def test_nothing_is_looked_up_without_a_mail_server() -> None:
    assert list(check_deliverability(Settings(), names := FakeNames({}), None)) == []
    assert names.asked == []


@pytest.mark.parametrize("answers", [0, 1, 2, 3, 4])
def test_without_dns_there_is_one_plain_line_and_no_problem(answers: int) -> None:
    names = FakeNames(GOOD, fails_after=answers)

    findings = list(check_deliverability(settings(), names, None))

    assert [one.words for one in findings if one.what == "dns"] == [
        "SPF, DMARC and the like were not checked to the end: no name server answered in time"
    ]
    assert not [one for one in findings if one.good is False]


def test_a_name_server_of_a_closed_network_finds_no_problem() -> None:
    findings = list(check_deliverability(settings(bounces=MAILBOX), FakeNames({}), None))

    assert [(one.what, one.good) for one in findings] == [("dns", None)]
    assert findings[0].words.endswith("the name server does not know the names of the internet, not even .eu")


# ── the settings ─────────────────────────────────────────────────────────────────────────────────────────────────


def remarks(given: Settings) -> dict[str, str]:
    findings = list(check_deliverability(given, FakeNames(GOOD), None))
    assert not [one for one in findings if one.good is False]
    return {one.what: one.words for one in findings if one.good is None}


MAILBOX = BouncesSection(maildir=Path("mail"))


def test_a_public_site_needs_a_contact() -> None:
    web = WebSection(url="https://watch.eu")
    assert "name nobody to write to" in remarks(settings(web=web))["site"]
    assert remarks(settings(web=WebSection(url="https://watch.eu", contact="news@watch.eu"))) == {}
    assert remarks(settings(web=WebSection(url="https://watch.eu", listen=""), bounces=MAILBOX)) == {}
    assert remarks(settings(web=WebSection(), bounces=MAILBOX)) == {}, "not meant to be public"


def test_readers_subscribe_over_https_only() -> None:
    web = WebSection(url="http://watch.eu", contact="news@watch.eu")
    assert "does not begin with https" in remarks(settings(web=web, bounces=MAILBOX))["site"]
    closed = WebSection(url="http://watch.eu", contact="news@watch.eu", subscribe=False)
    assert remarks(settings(web=closed, bounces=MAILBOX)) == {}


def test_requests_to_unsubscribe_must_be_read_by_somebody() -> None:
    words = remarks(settings(unsubscribe="stop@watch.eu"))["unsubscribing"]
    assert words == "recipients can only unsubscribe by mail to stop@watch.eu, and no mailbox is read"
    assert remarks(settings(bounces=MAILBOX)) == {}
    assert remarks(settings(bounces=BouncesSection(host="imap.watch.eu"))) == {}
