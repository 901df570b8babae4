"""Messages to subscribers, as text, HTML and chat."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.clock import BRUSSELS
from cmr_watch.models import TOKEN_SLOT, Contents, Cutoff, OpenItems, RecordedChange
from cmr_watch.notify.channels.escaping import escape_prose
from cmr_watch.render.datetimes import local_time
from cmr_watch.render.message_parts import ADVICE
from cmr_watch.render.messages import MessageContext, body, delivery_test_body
from cmr_watch.render.sentences import sentence
from tests.notify.make import NOON, PAGE, K, call, edition, recorded
from tests.render.make import CONTEXT, ParsedHtml, check_document, groups, reminder, render, rendered_texts

SUMMARY = "https://clustercollaboration.eu/summary"


# ── subjects ─────────────────────────────────────────────────────────────────────────────────────────────────────

OPENED = recorded(K.CALL_OPENED)
ANNOUNCED = recorded(K.EDITION_ANNOUNCED)


def test_the_subject_names_the_first_change():
    assert render(OPENED).subject == "Call for hosts 2024–2025: now open"
    assert render(ANNOUNCED).subject == "New edition: Lyon, France (12–13 October 2023)"
    assert render(ANNOUNCED, *[OPENED] * 4).subject == "New edition: Lyon, France (12–13 October 2023) (+4)"


def test_a_long_subject_is_truncated_at_a_word_before_the_count():
    long = recorded(K.EDITION_ANNOUNCED, edition("Castell d'Aro " * 30))
    subject = render(long, OPENED).subject
    assert len(subject) <= 140
    assert subject.endswith(("Castell… (+1)", "d'Aro… (+1)"))


HOSTILE = [
    "Lyon\r\nBcc: eve@example.org",
    "\u202eLyon\u2066\u0000\u001b[31m",
    "<script>alert(1)</script>",
    '"><img src=https://evil.example/x onerror=alert(1)>',
    "<!channel> @everyone",
    '=HYPERLINK("https://evil.example","Lyon")',
    "{{7*7}}{% raw %}{#",
    "\ud83d half",
    "Lyon " * 100_000,
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("kind", [K.EDITION_ANNOUNCED, K.EDITION_WITHDRAWN, K.EDITION_RELOCATED])
def test_hostile_text_is_sanitised(hostile, kind):
    check_sanitised(hostile, kind)


@given(st.text(max_size=200), st.sampled_from([K.EDITION_ANNOUNCED, K.EDITION_RELOCATED, K.EDITION_HELD]))
@settings(deadline=None)
def test_any_text_is_sanitised(text, kind):
    check_sanitised(text, kind)


def test_text_from_a_page_is_never_a_template():
    mail = render(recorded(K.EDITION_ANNOUNCED, edition("{{7*7}}", text="{% raw %}{{7*7}}")))
    assert mail.subject.startswith("New edition: {{7*7}}, France ")
    assert "“{% raw %}{{7*7}}”" in mail.text
    assert "{% raw %}{{7*7}}" in ParsedHtml(mail.html).texts


def check_sanitised(hostile, kind):
    edited = edition(hostile, hostile, None, text=hostile, date_text=hostile, url=hostile, summary_url=hostile)
    before = None if kind is K.EDITION_ANNOUNCED else edited
    change = recorded(kind, None if kind is K.EDITION_WITHDRAWN else edited, before)
    mail, chat = render(change), render(change, chat=True)
    for part in (mail.subject, mail.text, mail.html, chat.subject, chat.text):
        part.encode("utf-8")
        assert not set(part) & set("\r\x00\x1b\u202e\u2066")
    assert "\n" not in mail.subject + chat.subject
    assert len(mail.subject) <= 140
    assert len(mail.text) < 4000
    assert not any(line.startswith("Bcc:") for line in mail.text.splitlines())
    check_document(mail.html)
    assert not set("<>") & set(escape_prose(chat.text))


# ── bodies ───────────────────────────────────────────────────────────────────────────────────────────────────────


def bodies(*changes: RecordedChange, context: MessageContext = CONTEXT) -> list[str]:
    return rendered_texts(lambda chat: render(*changes, chat=chat, context=context))


def test_what_every_message_contains():
    lyon = edition(text="Lyon, France - 12-13 October 2023", url="https://clustercollaboration.eu/lyon")
    for text in bodies(recorded(K.EDITION_ANNOUNCED, lyon)):
        assert "New edition: Lyon, France (12–13 October 2023)" in text
        assert "On the page" in text
        assert "Lyon, France - 12-13 October 2023" in text
        assert "https://clustercollaboration.eu/lyon" in text
        assert PAGE in text
        assert "Checked on 5 December 2023, 13:00 (Brussels time)" in text
        assert "nofficial service" in text
        assert "You are receiving this because the operator of this service subscribed you." in text
        assert "nsubscribe" in text


def test_changes_keep_the_order_given():
    changes = [OPENED, ANNOUNCED, recorded(K.EDITION_SUMMARY_PUBLISHED, edition("Bonn", summary_url=SUMMARY))]
    for text in bodies(*changes):
        places = [text.index(sentence(change.change)) for change in changes]
        assert places == sorted(places)
        assert SUMMARY in text
    assert "3 changes" in ParsedHtml(render(*changes).html).texts


def test_a_removed_edition_is_quoted_without_its_links():
    lyon = edition(url="https://clustercollaboration.eu/lyon")
    for text in bodies(recorded(K.EDITION_WITHDRAWN, None, lyon)):
        assert "No longer on the page" in text
        assert lyon.text in text
        assert "https://clustercollaboration.eu/lyon" not in text


@pytest.mark.parametrize(("status", "is_shown"), [("scheduled", True), ("postponed", True), ("cancelled", False)])
def test_registration_is_not_offered_for_a_cancelled_edition(status, is_shown):
    lyon = edition(status=status, registration_url="https://example.eu/register")
    for text in bodies(recorded(K.EDITION_ANNOUNCED, lyon)):
        assert ("https://example.eu/register" in text) == is_shown


def test_an_open_call_comes_with_cutoffs_and_advice():
    cutoffs = (
        Cutoff(datetime(2023, 12, 22, 17, 0, tzinfo=UTC), closed=True),
        Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC)),
        Cutoff(datetime(2025, 1, 31, 17, 0, tzinfo=UTC), tentative=True),
    )
    for text in bodies(recorded(K.CALL_OPENED, call(cutoffs=cutoffs))):
        assert ADVICE in text
        assert "https://example.eu/apply" in text
        assert "Cut-off: 31 May 2024, 18:00 (Brussels time)" in text
        assert "Cut-off: 31 January 2025, 18:00 (Brussels time), to be confirmed" in text
        assert "2023, 18:00" not in text


@pytest.mark.parametrize("kind", [K.CALL_CLOSED, K.CALL_UPDATED, K.CALL_CUTOFF_MOVED])
def test_advice_is_given_only_when_applicants_can_begin(kind):
    for text in bodies(recorded(kind, call("closed"), call())):
        assert ADVICE not in text


def test_each_change_has_its_time_if_they_differ():
    later = recorded(K.CALL_OPENED, call(), number=2, read_at=NOON + timedelta(days=1))
    for text in bodies(ANNOUNCED, later):
        assert "Checked on 5 December 2023, 13:00 (Brussels time)" in text
        assert "Checked on 6 December 2023, 13:00 (Brussels time)" in text


def test_without_a_link_the_operator_is_named():
    context = MessageContext(PAGE, contact="Ada <ada@example.org>", sender_name="Regions & more")
    mail, html, chat = bodies(ANNOUNCED, context=context)
    assert "To unsubscribe, write to Ada <ada@example.org>" in mail
    assert "To unsubscribe, write to Ada <ada@example.org>" in html
    assert "To unsubscribe, contact Ada <ada@example.org>" in chat
    assert "Regions & more: an unofficial service" in mail


def test_changes_of_several_topics_have_headings():
    summary = recorded(K.EDITION_SUMMARY_PUBLISHED, edition("Bonn", summary_url=SUMMARY))
    for text in bodies(OPENED, ANNOUNCED, summary, recorded(K.EDITION_CANCELLED)):
        lower = f"\n{text.lower()}"
        places = [lower.index(heading) for heading in ("\ncalls\n", "\neditions\n", "\nmaterials\n")]
        assert places == sorted(places)
        assert places[1] < lower.index("cancelled: lyon, france") < places[2]
    assert "editions\n" not in render(ANNOUNCED, recorded(K.EDITION_CANCELLED)).text.lower()


def test_times_are_in_the_zone_of_the_recipient():
    cutoff = Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC), tentative=True)
    contents = Contents(groups(recorded(K.CALL_OPENED, call(cutoffs=(cutoff,)))))
    for text in rendered_texts(lambda chat: body(contents, CONTEXT, chat, ZoneInfo("Asia/Tokyo"))):
        assert "Cut-off: 1 June 2024, 01:00 Tokyo time (31 May 2024, 18:00 Brussels time), to be confirmed" in text
        assert "Checked on 5 December 2023, 21:00 (Tokyo time)" in text


def test_reminders_come_before_changes_and_the_welcome_last():
    contents = Contents(groups(OPENED, ANNOUNCED), (reminder(7),), OpenItems())
    for text in rendered_texts(lambda chat: body(contents, CONTEXT, chat, BRUSSELS)):
        places = [text.index(part) for part in ("7 days left", "now open", "Lyon, France", "You are subscribed")]
        assert places == sorted(places)
    mail = body(contents, CONTEXT, False, BRUSSELS)
    assert mail.subject == "7 days left: call for hosts 2024–2025, cut-off 31 May 2024 (+2)"
    assert "2 changes" in ParsedHtml(mail.html).texts
    announced = body(Contents(groups(ANNOUNCED), (), OpenItems()), CONTEXT, False, BRUSSELS)
    assert announced.subject.startswith("New edition")


def test_a_month_without_changes():
    for text in rendered_texts(lambda chat: body(Contents(monthly_status=True), CONTEXT, chat, BRUSSELS)):
        assert "Still watching the “Clusters meet Regions” page: there was nothing new for you in the past" in text
        assert PAGE in text
    assert body(Contents(monthly_status=True), CONTEXT, False, BRUSSELS).subject == "Still watching, nothing new"


def test_a_truncated_message_can_point_to_the_page():
    assert render(OPENED).more_url == PAGE
    assert delivery_test_body(CONTEXT, True).more_url == PAGE


def test_a_page_cannot_receive_an_unsubscribe_token():
    context = MessageContext(PAGE, web_url="https://watch.example.org")
    url = f"https://evil.example/{TOKEN_SLOT}"
    split_slot = f"a{TOKEN_SLOT[:5]}\u200b{TOKEN_SLOT[5:]}b"
    hostile = edition(f"Lyon {TOKEN_SLOT}", text=split_slot, url=url, summary_url=f"{url[:30]}\n{url[30:]}")
    mail = render(recorded(K.EDITION_ANNOUNCED, hostile), context=context)
    assert TOKEN_SLOT not in mail.subject
    assert (mail.text.count(TOKEN_SLOT), mail.html.count(TOKEN_SLOT)) == (1, 1)
    assert "evil.example" not in mail.text + mail.html


def test_every_kind_can_be_rendered():
    for kind in K:
        noun = call() if kind.startswith("call.") else edition(starts_on=date(2024, 1, 1), ends_on=date(2024, 1, 2))
        change = recorded(kind, noun, noun)
        for text in bodies(change):
            assert sentence(change.change) in text


def test_a_test_message():
    context = MessageContext(PAGE, web_url="https://watch.example.org", contact="Ada")
    for text in rendered_texts(lambda chat: delivery_test_body(context, chat)):
        assert "This is a test message." in text
        assert "nsubscribe" not in text
        assert TOKEN_SLOT not in text
    assert delivery_test_body(context, False).subject == "Test: Clusters meet Regions watch"


TIMES = [
    (datetime(2023, 12, 5, 12, 0, tzinfo=UTC), "Europe/Brussels", "5 December 2023, 13:00 (Brussels time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "Europe/Brussels", "6 July 2023, 01:30 (Brussels time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "America/New_York", "5 July 2023, 19:30 (New York time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "UTC", "5 July 2023, 23:30 (UTC)"),
]


@pytest.mark.parametrize(("at", "zone", "expected"), TIMES)
def test_local_time(at, zone, expected):
    assert local_time(at, ZoneInfo(zone)) == expected


def test_jinja2_is_imported_only_when_a_message_is_rendered():
    code = "import sys, cmr_watch.render.messages; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
