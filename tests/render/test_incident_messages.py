from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest

from cmr_watch.models import SLOT, Incident, IncidentKind
from cmr_watch.render.messages import MessageContext, operator_body
from tests.notify.make import NOON, PAGE
from tests.render.make import told

CONTEXT = MessageContext(PAGE, contact="Ada", web_url="https://watch.example.org", unsubscribe_address="a@example.org")
FAILING = Incident(1, "fetch-failing", PAGE, "The page answered 503.", NOON)
OVER = replace(FAILING, resolved_at=NOON + timedelta(hours=3), opened_notified_at=NOON)


def subject(*incidents):
    return operator_body(incidents, CONTEXT, False).subject


def bodies(*incidents):
    return told(lambda chat: operator_body(incidents, CONTEXT, chat))


def test_subjects():
    assert subject(FAILING) == "Trouble: the page cannot be read"
    assert subject(OVER) == "Over: the page could not be read"
    assert subject(*[FAILING] * 3) == "3 troubles"
    assert subject(FAILING, OVER) == "1 trouble, 1 over"
    assert subject(OVER, OVER) == "2 troubles over"


TO_DO = [
    ("fetch-failing", "cmr-watch doctor"),
    ("reading-suspect", "cmr-watch accept"),
    ("delivery-failed", "cmr-watch deliveries retry ID"),
    ("delivery-failed", "cmr-watch deliveries list --state set-aside"),
    ("digest-overdue", "cmr-watch deliveries list --state waiting"),
]


@pytest.mark.parametrize(("kind", "command"), TO_DO)
def test_what_to_do(kind, command):
    for words in bodies(replace(FAILING, kind=kind)):
        assert command in words
        assert "The page answered 503." in words
        assert "Since 5 December 2023, 13:00 (Brussels time)" in words
    for words in bodies(replace(OVER, kind=kind)):
        assert command not in words


def test_every_kind_can_be_told():
    assert {kind for kind, _ in TO_DO} == set(get_args(IncidentKind))


def test_the_end():
    lasted = "Over: from 5 December 2023, 13:00 (Brussels time) until 5 December 2023, 16:00 (Brussels time)"
    for words in bodies(OVER):
        assert lasted in words
        assert "before it could be told" not in words
    for words in bodies(replace(OVER, opened_notified_at=None)):
        assert lasted in words
        assert "It was over before it could be told." in words


def test_no_secret_is_shown():
    secret = "slack://TokenA/TokenB/TokenC"
    refused = replace(FAILING, kind="delivery-failed", subject=secret, detail=f"{secret} answered 403.")
    for words in bodies(refused):
        assert "Recipient: slack://…" in words
        assert "slack://… answered 403." in words
        assert "Token" not in words
    for words in bodies(replace(refused, subject="ann@example.org", detail="")):
        assert "Recipient: ann@example.org" in words


def test_a_long_list_is_cut():
    assert "more" not in operator_body([FAILING] * 20, CONTEXT, False).text
    for words in bodies(*[FAILING] * 22):
        assert words.count("The page cannot be read\n") == 20
        assert "and 2 more" in words


def test_there_is_nothing_to_stop():
    for words in bodies(FAILING):
        assert "To stop" not in words
        assert SLOT not in words
        assert "names you as its operator" in words


def test_hostile_words_are_harmless():
    bad = replace(FAILING, subject="a\r\nBcc: <b>@x", detail=f"<script>\r\nBcc: {SLOT}\u202e")
    for words in bodies(bad):
        assert not set(words) & set("\r\u202e")
        assert "\nBcc:" not in words
        assert SLOT not in words
