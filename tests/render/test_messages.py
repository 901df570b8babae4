"""Messages to subscribers, as text, HTML and chat."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from gettext import NullTranslations
from html import escape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import Cutoff, Edition, KnownCall, Material, RecordedChange
from cmr_watch.models.recipients import TOKEN_SLOT, ChangeGroup, Contents, Digest, OpenItems, OutageNotice
from cmr_watch.notify.channels.escaping import escape_prose
from cmr_watch.render.cldr import cldr
from cmr_watch.render.datetimes import local_time
from cmr_watch.render.i18n import in_language, translated
from cmr_watch.render.message_parts import LETTER, REQUEST_NOW
from cmr_watch.render.messages import MessageContext, body, delivery_test_body
from cmr_watch.render.sentences import place, sentence
from tests.notify.make import NOON, PAGE, K, call, edition, recorded
from tests.render.make import CONTEXT, ParsedHtml, check_document, groups, reminder, render, rendered_texts

SUMMARY = "https://clustercollaboration.eu/summary"


# ── subjects ─────────────────────────────────────────────────────────────────────────────────────────────────────

OPENED = recorded(K.CALL_OPENED)
ANNOUNCED = recorded(K.EDITION_ANNOUNCED)


def test_the_subject_names_the_first_change_and_the_others():
    assert render(OPENED).subject == "Call for hosts 2024–2025 now open"
    assert render(ANNOUNCED).subject == "New edition: Lyon, France, 12–13 October 2023"
    assert render(ANNOUNCED, OPENED).subject == (
        "New edition: Lyon, France, 12–13 October 2023 · and call for hosts 2024–2025 open"
    )


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
    assert mail.subject.startswith("New edition: {{7*7}}, France,")
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
        assert re.search(r"New edition:?\sLyon, France.+12–13 October 2023", text)
        assert "The page says" in text
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
        places = [text.index(part) for part in ("The page says", "Lyon, France", "Bonn, France")]
        assert places == sorted(places)
        assert SUMMARY in text
    html = ParsedHtml(render(*changes).html)
    assert (html.tags.count("h1"), html.tags.count("h2")) == (1, 2)
    assert "changes" not in " ".join(html.texts)


def test_a_removed_edition_is_quoted_without_its_links():
    lyon = edition(url="https://clustercollaboration.eu/lyon")
    for text in bodies(recorded(K.EDITION_WITHDRAWN, None, lyon)):
        assert "No longer on the page" in text
        assert lyon.text in text
        assert "https://clustercollaboration.eu/lyon" not in text


@pytest.mark.parametrize(("status", "is_shown"), [("scheduled", True), ("postponed", False), ("cancelled", False)])
def test_registration_is_not_offered_for_an_edition_that_is_off(status, is_shown):
    lyon = edition(status=status, registration_url="https://example.eu/register")
    for text in bodies(recorded(K.EDITION_ANNOUNCED, lyon)):
        assert ("https://example.eu/register" in text) == is_shown


CUTOFFS = (
    Cutoff(datetime(2023, 12, 1, 17, 0, tzinfo=UTC)),
    Cutoff(datetime(2023, 12, 22, 17, 0, tzinfo=UTC), closed=True),
    Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC)),
    Cutoff(datetime(2025, 1, 31, 17, 0, tzinfo=UTC), tentative=True),
)


def test_an_opened_call_has_the_facts_of_all_pages():
    known = KnownCall("key", call(cutoffs=CUTOFFS, contact="ask@example.eu", needs=("A form.", "A letter.")))
    group = ChangeGroup((recorded(K.CALL_OPENED, call(years=())),), known)
    texts = rendered_texts(lambda chat: body(Contents((group,)), CONTEXT, chat, BRUSSELS))
    for text in texts:
        assert LETTER in text
        assert REQUEST_NOW in text
        assert "Apply now" in text
        assert "https://example.eu/apply" in text
        assert "2024–2025" in text
        assert "ask@example.eu" in text
        assert text.index("What to submit") < text.index("A form.") < text.index("A letter.")
        assert "Cut-offs (Brussels time)" in text
        assert "Fri 31 May 2024, 18:00" in text
        flat = re.sub(r"[\s()]+", " ", text)
        assert "Fri 22 December 2023, 18:00 closed" in flat
        assert "Fri 1 December 2023, 18:00 passed" in flat
        assert "Fri 31 January 2025, 18:00 to be confirmed" in flat


def test_a_new_and_a_moved_cutoff_are_marked():
    changes = [(K.CALL_CUTOFF_ADDED, None, CUTOFFS[2]), (K.CALL_CUTOFF_MOVED, CUTOFFS[2], CUTOFFS[3])]
    notes = ("new", "was 31 May 2024, to be confirmed")
    for (kind, before, after), note in zip(changes, notes, strict=True):
        change = recorded(kind, call(cutoffs=CUTOFFS))
        change = replace(change, change=replace(change.change, cutoff_before=before, cutoff_after=after))
        for text in bodies(change):
            assert re.search(rf"{after.at:%B %Y}, 18:00[\s(]+{note}\)?\n", text)


@pytest.mark.parametrize("kind", [K.CALL_CLOSED, K.CALL_UPDATED, K.CALL_CUTOFF_MOVED])
def test_a_closed_call_has_neither_advice_nor_cutoffs(kind):
    for text in bodies(recorded(kind, call("closed", cutoffs=CUTOFFS, needs=("A form.",)), call())):
        assert LETTER not in text
        assert "2025, 18:00" not in text
        assert "A form." not in text
        assert "https://example.eu/apply" not in text


def test_shortly_before_the_last_cutoff_it_is_too_late_to_request_a_letter():
    near = Cutoff(NOON + timedelta(days=7))
    for text in bodies(recorded(K.CALL_OPENED, call(cutoffs=(near,)))):
        assert "Make sure that you have it." in text
        assert REQUEST_NOW not in text


def test_several_changes_of_one_edition_are_one_block():
    lyon = edition(registration_url="https://example.eu/register", venue="Palais", registration_closes_on=NOON.date())
    before = edition(text="Lyon, France - autumn 2023", starts_on=None, ends_on=None)
    changes = (recorded(K.EDITION_DATED, lyon, before), recorded(K.EDITION_REGISTRATION_OPENED, lyon, before))
    for text in rendered_texts(lambda chat: body(Contents((ChangeGroup(changes),)), CONTEXT, chat, BRUSSELS)):
        assert "Registration open: Lyon, France (12–13 October 2023)" in text
        assert "Palais" in text
        assert text.count("https://example.eu/register") == 1
        assert text.count(lyon.text) == 1 + (lyon.text in text.split("Dates confirmed")[0])
    assert "Lyon, France - autumn 2023" in body(Contents((ChangeGroup(changes),)), CONTEXT, False, BRUSSELS).text


def test_what_the_page_said_before_is_quoted_once():
    moved = recorded(K.EDITION_RESCHEDULED, edition(text="now"), edition(text="then"))
    mail = render(moved)
    assert "The page says: “now”\n  It said before: “then”\n" in mail.text
    assert "It said before" not in render(recorded(K.EDITION_HELD, edition(text="x"), edition(text="x"))).text


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
    assert "Contact: Ada <ada@example.org>" in html


def test_times_are_in_the_zone_of_the_recipient():
    cutoff = Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC), tentative=True)
    contents = Contents(groups(recorded(K.CALL_OPENED, call(cutoffs=(cutoff,)))))
    for text in rendered_texts(lambda chat: body(contents, CONTEXT, chat, ZoneInfo("Asia/Tokyo"))):
        assert "Apply before this cut-off (Tokyo time)" in text
        assert "Sat 1 June 2024, 01:00 (31 May 2024, 18:00 Brussels time)" in text
        assert "to be confirmed" in text
        assert "Checked on 5 December 2023, 21:00 (Tokyo time)" in text


def test_reminders_come_before_changes_and_the_welcome_last():
    contents = Contents(groups(ANNOUNCED), (reminder(7),), OpenItems())
    for text in rendered_texts(lambda chat: body(contents, CONTEXT, chat, BRUSSELS)):
        places = [text.rindex(part) for part in ("Last cut-off: ", "Lyon, France", "You are subscribed")]
        assert places == sorted(places)
    mail = body(contents, CONTEXT, False, BRUSSELS)
    assert mail.subject.endswith("call for hosts 2024–2025 · new edition in Lyon · and welcome")
    announced = body(Contents(groups(ANNOUNCED), (), OpenItems()), CONTEXT, False, BRUSSELS)
    assert announced.subject.startswith("New edition")


def test_a_month_without_changes():
    for text in rendered_texts(lambda chat: body(Contents(monthly_status=True), CONTEXT, chat, BRUSSELS)):
        assert "Still watching, nothing new\n" in text
        assert "No changes matched your subscription in the past month." in text
        assert PAGE in text
    assert body(Contents(monthly_status=True), CONTEXT, False, BRUSSELS).subject == "Still watching, nothing new"


DIGESTS = [
    (Digest("daily", date(2023, 12, 4), date(2023, 12, 4)), "Daily digest: 4 December 2023\n"),
    (Digest("weekly", date(2023, 11, 27), date(2023, 12, 3)), "Weekly digest: 27 November – 3 December 2023\n"),
]


@pytest.mark.parametrize(("digest", "expected"), DIGESTS)
def test_a_digest_says_of_which_days_it_is(digest, expected):
    contents = Contents(groups(ANNOUNCED), digest=digest)
    for text in rendered_texts(lambda chat: body(contents, CONTEXT, chat, BRUSSELS)):
        assert expected in text
    assert body(contents, CONTEXT, False, BRUSSELS).subject.startswith("New edition: Lyon")


def test_the_preview_says_what_the_subject_does_not():
    html = render(recorded(K.CALL_OPENED, call(cutoffs=CUTOFFS))).html
    hidden = re.search(r"mso-hide:all[^>]*>([^&]*)", html)
    assert hidden
    assert hidden[1].startswith("Cut-offs (Brussels time): Fri 31 May 2024, 18:00")


def test_text_for_subscribers_is_translated():
    class Shouting(NullTranslations):
        def gettext(self, message):
            parts = re.split(r"(\{\w+\}|%\(\w+\)s)", message)  # words and placeholders in turn
            return "".join(part if index % 2 else part.upper() for index, part in enumerate(parts))

        def pgettext(self, context, message):
            return self.gettext(message)

        def ngettext(self, singular, plural, number):
            return self.gettext(singular if number == 1 else plural)

    known = KnownCall("key", call(cutoffs=CUTOFFS, needs=("a form",), contact="ask@example.eu"))
    contents = Contents(
        (*groups(recorded(K.EDITION_RESCHEDULED, edition(venue="Palais"))), ChangeGroup((OPENED,), known)),
        (reminder(7, later=CUTOFFS[2:]),),
        OpenItems((known,)),
        digest=DIGESTS[0][0],
        outages=(OutageNotice("opened", NOON, PAGE),),
    )
    with translated(Shouting()):
        mail = body(contents, CONTEXT, False, BRUSSELS)
        chat = body(contents, CONTEXT, True, BRUSSELS)
    for text in (mail.subject, mail.text, chat.text):
        for own in (
            "Lyon, France - 12-13 October 2023",
            call().text,
            "a form",
            "Palais",
            "Lyon",
            "France",
            "ask@example.eu",
        ):
            text = text.replace(own, "")
        text = re.sub(r"https?://\S+", "", text).replace(CONTEXT.sender_name, "")
        text = re.sub("|".join((*cldr("en").months, *cldr("en").short_weekdays)), "", text)
        assert not re.search(r"[a-z]{3,}", text), re.findall(r".*[a-z]{3,}.*", text)


def test_a_truncated_message_can_point_to_the_page():
    assert render(OPENED).more_url == PAGE
    assert delivery_test_body(CONTEXT, True).more_url == PAGE


def test_a_page_cannot_receive_an_unsubscribe_token():
    context = MessageContext(PAGE, site_url="https://watch.example.org")
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
            assert place(noun) in text if isinstance(noun, Edition) else "2024–2025" in text
            assert sentence(change.change) in text or text is not render(change).text


def test_a_test_message():
    context = MessageContext(PAGE, site_url="https://watch.example.org", contact="Ada")
    for text in rendered_texts(lambda chat: delivery_test_body(context, chat)):
        assert "This is a test message\n" in text
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


def test_a_material_whose_link_is_only_a_file_name_has_a_label():
    slides = Material("slides", "https://example.eu/a.pdf", "2026-11-11_krakow_slides.pdf")
    photos = Material("photos", "https://example.eu/b", "Photos of the day")
    for text in bodies(recorded(K.EDITION_MATERIALS_PUBLISHED, edition(materials=(slides, photos)))):
        assert "krakow_slides" not in text
        assert "Slides" in text
        assert "Photos of the day" in text


SITE = MessageContext(PAGE, web_url="https://watch.example.org")


def test_a_mail_links_to_what_changed_after_the_newest_change_that_it_tells_of():
    news = [replace(recorded(K.EDITION_CANCELLED, edition(city)), id=number) for city, number in (("A", 9), ("B", 12))]
    mail = render(*news, context=SITE)
    assert "Changes since this message: https://watch.example.org/changes?after=c12\n" in mail.text
    assert 'href="https://watch.example.org/changes?after=c12"' in mail.html
    assert check_document(mail.html)
    assert "after=" not in render(*news, context=SITE, chat=True).text


def test_without_a_public_address_or_without_changes_there_is_no_such_link():
    assert "after=" not in render(OPENED).text + render(OPENED).html
    monthly = body(Contents(monthly_status=True), SITE, False, BRUSSELS)
    assert "after=" not in monthly.text + monthly.html
    assert "after=" not in delivery_test_body(SITE, False).text


def test_the_link_is_the_same_for_all_recipients():
    news = recorded(K.EDITION_CANCELLED, edition())
    mails = {render(news, context=SITE), body(Contents(groups(news)), SITE, False, BRUSSELS)}
    assert len(mails) == 1
    assert all(mail.text.count(TOKEN_SLOT) <= 1 for mail in mails)


def test_the_words_of_the_page_are_marked_as_english_in_other_languages():
    known = call(cutoffs=CUTOFFS, needs=("a signed form",))
    material = Material("slides", "https://example.eu/slides.pdf", "Slides of the keynote")
    changes = (
        recorded(K.CALL_OPENED, known),
        recorded(K.EDITION_MATERIALS_PUBLISHED, edition(materials=(material,)), edition(), 2),
    )
    with in_language("de"):
        html = render(*changes).html
    assert re.search(r'<li[^>]* lang="en"[^>]*>a signed form</li>', html)
    assert re.search(r'<p[^>]* lang="en"[^>]*>' + re.escape(escape(known.text)), html)
    assert re.search(r'<a[^>]* lang="en"[^>]*>Slides of the keynote</a>', html)
    assert 'lang="en"' not in render(*changes).html.replace('<html lang="en"', "")
