"""The request for a letter of support."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from cmr_watch.models.readings import CallNotice, Cutoff, Known, KnownCall
from cmr_watch.store.public import Overview
from cmr_watch.web.public.letter import letter_page

NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
CUTOFF = datetime(2026, 12, 22, 17, 0, tzinfo=UTC)


def shown(*calls: CallNotice, now: datetime = NOW):
    known = Known((), tuple(KnownCall(f"call-{i}", call) for i, call in enumerate(calls)))
    return letter_page(Overview(known, NOW), now, "https://example.eu/list")


OPEN = CallNotice("open", (2027,), (Cutoff(CUTOFF),), apply_url="https://example.eu/apply")


def test_the_cutoff_is_filled_in_and_the_letter_is_wanted_a_week_before():
    text = shown(OPEN).text
    assert "The next cut-off for applications is Tuesday 22 December 2026, 18:00 (Brussels time)." in text
    assert "a signed letter by Tuesday 15 December 2026?" in text
    assert "https://example.eu/apply" in text


@pytest.mark.parametrize(("left", "is_dated"), [(10, True), (9, False), (1, False)])
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
    assert "by Tuesday 15 December 2026?" in page.text
    file = reader.get("/letter.txt")
    assert file.headers["content-type"] == "text/plain; charset=utf-8"
    assert "attachment" in file.headers["content-disposition"]
    assert "by Tuesday 15 December 2026?" in file.text
