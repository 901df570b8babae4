from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.models import SLOT, Contents, Cutoff, OpenItems, RecordedChange
from cmr_watch.notify.channels.escaping import escape_prose
from cmr_watch.render.messages import ADVICE, MessageContext, body, delivery_test_body, local_time, subject
from cmr_watch.render.sentences import BRUSSELS, sentence
from tests.notify.make import NOON, PAGE, K, call, edition, recorded
from tests.render.make import CONTEXT, Shape, check_document, reminder, told, write

SUMMARY = "https://clustercollaboration.eu/summary"


# ── the subject ──────────────────────────────────────────────────────────────────────────────────────────────────

OPENED = recorded(K.CALL_OPENED)
ANNOUNCED = recorded(K.EDITION_ANNOUNCED)


def test_the_subject_says_exactly_what_changed():
    assert write(OPENED).subject == "Call open: host an edition in 2024–2025"
    assert write(ANNOUNCED).subject == "Lyon, France: 12–13 October 2023 announced"
    assert write(ANNOUNCED, *[OPENED] * 4).subject == "Lyon, France: 12–13 October 2023 announced (+4)"


def test_a_long_subject_is_cut_at_a_word_and_still_says_how_many():
    long = recorded(K.EDITION_ANNOUNCED, edition("Castell d'Aro " * 30))
    made = write(long, OPENED).subject
    assert len(made) <= 140
    assert made.endswith(("Castell… (+1)", "d'Aro… (+1)"))


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
def test_hostile_words_are_harmless(hostile, kind):
    check_harmless(hostile, kind)


@given(st.text(max_size=200), st.sampled_from([K.EDITION_ANNOUNCED, K.EDITION_RELOCATED, K.EDITION_HELD]))
@settings(deadline=None)
def test_any_words_are_harmless(words, kind):
    check_harmless(words, kind)


def test_a_scraped_word_is_never_a_template():
    mail = write(recorded(K.EDITION_ANNOUNCED, edition("{{7*7}}", text="{% raw %}{{7*7}}")))
    assert mail.subject.startswith("{{7*7}}, France: ")
    assert "“{% raw %}{{7*7}}”" in mail.text
    assert "{% raw %}{{7*7}}" in Shape(mail.html).words


def check_harmless(hostile, kind):
    bad = edition(hostile, hostile, None, text=hostile, date_text=hostile, url=hostile, summary_url=hostile)
    before = None if kind is K.EDITION_ANNOUNCED else bad
    change = recorded(kind, None if kind is K.EDITION_WITHDRAWN else bad, before)
    mail, chat = write(change), write(change, chat=True)
    for part in (mail.subject, mail.text, mail.html, chat.subject, chat.text):
        part.encode("utf-8")
        assert not set(part) & set("\r\x00\x1b\u202e\u2066")
    assert "\n" not in mail.subject + chat.subject
    assert len(mail.subject) <= 140
    assert len(mail.text) < 4000
    assert not any(line.startswith("Bcc:") for line in mail.text.splitlines())
    check_document(mail.html)
    assert not set("<>") & set(escape_prose(chat.text))


# ── the body ─────────────────────────────────────────────────────────────────────────────────────────────────────


def bodies(*changes: RecordedChange, context: MessageContext = CONTEXT) -> list[str]:
    return told(lambda chat: write(*changes, chat=chat, context=context))


def test_what_every_message_says():
    lyon = edition(text="Lyon, France - 12-13 October 2023", url="https://clustercollaboration.eu/lyon")
    for words in bodies(recorded(K.EDITION_ANNOUNCED, lyon)):
        assert "Lyon, France, 12–13 October 2023: announced" in words
        assert "On the page" in words
        assert "Lyon, France - 12-13 October 2023" in words
        assert "https://clustercollaboration.eu/lyon" in words
        assert PAGE in words
        assert "Read on 5 December 2023, 13:00 (Brussels time)" in words
        assert "nofficial service" in words
        assert "the operator of this service subscribed you" in words
        assert "To stop" in words


def test_each_change_has_its_sentence_in_the_order_given():
    changes = [OPENED, ANNOUNCED, recorded(K.EDITION_SUMMARY_PUBLISHED, edition("Bonn", summary_url=SUMMARY))]
    for words in bodies(*changes):
        places = [words.index(sentence(change.change)) for change in changes]
        assert places == sorted(places)
        assert SUMMARY in words
    assert "3 changes" in Shape(write(*changes).html).words


def test_what_is_gone_is_quoted_as_it_was_without_its_links():
    lyon = edition(url="https://clustercollaboration.eu/lyon")
    for words in bodies(recorded(K.EDITION_WITHDRAWN, None, lyon)):
        assert "No longer on the page" in words
        assert lyon.text in words
        assert "https://clustercollaboration.eu/lyon" not in words


def test_an_open_call_says_until_when_and_what_it_takes():
    cutoffs = (
        Cutoff(datetime(2023, 12, 22, 17, 0, tzinfo=UTC), closed=True),
        Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC)),
        Cutoff(datetime(2025, 1, 31, 17, 0, tzinfo=UTC), tentative=True),
    )
    for words in bodies(recorded(K.CALL_OPENED, call(cutoffs=cutoffs))):
        assert ADVICE in words
        assert "https://example.eu/apply" in words
        assert "Cut-off: 31 May 2024, 18:00 (Brussels time)" in words
        assert "Cut-off: 31 January 2025, 18:00 (Brussels time), to be confirmed" in words
        assert "2023, 18:00" not in words


