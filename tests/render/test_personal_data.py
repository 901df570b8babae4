"""The mail with the data of an address: every kind of row, in every language; and the link to manage in all mails."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cmr_watch.clock import BRUSSELS
from cmr_watch.languages import LANGUAGES
from cmr_watch.models.mail_requests import MailRequest
from cmr_watch.models.muting import Mute
from cmr_watch.models.personal_data import (
    MatchRecord,
    NoticeRecord,
    PersonalData,
    Remark,
    ReminderRecord,
    SentMessage,
)
from cmr_watch.models.recipients import Contents, Subscription, SubscriptionRequest
from cmr_watch.models.signups import Signup
from cmr_watch.render.i18n import in_language
from cmr_watch.render.messages import MessageContext, body, export_body, link_body

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
HOSTILE = 'Lyon <script>alert("x")</script>\r\nBcc: a@b.org'
CONTEXT = MessageContext("https://example.eu/page", site_url="https://watch.example.eu", offers_managing=True)
OUTCOMES = ("sent", "logged", "failed", "superseded", "cancelled", "discarded", None)
DATA = PersonalData(
    subscriptions=(
        Subscription(1, "ada@example.org", ("calls",), ("FR",), "active", 0, NOW, paused_until=NOW),
        Subscription(2, "ada@example.org", ("calls",), (), "ended", 0, NOW, ended_at=NOW, end_reason=HOSTILE),
        Subscription(3, "ada@example.org", ("calls",), (), "pending", 0, NOW),
    ),
    signups=(Signup(SubscriptionRequest("ada@example.org"), "1 (en)", "192.0.2.0/24", NOW, 1, NOW, NOW),),
    requests=tuple(MailRequest(kind, "ada@example.org", "en", "192.0.2.0/24", NOW) for kind in ("link", "export")),
    messages=(
        *(SentMessage(NOW, HOSTILE, "subscriber", outcome, NOW, "550 no such user") for outcome in OUTCOMES),
        SentMessage(NOW, "", "subscriber", "sent", NOW, None),
    ),
    matches=(MatchRecord(NOW, "edition.announced", HOSTILE, None), MatchRecord(NOW, "call.opened", "call-2027", NOW)),
    reminders=(ReminderRecord(NOW, "call-2027", NOW, 14),),
    notices=(NoticeRecord(NOW, "https://example.eu/page", "opened"), NoticeRecord(NOW, "https://x.eu", "ended")),
    digests=("daily 2026-11-28",),
    mutes=(Mute("call", "call-2025", NOW), Mute("edition", "oslo", NOW, NOW)),
    remarks=(Remark(NOW, "bounce", "550 no such user"),),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_row_is_told_in_every_language(language: str) -> None:
    with in_language(language):
        mail = export_body(DATA, CONTEXT, ZoneInfo("Europe/Lisbon"))
    for words in ("ada@example.org", "192.0.2.0/24", "550 no such user", "call-2027", "daily 2026-11-28", "oslo", "14"):
        assert words in mail.text, words
        assert words in mail.html, words
    assert "09:30" in mail.text, "in the reader's time zone"
    assert "<script" not in mail.html
    assert "\r" not in mail.text
    assert mail.text.count("550 no such user") == 8


def test_choices_and_changes_are_given_in_words() -> None:
    with in_language("de"):
        text = export_body(DATA, CONTEXT, BRUSSELS).text
    for words in ("Aufrufe und Fristen", "Frankreich", "call-2027: jetzt offen", "Neue Veranstaltung: Lyon"):
        assert words in text, text
    for raw in ("edition.announced", "call.opened", "operator", "FR"):
        assert raw not in text


def test_a_change_of_a_kind_that_is_no_longer_known_is_given_as_it_is() -> None:
    data = PersonalData(matches=(MatchRecord(NOW, "edition.praised", "oslo", None),))
    assert "edition.praised: oslo" in export_body(data, CONTEXT, BRUSSELS).text


def test_an_address_of_which_little_is_stored() -> None:
    mail = export_body(PersonalData(), CONTEXT, BRUSSELS)
    assert "This is everything that the service holds" in mail.text
    assert "subscriptions" not in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_leads_to_the_pages_in_the_language_of_the_mail(language: str) -> None:
    prefix = "" if language == "en" else f"/{language}"
    with in_language(language):
        mail = link_body(CONTEXT)
        news = body(Contents(monthly_status=True), CONTEXT, False, BRUSSELS)
        chat = body(Contents(monthly_status=True), CONTEXT, True, BRUSSELS)
    for text in (mail.text, mail.html):
        assert f"https://watch.example.eu{prefix}/manage/" in text
    for text in (news.text, news.html):
        assert f"https://watch.example.eu{prefix}/manage" in text
    assert "/manage" not in chat.text


def test_there_is_no_link_where_nobody_can_manage() -> None:
    for context in (MessageContext("https://e.eu", site_url="https://w.eu"), MessageContext("https://e.eu")):
        news = body(Contents(monthly_status=True), context, False, BRUSSELS)
        assert "/manage" not in news.text + news.html
