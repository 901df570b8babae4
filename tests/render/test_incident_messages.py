"""Messages to the operator about incidents."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from cmr_watch.models.recipients import TOKEN_SLOT, Incident, IncidentKind
from cmr_watch.render.messages import MessageContext, operator_body
from tests.notify.make import NOON, PAGE
from tests.render.make import rendered_texts

CONTEXT = MessageContext(PAGE, contact="Ada", site_url="https://watch.example.org", unsubscribe_address="a@example.org")
FAILING = Incident(1, "fetch-failing", PAGE, "The page answered 503.", NOON)
RESOLVED = replace(FAILING, resolved_at=NOON + timedelta(hours=3), opened_notified_at=NOON)


def subject(*incidents):
    return operator_body(incidents, CONTEXT, False).subject


def bodies(*incidents):
    return rendered_texts(lambda chat: operator_body(incidents, CONTEXT, chat))


def test_subject():
    assert subject(FAILING) == "Problem: the page cannot be read"
    assert subject(RESOLVED) == "Resolved: the page can be read again"
    assert subject(*[FAILING] * 3) == "The page cannot be read · 2 more problems"
    assert subject(RESOLVED, FAILING) == "The page cannot be read · 1 resolved"
    assert subject(FAILING, FAILING, RESOLVED) == "The page cannot be read · 1 more problem · 1 resolved"
    assert subject(RESOLVED, RESOLVED) == "The page can be read again · 1 more resolved"


def test_the_subject_says_which_kind_of_page_it_is():
    assert subject(replace(FAILING, page="initiative")) == "Problem: the page cannot be read"
    assert subject(replace(FAILING, page="edition")) == "Problem: an edition page cannot be read"
    assert subject(replace(RESOLVED, page="edition")) == "Resolved: the edition page can be read again"
    suspect = replace(FAILING, page="call", kind="reading-suspect")
    assert subject(suspect) == "Problem: the call page looks wrong"
    for text in bodies(suspect):
        assert "new editions" not in text
        assert "Its content is not used." in text


ADVICE = [
    ("fetch-failing", "cmr-watch doctor"),
    ("reading-suspect", "If the page is correct, run:\n"),
    ("reading-suspect", f"cmr-watch accept {PAGE}\n"),
    ("reading-unusable", "cmr-watch snapshots list"),
    ("delivery-failed", "cmr-watch deliveries retry ID"),
    ("delivery-failed", "cmr-watch deliveries list --state failed"),
    ("digest-overdue", "cmr-watch deliveries list --state pending"),
    ("layout-changed", f"cmr-watch accept {PAGE}\n"),
    ("endings-held", "cmr-watch bounces --held\n"),
    ("endings-held", "cmr-watch bounces --end-held\n"),
    ("mailbox-unreadable", "permissions"),
    ("row-unreadable", "cmr-watch restore FILE\n"),
    ("site-failed", "cmr-watch doctor\n"),
]
EVENTS = {
    *("subscription-ended", "complaint", "unsubscribe-request"),
    *("part-unrenderable", "reading-still-suspect", "newly-read", "correction-lapsed"),
}
"""What needs no resolution; they have tests of their own."""


@pytest.mark.parametrize(("kind", "command"), ADVICE)
def test_a_current_problem_comes_with_advice(kind, command):
    for text in bodies(replace(FAILING, kind=kind)):
        assert command in text
        assert "The page answered 503." in text
        assert re.search(r"Since:?\s+5 December 2023, 13:00 \(Brussels time\)", text)
    for text in bodies(replace(RESOLVED, kind=kind)):
        assert command not in text


def test_an_ended_subscription_is_an_event():
    ended = replace(FAILING, kind="subscription-ended", subject="anna@example.org", resolved_at=NOON)
    assert subject(ended) == "Subscription ended: anna@example.org"
    for text in bodies(ended):
        assert "\nSubscription ended: anna@example.org\n" in f"\n{text}"
        assert re.search(r"Ended on:?\s+5 December 2023, 13:00 \(Brussels time\)", text)
        assert "Since" not in text
        assert "cmr-watch subscriptions add anna@example.org --resubscribe" in text
        assert "Resolved" not in text


def test_a_complaint_and_a_request_are_events():
    complaint = replace(FAILING, kind="complaint", subject="anna@example.org", detail="", resolved_at=NOON)
    assert subject(complaint) == "Reported as spam by anna@example.org"
    request = replace(complaint, kind="unsubscribe-request")
    assert subject(request) == "Unsubscribe request from anna@example.org"
    for text in bodies(request):
        assert "cmr-watch subscriptions end anna@example.org" in text
        assert "Resolved" not in text


def test_a_page_that_has_looked_wrong_for_a_week_is_reported_again():
    again = replace(FAILING, kind="reading-still-suspect", resolved_at=NOON)
    assert subject(again) == "Problem: the page has looked wrong for a week"
    for text in bodies(again):
        assert f"cmr-watch accept {PAGE}\n" in text
        assert "Resolved" not in text


def test_what_a_better_parser_reads_is_no_problem():
    newly = replace(FAILING, kind="newly-read", resolved_at=NOON)
    assert subject(newly) == "This version reads more of the page"
    for text in bodies(newly):
        assert "cmr-watch replay --notify\n" in text
        assert "Resolved" not in text
        assert "Problem" not in text


def test_a_part_that_was_left_out_is_no_failed_delivery():
    part = replace(FAILING, kind="part-unrenderable", subject="change 12", detail="no value", resolved_at=NOON)
    assert subject(part) == "Problem: a part of a message was left out"
    for text in bodies(part):
        assert re.search(r"Left out:?\s+change 12\n", text)
        assert "no value" in text
        assert "retry" not in text
        assert "Resolved" not in text


def test_a_correction_that_has_ended_names_its_line():
    detail = "correction 3 of “Ghent, Belgium”: the page has no such line"
    lapsed = replace(FAILING, kind="correction-lapsed", detail=detail, resolved_at=NOON)
    assert subject(lapsed) == "Problem: a correction of the page has ended"
    for text in bodies(lapsed):
        assert detail in text
        assert "cmr-watch correct add --help" in text
        assert "Resolved" not in text


@pytest.mark.parametrize("kind", get_args(IncidentKind))
def test_every_command_is_on_a_line_of_its_own(kind):
    incident = replace(FAILING, kind=kind)
    message = operator_body([incident], CONTEXT, False)
    for line in message.text.splitlines():
        assert "cmr-watch" not in line or re.fullmatch(r" *cmr-watch [a-z].*[^.]", line), line
    assert re.findall(r">(?:[^<]*[^<\s])?\s*cmr-watch [^<]*<", message.html) == re.findall(
        r">cmr-watch [^<]*<", message.html
    )
    assert message.html.count("monospace") == len(re.findall(r"^ +cmr-watch ", message.text, re.M))


def test_a_page_is_a_link_in_html():
    assert f'<a class="link" href="{PAGE}"' in operator_body([FAILING], CONTEXT, False).html
    refused = replace(FAILING, kind="delivery-failed", subject="json://hook.example/secret")
    assert 'class="link" href="http' not in operator_body([refused], CONTEXT, False).html


def test_a_resolved_problem_looks_like_good_news():
    html = operator_body([RESOLVED], CONTEXT, False).html
    assert re.search(r'<p class="positive"[^>]*>Resolved</p>\s*<h1[^>]*>The page can be read again</h1>', html)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "less than a minute (5 December 2023, 13:00 – 13:00, Brussels time)"),
        (20, "20 minutes (5 December 2023, 13:00 – 13:20, Brussels time)"),
        (61, "1 hour 1 minute (5 December 2023, 13:00 – 14:01, Brussels time)"),
        (25 * 60 + 5, "1 day 1 hour (5 December 2023, 13:00 – 6 December 2023, 14:05, Brussels time)"),
    ],
)
def test_how_long_a_problem_lasted(minutes, words):
    for text in bodies(replace(RESOLVED, resolved_at=NOON + timedelta(minutes=minutes))):
        assert re.search(rf"Lasted:?\s+{re.escape(words)}", text)


def test_how_long_a_problem_lasted_is_the_time_between_the_minutes_that_are_shown():
    opened, closed = NOON + timedelta(seconds=40), NOON + timedelta(days=4, seconds=10)
    for text in bodies(replace(RESOLVED, opened_at=opened, resolved_at=closed)):
        assert "4 days (5 December 2023, 13:00 – 9 December 2023, 13:00, Brussels time)" in text


def test_the_command_that_resends_a_failed_message_names_it():
    refused = replace(FAILING, kind="delivery-failed", subject="anna@example.org", detail="message 42, “Call”: 554 no")
    for text in bodies(refused):
        assert "cmr-watch deliveries retry 42" in text
        assert "message 42, “Call”: 554 no" in text


def test_every_kind_has_advice():
    assert {kind for kind, _ in ADVICE} == set(get_args(IncidentKind)) - EVENTS


def test_a_resolved_problem_has_its_duration():
    lasted = "3 hours (5 December 2023, 13:00 – 16:00, Brussels time)"
    for text in bodies(RESOLVED):
        assert lasted in text
        assert "Resolved before this message was sent." not in text
    for text in bodies(replace(RESOLVED, opened_notified_at=None)):
        assert lasted in text
        assert "Resolved before this message was sent." in text


def test_no_secret_is_shown():
    secret = "slack://TokenA/TokenB/TokenC"
    refused = replace(FAILING, kind="delivery-failed", subject=secret, detail=f"{secret} answered 403.")
    for text in bodies(refused):
        assert re.search(r"Recipient:?\s+slack://…\n", text)
        assert "slack://… answered 403." in text
        assert "Token" not in text
    for text in bodies(replace(refused, subject="ann@example.org", detail="")):
        assert re.search(r"Recipient:?\s+ann@example.org\n", text)


def test_a_page_is_shown_in_full():
    for text in bodies(FAILING):
        assert re.search(rf"Page:?\s+{PAGE}\n", text)


def test_a_digest_has_no_subject_to_show():
    for text in bodies(replace(FAILING, kind="digest-overdue", subject="digests")):
        assert "digests" not in text


def test_a_long_list_is_truncated():
    assert "more" not in operator_body([FAILING] * 20, CONTEXT, False).text
    for text in bodies(*[FAILING] * 22):
        assert text.count("The page cannot be read\n") == 20
        assert "and 2 more" in text


def test_an_operator_cannot_unsubscribe():
    for text in bodies(FAILING):
        assert "nsubscribe" not in text
        assert TOKEN_SLOT not in text
        assert "you are listed as the operator of this service" in text


def test_hostile_text_is_sanitised():
    hostile = replace(FAILING, subject="a\r\nBcc: <b>@x", detail=f"<script>\r\nBcc: {TOKEN_SLOT}\u202e")
    for text in bodies(hostile):
        assert not set(text) & set("\r\u202e")
        assert "\nBcc:" not in text
        assert TOKEN_SLOT not in text