@pytest.mark.parametrize("kind", [K.CALL_CLOSED, K.CALL_UPDATED, K.CALL_CUTOFF_MOVED])
def test_advice_comes_when_there_is_something_to_begin(kind):
    for words in bodies(recorded(kind, call("closed"), call())):
        assert ADVICE not in words


def test_readings_at_several_times_are_told_apart():
    later = recorded(K.CALL_OPENED, call(), number=2, read_at=NOON + timedelta(days=1))
    for words in bodies(ANNOUNCED, later):
        assert "Read on 5 December 2023, 13:00 (Brussels time)" in words
        assert "Read on 6 December 2023, 13:00 (Brussels time)" in words


def test_the_operator_can_be_asked():
    context = MessageContext(PAGE, contact="Ada <ada@example.org>", sender_name="Regions & more")
    mail, html, chat = bodies(ANNOUNCED, context=context)
    assert "To stop, write to Ada <ada@example.org>" in mail
    assert "To stop, write to Ada <ada@example.org>" in html
    assert "To stop, ask Ada <ada@example.org>" in chat
    assert "Regions & more: an unofficial service" in mail


def test_changes_of_several_sorts_stand_under_headings():
    summary = recorded(K.EDITION_SUMMARY_PUBLISHED, edition("Bonn", summary_url=SUMMARY))
    for words in bodies(OPENED, ANNOUNCED, summary, recorded(K.EDITION_CANCELLED)):
        lower = words.lower()
        places = [lower.index(heading) for heading in ("calls for hosts", "\neditions\n", "\nmaterials\n")]
        assert places == sorted(places)
        assert places[1] < words.index("Lyon, France, 12–13 October 2023: cancelled") < places[2]
    for words in bodies(ANNOUNCED, recorded(K.EDITION_CANCELLED)):
        assert "\neditions\n" not in words.lower()


def test_times_are_those_of_the_reader():
    cutoff = Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC), tentative=True)
    news = Contents((recorded(K.CALL_OPENED, call(cutoffs=(cutoff,))),))
    for words in told(lambda chat: body(news, CONTEXT, chat, ZoneInfo("Asia/Tokyo"))):
        assert "Cut-off: 1 June 2024, 01:00 Tokyo time (31 May 2024, 18:00 Brussels time), to be confirmed" in words
        assert "Read on 5 December 2023, 21:00 (Tokyo time)" in words


def test_a_message_may_have_it_all():
    contents = Contents((OPENED, ANNOUNCED), (reminder(7),), OpenItems())
    for words in told(lambda chat: body(contents, CONTEXT, chat, BRUSSELS)):
        places = [words.index(part) for part in ("7 days left", "Call open", "Lyon, France", "You are subscribed")]
        assert places == sorted(places)
    made = body(contents, CONTEXT, False, BRUSSELS)
    assert made.subject == "7 days left: cut-off of the call to host an edition, 31 May 2024 (+2)"
    assert "2 changes" in Shape(made.html).words
    assert body(Contents((ANNOUNCED,), (), OpenItems()), CONTEXT, False, BRUSSELS).subject.startswith("Lyon, France")


def test_a_quiet_month():
    for words in told(lambda chat: body(Contents(monthly_status=True), CONTEXT, chat, BRUSSELS)):
        assert "Still watching, nothing new: the “Clusters meet Regions” page has not changed" in words
        assert PAGE in words
    assert body(Contents(monthly_status=True), CONTEXT, False, BRUSSELS).subject == "Still watching, nothing new"


def test_the_rest_can_be_read_on_the_page():
    assert write(OPENED).more_url == PAGE
    assert delivery_test_body(CONTEXT, True).more_url == PAGE


def test_a_page_learns_nobodys_token():
    context = MessageContext(PAGE, web_url="https://watch.example.org")
    url = f"https://evil.example/{SLOT}"
    bad = edition(f"Lyon {SLOT}", text=f"a{SLOT[:5]}\u200b{SLOT[5:]}b", url=url, summary_url=f"{url[:30]}\n{url[30:]}")
    mail = write(recorded(K.EDITION_ANNOUNCED, bad), context=context)
    assert SLOT not in mail.subject
    assert (mail.text.count(SLOT), mail.html.count(SLOT)) == (1, 1)
    assert "evil.example" not in mail.text + mail.html


def test_every_kind_can_be_told():
    for kind in K:
        noun = call() if kind.startswith("call.") else edition(starts_on=date(2024, 1, 1), ends_on=date(2024, 1, 2))
        bodies(recorded(kind, noun, noun))


def test_a_trial():
    context = MessageContext(PAGE, web_url="https://watch.example.org", contact="Ada")
    for words in told(lambda chat: delivery_test_body(context, chat)):
        assert "This is a test." in words
        assert "To stop" not in words
        assert SLOT not in words
    assert delivery_test_body(context, False).subject == "Test: Clusters meet Regions watch"


MOMENTS = [
    (datetime(2023, 12, 5, 12, 0, tzinfo=UTC), "Europe/Brussels", "5 December 2023, 13:00 (Brussels time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "Europe/Brussels", "6 July 2023, 01:30 (Brussels time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "America/New_York", "5 July 2023, 19:30 (New York time)"),
    (datetime(2023, 7, 5, 23, 30, tzinfo=UTC), "UTC", "5 July 2023, 23:30 (UTC)"),
]


@pytest.mark.parametrize(("at", "zone", "expected"), MOMENTS)
def test_moments(at, zone, expected):
    assert local_time(at, ZoneInfo(zone)) == expected


def test_subject_of_changes():
    assert subject([ANNOUNCED.change]) == "Lyon, France: 12–13 October 2023 announced"


def test_jinja_is_loaded_when_a_message_is_written():
    code = "import sys, cmr_watch.render.messages; sys.exit('jinja2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
