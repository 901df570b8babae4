"""Unsubscribe tokens: format, verification and how they are found in text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmr_watch.models.muting import ITEM_KINDS, MUTE_SLOT, ItemRef
from cmr_watch.models.recipients import TOKEN_SLOT
from cmr_watch.notify import tokens

KEY = b"k" * 32
IDS = st.integers(0, 10**11 - 1)
AROUND = st.text(alphabet=" \n.,:;+-@<>()?=/é€", max_size=40)
KEYS = st.binary(min_size=1, max_size=64)


@given(KEYS, IDS)
def test_a_token_identifies_its_subscription(key, subscription_id):
    token = tokens.make(key, subscription_id)
    assert re.fullmatch("[0-9a-z]+", token)
    assert len(token) == len(TOKEN_SLOT)
    assert tokens.verify(key, token) == subscription_id


@given(IDS, st.integers(0, len(TOKEN_SLOT) - 1), st.sampled_from("0123456789abcdefgz- é٣"))
def test_one_wrong_character_invalidates_a_token(subscription_id, place, char):
    token = tokens.make(KEY, subscription_id)
    forged = token[:place] + char + token[place + 1 :]
    assert tokens.verify(KEY, forged) == (subscription_id if forged == token else None)


@given(IDS)
def test_a_token_is_not_valid_under_another_key(subscription_id):
    assert tokens.verify(b"another", tokens.make(KEY, subscription_id)) is None


@given(st.text(max_size=60) | st.text(alphabet="0123456789abcdef", min_size=43, max_size=43))
def test_arbitrary_text_is_not_a_valid_token(token):
    assert tokens.verify(KEY, token) is None
    assert tokens.find(KEY, token) is None


@pytest.mark.parametrize(
    "token", ["", TOKEN_SLOT, tokens.make(KEY, 1)[:-1], tokens.make(KEY, 1) + "0", tokens.make(KEY, 1) + "\n"]
)
def test_malformed_tokens(token):
    assert tokens.verify(KEY, token) is None


def test_the_format_never_changes_because_sent_mails_contain_it():
    assert tokens.make(KEY, 7) == "000000000077d7549347598ec3b5550097e3c2c1759"


@given(IDS, AROUND, AROUND, st.booleans())
def test_tokens_are_found_in_any_text(subscription_id, before, after, upper):
    token = tokens.make(KEY, subscription_id)
    assert tokens.find(KEY, before + (token.upper() if upper else token) + after) == subscription_id


@pytest.mark.parametrize("text", ["Re: unsubscribe {}", "unsubscribe%20{}", "watch+{}@example.org", "({})"])
def test_tokens_are_found_where_mail_programs_put_them(text):
    assert tokens.find(KEY, text.format(tokens.make(KEY, 12))) == 12


def test_the_first_valid_token_counts():
    valid, forged = tokens.make(KEY, 5), tokens.make(b"another", 4)
    assert tokens.find(KEY, f"{forged} {valid} {tokens.make(KEY, 6)}") == 5


# ── muting ───────────────────────────────────────────────────────────────────────────────────────────────────────

ITEM_KEYS = st.from_regex(r"[a-z0-9\u03b1-\u03c9]+(-[a-z0-9]+){0,5}", fullmatch=True).filter(lambda key: len(key) <= 80)
ITEMS = st.builds(ItemRef, st.sampled_from(ITEM_KINDS), ITEM_KEYS)
CALL = ItemRef("call", "call-2024")


@given(KEYS, IDS, ITEMS)
def test_a_mute_token_identifies_its_subscription_and_what_it_mutes(key, subscription_id, item):
    token = tokens.make_mute(key, subscription_id, item)
    assert len(tokens.sign_mute(key, subscription_id, item)) == len(MUTE_SLOT)
    assert tokens.find_mute(key, token) == (subscription_id, item)


@given(IDS, ITEMS, ITEMS)
def test_a_mute_token_mutes_nothing_else(subscription_id, item, other):
    token = tokens.make_mute(KEY, subscription_id, item)
    signature = token[-len(MUTE_SLOT) :]
    moved = tokens.find_mute(KEY, f"{other.kind}-{other.key}-{signature}")
    assert moved == ((subscription_id, item) if other == item else None)


@given(IDS, IDS, ITEMS)
def test_a_mute_token_is_bound_to_its_subscription_and_installation(subscription_id, other, item):
    token = tokens.make_mute(KEY, subscription_id, item)
    assert tokens.find_mute(b"another", token) is None
    start = len(token) - len(MUTE_SLOT) + 1
    moved = f"{token[:start]}{other:011}{token[start + 11 :]}"
    assert tokens.find_mute(KEY, moved) == ((subscription_id, item) if other == subscription_id else None)


@given(IDS, ITEMS)
def test_no_token_serves_another_purpose(subscription_id, item):
    mute, end = tokens.make_mute(KEY, subscription_id, item), tokens.make(KEY, subscription_id)
    assert tokens.find(KEY, mute) is None
    assert tokens.find(KEY, mute.replace("-m0", " 0").replace("-m", " ")) is None, "nor its signature alone"
    assert not tokens.has_token(mute), "a quoted link is no request to unsubscribe"
    assert tokens.find_mute(KEY, end) is None
    assert tokens.find_mute(KEY, f"{item.kind}-{item.key}-m{end}") is None


@given(ITEMS, st.data(), st.sampled_from("0123456789abcdefgz- é٣"))
def test_one_wrong_character_invalidates_a_mute_token(item, data, char):
    token = tokens.make_mute(KEY, 7, item)
    place = data.draw(st.integers(0, len(token) - 1))
    forged = token[:place] + char + token[place + 1 :]
    assert tokens.find_mute(KEY, forged) == ((7, item) if forged == token else None)


@given(st.text(max_size=150) | ITEMS.map(lambda item: f"{item.kind}-{item.key}-{MUTE_SLOT}"))
def test_arbitrary_text_mutes_nothing(text):
    assert tokens.find_mute(KEY, text) is None


@pytest.mark.parametrize("end", [".", ">", ")", "/", " ", "\n", "?x", "&gt;"])
def test_what_a_mail_program_adds_to_a_mute_token_does_no_harm(end):
    assert tokens.find_mute(KEY, tokens.make_mute(KEY, 7, CALL) + end) == (7, CALL)


def test_the_format_of_mute_tokens_never_changes_because_sent_mails_contain_it():
    expected = "call-call-2024-m00000000007c3c8f1c25558891eb1fc8a2986f9315b"
    assert tokens.make_mute(KEY, 7, CALL) == expected
