from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from cmr_watch.models import Contents, Cutoff
from cmr_watch.render.messages import ADVICE, body
from cmr_watch.render.reminders import LATE_ADVICE
from cmr_watch.render.sentences import BRUSSELS
from tests.notify.make import call
from tests.render.make import CONTEXT, reminder, told

NEW_YORK, TOKYO = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
SUBJECTS = [
    (30, "30 days left: cut-off of the call to host an edition, 31 May 2024"),
    (7, "7 days left: cut-off of the call to host an edition, 31 May 2024"),
    (1, "1 day left: cut-off of the call to host an edition, 31 May 2024"),
    (0, "Today: cut-off of the call to host an edition, 31 May 2024"),
]


def write(*reminders, chat=False, zone=BRUSSELS):
    return body(Contents((), reminders), CONTEXT, chat, zone)


def bodies(*reminders, zone=BRUSSELS):
    return told(lambda chat: write(*reminders, chat=chat, zone=zone))


@pytest.mark.parametrize(("days_left", "subject"), SUBJECTS)
def test_the_subject_says_how_long(days_left, subject):
    assert write(reminder(days_left)).subject == subject


def test_the_subject_says_the_readers_day_and_how_many_more():
    made = write(reminder(7), reminder(7, notice=call(years=(2026,))), zone=TOKYO)
    assert made.subject == "7 days left: cut-off of the call to host an edition, 1 June 2024 (+1)"
    assert "7 days left to apply to host an edition in 2026" in made.text


SENTENCES = [
    (14, (2024, 2025), "14 days left to apply to host an edition in 2024–2025"),
    (1, (), "1 day left to apply to host an edition"),
    (0, (2024,), "Today is the last day to apply to host an edition in 2024"),
]


@pytest.mark.parametrize(("days_left", "years", "sentence"), SENTENCES)
def test_what_it_says(days_left, years, sentence):
    for words in bodies(reminder(days_left, notice=call(years=years))):
        assert f"{sentence}\n" in words
        assert "The call closes: 31 May 2024, 18:00 (Brussels time)" in words
        assert "https://example.eu/apply" in words
        assert "oved from" not in words
        assert "to be confirmed" not in words
        assert "Read on" not in words


@pytest.mark.parametrize(("days_left", "advice"), [(8, ADVICE), (7, LATE_ADVICE), (0, LATE_ADVICE)])
def test_what_applicants_need(days_left, advice):
    for words in bodies(reminder(days_left)):
        assert f"{advice}\n" in words


def test_a_cutoff_that_moved_and_may_move_again():
    tentative = Cutoff(datetime(2024, 5, 31, 16, 0, tzinfo=UTC), tentative=True)
    for words in bodies(reminder(7, tentative, datetime(2024, 5, 15, 16, 0, tzinfo=UTC)), zone=NEW_YORK):
        assert "The call closes: 31 May 2024, 12:00 New York time (18:00 Brussels time), to be confirmed" in words
        assert "Moved from 15 May 2024, 12:00 New York time (18:00 Brussels time) to 31 May 2024, 12:00" in words
