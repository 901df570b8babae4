"""Messages to the operator about incidents."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from cmr_watch.models import TOKEN_SLOT, Incident, IncidentKind
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
    assert subject(RESOLVED) == "Resolved: the page could not be read"
    assert subject(*[FAILING] * 3) == "3 problems"
    assert subject(FAILING, RESOLVED) == "1 problem, 1 resolved"
    assert subject(FAILING, FAILING, RESOLVED) == "2 problems, 1 resolved"
    assert subject(RESOLVED, RESOLVED) == "2 problems resolved"


ADVICE = [
    ("fetch-failing", "cmr-watch doctor"),
    ("reading-suspect", f"If the page is correct, run: cmr-watch accept {PAGE}\n"),
    ("delivery-failed", "cmr-watch deliveries retry ID"),
    ("delivery-failed", "cmr-watch deliveries list --state failed"),
    ("digest-overdue", "cmr-watch deliveries list --state pending"),
]
EVENTS = {"subscription-ended"}
"""What needs no resolution; test_an_ended_subscription_is_an_event."""


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
    for text in bodies(ended):
        assert "anna@example.org no longer exists: the subscription has ended" in text
        assert "cmr-watch subscriptions add anna@example.org --resubscribe" in text
        assert "Resolved" not in text


def test_every_kind_has_advice():
    assert {kind for kind, _ in ADVICE} == set(get_args(IncidentKind)) - EVENTS


def test_a_resolved_problem_has_its_duration():
    lasted = "from 5 December 2023, 13:00 to 5 December 2023, 16:00 (Brussels time)"
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
        assert re.search(r"Affected:?\s+slack://…\n", text)
        assert "slack://… answered 403." in text
        assert "Token" not in text
    for text in bodies(replace(refused, subject="ann@example.org", detail="")):
        assert re.search(r"Affected:?\s+ann@example.org\n", text)


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
