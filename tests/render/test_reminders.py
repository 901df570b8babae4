"""Reminders of cut-offs."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cmr_watch.clock import BRUSSELS
from cmr_watch.models import Contents, Cutoff
from cmr_watch.render.message_parts import ADVICE
from cmr_watch.render.messages import body
from cmr_watch.render.reminders import LATE_ADVICE
from tests.notify.make import call
from tests.render.make import CONTEXT, reminder, rendered_texts

NEW_YORK, TOKYO = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
SUBJECTS = [
    (30, "30 days left: call for hosts 2024–2025, cut-off 31 May 2024"),
    (7, "7 days left: call for hosts 2024–2025, cut-off 31 May 2024"),
    (1, "1 day left: call for hosts 2024–2025, cut-off 31 May 2024"),
    (0, "Last day: call for hosts 2024–2025, cut-off 31 May 2024"),
]


def render(*reminders, chat=False, zone=BRUSSELS):
    return body(Contents((), reminders), CONTEXT, chat, zone)


def bodies(*reminders, zone=BRUSSELS):
    return rendered_texts(lambda chat: render(*reminders, chat=chat, zone=zone))


@pytest.mark.parametrize(("days_left", "subject"), SUBJECTS)
def test_the_subject_has_the_days_left(days_left, subject):
    assert render(reminder(days_left)).subject == subject


def test_the_subject_has_the_day_in_the_zone_of_the_recipient_and_the_count():
    mail = render(reminder(7), reminder(7, notice=call(years=(2026,))), zone=TOKYO)
    assert mail.subject == "7 days left: call for hosts 2024–2025, cut-off 1 June 2024 (+1)"
    assert "7 days left to apply to host an edition in 2026" in mail.text


SENTENCES = [
    (14, (2024, 2025), "14 days left to apply to host an edition in 2024–2025"),
    (1, (), "1 day left to apply to host an edition"),
    (0, (2024,), "Today is the last day to apply to host an edition in 2024"),
]


@pytest.mark.parametrize(("days_left", "years", "sentence"), SENTENCES)
def test_the_text_of_a_reminder(days_left, years, sentence):
    for text in bodies(reminder(days_left, notice=call(years=years))):
        assert f"{sentence}\n" in text
        assert "Cut-off: 31 May 2024, 18:00 (Brussels time)" in text
        assert "https://example.eu/apply" in text
        assert "oved from" not in text
        assert "to be confirmed" not in text
        assert "Checked on" not in text


@pytest.mark.parametrize(("days_left", "advice"), [(8, ADVICE), (7, LATE_ADVICE), (0, LATE_ADVICE)])
def test_what_applicants_need(days_left, advice):
    for text in bodies(reminder(days_left)):
        assert f"{advice}\n" in text


def test_a_moved_and_tentative_cutoff():
    tentative = Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC), tentative=True)
    for text in bodies(reminder(7, tentative, datetime(2024, 5, 15, 16, 0, tzinfo=UTC)), zone=NEW_YORK):
        assert "Cut-off: 31 May 2024, 12:00 New York time (18:00 Brussels time), to be confirmed" in text
        assert "Moved from 15 May 2024, 12:00 New York time (18:00 Brussels time)\n" in text
