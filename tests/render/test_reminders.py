"""Reminders of cut-offs."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cmr_watch.clock import BRUSSELS
from cmr_watch.models.readings import Cutoff
from cmr_watch.models.recipients import Contents
from cmr_watch.render.message_parts import HAVE_IT, REQUEST_NOW
from cmr_watch.render.messages import body
from tests.notify.make import call
from tests.render.make import CONTEXT, reminder, rendered_texts

NEW_YORK, TOKYO = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
LATER = (
    Cutoff(datetime(2024, 9, 30, 16, 0, tzinfo=UTC)),
    Cutoff(datetime(2025, 1, 31, 17, 0, tzinfo=UTC), tentative=True),
)


def render(*reminders, chat=False, zone=BRUSSELS):
    return body(Contents((), reminders), CONTEXT, chat, zone)


def bodies(*reminders, zone=BRUSSELS):
    return rendered_texts(lambda chat: render(*reminders, chat=chat, zone=zone))


@pytest.mark.parametrize("days_left", [30, 1, 0])
def test_the_subject_has_the_cutoff_and_not_the_days_left(days_left):
    last = render(reminder(days_left))
    when = {30: "30 days before", 1: "1 day before", 0: "on the day"}[days_left]
    assert last.subject == f"Last cut-off 31 May 2024, 18:00 · {when} · call for hosts 2024–2025"
    assert render(reminder(days_left, later=LATER)).subject == (
        f"Next cut-off 31 May 2024, 18:00 · {when} · call for hosts 2024–2025"
    )
    assert " left" not in last.text + last.html


def test_the_subject_has_the_day_of_the_page_in_every_zone_and_names_another_cutoff():
    """In Tokyo it is 1 June: the page says 31 May, and a day without its time zone must be the page's."""
    mail = render(reminder(7), reminder(7, notice=call(years=(2026,)), later=LATER), zone=TOKYO)
    assert mail.subject == (
        "Last cut-off 31 May 2024 · 7 days before · call for hosts 2024–2025 · and cut-off 31 May 2024"
    )
    assert "later: 30 September 2024, 31 January 2025" in mail.text
    assert "1 June 2024, 01:00 Tokyo time (31 May 2024, 18:00 Brussels time)" in mail.text


def test_the_cutoffs_that_follow():
    text, html, chat = bodies(reminder(14, later=LATER))
    later = " · later: 30 September 2024, 31 January 2025 (to be confirmed)\n"
    for plain in (text, chat):
        assert plain.startswith("Reminder, 14 days before the cut-off: call for hosts 2024–2025. Next cut-off: ")
        assert f"Next cut-off: 31 May 2024, 18:00 (Brussels time){later}" in plain
    assert "Next cut-off: 31 May 2024, 18:00 (Brussels time)" in html
    assert "Later cut-offs (Brussels time)" in html
    assert "Mon 30 September 2024, 18:00" in html
    assert "Fri 31 January 2025, 18:00\n\nto be confirmed" in html


@pytest.mark.parametrize(
    ("days_left", "kicker"),
    [
        (2, "Reminder, 2 days before the cut-off: call for hosts"),
        (1, "Reminder, 1 day before the cut-off: call for hosts"),
        (0, "Reminder on the day of the cut-off: call for hosts"),
    ],
)
def test_a_reminder_can_be_told_from_the_one_before(days_left, kicker):
    for text in bodies(reminder(days_left)):
        assert kicker in text


@pytest.mark.parametrize("years", [(2024,), ()])
def test_the_text_of_a_reminder(years):
    texts = bodies(reminder(14, notice=call(years=years, contact="ask@example.eu", needs=("A form.",))))
    for text in texts:
        assert "Last cut-off: 31 May 2024, 18:00 (Brussels time)" in text
        assert "https://example.eu/apply" in text
        assert "ask@example.eu" in text
        assert "A form." in text
        assert "oved from" not in text
        assert "to be confirmed" not in text
        assert "Checked on" not in text


@pytest.mark.parametrize(("days_left", "advice"), [(8, REQUEST_NOW), (7, HAVE_IT), (0, HAVE_IT)])
def test_what_applicants_need(days_left, advice):
    for text in bodies(reminder(days_left)):
        assert "Earlier calls required a letter of support from the regional or national authority." in text
        assert f"{advice}\n" in text
    for text in bodies(reminder(days_left, notice=call(needs=("A letter of support from your region.",)))):
        assert "You need a letter of support." in text


def test_a_moved_and_tentative_cutoff():
    tentative = Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC), tentative=True)
    for text in bodies(reminder(7, tentative, datetime(2024, 5, 15, 16, 0, tzinfo=UTC)), zone=NEW_YORK):
        assert "Last cut-off: 31 May 2024, 12:00 New York time (18:00 Brussels time), to be confirmed" in text
        assert "Moved from 15 May 2024, 12:00 New York time (18:00 Brussels time)\n" in text
