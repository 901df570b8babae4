"""The request for a letter of support."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from cmr_watch.languages import LANGUAGES
from cmr_watch.models.readings import CallNotice, Cutoff, Known, KnownCall
from cmr_watch.store.public import Overview
from cmr_watch.web.public.letter import LEAD_DAYS, LetterOptions, letter_page
from cmr_watch.web.public.plan import STEPS

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
CUTOFF = datetime(2026, 12, 22, 17, 0, tzinfo=UTC)


def shown(*calls: CallNotice, now: datetime = NOW):
    known = Known((), tuple(KnownCall(f"call-{i}", call) for i, call in enumerate(calls)))
    return letter_page(Overview(known, NOW), now, "https://example.eu/list")


OPEN = CallNotice("open", (2027,), (Cutoff(CUTOFF),), apply_url="https://example.eu/apply")


def test_the_cutoff_is_filled_in_and_the_letter_is_wanted_two_weeks_before():
    text = shown(OPEN).text
    assert "The cut-off for applications is Tuesday 22 December 2026, 18:00 (Brussels time)." in text
    assert "a signed letter by Tuesday 8 December 2026?" in text
    assert "https://example.eu/apply" in text


@pytest.mark.parametrize(("left", "is_dated"), [(17, True), (16, False), (1, False)])
def test_with_little_time_left_no_day_before_the_cutoff_is_named(left, is_dated):
    text = shown(OPEN, now=CUTOFF - timedelta(days=left)).text
    assert ("a signed letter by" in text) is is_dated
    assert ("a signed letter before then?" in text) is not is_dated


def test_without_a_call_the_dates_are_left_to_the_sender():
    page = shown(CallNotice("closed", (2025,)))
    assert page.call is None
    assert "[date]" in page.text
    assert "https://example.eu/list" in page.text


def test_the_link_opens_a_mail_with_the_whole_text():
    page = shown(OPEN)
    fields = parse_qs(urlsplit(page.mail_link).query)
    assert fields["subject"] == [page.subject]
    assert fields["body"][0].replace("\r\n", "\n") == page.text
    assert len(page.mail_link) < 2000  # what mail programs take from a link


def test_the_page_and_the_file_have_the_same_text(reader):
    page = reader.page("/letter")
    assert "by Tuesday 8 December 2026?" in page.text
    file = reader.get("/letter.txt")
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert "attachment" in file.headers["content-disposition"]
    assert "by Tuesday 8 December 2026?" in file.text


MOVED = "call-2027-2028-20261218T1700Z"
"""The name of the event of the next cut-off, which was first announced for 18 December."""
MAY = "call-2027-2028-20270531T1600Z"


def test_the_plan_and_the_letter_have_the_same_lead_time():
    assert {step.name: step.days for step in STEPS}["letter"] == LEAD_DAYS


@pytest.mark.parametrize(
    ("query", "cutoff", "by"),
    [
        (f"cutoff={MAY}", "Monday 31 May 2027, 18:00", "by Monday 17 May 2027?"),
        (f"cutoff={MAY}&letter=20", "Monday 31 May 2027, 18:00", "by Tuesday 11 May 2027?"),
        (f"cutoff={MOVED}", "Tuesday 22 December 2026, 18:00", "by Tuesday 8 December 2026?"),
        ("letter=8", "Tuesday 22 December 2026, 18:00", "by Monday 14 December 2026?"),
        (f"cutoff={MAY}&letter=0", "Monday 31 May 2027, 18:00", "before then?"),
    ],
)
def test_the_letter_is_for_the_cutoff_and_the_day_of_a_plan(reader, query, cutoff, by):
    for text in (reader.page(f"/letter?{query}").text, reader.get(f"/letter.txt?{query}").text):
        assert f"The cut-off for applications is {cutoff} (Brussels time)." in text
        assert by in text


def test_one_can_choose_the_cutoff(reader):
    html = reader.get(f"/letter?cutoff={MAY}").text
    assert f'<option value="{MAY}" selected>Monday 31 May 2027, 18:00</option>' in html
    assert html.count("<option") == 5 + len(LANGUAGES)
    assert f"/letter.txt?cutoff={MAY}" in html


@pytest.mark.parametrize(
    ("query", "status"), [("cutoff=nothing", 404), ("letter=-1", 400), ("letter=366", 400), ("letter=x", 400)]
)
def test_options_that_are_not_valid_are_explained(reader, query, status):
    assert reader.page(f"/letter?{query}", status)


def test_a_cutoff_that_is_over_gives_way_to_the_next_one():
    later = Cutoff(CUTOFF + timedelta(days=100))
    call = CallNotice("open", (2027,), (Cutoff(CUTOFF), later))
    overview = Overview(Known((), (KnownCall("call", call),)), NOW)
    page = letter_page(overview, CUTOFF + timedelta(days=1), "https://example.eu/list", LetterOptions("call", CUTOFF))
    assert page.cutoff.at == later.at


def test_on_every_page_the_letter_can_be_had_in_each_language(client):
    for path, chosen in (
        ("/letter", "en"),
        ("/de/letter", "de"),
        ("/de/letter?language=pl", "pl"),
        ("/letter?language=de", "de"),
    ):
        html = client.get(path).text
        assert all(f'<option value="{code}" lang="{code}"' in html for code in LANGUAGES)
        assert f'<option value="{chosen}" lang="{chosen}" selected>' in html
    english, polish = (client.get(f"/letter.txt?language={code}").text for code in ("en", "pl"))
    assert english == client.get("/letter.txt").text
    assert polish == client.get("/pl/letter.txt").text != english
    assert "22 grudnia 2026, 18:00" in polish
    assert client.get("/letter?language=xx").status_code == 400
    assert client.get("/de/letter.txt?language=fr").headers["content-language"] == "fr"
    foreign = client.get("/de/letter?language=pl").text
    assert 'aria-labelledby="request" lang="pl">' in foreign
